from helpers import shout
from pages import PAGES


def test_headlines_are_loud():
    assert shout(PAGES[0].title) == "FIRST STEPS"
