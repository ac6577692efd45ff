from fees import late_fee


def test_the_first_days_are_free():
    assert late_fee(3) == 0


def test_a_week_late():
    assert late_fee(7) == 140


def test_there_is_an_upper_limit():
    assert late_fee(100) == 500
