"""The baseline's drift as a rival explanation: control trials against its older recordings.

The control trials are drawn by what they ask, so that no outcome takes part in the draw.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from promptverdict.comparison.answering import list_answering
from promptverdict.comparison.capping import cap_suites
from promptverdict.comparison.controls import (
    ControlRate,
    Controls,
    describe_controls,
    describe_drift,
)
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Comparison
from promptverdict.recording.digest import hash_part
from promptverdict.stats.corrections import adjust_by_holm
from promptverdict.stats.drift import Count, compute_drift_p, find_noticeable_changes

_ALPHA = 0.05

Place = tuple[str, str, int]
"""Suite, scenario and number of a trial."""


def draw_controls(places: Collection[Place], variant: str, count: int) -> list[Place]:
    """Draw trials to be made again: always the same of the same trials, more of them with a count.

    So a reader can tell whether what lies there is a fair draw from all of them.
    """
    return sorted(places, key=lambda place: hash_part([variant, *place]))[:count]


def check_drift(older: Sequence[Sample], controls: Sequence[Sample]) -> Controls | None:
    """Compare control trials with older ones of the same variant; None where none was recorded.

    They are compared with all older trials where they are a fair draw from them, and else only with
    those that they repeat: what somebody chose may be easier or harder than the rest.
    """
    before = {_name_place(sample): sample for sample in older if sample.provenance}
    now = {_name_place(each): each for each in controls if each.provenance}
    now = {place: sample for place, sample in now.items() if place in before}
    if not now:
        return None
    variant = next(iter(now.values())).variant
    if set(draw_controls(before, variant, len(now))) != set(now):
        before = {place: sample for place, sample in before.items() if place in now}
    dates = sorted(each.provenance.recorded for each in now.values() if each.provenance)
    return Controls(
        trials=len(now),
        of=len(before),
        oldest=dates[0],
        newest=dates[-1],
        answered_before=list_answering(before.values()),
        answered_now=list_answering(now.values()),
        rates=tuple(_compare_rates(list(before.values()), list(now.values()))),
    )


def cap_drifted(
    comparison: Comparison, controls: Controls | None, format_command: Callable[[], str]
) -> Comparison:
    """Return a comparison with its control trials, and without verdicts where they show drift.

    Where another model answers now, no suite has a verdict: it would answer in suites that have no
    control trial, too.

    format_command: writes the command that records both sides together.
    """
    if controls is None:
        return comparison
    suites = {rate.suite for rate in controls.drifted}
    if controls.has_other_model:
        suites = {verdict.suite for verdict in comparison.behaviours}
        suites |= {gate.suite for gate in comparison.gates}
    reason = f"the baseline drifted since it was recorded: {describe_drift(controls)}"
    capped = comparison
    if suites:
        cure = f"record both sides together: {format_command()}"
        capped = cap_suites(comparison, dict.fromkeys(suites, reason), cure)
    notes = (*capped.notes, describe_controls(controls))
    return capped.model_copy(update={"controls": controls, "notes": notes})


def _compare_rates(before: Sequence[Sample], now: Sequence[Sample]) -> list[ControlRate]:
    graded = _count_passed(now)
    known = _count_passed(before)
    counts = {name: (known.get(name, Count(0, 0)), again) for name, again in graded.items()}
    p_values = adjust_by_holm([compute_drift_p(*both) for both in counts.values()])
    rates = []
    for ((suite, behaviour), (old, new)), p in zip(counts.items(), p_values, strict=True):
        # Holm's first step: what the strictest of the tests would have noticed.
        fall, rise = find_noticeable_changes(old, new.graded, _ALPHA / len(counts))
        rates.append(
            ControlRate(
                suite=suite,
                behaviour=behaviour,
                passed_before=old.passed,
                graded_before=old.graded,
                passed_now=new.passed,
                graded_now=new.graded,
                p_holm=p,
                drifted=p <= _ALPHA,
                fall=fall,
                rise=rise,
            )
        )
    return rates


def _count_passed(samples: Sequence[Sample]) -> Mapping[tuple[str, str], Count]:
    """Count passed and graded trials of each behaviour of each suite."""
    outcomes: dict[tuple[str, str], list[bool]] = {}
    for sample in samples:
        for behaviour, outcome in sample.outcomes.items():
            if outcome in ("pass", "fail"):
                outcomes.setdefault((sample.suite, behaviour), []).append(outcome == "pass")
    return {name: Count(sum(passes), len(passes)) for name, passes in outcomes.items()}


def _name_place(sample: Sample) -> Place:
    return (sample.suite, sample.scenario, sample.trial)
