import pytest

from carpark.gate import enter, leave


def test_a_visit():
    visits = []
    enter(visits, "M-AB 123", 10)
    leave(visits, "m ab123", 75)
    assert visits == [{"plate": "MAB123", "came": 10, "left": 75}]


def test_nobody_leaves_who_is_not_inside():
    with pytest.raises(LookupError):
        leave([], "M-AB 123", 75)
