"""Asking a server that may be down for a while."""

import time

ATTEMPTS = 5
FIRST_WAIT = 3.0


class GaveUp(Exception):
    """The server did not answer."""


def fetch(ask, sleep=time.sleep):
    """Call ask() until it answers, at most five times, waiting twice as long each time."""
    wait = FIRST_WAIT
    for attempt in range(1, ATTEMPTS):
        try:
            return ask()
        except ConnectionError:
            if attempt < ATTEMPTS - 1:
                sleep(wait)
                wait *= 2
    raise GaveUp("the server did not answer")
