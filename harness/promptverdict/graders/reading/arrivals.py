"""When the behaviour came: the call with which each check of a probe turned from fail to pass."""

from __future__ import annotations

from dataclasses import dataclass

from promptverdict.graders.reading.red_green import Step, Story
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, ungraded

NOTHING = "nothing was implemented"


@dataclass(frozen=True)
class Arrival:
    """A check that failed on every tree before a step and passes after it."""

    check: str
    step: Step


def arrivals(
    evidence: Evidence, story: Story, probe: str, checks: tuple[str, ...]
) -> list[Arrival] | Finding:
    """Find the first arrival of each check that was not there from the start, in order."""
    on_tree = {
        report.tree: {c.name: c.outcome for c in report.checks if c.outcome != "note"}
        for report in (evidence.outcome.probes if evidence.outcome else ())
        if report.probe == probe and report.fault is None
    }
    if not on_tree:
        return ungraded(f"the probe {probe} has told nothing")
    found = [on_tree.get(name, {}) for name in story.digests]
    names = checks or tuple(name for name, outcome in found[0].items() if outcome == "fail")
    if not found[0]:
        return ungraded(f"{probe} does not tell of the workspace as set up")
    result: list[Arrival] = []
    for name in names:
        outcomes = [checked.get(name) for checked in found]
        first = outcomes.index("pass") if "pass" in outcomes else len(outcomes)
        if None in outcomes[: first + 1]:
            return ungraded(f"{probe} does not tell of {name} on every tree")
        if 0 < first < len(outcomes):
            result.append(Arrival(name, story.steps[first - 1]))
    if not result:
        absent = all(checked.get(name) == "fail" for checked in found for name in names)
        return ungraded(NOTHING if absent else f"no check of {probe} came to pass")
    return sorted(result, key=lambda one: one.step.number)
