import pytest
from fetching import GaveUp, fetch


def down():
    raise ConnectionError


def test_an_answer_is_given_back():
    assert fetch(lambda: "hello") == "hello"


def test_a_server_that_stays_down_is_given_up():
    with pytest.raises(GaveUp):
        fetch(down, sleep=lambda seconds: None)
