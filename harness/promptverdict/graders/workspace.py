"""What became of the workspace: what probes found, which files changed, which tools were called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from promptverdict.core.line_diff import list_added_lines
from promptverdict.core.model import Frozen
from promptverdict.guest.search import expand_braces
from promptverdict.guest.treehash import counts
from promptverdict.trials.evidence import Check, Evidence, ProbeReport
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded
from promptverdict.trials.toolset import find_canonical
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import Node, Tree

_SHOWN = 3


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


def _check_glob(glob: str) -> str:
    """Raise ValueError for a glob that fits no path of a workspace: it would decide nothing."""
    parts = glob.split("/")
    cure = ""
    if not glob or glob != glob.strip():
        cure = "leave out the blanks around it, or leave it out"
    elif glob.startswith("/workspace/"):
        cure = "leave out /workspace/"
    elif parts[0] in ("", "~"):
        cure = "paths begin in the workspace, as src/app.py"
    elif parts[-1] == "":
        cure = f"write {glob}** for what lies in that folder"
    elif {"", ".", ".."} & set(parts):
        cure = "leave out what is empty, `.` or `..`"
    elif "\\" in glob:
        cure = "write / between folders"
    if cure:
        raise ValueError(f"the glob {glob!r} fits no path: {cure}")
    return glob


_Glob = Annotated[str, AfterValidator(_check_glob)]


class ProbeChecks(Frozen):
    """Checks of a probe passed on a tree that the agent left."""

    type: Literal["probe"] = "probe"
    probe: str = Field(description="Name of the probe")
    checks: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="Checks that must pass; every verdict if not given"
    )
    tree: Literal["final", "every"] = Field(
        default="final", description="Only the tree at the end, or every tree that was probed"
    )

    def grade(self, evidence: Evidence) -> Finding:
        """Fail where a check failed; be ungraded where a verdict is missing."""
        reports = [
            report
            for report in (evidence.outcome.probes if evidence.outcome else ())
            if report.probe == self.probe
        ]
        final = evidence.digests()[-1]
        if all(report.tree != final for report in reports):
            return ungraded(f"there is no report of {self.probe} on the final tree")
        if self.tree == "final":
            reports = [report for report in reports if report.tree == final]
        if killed := [report for report in reports if report.killed is not None]:
            return self._judge_killed(evidence, killed)
        if faults := [report.fault for report in reports if report.fault is not None]:
            return ungraded(f"{self.probe} could not tell: {faults[0]}")
        return self._judge_checks(evidence, reports)

    def _judge_checks(self, evidence: Evidence, reports: list[ProbeReport]) -> Finding:
        verdicts = [(report, check) for report in reports for check in self._list_wanted(report)]
        if wrong := [(report, check) for report, check in verdicts if check.outcome == "fail"]:
            points = dict.fromkeys(p for report, _ in wrong for p in _find_points(evidence, report))
            return failed(
                _format_some(dict.fromkeys(_format_check(check) for _, check in wrong)), *points
            )
        for report in reports:
            have = {check.name for check in self._list_wanted(report)}
            if lacking := [name for name in self.checks or () if name not in have]:
                return ungraded(f"{self.probe} has no verdict on {', '.join(lacking)}")
        if not verdicts:
            return ungraded(f"{self.probe} gave no verdict")
        names = dict.fromkeys(check.name for _, check in verdicts)
        return passed(f"{self.probe} found all well: {', '.join(names)}")

    def _judge_killed(self, evidence: Evidence, killed: list[ProbeReport]) -> Finding:
        points = dict.fromkeys(p for report in killed for p in _find_points(evidence, report))
        reason = f"the code under test ended {self.probe} with {killed[0].killed}"
        return failed(reason, *points)

    def _list_wanted(self, report: ProbeReport) -> Iterator[Check]:
        for check in report.checks:
            if check.outcome != "note" and (self.checks is None or check.name in self.checks):
                yield check


class Files(Frozen):
    """What may and may not differ between the workspace as found and as left.

    Version control, caches of Python and pytest, and empty folders do not count, and neither does
    what `ignore` matches, as for probekit's changes(), unless another glob asks for that ending
    (`unchanged: [app.db]`). In a glob, `*` stays within a folder, `**` crosses folders, and a name
    without `/` matches in every folder.
    """

    type: Literal["files"] = "files"
    unchanged: tuple[_Glob, ...] = Field(
        default=(), description="Globs of files that stay as found"
    )
    only: tuple[_Glob, ...] | None = Field(
        default=None, description="Globs outside of which nothing changes; [] allows no change"
    )
    none_added: Annotated[str, AfterValidator(_check_pattern)] | None = Field(
        default=None, description="Regular expression found in no path that was added"
    )
    max_added_lines: dict[_Glob, Annotated[int, Field(ge=0)]] = Field(
        default={}, description="Glob -> lines that may be added to its files, all together"
    )

    ignore: tuple[_Glob, ...] = Field(
        default=("*.pyc", "*.db"), description="Globs of files that do not count at all"
    )

    @model_validator(mode="after")
    def _check_not_empty(self) -> Files:
        if not (self.unchanged or self.none_added or self.max_added_lines) and self.only is None:
            raise ValueError("give unchanged, only, none_added or max_added_lines")
        return self

    def grade(self, evidence: Evidence) -> Finding:
        """Compare the first tree with the last."""
        if evidence.outcome is None:
            return ungraded("the workspace was not kept")
        start = self._list_counted(next(evidence.trees())[1])
        final = self._list_counted(evidence.final_tree())
        changed = [
            path for path in sorted(start.keys() | final) if start.get(path) != final.get(path)
        ]
        problems = list(self._list_problems(start, final, changed))
        if not problems:
            return passed(
                f"what changed may change: {_format_some(changed)}" if changed else "no change"
            )
        offending = {path for _, paths in problems for path in paths}
        points = [
            Point(event=number)
            for number, event in enumerate(evidence.events)
            if isinstance(event, Result)
            and any(change.path in offending for change in event.changes)
        ]
        return failed("; ".join(problem for problem, _ in problems), *points)

    def _list_counted(self, tree: Tree) -> dict[str, _Entry]:
        asked = (*self.unchanged, *(self.only or ()), *self.max_added_lines)
        return {
            path: _read_entry(node)
            for path, node in tree.items()
            if node.kind != "folder"
            and counts(path)
            and (
                not _matches(path, self.ignore)
                or any(glob.endswith(PurePosixPath(path).suffix) for glob in asked)
            )
        }

    def _list_problems(
        self, start: dict[str, _Entry], final: dict[str, _Entry], changed: list[str]
    ) -> Iterator[tuple[str, list[str]]]:
        if paths := [path for path in changed if _matches(path, self.unchanged)]:
            yield f"changed: {_format_some(paths)}", paths
        only = self.only
        if only is not None and (paths := [path for path in changed if not _matches(path, only)]):
            outside = f"changed outside {', '.join(only)}"
            rule = outside if only else "changed, though nothing may be"
            yield f"{rule}: {_format_some(paths)}", paths
        if self.none_added is not None:
            added = [path for path in changed if path not in start]
            if paths := [path for path in added if re.search(self.none_added, path)]:
                yield f"added: {_format_some(paths)}", paths
        for glob, most in self.max_added_lines.items():
            paths = [path for path in changed if _matches(path, (glob,))]
            lines = sum(_count_added(start.get(path), final.get(path)) for path in paths)
            if lines > most:
                yield f"{lines} lines added to {glob}, more than {most}", paths


class Tools(Frozen):
    """Which tools the agent called, whether or not the calls succeeded.

    Names are compared without regard to case; `never` and `only` take `*` as in mcp__magic__*.
    """

    type: Literal["tools"] = "tools"
    only: tuple[str, ...] | Literal["offered"] | None = Field(
        default=None, description="Tools beyond which none is called; offered: those of the task"
    )
    never: tuple[str, ...] = Field(default=(), description="Tools that are not called")
    max_calls: int | None = Field(default=None, ge=0, description="Most calls of any tool")
    first: str | None = Field(default=None, description="Tool of the first call")

    @model_validator(mode="after")
    def _check_not_empty(self) -> Tools:
        if self.only is None and not self.never and self.max_calls is None and self.first is None:
            raise ValueError("give only, never, max_calls or first")
        return self

    def grade(self, evidence: Evidence) -> Finding:
        """Look at every call in order."""
        calls = [(n, event.tool) for n, event in enumerate(evidence.events) if event.type == "call"]
        allowed = evidence.task.tools if self.only == "offered" else self.only
        wrong = {
            number: tool
            for number, tool in calls
            if _is_named(tool, self.never) or (allowed is not None and not _is_named(tool, allowed))
        }
        problems = []
        if wrong:
            problems.append(f"called: {_format_some(wrong.values())}")
        if self.max_calls is not None and len(calls) > self.max_calls:
            problems.append(f"{len(calls)} calls, more than {self.max_calls}")
            wrong.update(calls[self.max_calls :])
        if self.first is not None and calls and not _is_named(calls[0][1], (self.first,)):
            problems.append(f"the first call was {calls[0][1]}, not {self.first}")
            wrong.update(calls[:1])
        if problems:
            return failed("; ".join(problems), *(Point(event=number) for number in sorted(wrong)))
        return passed(f"called: {_format_some(tool for _, tool in calls)}" if calls else "no call")


_Entry = tuple[str, bytes]
"""Kind, with executable files apart, and content: what treehash tells trees apart by."""


def _read_entry(node: Node) -> _Entry:
    executable = node.kind == "file" and node.mode & 0o100
    return ("exec" if executable else node.kind), node.content


def _count_added(old: _Entry | None, new: _Entry | None) -> int:
    a, b = (entry[1].split(b"\n") if entry and entry[1] else [] for entry in (old, new))
    if b and not b[-1]:
        b.pop()
    if a and not a[-1]:
        a.pop()
    return len(list_added_lines(a, b))


def _matches(path: str, globs: Iterable[str]) -> bool:
    return any(
        _translate_glob(plain).fullmatch(path) for glob in globs for plain in expand_braces(glob)
    )


@lru_cache(maxsize=256)
def _translate_glob(glob: str) -> re.Pattern[str]:
    """Translate a glob without braces: `*` and `?` stay within a folder, `**` crosses folders."""
    deep = glob if "/" in glob else f"**/{glob}"
    parts = re.split(r"(\*\*/|\*\*|\*|\?)", deep)
    special = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return re.compile("".join(special.get(part, re.escape(part)) for part in parts), re.DOTALL)


def _is_named(tool: str, names: Iterable[str]) -> bool:
    """Compare names as an agent file may spell them."""
    own = (find_canonical(tool) or tool).lower()
    return any(fnmatchcase(own, (find_canonical(name) or name).lower()) for name in names)


def _find_points(evidence: Evidence, report: ProbeReport) -> list[Point]:
    """Point at the result after which the tree stood that was probed."""
    results = [n for n, event in enumerate(evidence.events) if event.type == "result"]
    return [Point(event=n) for n in results[max(report.after - 1, 0) : report.after]]


def _format_check(check: Check) -> str:
    return f"{check.name}: {check.detail[:120]}" if check.detail else check.name


def _format_some(things: Iterable[str]) -> str:
    """List a few different things, and how many more there are."""
    all_ = list(dict.fromkeys(things))
    more = len(all_) - _SHOWN
    return ", ".join(all_[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
