"""The order of things: tests before code, the right failure, small steps, refactoring on green.

A probe that ran on every tree says best what a trial was about: behaviour came with the call
across which a check turned from fail to pass. Without a probe only what is new in public is seen,
and the rest is ungraded. A promise is about code, so a trial without any is ungraded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from promptverdict.core.model import Frozen
from promptverdict.graders.reading.arrivals import NOTHING, Arrival, find_arrivals
from promptverdict.graders.reading.code_edits import Edit
from promptverdict.graders.reading.credit import judge_arrival
from promptverdict.graders.reading.file_kinds import is_document, is_source
from promptverdict.graders.reading.red_green import Standing, Step, Story
from promptverdict.graders.steps import (
    CHECKS,
    PROBE,
    PRODUCTION,
    SmallSteps,
    TestsPass,
    choose_worst,
    format_edit,
)
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded

__all__ = ["RefactorOnGreen", "RightReasonRed", "SmallSteps", "TestFirst", "TestsPass"]


class TestFirst(Frozen):
    """A failing test of the behaviour had been run before production code brought it.

    With a probe: for each check that came to pass, a test that could reach the changed code had
    failed, not for a wrong reason, with nothing later to the contrary, and passed afterwards.
    """

    __test__ = False

    type: Literal["test_first"] = "test_first"
    production: tuple[str, ...] = PRODUCTION
    behaviour_probe: str | None = PROBE
    checks: tuple[str, ...] = CHECKS

    def grade(self, evidence: Evidence) -> Finding:
        """Look for the red before each arrival of behaviour."""
        story = Story.of(evidence, self.production)
        if self.behaviour_probe is None:
            return self._judge_by_symbols(story)
        arrivals = find_arrivals(evidence, story, self.behaviour_probe, self.checks)
        if isinstance(arrivals, Finding):
            return arrivals
        return choose_worst([judge_arrival(story, arrival) for arrival in arrivals])

    def _judge_by_symbols(self, story: Story) -> Finding:
        findings: list[Finding] = []
        for step, edit, standing in story.walk():
            point, what = Point(event=step.call), format_edit(step, edit)
            if standing.state == "red" and standing.run:
                red = Point(event=standing.run.event)
                findings.append(passed(f"{what} came after a failing test", red, point))
            elif edit.kind != "adds":
                reason = f"whether {what} brought behaviour is unknown without a probe"
                findings.append(ungraded(reason, point))
            elif standing.doubt or standing.state == "unclear":
                findings.append(ungraded(standing.doubt or "the red is unclear", point))
            else:
                findings.append(
                    failed(f"{what} came while the tests were {_format_state(standing)}", point)
                )
        if findings and story.find_end().state != "green":
            findings.append(ungraded("the tests were not seen to pass in the end"))
        return choose_worst(findings)


class RightReasonRed(Frozen):
    """The failure seen before the code was written came from the missing behaviour.

    Seen: the run came in an earlier answer than the edit. No failure at all is a fail, since
    then nothing of the kind was seen. An exception that may come from the test as well as from the
    code (a ValueError) was the behaviour's where that very test passed once the behaviour had come.
    """

    type: Literal["right_reason_red"] = "right_reason_red"
    production: tuple[str, ...] = PRODUCTION
    behaviour_probe: str | None = PROBE
    checks: tuple[str, ...] = CHECKS

    def grade(self, evidence: Evidence) -> Finding:
        """Look at the last run before each edit that brought behaviour."""
        story = Story.of(evidence, self.production)
        arrivals: list[Arrival] | Finding = []
        if self.behaviour_probe:
            arrivals = find_arrivals(evidence, story, self.behaviour_probe, self.checks)
        if isinstance(arrivals, Finding):
            return arrivals
        came: dict[int, list[Arrival]] = {}
        for arrival in arrivals:
            came.setdefault(arrival.step.number, []).append(arrival)
        if any(arrival.step.edit is None for arrival in arrivals):
            return ungraded("behaviour came without a change of production files")
        return choose_worst(
            [
                _settle(
                    story, came.get(step.number, ()), self._judge(step, edit, standing), standing
                )
                for step, edit, standing in story.walk()
                if step.number in came
                or (not self.behaviour_probe and (edit.kind == "adds" or standing.state != "green"))
            ]
        )

    def _judge(self, step: Step, edit: Edit, standing: Standing) -> Finding:
        what, run = format_edit(step, edit), standing.run
        points = (*([Point(event=run.event)] if run else []), Point(event=step.call))
        failures = standing.broken.values()
        if standing.state == "red" and run:
            right = next(
                failure for failure in failures if failure.new and failure.reason == "right"
            )
            if run.event > step.call:
                return failed(f"{what} was written before the failure could be read", *points)
            return passed(f"{what} came after {right.id} had failed ({right.words})", *points)
        if standing.doubt:
            return ungraded(standing.doubt, *points)
        if standing.state == "wrong-red" and run:
            wrong = next(failure for failure in failures if failure.new)
            words = f"{wrong.id} ({wrong.words})"
            return failed(f"{what} came after a failure with another cause: {words}", *points)
        if standing.state in ("unclear", "base-red"):
            return ungraded(f"why the tests failed before {what} is unknown", *points)
        certain = self.behaviour_probe is not None or edit.kind == "adds"
        verdict = failed if certain else ungraded
        return verdict(f"no failure was seen before {what}: {_format_state(standing)}", *points)


def _settle(
    story: Story, arrivals: Sequence[Arrival], found: Finding, standing: Standing
) -> Finding:
    """Let a test that passed unchanged once the behaviour had come settle why it had failed.

    Not where other files than code came along with it: the test may have waited for those.
    """
    run = standing.run
    if found.outcome != "ungraded" or standing.state != "unclear" or not arrivals or not run:
        return found
    if any(run.event > arrival.step.call for arrival in arrivals):
        return found
    credited = [judge_arrival(story, arrival) for arrival in arrivals]
    if any(_brings_other_files(arrival) for arrival in arrivals):
        return found
    return choose_worst(credited) if all(each.outcome == "pass" for each in credited) else found


def _brings_other_files(arrival: Arrival) -> bool:
    step = arrival.step
    return any(
        path not in step.before and not is_source(path) and not is_document(path)
        for path in step.after
    )


class RefactorOnGreen(Frozen):
    """Production code was restructured only while all tests passed.

    Restructuring: an edit that brings no behaviour and moves code (a definition goes, or comes
    while another changes). Edits on a red of the agent's own new test are the way to green until
    the behaviour has come, unless they pull code that was there out of a definition into a new one.
    No restructuring at all is a pass, since the rule was kept; the reason then says that there was
    no chance to break it.
    """

    type: Literal["refactor_on_green"] = "refactor_on_green"
    production: tuple[str, ...] = PRODUCTION
    behaviour_probe: str | None = PROBE
    checks: tuple[str, ...] = CHECKS

    def grade(self, evidence: Evidence) -> Finding:
        """Look at what was known of the tests at each edit that brought nothing new."""
        story = Story.of(evidence, self.production)
        arrivals: list[Arrival] | Finding = []
        if self.behaviour_probe:
            arrivals = find_arrivals(evidence, story, self.behaviour_probe, self.checks)
        came: set[int] = set()
        if not isinstance(arrivals, Finding):
            came = {arrival.step.number for arrival in arrivals}
        elif arrivals.reason != NOTHING:
            return arrivals
        findings: list[Finding] = []
        fresh = 0
        for step, edit, standing in story.walk():
            unseen = fresh > (standing.run.number if standing.run else 0)
            if standing.run and fresh == standing.run.number:
                unseen = standing.run.place == "before"
            brings = step.number in came or (
                not self.behaviour_probe
                and (edit.kind == "adds" or (standing.state == "red" and not unseen))
            )
            if brings:
                fresh = step.number
            else:
                findings.append(self._judge(step, edit, standing, unseen=unseen))
        if not findings and any(True for _ in story.walk()):
            return passed("nothing was restructured: there was no chance to break the rule")
        return choose_worst(findings)

    def _judge(self, step: Step, edit: Edit, standing: Standing, *, unseen: bool) -> Finding:
        what, point = format_edit(step, edit), Point(event=step.call)
        if standing.state == "green" and not unseen:
            return passed(f"{what} was changed on green", point)
        if standing.state == "red" and not unseen and not edit.pulls_out:
            return passed(f"{what} was changed on the way from red to green", point)
        if edit.kind == "adds" and not unseen and not edit.pulls_out:
            return passed(f"{what} is new, not restructured", point)
        known = (
            "new behaviour had not been tested"
            if unseen
            else f"the tests were {_format_state(standing)}"
        )
        # Why a test failed does not matter to code that was only moved: not all tests passed.
        unclear = standing.state == "unclear" and not edit.pulls_out
        if standing.doubt or unclear or not edit.restructures:
            unknown = f"whether {what} was restructured is unknown ({known})"
            return ungraded(standing.doubt or unknown, point)
        return failed(f"{what} was restructured while {known}", point)


def _format_state(standing: Standing) -> str:
    """Format how the tests stood."""
    words = {
        "untested": "not run",
        "wrong-red": "red for another reason",
        "unclear": "red for an unknown reason",
    }
    return words.get(standing.state, standing.state)
