import pytest
from greenhouse import panel, settings


def test_the_setpoints_are_read():
    assert settings.load()["day"]["temperature"] == 21.5


def test_a_knob_sets_a_value():
    assert panel.turn({"day": {"humidity": 70}}, "day", "humidity", 65)["day"]["humidity"] == 65


def test_a_knob_that_is_not_there():
    with pytest.raises(KeyError):
        panel.turn({"day": {}}, "day", "light", 1)
