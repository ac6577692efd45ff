"""Test runs that left no report: what output, files and exit code of a command show of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from promptverdict.graders.reading.command_output import (
    find_doubt,
    find_order,
    find_outputs,
    has_exit_code,
    is_cut,
    split_trailer,
)
from promptverdict.graders.reading.file_kinds import is_source
from promptverdict.graders.reading.python_source import read_source
from promptverdict.graders.reading.runners.junit_xml import looks_like_junit, read_junit
from promptverdict.graders.reading.runners.printed import PrintedRun
from promptverdict.graders.reading.runners.read import read_printed
from promptverdict.graders.reading.script_runs import read_script
from promptverdict.graders.reading.shell_commands import leaves_workspace
from promptverdict.graders.reading.test_commands import CommandReading, read_command
from promptverdict.graders.reading.test_run import Order, ResultRuns, TestRun
from promptverdict.graders.reading.test_sources import resolve_id
from promptverdict.graders.reading.wrappers import ANY, find_path, find_runners
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import TestNode, Tree

_FORMS: Mapping[str, frozenset[str]] = {
    "script": frozenset({"script", "unittest", "node", "tap"}),
    "node": frozenset({"node", "tap", "junit"}),
    "mocha": frozenset({"mocha", "tap", "junit"}),
    "tap": frozenset({"tap", "node", "junit"}),
}
"""Runner -> the forms that its output may have; any other has its own form and JUnit's."""


@dataclass(frozen=True)
class _Started:
    """A runner that a command starts."""

    runners: frozenset[str]
    segment: int
    target: str

    def prints(self, form: str) -> bool:
        """Whether output of this form may be its own."""
        if ANY in self.runners:
            return True
        read = self.runners - {"pytest", "other"}
        return any(form in _FORMS.get(runner, frozenset({runner, "junit"})) for runner in read)


@dataclass(frozen=True)
class _Command:
    """A command with its result, and the trees before and after it."""

    command: str
    result: Result
    before: Tree
    after: Tree

    @cached_property
    def reading(self) -> CommandReading:
        return read_command(self.command)

    @cached_property
    def started(self) -> tuple[_Started, ...]:
        """The runners, wrappers followed."""
        return tuple(
            _Started(runners, invocation.segment, invocation.target)
            for invocation in self.reading.invocations
            if (runners := find_runners(invocation, self.after))
        )

    @cached_property
    def segments(self) -> frozenset[int]:
        """The simple commands that run tests."""
        return frozenset(runner.segment for runner in self.started)

    @cached_property
    def order(self) -> Order:
        """Where the test runs stand among what may change files."""
        return find_order(self.reading.segments, self.segments)

    @cached_property
    def outputs(self) -> frozenset[str]:
        """Changed files that the test runs wrote."""
        changed = frozenset(change.path for change in self.result.changes)
        if not changed:
            return changed
        named = find_outputs(self.reading.segments, self.segments, changed)
        if self.order != "alone":
            return named
        return named | {path for path in changed if not is_source(path)}

    @cached_property
    def is_cut(self) -> bool:
        """Whether only a part of the output may be seen."""
        return is_cut(self.reading.segments, self.segments) or "(output cut)" in self.result.text

    def list_printed(self, text: str) -> list[PrintedRun]:
        """List the runs in the output that its runners may have printed."""
        return [
            run
            for run in read_printed(text)
            if any(runner.prints(run.runner) for runner in self.started)
            # The end alone of a long output may show the part of it that had no tests.
            and not (self.is_cut and _is_empty(run))
        ]

    def list_written(self) -> Iterator[PrintedRun]:
        """List the runs in reports of JUnit's form that its runners left."""
        for path in sorted(self.outputs):
            content = read_source(self.after, path) if path.endswith(".xml") else None
            text = content.decode("utf-8", "replace") if content else ""
            if looks_like_junit(text):
                yield from (replace(run, source="file") for run in read_junit(text))

    def list_scripts(
        self, silent: list[_Started], text: str, exit_code: int | None
    ) -> Iterator[tuple[_Started, PrintedRun]]:
        """List the scripts that tested themselves, as far as the exit code says how."""
        for script in silent:
            path = find_path(self.after, script.target)
            seen = has_exit_code(self.reading.segments, script.segment)
            if script.runners == {"script"} and path and seen and exit_code is not None:
                run = read_script(path, text, exit_code, self.after)
                if run:
                    yield script, run

    def find_doubt(self, printed: int) -> str | None:
        """Find why the output proves nothing; printed: how many runs it shows."""
        words = [
            word for number in self.segments for word in self.reading.segments[number].words[1:]
        ]
        if leaves_workspace(self.command) or any(map(_is_elsewhere, words)):
            return "they ran outside the workspace"
        direct = all(not runner.target for runner in self.started)
        looped = any(self.reading.segments[number].looped for number in self.segments)
        if direct and not looped and printed > len(self.started):
            return "more runs were printed than the command started"
        trees = (self.before, self.after)
        return find_doubt(self.command, self.reading.segments, self.segments, trees)


def read_visible(
    event: int, number: int, command: str, result: Result, trees: tuple[Tree, Tree]
) -> ResultRuns:
    """Read what one result shows of test runs other than reports; trees: before and after it."""
    asked = _Command(command, result, *trees)
    if not asked.started:
        return ResultRuns()
    text, exit_code = split_trailer(result.text)
    silent = [r for r in asked.started if not (result.tests and "pytest" in r.runners)]
    printed = asked.list_printed(text)
    silent = [r for r in silent if not any(r.prints(run.runner) for run in printed)]
    written = list(asked.list_written()) if any(r.prints("junit") for r in silent) else []
    silent = [r for r in silent if not (written and r.prints("junit"))]
    scripts = list(asked.list_scripts(silent, text, exit_code))
    silent = [r for r in silent if all(r is not script for script, _ in scripts)]
    runs = [*printed, *written, *(run for _, run in scripts)]
    doubt = asked.find_doubt(len(printed)) if runs else None
    alone = len(runs) == 1 and not silent
    seen = has_exit_code(asked.reading.segments, max(asked.segments))
    if alone and seen and exit_code and not (runs[0].failed or runs[0].errors):
        doubt = doubt or f"it ended with exit code {exit_code}, and no test failed"
    template = TestRun(
        event=event,
        number=number,
        runner="",
        source="printed",
        nodes=(),
        passed=0,
        failed=0,
        errors=0,
        skipped=0,
        total=0,
        order=asked.order,
        doubt=doubt,
        cut=asked.is_cut,
    )
    return ResultRuns(
        runs=tuple(_resolve(run, template, trees[1]) for run in runs),
        unread=bool(silent) or (result.stopped is not None and not result.tests),
        ended_well=bool(silent) and exit_code == 0 and seen,
        outputs=asked.outputs,
    )


def _is_empty(run: PrintedRun) -> bool:
    return not (run.passed or run.failed or run.errors or run.passed_files)


def _is_elsewhere(word: str) -> bool:
    path = word.rpartition("=")[2]
    return path.startswith("/") and not path.startswith(("/workspace", "/dev/"))


def _resolve(run: PrintedRun, template: TestRun, tree: Tree) -> TestRun:
    """Build the run of a trial: tests are named by where they stand in the tree."""
    nodes: dict[tuple[str, str], TestNode] = {}
    for node in run.nodes:
        id_ = resolve_id(tree, node.id)
        nodes.setdefault((id_, node.phase), node.model_copy(update={"id": id_}))
    return replace(
        template,
        runner=run.runner,
        source=run.source,
        nodes=tuple(nodes.values()),
        passed=run.passed,
        failed=run.failed,
        errors=run.errors,
        skipped=run.skipped,
        total=run.passed + run.failed + run.errors + run.skipped,
        passed_files=frozenset(find_path(tree, path) or path for path in run.passed_files),
        cut=template.cut and run.source == "printed",
    )
