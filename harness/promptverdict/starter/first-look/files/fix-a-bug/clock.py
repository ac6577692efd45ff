"""Durations as a clock shows them."""


def clock(seconds: int) -> str:
    """Write a duration as m:ss, from one hour on as h:mm:ss."""
    minutes, rest = divmod(seconds, 60)
    hours = minutes // 60
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def seconds_of(text: str) -> int:
    """Read what clock() wrote."""
    total = 0
    for part in text.split(":"):
        total = total * 60 + int(part)
    return total
