"""How long episodes are."""


def seconds(text):
    """Read a length as feeds write it, `45:10`."""
    parts = text.split(":")
    assert len(parts) == 2, f"not a duration: {text}"
    return int(parts[0]) * 60 + int(parts[1])


def in_words(total):
    """Write a number of seconds for listeners, rounded down to minutes."""
    return f"{total // 60} min"
