from trails.units import distance, duration


def test_kilometres_have_one_decimal():
    assert distance(7900) == "7.9 km"
    assert distance(250) == "0.2 km"


def test_duration():
    assert duration(135) == "2:15 h"
