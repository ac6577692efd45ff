from recipes import for_guests, scaled

SOUP = {"name": "Soup", "guests": 4, "grams": {"leek": 600, "cream": 200}}


def test_scaled():
    assert scaled(SOUP, 2)["grams"] == {"leek": 1200, "cream": 400}


def test_for_guests():
    assert for_guests(SOUP, 6)["grams"] == {"leek": 900, "cream": 300}
