"""Events of a trial, one after the other, as a person reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from promptverdict.core.line_diff import list_opcodes
from promptverdict.report.transcript.lines import Line, Mark, cut_middle
from promptverdict.report.transcript.marks import EventMarks, gather_marks, lay_out_text
from promptverdict.trials.metrics import describe_end
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Event, Opaque, Result, Say, User
from promptverdict.trials.tree import Change, TestReport


@dataclass(frozen=True)
class Block:
    """One event as it is laid out."""

    number: int
    lines: tuple[Line, ...]
    effects: tuple[Line, ...] = ()
    """What a result did to the workspace, and the tests that it ran, a line each."""


def lay_out_events(record: TrialRecord, limit: int | None) -> Iterator[Block]:
    """Lay out the events that there is something to show of, long ones cut to `limit` lines.

    Whatever a grade rests on is marked, with a line below it that names the grade.
    """
    marks = gather_marks(record.grades)
    turn = 1
    for number, event in enumerate(record.evidence.events):
        lines = tuple(_lay_out_event(number, event, turn, marks.get(number, EventMarks()), limit))
        if lines:
            effects = _list_effects(event) if isinstance(event, Result) else ()
            yield Block(number, lines, tuple(effects))
        # The answer is noted behind what it said and called.
        turn += isinstance(event, Answered)


def count_tests(report: TestReport) -> str:
    """Count the tests of one process of pytest by how they ended, with what makes it doubtful."""
    counts = {
        outcome: sum(node.outcome == outcome for node in report.nodes)
        for outcome in ("passed", "failed", "skipped")
    }
    words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if count)
    doubt = f" (unproven: {report.unproven})" if report.unproven else ""
    return f"tests: {words or 'none ran'} on tree {report.tree}{doubt}"


def _lay_out_event(
    number: int, event: Event, turn: int, marks: EventMarks, limit: int | None
) -> Iterator[Line]:
    match event:
        case User():
            yield Line("")
            yield Line(f"[{number}] USER", "heading")
            yield from lay_out_text(event.text, "said", marks=marks)
        case Say():
            yield Line("")
            yield Line(f"[{number}] AGENT, turn {turn}", "heading")
            yield from lay_out_text(event.text, "said", marks=marks)
        case Call():
            yield Line("")
            yield from _lay_out_call(number, event, marks, limit)
        case Result():
            yield from _lay_out_result(number, event, marks, limit)
        case Opaque():
            name = f"({event.block.get('type', 'unknown')} block)"
            yield _build_heading(number, name, "note", marks)
        case Answered():
            # An answer has no text of its own: it is worth a line where it was odd, or where a
            # grade rests on it.
            if marks.notes or event.notices:
                yield _build_heading(number, f"(answered: {event.stop})", "note", marks)
            for notice in event.notices:
                yield from lay_out_text(f"note: {notice}", "note", "  ")
        case End():
            yield Line("")
            yield _build_heading(number, f"END: {describe_end(event)}", "heading", marks)
            if event.words:
                yield from lay_out_text(f"the provider said: {event.words}", "note", "  ")
    yield from marks.notes


def _build_heading(number: int, name: str, style: str, marks: EventMarks) -> Line:
    """Head an event that is marked as a whole, since it has no text to mark a part of."""
    start = len(f"[{number}] ")
    whole = (Mark(start, start + len(name), marks.style),) if marks.notes else ()
    return Line(f"[{number}] {name}", style, whole)


def _lay_out_call(number: int, call: Call, marks: EventMarks, limit: int | None) -> Iterator[Line]:
    args = dict(call.args)
    name = f"{call.tool} {args.pop('file_path', '')}".rstrip()
    yield _build_heading(number, name, "call", marks)
    if call.tool == "Bash":
        yield from lay_out_text(f"$ {args.get('command', '')}", "call")
    elif call.tool == "Write":
        yield from cut_middle(lay_out_text(str(args.get("content", "")), "added"), limit)
    elif call.tool in ("Edit", "MultiEdit"):
        edits = args.get("edits") or args
        for edit in edits if isinstance(edits, list) else [edits]:
            yield from cut_middle(_lay_out_edit(edit), limit)
    elif args:
        yield from lay_out_text(json.dumps(args, ensure_ascii=False), "call")


def _lay_out_edit(edit: object) -> Iterator[Line]:
    # A model may send anything as an edit; what is no mapping is shown as it came.
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


def _lay_out_result(
    number: int, result: Result, marks: EventMarks, limit: int | None
) -> Iterator[Line]:
    failed = ", error" if result.error else ""
    stopped = f", stopped: {result.stopped}" if result.stopped else ""
    yield Line(f"[{number}] result ({result.seconds:.2f} s{failed}{stopped})", "note")
    yield from cut_middle(lay_out_text(result.text, "result", marks=marks), limit)


def _list_effects(result: Result) -> Iterator[Line]:
    for change in result.changes:
        if not change.path.startswith(".git/") and change.kind != "folder":
            yield Line(f"    {_format_change(change)}", "note")
    for report in result.tests:
        yield Line(f"    {count_tests(report)}", "note")


def _format_change(change: Change) -> str:
    if change.kind == "deleted":
        return f"- {change.path}"
    return f"{'~' if change.before == 'present' else '+'} {change.path}"
