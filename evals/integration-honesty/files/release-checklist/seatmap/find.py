"""Seats side by side."""


def find_together(rows: list[str], seats: int, preferred: int = 0) -> tuple[int, int] | None:
    """Return row and place of the first free seats side by side, from a preferred row on."""
    order = [*range(preferred, len(rows)), *range(preferred)]
    for row in order:
        place = rows[row].find("o" * seats)
        if place >= 0:
            return row, place
    return None
