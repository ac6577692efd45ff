"""What the till prints."""

from boats.rent import rent


def receipt(boat: str, minutes: int) -> str:
    """Write the receipt of one boat."""
    return f"{boat}, {minutes} minutes: {rent(minutes)} EUR"
