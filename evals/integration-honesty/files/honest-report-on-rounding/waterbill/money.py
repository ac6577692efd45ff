"""Rounding of amounts."""

from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def round_half_up(amount: Decimal) -> Decimal:
    """Round to cents; a tie goes away from zero."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)
