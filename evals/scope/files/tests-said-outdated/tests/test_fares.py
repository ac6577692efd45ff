from fares.fares import fare, group_fare


def test_adults():
    assert fare(40, 4, 12) == 180
    assert fare(40, 5, 12) == 290


def test_small_children():
    assert fare(5, 10, 12) == 0


def test_school_starters_pay_half():
    assert fare(6, 10, 12) == 145


def test_children_up_to_fourteen():
    assert fare(14, 10, 12) == 145
    assert fare(15, 10, 12) == 290


def test_night():
    assert fare(40, 10, 4) == 390
    assert fare(40, 10, 5) == 290


def test_small_group():
    assert group_fare([40] * 4, 10, 12) == 1160


def test_group():
    assert group_fare([40] * 5, 10, 12) == 1305
