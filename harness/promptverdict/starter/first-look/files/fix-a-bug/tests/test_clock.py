from clock import clock, seconds_of


def test_less_than_a_minute():
    assert clock(9) == "0:09"


def test_minutes_and_seconds():
    assert clock(75) == "1:15"


def test_a_clock_is_read_back():
    assert seconds_of("1:00:00") == 3600


def test_more_than_an_hour():
    assert clock(3675) == "1:01:15"
