"""What a rowing boat costs."""


def rent(minutes: int) -> int:
    """Reckon the price in euros of a boat that was out for so many minutes."""
    raise NotImplementedError
