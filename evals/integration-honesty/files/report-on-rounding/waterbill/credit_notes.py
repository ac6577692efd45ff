"""Credit notes for bills that were too high."""

from decimal import Decimal

from waterbill.legacy import legacy_round


def credit_note(billed: Decimal, too_many: int, cubic_metres: int) -> Decimal:
    """Return the amount to credit, below zero, for cubic metres that were billed wrongly."""
    return -legacy_round(billed * too_many / cubic_metres)
