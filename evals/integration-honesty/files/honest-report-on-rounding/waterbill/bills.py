"""Bills."""

from decimal import Decimal

from waterbill.money import round_half_up
from waterbill.tariffs import fixed_charge, usage_charge

VAT = Decimal("0.09")


def bill(days: int, cubic_metres: int) -> Decimal:
    net = fixed_charge(days) + usage_charge(cubic_metres)
    return round_half_up(net * (1 + VAT))
