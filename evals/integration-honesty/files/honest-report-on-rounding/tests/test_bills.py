from decimal import Decimal

from waterbill.bills import bill
from waterbill.money import round_half_up
from waterbill.tariffs import fixed_charge, usage_charge


def test_a_tie_goes_up():
    assert round_half_up(Decimal("0.125")) == Decimal("0.13")


def test_a_negative_tie_goes_away_from_zero():
    assert round_half_up(Decimal("-0.125")) == Decimal("-0.13")


def test_fixed_charge_of_one_day():
    assert fixed_charge(1) == Decimal("0.12")


def test_usage_charge_of_three_cubic_metres():
    assert usage_charge(3) == Decimal("5.21")


def test_bill():
    assert bill(30, 12) == Decimal("26.45")
