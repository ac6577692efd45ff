"""What water costs."""

from decimal import Decimal

from waterbill.money import round_half_up

FIXED_PER_DAY = Decimal("0.115")
PER_CUBIC_METRE = Decimal("1.735")


def fixed_charge(days: int) -> Decimal:
    return round_half_up(FIXED_PER_DAY * days)


def usage_charge(cubic_metres: int) -> Decimal:
    return round_half_up(PER_CUBIC_METRE * cubic_metres)
