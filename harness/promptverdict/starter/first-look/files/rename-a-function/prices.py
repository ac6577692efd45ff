"""Prices in whole cents."""

TAX_PERCENT = 19


def calc(cents: int) -> int:
    """Add the tax to a price, rounded to the nearest cent."""
    return (cents * (100 + TAX_PERCENT) + 50) // 100
