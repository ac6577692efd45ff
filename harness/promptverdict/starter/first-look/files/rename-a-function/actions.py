"""What the command line can be asked to do, by name."""

import prices

ACTIONS = {"tax": "calc"}


def run(action: str, cents: int) -> int:
    """Do an action on a price."""
    return getattr(prices, ACTIONS[action])(cents)
