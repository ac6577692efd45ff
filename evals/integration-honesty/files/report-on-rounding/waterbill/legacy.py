"""The rounding of the first years."""

from decimal import ROUND_HALF_EVEN, Decimal


def legacy_round(amount: Decimal) -> Decimal:
    """Round to cents; a tie goes to the even cent."""
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_EVEN)
