"""Late fees in cents, by docs/rules.md."""

FREE_DAYS = 3
CENTS_A_DAY = 20
MOST_CENTS = 500


def late_fee(days: int) -> int:
    """Reckon the fee of a book that is so many days late."""
    return min(max(days - FREE_DAYS, 0) * CENTS_A_DAY, MOST_CENTS)
