"""Runs with a comparison, made by hand: so many scenarios, of which some flipped."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict, Rate
from promptverdict.comparison.measured import Measured
from promptverdict.comparison.scenario_pair import ScenarioPair
from promptverdict.comparison.verdicts import Comparison, Comparisons, Side
from promptverdict.report.model import Report, build_report
from promptverdict.report.trend import Trend
from promptverdict.trials.grade import Grade, Outcome, Point, failed, passed
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Manifest
from promptverdict.trials.summary import summarise_trial
from promptverdict.trials.transcript import Answered, Call, End, Event, Result, Say, User
from promptverdict.trials.tree import Change

from tests.report.made import record

NOW = datetime(2026, 1, 3, 12, tzinfo=UTC)
BASE, TERSE = "helper/base", "helper/terse"
LOOK: dict[str, Any] = {"p": 0.004, "p_adjusted": 0.03, "worth_a_look": True}


def trial(variant: str, scenario: str, number: int, *, kind: bool, **more: Any) -> TrialRecord:
    """Make a record of one trial, in which the agent was kind or was not."""
    words = "You are welcome, gladly." if kind else "Done. Next."
    point = Point(event=4, start=0, end=len(words))
    events: tuple[Event, ...] = (
        User(text="Say hello,\nin a file."),
        Call(id="t1", tool="Bash", args={"command": f"echo hello > {variant[7:]}.txt"}),
        Answered(model="claude", stop="calls"),
        Result(call="t1", text="", changes=(Change(path="a.txt", text="hello\n"),)),
        Say(text=words),
        Answered(model="claude", stop="done"),
        End(reason="done"),
    )
    finding = passed("It says so.", point) if kind else failed("It says nothing kind.", point)
    named = {"variant": variant, "scenario": scenario, "trial": number}
    grades = (Grade(behaviour="kind", grader="says", finding=finding),)
    key = f"{len(variant):04x}{number:04x}{int(scenario.rpartition('-')[2]):08x}"
    return record(*events, key=key, grades=grades, **named, **more)


def run(scenarios: int = 8, lost: int = 6, trials: int = 1) -> list[TrialRecord]:
    """Make the records of a run in which the candidate lost its kindness in some scenarios."""
    return [
        trial(variant, f"scenario-{place}", number, kind=variant == BASE or place >= lost)
        for place in range(scenarios)
        for variant in (BASE, TERSE)
        for number in range(trials)
    ]


def manifest(records: list[TrialRecord]) -> Manifest:
    """Make the manifest of a run that ended."""
    planned = {f"{one.suite}/{one.scenario}::{one.variant}#{one.trial}": one.key for one in records}
    return Manifest(
        schema_version=1,
        run="20260101T120000.000000Z",
        started="2026-01-01T12:00:00Z",
        finished="2026-01-01T12:00:09Z",
        harness="0.1.0",
        settings={},
        planned=planned,
    )


def comparison(records: list[TrialRecord], **more: Any) -> Comparison:
    """Compare the two variants of a run, with figures that were not computed."""
    pairs = tuple(_pair(records, name) for name in sorted({one.scenario for one in records}))
    lost = sum(bool(pair.difference) for pair in pairs)
    shown = 1 - lost / len(pairs)
    told = BehaviourVerdict(
        suite="manners",
        behaviour="kind",
        says="It is kind",
        kind="verdict",
        verdict="regressed",
        reason="",
        estimate=shown - 1,
        low=-0.9,
        high=-0.3,
        p=0.002,
        p_holm=0.004,
        mde80=0.4,
        fragile=False,
        n=len(pairs),
        missing_baseline=0,
        missing_candidate=0,
        baseline_rate=_rate(1.0, len(pairs)),
        candidate_rate=_rate(shown, len(pairs)),
        pairs=pairs,
        next_step="",
    )
    fields: dict[str, Any] = {
        "baseline": _side(BASE, len(pairs)),
        "candidate": _side(TERSE, len(pairs)),
        "behaviours": (told,),
        "prompt_diff": "--- base\n+++ terse\n@@ -1 +1 @@\n-You are careful.\n+You are terse.\n",
        "created": "2026-01-02T12:00:00Z",
    }
    return Comparison.model_validate(fields | more)


def measured(name: str = "calls of Bash", **more: Any) -> Measured:
    """Make a measure, with figures that were not computed."""
    fields: dict[str, Any] = {
        "name": name,
        "says": f"{name.capitalize()}, counted",
        "unit": "calls",
        "baseline": 4.2,
        "candidate": 7.9,
        "difference": 3.7,
        "p": None,
        "p_adjusted": None,
        "n": 8,
        "missing_baseline": 0,
        "missing_candidate": 0,
        "worth_a_look": False,
    }
    return Measured.model_validate(fields | more)


def changed(found: Comparison, **more: Any) -> Comparison:
    """Change the one verdict of a comparison."""
    (told,) = found.behaviours
    return found.model_copy(update={"behaviours": (told.model_copy(update=more),)})


def report(records: list[TrialRecord] | None = None, *comparisons: Comparison) -> Report:
    """Compute the report of a run, on 3 January 2026."""
    records = records or run()
    found = Comparisons(comparisons=comparisons) if comparisons else None
    return build(manifest(records), records, found)


def build(
    ran: Manifest,
    records: Sequence[TrialRecord],
    found: Comparisons | None,
    older: Sequence[TrialRecord] = (),
    trend: Trend | None = None,
) -> Report:
    """Compute the report of records that lie in memory."""
    known = {(one.key, one.id): one for one in (*records, *older)}
    summaries = [list(map(summarise_trial, side)) for side in (records, older)]
    return build_report(
        ran, summaries[0], found, NOW, lambda one: known[one.key, one.id], summaries[1], trend
    )


def _pair(records: list[TrialRecord], scenario: str) -> ScenarioPair:
    sides: dict[str, Any] = {}
    for role, variant in (("baseline", BASE), ("candidate", TERSE)):
        there = [one for one in records if (one.scenario, one.variant) == (scenario, variant)]
        outcomes: tuple[Outcome, ...] = tuple(one.grades[0].finding.outcome for one in there)
        sides |= {role: outcomes, f"{role}_trials": tuple(one.key for one in there)}
    return ScenarioPair(suite="manners", scenario=scenario, behaviour="kind", **sides)


def _rate(estimate: float, scenarios: int) -> Rate:
    return Rate(
        estimate=estimate,
        low=max(0.0, estimate - 0.2),
        high=min(1.0, estimate + 0.2),
        passed=round(estimate * scenarios),
        graded=scenarios,
        ungraded=0,
        missing=0,
    )


def _side(variant: str, trials: int) -> Side:
    return Side(
        label=variant,
        variant=variant,
        model="relay/claude",
        provenance=("relay: Ann, by hand",),
        oldest="2026-01-01T12:00:00Z",
        newest="2026-01-02T12:00:00Z",
        trials=trials,
    )
