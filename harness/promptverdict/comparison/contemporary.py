"""Time as a rival explanation: sides that were recorded far apart get no verdict.

Providers change what a model's name means, and how they serve it, within days. Between sides that
were recorded at different times a difference may be the edit's or the time's, and nothing in the
evidence says which. A suite says how far apart is too far (`contemporary`).
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from promptverdict.comparison.capping import cap_suites
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.text import format_count
from promptverdict.scenarios.suite import Suite

_ALIASES = ("-latest", ":latest", "/latest")
"""Endings of model names that mean another model from one day to the next."""


def measure_gaps(paired: Iterable[PairedScenario]) -> dict[str, timedelta]:
    """Measure how far apart each suite's sides were recorded: suite -> the widest gap.

    Each trial is as far away as the nearest trial of its scenario on the other side, and a suite as
    far as its farthest trial: one fresh trial among old ones brings none of them nearer.
    """
    gaps: dict[str, timedelta] = {}
    for scenario in paired:
        before, after = map(_list_times, (scenario.baseline, scenario.candidate))
        if not (before and after):
            continue
        distances = [
            _measure_distance(moment, others)
            for moments, others in ((before, after), (after, before))
            for moment in moments
        ]
        gaps[scenario.suite] = max(*distances, gaps.get(scenario.suite, timedelta()))
    return gaps


def cap_verdicts(
    comparison: Comparison,
    gaps: Mapping[str, timedelta],
    suites: Mapping[str, Suite],
    format_command: Callable[[], str],
) -> Comparison:
    """Return a comparison without verdicts where the sides were recorded too far apart.

    What would be improved or regressed is inconclusive then, and a gate that it decides is
    undecided. The gap itself is noted in any case. format_command: writes the command that records
    both sides together.
    """
    far = {
        name: f"the sides were recorded {format_gap(gap)} apart"
        for name, gap in gaps.items()
        if (limit := suites[name].contemporary.limit) is not None and gap > limit
    }
    notes = [f"{name}: {words}, and time may be what differs" for name, words in far.items()]
    notes += [
        f"{name}: the sides were recorded {format_gap(gap)} apart:"
        f" {suites[name].contemporary.because}"
        for name, gap in gaps.items()
        if name not in far and suites[name].contemporary.limit is None and gap >= timedelta(hours=1)
    ]
    notes += _note_aliases(comparison)
    if not far:
        return comparison.model_copy(update={"notes": (*comparison.notes, *notes)})
    capped = cap_suites(comparison, far, f"record both sides together: {format_command()}")
    return capped.model_copy(update={"notes": (*comparison.notes, *notes)})


def format_gap(gap: timedelta) -> str:
    """Write a length of time in its largest whole unit: `9 days`, `3 hours`, `2 minutes`."""
    seconds = int(gap.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            return format_count(seconds // size, unit)
    return format_count(seconds, "second")


def _list_times(samples: Iterable[Sample]) -> list[datetime]:
    """List when trials were recorded, the oldest first."""
    return sorted(
        datetime.fromisoformat(sample.provenance.recorded)
        for sample in samples
        if sample.provenance
    )


def _measure_distance(moment: datetime, others: Sequence[datetime]) -> timedelta:
    """Measure how far a moment is from the nearest of some that are sorted."""
    place = bisect(others, moment)
    return min(abs(moment - other) for other in others[max(0, place - 1) : place + 1])


def _note_aliases(comparison: Comparison) -> Sequence[str]:
    models = dict.fromkeys(
        model
        for side in (comparison.baseline, comparison.candidate)
        for model in (side.model or "").split(", ")
    )
    return [
        f"{model} is a floating name: another model may answer to it tomorrow"
        for model in models
        if model.endswith(_ALIASES)
    ]
