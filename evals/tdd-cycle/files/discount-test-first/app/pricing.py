"""Amounts to pay, in integer cents.

A line is a dict with `price_cents` and `quantity`. Fractions of a cent are rounded
once, in the amount that is returned.
"""


def subtotal(lines):
    """What the lines cost before any discount."""
    return sum(line["price_cents"] * line["quantity"] for line in lines)
