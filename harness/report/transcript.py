"""A trial as a person reads it: who said what, what was done, and what it did to the workspace."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from harness.records import TrialRecord
from harness.report.facts import age, ended, ending, origin, usage
from harness.transcript import Answered, Call, End, Opaque, Result, Say, User
from harness.tree import Change, TestReport

SHORT = 30
"""Lines of a result or of a written file that are shown unless all are asked for."""


@dataclass(frozen=True)
class Line:
    """One line of the page, and how it looks: heading, said, call, result, added, removed, note."""

    text: str
    style: str = "said"


def page(record: TrialRecord, *, whole: bool = False) -> Iterator[Line]:
    """Lay out a record; `whole` shows every line of results and written files."""
    yield from _head(record)
    limit = None if whole else SHORT
    turn = 1
    for number, event in enumerate(record.evidence.events):
        match event:
            case User():
                yield Line("")
                yield Line(f"[{number}] USER", "heading")
                yield from _indented(event.text, "said")
            case Say():
                yield Line("")
                yield Line(f"[{number}] AGENT, turn {turn}", "heading")
                yield from _indented(event.text, "said")
            case Call():
                yield Line("")
                yield from _call(number, event, limit)
            case Result():
                yield from _result(number, event, limit)
            case Opaque():
                yield Line(f"[{number}] ({event.block.get('type', 'unknown')} block)", "note")
            case Answered():
                turn += 1
            case End():
                yield Line("")
                yield Line(f"[{number}] END: {ended(event)}", "heading")
    yield from _probes(record)
    yield from _grades(record)
    if record.fault:
        yield Line("")
        yield from _lines(f"FAULT: {record.fault.kind}: {record.fault.message}", "removed", "")


def _head(record: TrialRecord) -> Iterator[Line]:
    used = usage(record.evidence.events)
    read, written = ("unknown" if one is None else one for one in (used.input, used.output))
    facts = {
        "trial": f"{record.suite}/{record.scenario}::{record.variant}#{record.trial}",
        "evidence": f"{origin(record.provenance)} ({age(record.provenance) or 'no age'})",
        "model": record.provenance.model if record.provenance else "unknown",
        "tools": ", ".join(record.evidence.task.tools) or "none",
        "tokens": f"{read} in, {written} out" + (" (estimated)" if used.estimated else ""),
        "ended": ending(record),
    }
    for name, value in facts.items():
        yield Line(f"{name:<9} {value}", "note")


def _call(number: int, call: Call, limit: int | None) -> Iterator[Line]:
    args = dict(call.args)
    yield Line(f"[{number}] {call.tool} {args.pop('file_path', '')}".rstrip(), "call")
    if call.tool == "Bash":
        yield from _indented(f"$ {args.get('command', '')}", "call")
    elif call.tool == "Write":
        yield from _cut(_indented(str(args.get("content", "")), "added"), limit)
    elif call.tool in ("Edit", "MultiEdit"):
        edits = args.get("edits") or args
        for edit in edits if isinstance(edits, list) else [edits]:
            yield from _cut(_edit(edit), limit)
    elif args:
        yield from _indented(json.dumps(args, ensure_ascii=False), "call")


def _edit(edit: object) -> Iterator[Line]:
    if not isinstance(edit, dict):
        yield Line(f"    {edit}", "call")
        return
    old, new = (str(edit.get(key, "")).splitlines() for key in ("old_string", "new_string"))
    # Not ndiff: it also looks for changes within lines, which takes minutes for some edits.
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            yield from (Line(f"      {line}", "result") for line in old[start:end])
        else:
            yield from (Line(f"    - {line}", "removed") for line in old[start:end])
            yield from (Line(f"    + {line}", "added") for line in new[new_start:new_end])


def _result(number: int, result: Result, limit: int | None) -> Iterator[Line]:
    failed = ", error" if result.error else ""
    yield Line(f"[{number}] result ({result.seconds:.2f} s{failed})", "note")
    yield from _cut(_indented(result.text, "result"), limit)
    for change in result.changes:
        if not change.path.startswith(".git/") and change.kind != "folder":
            yield Line(f"    {_changed(change)}", "note")
    for report in result.tests:
        yield Line(f"    {_tested(report)}", "note")


def _changed(change: Change) -> str:
    if change.kind == "deleted":
        return f"- {change.path}"
    return f"{'~' if change.before == 'present' else '+'} {change.path}"


def _tested(report: TestReport) -> str:
    counted = {
        outcome: sum(node.outcome == outcome for node in report.nodes)
        for outcome in ("passed", "failed", "skipped")
    }
    told = ", ".join(f"{count} {outcome}" for outcome, count in counted.items() if count)
    return f"tests: {told or 'none ran'} on tree {report.tree}"


def _probes(record: TrialRecord) -> Iterator[Line]:
    outcome = record.evidence.outcome
    if not outcome or not outcome.probes:
        return
    yield Line("")
    yield Line("PROBES", "heading")
    styles = {"pass": "added", "fail": "removed", "note": "note"}
    for report in outcome.probes:
        yield Line(f"  {report.probe} on tree {report.tree} (after {report.after} results)", "note")
        for check in report.checks:
            detail = f": {check.detail}" if check.detail else ""
            yield Line(f"    {check.outcome:<4} {check.name}{detail}", styles[check.outcome])
        if report.fault:
            yield from _lines(f"fault: {report.fault}", "removed", "    ")


def _grades(record: TrialRecord) -> Iterator[Line]:
    if not record.grades:
        return
    yield Line("")
    yield Line("GRADES", "heading")
    styles = {"pass": "added", "fail": "removed", "ungraded": "note"}
    for grade in record.grades:
        finding = grade.finding
        yield Line(
            f"  {finding.outcome:<8} {grade.behaviour}: {finding.reason}", styles[finding.outcome]
        )
        places = ", ".join(f"[{event}]" for event in dict.fromkeys(p.event for p in finding.points))
        if places:
            yield Line(f"           see {places}", "note")


def _indented(text: str, style: str) -> Iterator[Line]:
    return _lines(text, style, "    ")


def _lines(text: str, style: str, margin: str) -> Iterator[Line]:
    for line in text.split("\n"):
        yield Line(f"{margin}{line}", style)


def _cut(lines: Iterator[Line], limit: int | None) -> Iterator[Line]:
    all_ = list(lines)
    if limit is None or len(all_) <= limit + 5:
        yield from all_
        return
    yield from all_[: limit * 2 // 3]
    yield Line(f"    ... {len(all_) - limit} lines (--whole shows them)", "note")
    yield from all_[-(limit // 3) :]


def safe(text: str) -> str:
    """Make control characters visible: a transcript may hold what would drive a terminal."""
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )
