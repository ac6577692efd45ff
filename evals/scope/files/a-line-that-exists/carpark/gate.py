"""Cars that come and go. A visit is a dict with `plate`, `came` and `left`, both in minutes."""

from carpark.signs import plate_key


def enter(visits, plate, minute):
    """Begin a visit."""
    visits.append({"plate": plate_key(plate), "came": minute, "left": None})


def leave(visits, plate, minute):
    """End the visit of a car that is inside."""
    for visit in visits:
        if visit["plate"] == plate_key(plate) and visit["left"] is None:
            visit["left"] = minute
            return
    raise LookupError(plate)
