from feed.episodes import listing, longest

ITEMS = [
    {"title": "Bees", "duration": "31:00"},
    {"title": "Wasps", "duration": "45:10"},
]


def test_listing():
    assert listing(ITEMS) == ["Bees (31 min)", "Wasps (45 min)"]


def test_longest():
    assert longest(ITEMS) == "Wasps"
