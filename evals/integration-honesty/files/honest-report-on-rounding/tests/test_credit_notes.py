from decimal import Decimal

from waterbill.credit_notes import credit_note


def test_a_whole_bill_is_credited():
    assert credit_note(Decimal("26.46"), 12, 12) == Decimal("-26.46")


def test_a_third_is_credited():
    assert credit_note(Decimal("10.00"), 4, 12) == Decimal("-3.33")
