"""Distances and times as walkers read them."""


def distance(metres):
    """`7900` is `7.9 km`, with one decimal."""
    return f"{metres / 1000:.1f} km"


def duration(minutes):
    """`135` is `2:15 h`."""
    return f"{minutes // 60}:{minutes % 60:02d} h"
