"""What came out of the steps: how much was written, and whether it was tested last.

Also what all graders of order share: their parameters, and how findings are put together.
"""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pydantic import Field

from promptverdict.core.line_diff import list_added_lines
from promptverdict.core.model import Frozen
from promptverdict.graders.reading.arrivals import NOTHING, find_arrivals
from promptverdict.graders.reading.code_edits import (
    Edit,
    find_edit,
    list_added,
    read_production,
)
from promptverdict.graders.reading.file_kinds import is_production
from promptverdict.graders.reading.left_out import LeftOut, find_left_out, format_names
from promptverdict.graders.reading.python_source import read_source
from promptverdict.graders.reading.red_green import PlacedRun, Standing, Step, Story
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded

PRODUCTION = Field(
    default=(),
    description="Globs of production files, `*` also across folders; tests never belong to them; "
    "empty: all but tests, configuration and docs",
)
PROBE = Field(
    default=None,
    description="Probe with `trees: every` whose checks say whether a tree has the behaviour",
)
CHECKS = Field(
    default=(),
    description="The checks of the probe that are the behaviour; empty: all that fail at first",
)


class SmallSteps(Frozen):
    """The code written is little, and nothing public came that nobody asked for."""

    type: Literal["small_steps"] = "small_steps"
    max_added_lines: int = Field(
        ge=0, description="Most lines added to production, blank ones aside"
    )
    symbols: tuple[str, ...] = Field(
        default=(), description="New public names that are allowed: `discount`, `Cart.remove`"
    )
    production: tuple[str, ...] = PRODUCTION
    behaviour_probe: str | None = PROBE
    checks: tuple[str, ...] = CHECKS
    max_checks_a_step: int | None = Field(
        default=None, ge=1, description="Most checks that may come to pass between two test runs"
    )

    def grade(self, evidence: Evidence) -> Finding:
        """Compare the workspace as set up with what the agent left."""
        story = Story.of(evidence, self.production)
        final = evidence.final_tree()
        edit = find_edit(story.start, final, self.production, story.no_code)
        if edit is None or edit.kind == "cosmetic":
            return ungraded(NOTHING)
        points = tuple(Point(event=step.call) for step, _, _ in story.walk())
        lines = sum(
            _count_added(read_production(story.start, p), read_production(final, p))
            for p in edit.paths
        )
        extra = self._list_unasked(story, evidence)
        problems = []
        if extra:
            problems.append(f"not asked for: {', '.join(extra)}")
        if lines > self.max_added_lines:
            problems.append(f"{lines} lines were added, more than {self.max_added_lines}")
        most = self._count_largest_step(evidence, story)
        if isinstance(most, Finding) and self.max_checks_a_step:
            return failed("; ".join(problems), *points) if problems else most
        if isinstance(most, int) and self.max_checks_a_step and most > self.max_checks_a_step:
            problems.append(f"{most} checks came to pass between two test runs")
        if problems:
            return failed("; ".join(problems), *points)
        steps = f", at most {most} checks at once" if isinstance(most, int) else ""
        return passed(f"{lines} lines were added, nothing unasked{steps}", *points)

    def _list_unasked(self, story: Story, evidence: Evidence) -> list[str]:
        unasked: list[str] = []
        final = evidence.final_tree()
        for path in sorted(final):
            before, after = read_source(story.start, path) or b"", read_source(final, path) or b""
            if before != after and is_production(path, self.production):
                come = list_added(before, after, path)
                own = [name for name in come if name.rpartition(".")[0] not in come]
                unasked += [n for n in own if not {n, n.rpartition(".")[2]} & set(self.symbols)]
        return unasked

    def _count_largest_step(self, evidence: Evidence, story: Story) -> int | Finding:
        if self.behaviour_probe is None:
            return ungraded("no probe tells what came with each step")
        arrivals = find_arrivals(evidence, story, self.behaviour_probe, self.checks)
        if isinstance(arrivals, Finding):
            return arrivals
        came = Counter(arrival.step.number for arrival in arrivals)
        between: Counter[int] = Counter()
        for step, _, standing in story.walk():
            run = standing.run.event if standing.run else -1
            between[run] += came[step.number]
        return max(between.values(), default=0)


class TestsPass(Frozen):
    """Tests were run after the last change to production code, and the last run was green.

    Whatever runner they are of: a red run after that change is a fail, also where another was
    green. Ungraded where these runs left out tests that earlier ones had, or left nothing to read.
    """

    __test__ = False

    type: Literal["tests_pass"] = "tests_pass"
    production: tuple[str, ...] = PRODUCTION

    def grade(self, evidence: Evidence) -> Finding:
        """Look at the last run that counts."""
        story = Story.of(evidence, self.production)
        edits = [(step, edit) for step, edit, _ in story.walk()]
        if not edits:
            return _judge_untouched(story.find_end())
        (step, edit), end = edits[-1], story.find_end()
        last = Point(event=step.call)
        if end.run is not None and _is_after(end.run, step):
            return self._judge_end(story, step, end, end.run, evidence)
        if end.doubt:
            return ungraded(end.doubt, last)
        return failed(f"no test was run after {format_edit(step, edit)}", last)

    def _judge_end(
        self, story: Story, step: Step, end: Standing, run: PlacedRun, evidence: Evidence
    ) -> Finding:
        """Judge the runs after the last edit; run: the last of them."""
        last, here = Point(event=step.call), Point(event=run.event)
        final = [run for run in story.list_runs() if _is_after(run, step)]
        left_out = _find_left_out(story, final, evidence)
        if left_out.unknown:
            names = format_names(left_out.unknown)
            return ungraded(f"whether {names} ran after the last change is unknown", here)
        if end.state != "green":
            if end.doubt:
                return ungraded(end.doubt, here)
            return failed(f"failing after the last change: {_format_broken(end)}", here)
        if end.unread:
            return ungraded(end.unread, last, here)
        if left_out.words:
            return ungraded(f"not run after the last change: {left_out.words}", last, here)
        count = max(len(run.passing), run.run.passed)
        return passed(f"{count} tests passed after the last change", last, here)


def _find_left_out(story: Story, final: list[PlacedRun], evidence: Evidence) -> LeftOut:
    runs = [run.run for run in story.list_runs() if run.place != "unknown"]
    trees = [tree for _, tree in evidence.trees()]
    return find_left_out(runs, [run.run for run in final], trees)


def _is_after(run: PlacedRun, step: Step) -> bool:
    """Whether a run saw what a step did to the code."""
    later = run.number > step.number and run.place != "unknown"
    return later or (run.number == step.number and run.place == "after")


def choose_worst(findings: list[Finding]) -> Finding:
    """Return the finding that decides: a fail, else what is unknown, else the passes."""
    if not findings:
        return ungraded(NOTHING)
    for outcome in ("fail", "ungraded"):
        for finding in findings:
            if finding.outcome == outcome:
                return finding
    points = dict.fromkeys(point for finding in findings for point in finding.points)
    reasons = list(dict.fromkeys(finding.reason for finding in findings))
    more = f"; and {len(reasons) - 2} more" if len(reasons) > 2 else ""
    return passed("; ".join(reasons[:2]) + more, *points)


def format_edit(step: Step, edit: Edit) -> str:
    """Format an edit for a reason."""
    return f"the edit of {', '.join(edit.paths[:3])} at event {step.call}"


def _judge_untouched(end: Standing) -> Finding:
    # Tests that were green, or that nobody ran, say nothing of an agent that changed no code.
    if end.run is None or end.state == "green":
        return ungraded(NOTHING)
    here = Point(event=end.run.event)
    if end.doubt:
        return ungraded(end.doubt, here)
    return failed(f"left red, no code was changed: {_format_broken(end)}", here)


def _format_broken(end: Standing) -> str:
    names = ", ".join(sorted(end.broken)[:3])
    return names or (end.run.run.words if end.run else "")


def _count_added(before: bytes | None, after: bytes | None) -> int:
    old, new = ((text or b"").decode("utf-8", "replace").splitlines() for text in (before, after))
    return sum(bool(line.strip()) for line in list_added_lines(old, new))
