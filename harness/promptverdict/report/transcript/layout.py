"""A trial as a person reads it: who said what, what was done, and what it did to the workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from promptverdict.core.line_diff import list_opcodes
from promptverdict.report.transcript.marks import (
    OUTCOMES,
    SHORT,
    Line,
    Mark,
    Rest,
    cut,
    lines,
    rests,
)
from promptverdict.report.words import age
from promptverdict.trials.metrics import describe_end, describe_ending, sum_usage
from promptverdict.trials.provenance import describe_origin
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Event, Opaque, Result, Say, User
from promptverdict.trials.tree import Change, TestReport


def page(record: TrialRecord, *, whole: bool = False) -> Iterator[Line]:
    """Lay out a record; `whole` shows every line of results and written files.

    Whatever a grade rests on is marked where it stands, with a line below it that names the grade.
    """
    yield from _head(record)
    laid = blocks(record, None if whole else SHORT)
    events = [line for block in laid for line in (*block.lines, *block.after)]
    if any(line.marks for line in events):
        name, example = "marked    ", "like this"
        told = f"{name}{example} is what a grade rests on, named below it after ^"
        yield Line(told, "note", (Mark(len(name), len(name + example)),))
    yield from chain(events, findings(record))


def findings(record: TrialRecord) -> Iterator[Line]:
    """Lay out what was found out about a trial: by probes, by graders, and what broke."""
    yield from chain(_probes(record), _grades(record), _notices(record))
    if record.fault:
        yield Line("")
        yield from lines(f"FAULT: {record.fault.kind}: {record.fault.message}", "removed", "")


@dataclass(frozen=True)
class Block:
    """One event as it is laid out."""

    number: int
    lines: tuple[Line, ...]
    after: tuple[Line, ...] = ()
    """What a result did to the workspace, and the tests that it ran, a line each."""


def blocks(record: TrialRecord, limit: int | None) -> Iterator[Block]:
    """Lay out the events that there is something to show of, long ones cut to `limit` lines.

    Whatever a grade rests on is marked, with a line below it that names the grade.
    """
    found = rests(record.grades)
    turn = 1
    for number, event in enumerate(record.evidence.events):
        rest = found.get(number, Rest())
        laid = tuple(_event(number, event, turn, rest, limit))
        if laid:
            yield Block(number, laid, tuple(_after(event)) if isinstance(event, Result) else ())
        turn += isinstance(event, Answered)


def _event(number: int, event: Event, turn: int, rest: Rest, limit: int | None) -> Iterator[Line]:
    match event:
        case User():
            yield Line("")
            yield Line(f"[{number}] USER", "heading")
            yield from lines(event.text, "said", rest=rest)
        case Say():
            yield Line("")
            yield Line(f"[{number}] AGENT, turn {turn}", "heading")
            yield from lines(event.text, "said", rest=rest)
        case Call():
            yield Line("")
            yield from _call(number, event, rest, limit)
        case Result():
            yield from _result(number, event, rest, limit)
        case Opaque():
            yield _named(number, f"({event.block.get('type', 'unknown')} block)", "note", rest)
        case Answered():
            if rest.notes:
                yield _named(number, f"(answered: {event.stop})", "note", rest)
        case End():
            yield Line("")
            yield _named(number, f"END: {describe_end(event)}", "heading", rest)
    yield from rest.notes


def _named(number: int, name: str, style: str, rest: Rest) -> Line:
    """Head an event that is marked as a whole, since it has no text to mark a part of."""
    start = len(f"[{number}] ")
    marks = (Mark(start, start + len(name), rest.style),) if rest.notes else ()
    return Line(f"[{number}] {name}", style, marks)


def _head(record: TrialRecord) -> Iterator[Line]:
    used = sum_usage(record.evidence.events)
    read, written = ("unknown" if one is None else one for one in (used.input, used.output))
    facts = {
        "trial": record.id,
        "evidence": f"{describe_origin(record.provenance)} ({age(record.provenance) or 'no age'})",
        "model": record.provenance.model if record.provenance else "unknown",
        "tools": ", ".join(record.evidence.task.tools) or "none",
        "tokens": f"{read} in, {written} out" + (" (estimated)" if used.estimated else "")
        if record.evidence.events
        else "none",
        "ended": describe_ending(record),
    }
    if record.grades:
        facts["grades"] = ", ".join(_counted(record))
    for name, value in facts.items():
        yield Line(f"{name:<9} {value}", "note")


def _counted(record: TrialRecord) -> Iterator[str]:
    """Count the grades, and name those that did not pass."""
    for outcome in OUTCOMES:
        names = [one.behaviour for one in record.grades if one.finding.outcome == outcome]
        if names:
            told = f" ({', '.join(names)})" if outcome != "pass" else ""
            yield f"{len(names)} {outcome}{told}"


def _call(number: int, call: Call, rest: Rest, limit: int | None) -> Iterator[Line]:
    args = dict(call.args)
    yield _named(number, f"{call.tool} {args.pop('file_path', '')}".rstrip(), "call", rest)
    if call.tool == "Bash":
        yield from lines(f"$ {args.get('command', '')}", "call")
    elif call.tool == "Write":
        yield from cut(lines(str(args.get("content", "")), "added"), limit)
    elif call.tool in ("Edit", "MultiEdit"):
        edits = args.get("edits") or args
        for edit in edits if isinstance(edits, list) else [edits]:
            yield from cut(_edit(edit), limit)
    elif args:
        yield from lines(json.dumps(args, ensure_ascii=False), "call")


def _edit(edit: object) -> Iterator[Line]:
    if not isinstance(edit, dict):
        yield Line(f"    {edit}", "call")
        return
    old, new = (str(edit.get(key, "")).splitlines() for key in ("old_string", "new_string"))
    for tag, start, end, new_start, new_end in list_opcodes(old, new):
        if tag == "equal":
            yield from (Line(f"      {line}", "result") for line in old[start:end])
        else:
            yield from (Line(f"    - {line}", "removed") for line in old[start:end])
            yield from (Line(f"    + {line}", "added") for line in new[new_start:new_end])


def _result(number: int, result: Result, rest: Rest, limit: int | None) -> Iterator[Line]:
    failed = ", error" if result.error else ""
    yield Line(f"[{number}] result ({result.seconds:.2f} s{failed})", "note")
    yield from cut(lines(result.text, "result", rest=rest), limit)


def _after(result: Result) -> Iterator[Line]:
    for change in result.changes:
        if not change.path.startswith(".git/") and change.kind != "folder":
            yield Line(f"    {_changed(change)}", "note")
    for report in result.tests:
        yield Line(f"    {tested(report)}", "note")


def _changed(change: Change) -> str:
    if change.kind == "deleted":
        return f"- {change.path}"
    return f"{'~' if change.before == 'present' else '+'} {change.path}"


def tested(report: TestReport) -> str:
    """Count the tests of one process of pytest by how they ended."""
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
            yield from lines(f"fault: {report.fault}", "removed", "    ")


def _grades(record: TrialRecord) -> Iterator[Line]:
    if not record.grades:
        return
    yield Line("")
    yield Line("GRADES", "heading")
    for grade in record.grades:
        finding = grade.finding
        told = f"  {finding.outcome:<8} {grade.behaviour}: {finding.reason}"
        yield Line(told, OUTCOMES[finding.outcome])
        places = ", ".join(f"[{event}]" for event in dict.fromkeys(p.event for p in finding.points))
        if places:
            yield Line(f"           see {places}", "note")


def _notices(record: TrialRecord) -> Iterator[Line]:
    if not record.notices:
        return
    yield Line("")
    yield Line("NOTICES", "heading")
    for notice in record.notices:
        yield from lines(notice, "note", "  ")
