"""Red, green, refactor as it went: what each call did to the code, and which tests ran on what.

A report carries the digest of the tree it ran on, so a command that both edited and tested can
often be taken apart. Where it cannot, or where the tests ran on a copy elsewhere, the run says so
and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from promptverdict.graders.reading.code_edits import Edit, find_edit
from promptverdict.graders.reading.failure_reasons import Failure, Known, judge_failure
from promptverdict.graders.reading.python_source import is_production
from promptverdict.graders.reading.shell_commands import (
    count_in_workspace,
    is_inline_python,
    is_test_run,
)
from promptverdict.trials.evidence import Evidence, Identity
from promptverdict.trials.transcript import Call, Result, pair_calls
from promptverdict.trials.tree import TestReport, Tree, digest

State = Literal["untested", "green", "red", "unclear", "wrong-red", "base-red"]


@dataclass(frozen=True)
class Run:
    """One process of pytest, and where it stands in the story."""

    event: int
    number: int
    """Of the result that brought it, counted from 1."""
    place: Literal["before", "after", "unknown"]
    """Whether its tree is that before or after what the same call did to production files."""
    tree: Tree
    failures: tuple[Failure, ...]
    passing: frozenset[str]

    @property
    def state(self) -> State:
        """What this run alone says."""
        reasons = {one.reason for one in self.failures if one.new}
        if "right" in reasons:
            return "red"
        if reasons:
            return "unclear" if "unclear" in reasons else "wrong-red"
        if self.failures:
            return "base-red"
        return "green" if self.passing else "untested"


@dataclass(frozen=True)
class Step:
    """One call with its result."""

    number: int
    call: int
    """Event of the call."""
    event: int
    """Event of the result."""
    command: str
    before: Tree
    after: Tree
    edit: Edit | None
    runs: tuple[Run, ...]

    @property
    def untold(self) -> bool:
        """Whether tests seem to have run without a report."""
        return not self.runs and is_test_run(self.command)

    @property
    def inline(self) -> bool:
        """Whether Python was run that is no test file."""
        return is_inline_python(self.command)

    def ordered(self) -> Iterator[Run | Edit]:
        """Give the runs and the edit in the order in which they happened."""
        yield from (run for run in self.runs if run.place == "before")
        if self.edit:
            yield self.edit
        yield from (run for run in self.runs if run.place == "after")


@dataclass(frozen=True)
class Story:
    """A trial as its steps."""

    start: Tree
    steps: tuple[Step, ...]
    digests: tuple[str, ...]
    """Names the tree as set up and after each step."""

    @classmethod
    def of(cls, evidence: Evidence, production: tuple[str, ...]) -> Story:
        """Read the transcript; several graders of one trial share what was read."""
        return _story(Identity(evidence), production)

    @classmethod
    def read(cls, evidence: Evidence, production: tuple[str, ...]) -> Story:
        """Read the transcript."""
        trees, digests = [tree for _, tree in evidence.trees()], evidence.digests()
        ever = Known.of(trees)
        calls = pair_calls(evidence.events)
        steps: list[Step] = []
        for event, result in enumerate(evidence.events):
            if not isinstance(result, Result):
                continue
            number = len(steps) + 1
            at = calls.get(event, event)
            call = evidence.events[at]
            command = str(call.args.get("command", "")) if isinstance(call, Call) else ""
            before, after = trees[number - 1], trees[number]
            edit = find_edit(before, after, production)
            names = digests[number - 1], digests[number]
            reader = _Reader(event, number, trees[0], before, after, names, production, ever)
            runs = tuple(reader.runs(result.tests, command))
            steps.append(Step(number, at, event, command, before, after, edit, runs))
        return cls(trees[0], tuple(steps), digests)

    def runs(self) -> Iterator[Run]:
        """Give every run, also those that prove nothing."""
        for step in self.steps:
            yield from step.runs

    def walk(self) -> Iterator[tuple[Step, Edit, Standing]]:
        """Give each edit that means something, and what was known of the tests just before it."""
        standing = Standing()
        for step in self.steps:
            for thing in standing.through(step):
                if thing.kind != "cosmetic":
                    yield step, thing, standing

    def end(self) -> Standing:
        """Give what is known of the tests at the end."""
        standing = Standing()
        for step in self.steps:
            for _ in standing.through(step):
                pass
        return standing


@lru_cache(maxsize=2)
def _story(known: Identity, production: tuple[str, ...]) -> Story:
    return Story.read(known.evidence, production)


@dataclass
class Standing:
    """What is known of the tests at one moment, from all runs until then."""

    state: State = "untested"
    run: Run | None = None
    """The last run."""
    broken: dict[str, Failure] = field(default_factory=dict)
    """Failures that no later run of the same test or file has lifted."""

    doubt: str | None = None
    """Why there may have been a run since the last one that counts."""

    def through(self, step: Step) -> Iterator[Edit]:
        """Take in a step, and stop at its edit."""
        if any(run.place == "unknown" for run in step.runs):
            self.doubt = f"what the tests at event {step.event} ran on cannot be told"
        elif step.untold:
            self.doubt = f"the tests run at event {step.call} left no report"
        for thing in step.ordered():
            if isinstance(thing, Edit):
                yield thing
            else:
                self.hear(thing)

    def hear(self, run: Run) -> None:
        """Take a run in; a green run of a few tests does not lift what others found."""
        files = {name.split("::")[0] for name in run.passing}
        self.broken = {
            name: one
            for name, one in self.broken.items()
            if name not in run.passing and name.split("::")[0] not in files
        }
        self.broken |= {one.id: one for one in run.failures}
        if run.state == "untested":
            return
        self.run, self.state, self.doubt = run, run.state, None
        if run.state == "green" and self.broken:
            left = Run(
                run.event, run.number, run.place, run.tree, (*self.broken.values(),), run.passing
            )
            self.state = left.state


@dataclass(frozen=True)
class _Reader:
    event: int
    number: int
    start: Tree
    before: Tree
    after: Tree
    digests: tuple[str, str]
    """Names the trees before and after."""
    production: tuple[str, ...]
    ever: Known

    def runs(self, reports: tuple[TestReport, ...], command: str) -> Iterator[Run]:
        trusted = count_in_workspace(command, len(reports))
        seen: dict[tuple[str, str], str] = {}
        for place, report in enumerate(reports):
            outcomes = {(report.tree, n.id): n.outcome for n in report.nodes if n.phase == "call"}
            odd = any(seen.get(key, outcome) != outcome for key, outcome in outcomes.items())
            seen = outcomes | seen
            yield self._run(report, trusted=place < trusted and not odd)

    def _run(self, report: TestReport, *, trusted: bool) -> Run:
        place, tree = self._place(report.tree)
        failed = [node for node in report.nodes if node.outcome == "failed"]
        now = Known.of([tree] if failed else [])
        bad: dict[str, Failure] = {}
        for node in failed:
            if node.id not in bad:
                bad[node.id] = judge_failure(node, tree, self.start, now, self.ever)
        passing = {n.id for n in report.nodes if n.phase == "call" and n.outcome == "passed"}
        return Run(
            event=self.event,
            number=self.number,
            place=place if trusted else "unknown",
            tree=tree,
            failures=tuple(bad.values()),
            passing=frozenset(passing - bad.keys()),
        )

    def _place(self, ran_on: str) -> tuple[Literal["before", "after", "unknown"], Tree]:
        before, after = self.digests
        if ran_on == after:
            return "after", self.after
        if ran_on == before:
            return "before", self.before
        kept = {p: n for p, n in self.before.items() if is_production(p, self.production)}
        more = {p: n for p, n in self.after.items() if not is_production(p, self.production)}
        tests_only = kept | more
        if ran_on == digest(tests_only):
            return "before", tests_only
        return "unknown", self.after
