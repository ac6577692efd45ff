"""Receipts as text."""

from prices import calc


def receipt(items: dict[str, int]) -> str:
    """Write one line for each item, and a sum."""
    lines = [f"{name}: {calc(cents)}" for name, cents in items.items()]
    return "\n".join([*lines, f"sum: {sum(calc(cents) for cents in items.values())}"])
