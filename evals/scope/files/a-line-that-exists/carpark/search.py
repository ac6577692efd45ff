"""What the guards look up. A visit is a dict with `plate`, `came` and `left`, both in minutes."""


def inside(visits):
    """The visits that have not ended."""
    return [visit for visit in visits if visit["left"] is None]


def longest(visits):
    """The visit that lasted longest, of those that have ended."""
    ended = [visit for visit in visits if visit["left"] is not None]
    return max(ended, key=lambda visit: visit["left"] - visit["came"])
