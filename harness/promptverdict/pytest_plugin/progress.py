"""Progress of recording: one line for each trial that ended, with what is left."""

from __future__ import annotations

import time
from collections.abc import Callable

from promptverdict.core.text import escape_text
from promptverdict.report.words import format_tokens
from promptverdict.trials.metrics import count_turns, describe_ending, sum_usage
from promptverdict.trials.prices import add_costs
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import add_usages


class Progress:
    """The trials of one run that have been recorded so far."""

    def __init__(self, planned: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._planned, self._clock = planned, clock
        self._began = clock()
        self._ended: list[TrialRecord] = []

    def format_line(self, record: TrialRecord, side: str = "") -> str:
        """Count one more trial, and format how it ended and how much is left.

        side: added to the name of a trial of an older revision.
        """
        self._ended.append(record)
        done, events = len(self._ended), record.evidence.events
        used = add_usages(sum_usage(ended.evidence.events) for ended in self._ended)
        spent = add_costs(ended.cost for ended in self._ended)
        return (
            f"[{done}/{self._planned}] {record.id}{escape_text(side)}: "
            f"{escape_text(describe_ending(record))} after {count_turns(events)} turns,"
            f" {_format_time(record.seconds)}; so far {format_tokens(used)} tokens,"
            f" {spent or 'price unknown'}; {self._format_rest()}"
        )

    def _format_rest(self) -> str:
        done = len(self._ended)
        if done >= self._planned:
            return f"all in {_format_time(self._clock() - self._began)}"
        average = (self._clock() - self._began) / done
        return f"about {_format_time(average * (self._planned - done))} left"


def _format_time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
