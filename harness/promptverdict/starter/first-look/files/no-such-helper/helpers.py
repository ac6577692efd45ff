"""Small helpers for text."""


def shout(text: str) -> str:
    """Write a headline."""
    return text.upper()
