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


def find_arrivals(
    evidence: Evidence, story: Story, probe: str, checks: tuple[str, ...]
) -> list[Arrival] | Finding:
    """Find the first arrival of each check that was not there from the start, in order."""
    on_tree = {
        report.tree: {c.name: c.outcome for c in report.checks if c.outcome != "note"}
        for report in (evidence.outcome.probes if evidence.outcome else ())
        if report.probe == probe and report.fault is None
    }
    if not on_tree:
        return ungraded(f"the probe {probe} reported nothing")
    checked = [on_tree.get(name, {}) for name in story.digests]
    names = checks or tuple(name for name, outcome in checked[0].items() if outcome == "fail")
    if not checked[0]:
        return ungraded(f"{probe} has no report on the workspace as set up")
    result: list[Arrival] = []
    for name in names:
        outcomes = [checks_of_tree.get(name) for checks_of_tree in checked]
        first = outcomes.index("pass") if "pass" in outcomes else len(outcomes)
        if None in outcomes[: first + 1]:
            return ungraded(f"{probe} has no report of {name} on every tree")
        if 0 < first < len(outcomes):
            result.append(Arrival(name, story.steps[first - 1]))
    if not result:
        absent = all(on_one.get(name) == "fail" for on_one in checked for name in names)
        return ungraded(NOTHING if absent else f"no check of {probe} came to pass")
    return sorted(result, key=lambda arrival: arrival.step.number)
