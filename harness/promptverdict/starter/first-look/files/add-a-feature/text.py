"""Helpers for text in lists and headings."""


def initials(name: str) -> str:
    """Give the first letters of a name's words: `ada lovelace` is `AL`."""
    return "".join(word[0].upper() for word in name.split())


def listed(words: list[str]) -> str:
    """Join words as a sentence does: `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"
