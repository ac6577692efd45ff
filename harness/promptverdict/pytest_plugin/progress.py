"""Progress of recording: a line for each trial that ended, and one wherever it is long silent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from promptverdict.core.text import escape_text, format_count
from promptverdict.providers.registry import is_by_hand
from promptverdict.report.words import format_tokens
from promptverdict.trials.prices import Cost, add_costs
from promptverdict.trials.summary import TrialSummary
from promptverdict.trials.transcript import Usage, add_usages

if TYPE_CHECKING:
    from promptverdict.runner.cells import Trial


SILENCE = 15.0
"""Seconds without a line after which one says what is waited for."""


class Progress:
    """The trials of one run that have been recorded so far."""

    def __init__(self, planned: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._planned, self._clock = planned, clock
        self._began = self._ended_at = self._written = clock()
        self._done = self._begun = 0
        # Totals, not a list: adding every earlier record up again makes long runs quadratic.
        self._used = Usage(input=0, output=0)
        self._spent: Cost | None = None

    def format_line(self, ended: TrialSummary, side: str = "") -> str:
        """Count one more trial, and format how it ended and how much is left.

        side: added to the name of a trial of an older revision.
        """
        if ended.has_transcript:
            # A trial that never began has no price, and makes none unknown.
            self._spent = add_costs([self._spent, ended.cost]) if self._begun else ended.cost
            self._begun += 1
        self._used = add_usages([self._used, ended.used])
        self._done += 1
        self._ended_at = self._written = self._clock()
        turns = f" after {ended.turns} turns" if ended.has_transcript else ""
        spent = str(self._spent or "price unknown") if self._begun else "nothing spent"
        return (
            f"[{self._done}/{self._planned}] {ended.id}{escape_text(side)}: "
            f"{escape_text(ended.ending)}{turns},"
            f" {_format_time(ended.seconds)}; so far {format_tokens(self._used)} tokens,"
            f" {spent}; {self._format_rest()}"
        )

    def format_silence(self, trial: Trial) -> str | None:
        """Format whom a trial has been waiting for, once nothing was written for long enough."""
        now = self._clock()
        if now - self._written < SILENCE:
            return None
        self._written = now
        model = trial.cell.model
        todo = (
            "answer it: promptverdict relay take"
            if is_by_hand(model)
            else "Ctrl-C keeps what is finished"
        )
        left = self._planned - self._done
        return (
            f"waiting for {escape_text(model)}: {format_count(left, 'trial')} to go, nothing ended"
            f" for {_format_time(now - self._ended_at)};"
            f" {todo}"
        )

    def _format_rest(self) -> str:
        done = self._done
        if done >= self._planned:
            return f"all in {_format_time(self._ended_at - self._began)}"
        average = (self._ended_at - self._began) / done
        return f"about {_format_time(average * (self._planned - done))} left"


def _format_time(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
