"""Prices of the pool, in cents."""

from datetime import time

ADULT = 600
CHILD = 360
FREE_BELOW = 6
ADULT_FROM = 16
EARLY_UNTIL = time(9, 0)


def price(age, entered):
    """What a visitor of this age pays who comes in at this time of day."""
    if age < FREE_BELOW:
        return 0
    full = ADULT if age >= ADULT_FROM else CHILD
    return full // 2 if entered < EARLY_UNTIL else full
