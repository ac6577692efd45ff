"""Red, green, refactor as it went: what each call did to the code, and which tests ran on what.

A report carries the digest of the tree it ran on, so a command that both edited and tested can
often be taken apart. Other runs are placed by the order within their command. Where neither serves,
or where the tests ran on a copy elsewhere, the run says so and proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal

from promptverdict.graders.reading.code_edits import Edit, find_edit
from promptverdict.graders.reading.code_view import find_no_code
from promptverdict.graders.reading.failure_reasons import Failure, Known, judge_failure
from promptverdict.graders.reading.placing import Place, Stage
from promptverdict.graders.reading.shell_commands import is_inline_code
from promptverdict.graders.reading.test_run import ResultRuns, TestRun
from promptverdict.graders.reading.test_runs import list_result_runs
from promptverdict.graders.reading.test_sources import get_function, is_gone, split_id
from promptverdict.trials.evidence import Evidence, Identity
from promptverdict.trials.transcript import Call, Result, pair_calls
from promptverdict.trials.tree import Tree

State = Literal["untested", "green", "red", "unclear", "wrong-red", "base-red"]


@dataclass(frozen=True)
class PlacedRun:
    """A test run, and where it stands in the story."""

    run: TestRun
    place: Place
    """Whether its tree is that before or after what the same call did to production files."""
    tree: Tree
    failures: tuple[Failure, ...]
    passing: frozenset[str]

    @property
    def event(self) -> int:
        """Of the result that brought it."""
        return self.run.event

    @property
    def number(self) -> int:
        """Of that result, counted from 1."""
        return self.run.number

    @property
    def state(self) -> State:
        """What this run alone shows."""
        reasons = {failure.reason for failure in self.failures if failure.new}
        if "right" in reasons:
            return "red"
        if reasons:
            return "unclear" if "unclear" in reasons else "wrong-red"
        if self.failures:
            return "base-red"
        if self.run.is_red:
            # It counts failures and names none: which tests they are is not known.
            return "unclear"
        return "green" if self.passing or self.run.passed else "untested"


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
    runs: tuple[PlacedRun, ...]
    shown: ResultRuns
    """All that its result shows of tests."""

    @property
    def unread(self) -> bool:
        """Whether tests may have run that left nothing which can be read."""
        return self.shown.unread

    @property
    def inline(self) -> bool:
        """Whether code was run that is no test file."""
        return is_inline_code(self.command)

    def list_in_order(self) -> Iterator[PlacedRun | Edit]:
        """List the runs and the edit in the order in which they happened."""
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
    no_code: frozenset[str] = frozenset()
    """Changed files that are no code."""

    @classmethod
    def of(cls, evidence: Evidence, production: tuple[str, ...]) -> Story:
        """Read the transcript; several graders of one trial share what was read."""
        return _read_story(Identity(evidence), production)

    @classmethod
    def read(cls, evidence: Evidence, production: tuple[str, ...]) -> Story:
        """Read the transcript."""
        trees, digests = [tree for _, tree in evidence.trees()], evidence.digests()
        ever, no_code = Known.of(trees), find_no_code(evidence)
        calls, tests = pair_calls(evidence.events), list_result_runs(evidence)
        steps: list[Step] = []
        for event, result in enumerate(evidence.events):
            if not isinstance(result, Result):
                continue
            number = len(steps) + 1
            at = calls.get(event, event)
            call = evidence.events[at]
            command = str(call.args.get("command", "")) if isinstance(call, Call) else ""
            before, after = trees[number - 1], trees[number]
            edit = find_edit(before, after, production, no_code)
            names = digests[number - 1], digests[number]
            shown = tests[number - 1]
            stage = Stage(before, after, names, production, shown.outputs, no_code)
            runs = tuple(_place_runs(stage, shown, trees[0], ever))
            steps.append(Step(number, at, event, command, before, after, edit, runs, shown))
        return cls(trees[0], tuple(steps), digests, no_code)

    def list_runs(self) -> Iterator[PlacedRun]:
        """List every run, also those that prove nothing."""
        for step in self.steps:
            yield from step.runs

    def walk(self) -> Iterator[tuple[Step, Edit, Standing]]:
        """Walk through the edits that mean something, with what was known of the tests before."""
        standing = Standing()
        for step in self.steps:
            for edit in standing.follow(step):
                if edit.kind != "cosmetic":
                    yield step, edit, standing

    def find_end(self) -> Standing:
        """Find what is known of the tests at the end."""
        standing = Standing()
        for step in self.steps:
            for _ in standing.follow(step):
                pass
        return standing


@lru_cache(maxsize=2)
def _read_story(known: Identity, production: tuple[str, ...]) -> Story:
    return Story.read(known.evidence, production)


@dataclass
class Standing:
    """What is known of the tests at one moment, from all runs until then."""

    state: State = "untested"
    run: PlacedRun | None = None
    """The last run."""
    broken: dict[str, Failure] = field(default_factory=dict)
    """Failures that no later run of the same test or file has lifted."""
    doubt: str | None = None
    """Why there may have been a run since the last one that counts."""
    unread: str | None = None
    """The same, of runs alone that left nothing to read and may have been red."""
    _trees: dict[str, Tree] = field(default_factory=dict)
    """The tree on which each of the broken tests failed."""

    def follow(self, step: Step) -> Iterator[Edit]:
        """Take in a step, and stop at its edit."""
        if any(run.place == "unknown" for run in step.runs):
            self.doubt = f"what the tests at event {step.event} ran on is unknown"
        elif step.unread:
            self.doubt = f"the run at event {step.call} left no report"
        for thing in step.list_in_order():
            if isinstance(thing, Edit):
                yield thing
            else:
                self.hear(thing)
        if step.unread:
            # Also where other tests of the same command were read.
            self.doubt = f"the run at event {step.call} left no report"
            self.unread = None if step.shown.ended_well else self.doubt

    def hear(self, run: PlacedRun) -> None:
        """Take a run in; a green run of a few tests does not lift what others found."""
        for name in [name for name in self.broken if self._is_lifted(name, run)]:
            del self.broken[name]
        self.broken |= {failure.id: failure for failure in run.failures}
        self._trees |= {failure.id: run.tree for failure in run.failures}
        # A run without tests says nothing, also not that what was red is green.
        if run.state == "untested":
            return
        self.run, self.state, self.doubt, self.unread = run, run.state, None, None
        if run.state == "green" and self.broken:
            self.state = replace(run, failures=(*self.broken.values(),)).state

    def _is_lifted(self, name: str, run: PlacedRun) -> bool:
        """Whether a failure no longer stands: the test passed, its file loads, or it is gone."""
        if name in run.passing:
            return True
        path, title = split_id(name)
        if not title:
            return any(split_id(other)[0] == path for other in run.passing)
        if is_gone(self._trees[name], run.tree, name):
            return True
        # With other parameters the same test has other names; the old ones never run again.
        return (
            get_function(name) != name
            and any(get_function(other) == get_function(name) for other in run.passing)
            and self._trees[name].get(path) != run.tree.get(path)
        )


def _place_runs(stage: Stage, shown: ResultRuns, start: Tree, ever: Known) -> Iterator[PlacedRun]:
    for run in shown.runs:
        place, tree = stage.place(run)
        failed = [node for node in run.nodes if node.outcome == "failed"]
        now = Known.of([tree] if failed else [])
        bad: dict[str, Failure] = {}
        for node in failed:
            if node.id not in bad:
                bad[node.id] = judge_failure(node, tree, start, now, ever)
        passing = {n.id for n in run.nodes if n.phase == "call" and n.outcome == "passed"}
        yield PlacedRun(run, place, tree, tuple(bad.values()), frozenset(passing - bad.keys()))
