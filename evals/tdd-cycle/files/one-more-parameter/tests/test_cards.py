from trails.cards import card


def test_card():
    assert card({"name": "Gorge", "metres": 7900, "minutes": 135}) == "Gorge: 7.9 km, 2:15 h"
