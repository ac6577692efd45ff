"""What the sign at the gate says."""

import re

WIDTH = 16


def centred(text):
    """A line of the sign."""
    return text[:WIDTH].center(WIDTH)


def plate_key(plate):
    """The form in which plates are kept: capitals and digits only, and no letter O, which cameras take for 0."""
    return re.sub(r"[^A-Z0-9]", "", plate.upper()).replace("O", "0")


def welcome(plate):
    """Both lines for a car that comes in."""
    return [centred("WELCOME"), centred(plate.upper())]
