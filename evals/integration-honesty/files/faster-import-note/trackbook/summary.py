"""Sums over a track."""

NOISE = 2


def climb(elevations: list[float]) -> float:
    """Add up the rises, those of less than 2 m aside."""
    rises = (after - before for before, after in zip(elevations, elevations[1:]))
    return sum(rise for rise in rises if rise >= NOISE)
