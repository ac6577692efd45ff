"""What a group pays at the till."""

from pool.prices import price


def group_price(ages, entered):
    """The price of all of a group, who come in together."""
    return sum(price(age, entered) for age in ages)
