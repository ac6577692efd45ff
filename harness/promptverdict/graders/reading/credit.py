"""Whether a test may be credited with behaviour: it was red before it, and green because of it."""

from __future__ import annotations

from promptverdict.graders.reading.arrivals import Arrival
from promptverdict.graders.reading.failure_reasons import Failure
from promptverdict.graders.reading.module_graph import can_reach
from promptverdict.graders.reading.red_green import PlacedRun, Story
from promptverdict.graders.reading.shell_commands import mentions_names
from promptverdict.graders.reading.test_sources import describe_test
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded
from promptverdict.trials.tree import Tree


def judge_arrival(story: Story, arrival: Arrival) -> Finding:
    """Find the test that was red when the behaviour came, and green after."""
    step = arrival.step
    here = Point(event=step.call)
    doubts: list[str] = []
    for run, red in _list_last_failures(story, arrival):
        verdict = _find_green(story, arrival, run, red)
        if isinstance(verdict, PlacedRun):
            reason = f"{red.id} had failed at event {run.event} before {arrival.check} came"
            return passed(reason, Point(event=run.event), here, Point(event=verdict.event))
        if verdict:
            doubts.append(verdict)
    doubts += _list_doubts(story, arrival)
    if doubts:
        return ungraded(f"{arrival.check}: {doubts[0]}", here)
    paths = ", ".join(step.edit.paths[:3]) if step.edit else "a change outside production"
    reason = f"{arrival.check} came with {paths} at event {step.call}, and no test of it was red"
    return failed(reason, here)


def _is_before(run: PlacedRun, arrival: Arrival) -> bool:
    number = arrival.step.number
    return run.number < number or (run.number == number and run.place == "before")


def _list_last_failures(story: Story, arrival: Arrival) -> list[tuple[PlacedRun, Failure]]:
    """List what failed when it was last run before the behaviour came."""
    last: dict[str, tuple[PlacedRun, Failure]] = {}
    for run in story.list_runs():
        if run.place == "unknown" or not _is_before(run, arrival):
            continue
        heard = run.passing | {failure.id for failure in run.failures}
        files = {name.split("::")[0] for name in heard}
        for name in [n for n in last if n in heard or n in files]:
            del last[name]
        last |= {
            failure.id: (run, failure) for failure in run.failures if failure.reason != "wrong"
        }
    return list(last.values())


def _find_green(
    story: Story, arrival: Arrival, run: PlacedRun, red: Failure
) -> PlacedRun | str | None:
    """Find the run that was green; else a doubt, or None when the test has no part in it."""
    step = arrival.step
    test = red.id.split("::")[0]
    if step.edit and test in step.after and not can_reach(step.after, test, step.edit.paths):
        return None
    failed_still = False
    changed = None
    for later in story.list_runs():
        if later.place == "unknown" or _is_before(later, arrival):
            continue
        names = {red.id} & later.passing if "::" in red.id else later.passing
        for name in sorted(filter(red.is_same_as, names)):
            if "::" in red.id or not _is_same_test(name, later.tree, story.start):
                if red.missing_target or _is_same_test(name, later.tree, run.tree):
                    return later
                changed = f"{name} was changed between its red and its green"
        failed_still = failed_still or any(
            failure.id == red.id and _is_same_test(failure.id, later.tree, run.tree)
            for failure in later.failures
        )
    if changed:
        return None if failed_still else changed
    return None if failed_still else f"{red.id} was not run again"


def _is_same_test(test: str, tree: Tree, other: Tree) -> bool:
    """Whether a test means the same in two trees."""
    return describe_test(tree, test) == describe_test(other, test)


def _list_doubts(story: Story, arrival: Arrival) -> list[str]:
    """List what else may have been a red: runs that cannot be placed or read, checks by hand."""
    doubts: list[str] = []
    names = arrival.step.edit.names if arrival.step.edit else frozenset[str]()
    for step in story.steps[: arrival.step.number]:
        if any(run.place == "unknown" and run.run.is_red for run in step.runs):
            doubts.append(f"what the tests at event {step.event} ran on is unknown")
        if step.unread:
            doubts.append(f"the run at event {step.call} left no report")
        looks = story.digests[step.number - 1] == story.digests[step.number]
        if (
            looks
            and step.inline
            and step is not arrival.step
            and mentions_names(step.command, names)
        ):
            doubts.append(f"it may have been checked by hand at event {step.call}")
    return doubts
