"""A verdict in one line, as the terminal, JUnit and a gate's reasons show it."""

from __future__ import annotations

from promptverdict.comparison.verdicts import BehaviourVerdict
from promptverdict.core.numbers import points


def format_verdict(one: BehaviourVerdict) -> str:
    """Write a verdict, or that there is none, with the figures it rests on."""
    told = format_interval(one).replace(" (", " points (")
    return ", ".join(filter(None, (one.verdict or one.kind, told, f"n {one.n}")))


def format_interval(one: BehaviourVerdict) -> str:
    """Write the change in points with its interval, or nothing where there is none."""
    if one.estimate is None:
        return ""
    return f"{points(one.estimate)} ({points(one.low)} to {points(one.high)})"
