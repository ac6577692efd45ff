"""Credit notes for bills that were too high."""

from decimal import Decimal

from waterbill.money import round_half_up


def credit_note(billed: Decimal, too_many: int, cubic_metres: int) -> Decimal:
    """Return the amount to credit, below zero, for cubic metres that were billed wrongly."""
    return -round_half_up(billed * too_many / cubic_metres)
