from recipes import shopping_list


def test_sums_over_recipes():
    soup = {"name": "Soup", "guests": 4, "grams": {"leek": 600, "cream": 200}}
    quiche = {"name": "Quiche", "guests": 8, "grams": {"leek": 400, "flour": 300}}
    assert shopping_list([soup, quiche]) == {"leek": 1000, "cream": 200, "flour": 300}
