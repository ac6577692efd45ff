"""The card of a trail on the overview page."""

from trails.units import distance, duration


def card(trail):
    """One line for a trail with `name`, `metres` and `minutes`."""
    return f"{trail['name']}: {distance(trail['metres'])}, {duration(trail['minutes'])}"
