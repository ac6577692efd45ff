from carpark.search import inside, longest

VISITS = [
    {"plate": "MAB123", "came": 10, "left": 75},
    {"plate": "BXY9", "came": 20, "left": None},
    {"plate": "KLM77", "came": 30, "left": 60},
]


def test_inside():
    assert [visit["plate"] for visit in inside(VISITS)] == ["BXY9"]


def test_longest():
    assert longest(VISITS)["plate"] == "MAB123"
