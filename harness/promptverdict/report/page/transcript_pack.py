"""Transcripts as a page carries them: JSON, deflated, in base64; read only by the page's script.

A line is `[style, [[text, mark], ...]]`, where `mark` is the style of what a grade rests on, or
empty. Every text is safe already: what a reader could not see is written out.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from promptverdict.core.text import escape_text
from promptverdict.guest.treehash import counts
from promptverdict.report.transcript.alignment import Turn, split_turns
from promptverdict.report.transcript.events import Block, count_tests, lay_out_events
from promptverdict.report.transcript.file_diff import build_file_diff
from promptverdict.report.transcript.layout import lay_out_findings
from promptverdict.report.transcript.lines import Line
from promptverdict.report.transcript.marks import gather_marks
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import Place, TrialSummary
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import TestReport, Tree

LINE_LIMITS = (400, 100, 30)
"""Lines of one result or written file that are shown; the next where all would be too much."""
ROOM = 9_000_000
"""Characters that all transcripts of one page may take; the rest of 15 MB is for what is around."""
MARGIN = " " * 4
"""What the terminal sets texts off with; a page has other means."""
LONGEST_LINE = 4_000
"""Characters of one line that are shown."""


def pack_transcripts(
    scenarios: Mapping[Place, Sequence[TrialSummary]], read: Callable[[TrialSummary], TrialRecord]
) -> dict[Place, str]:
    """Pack the transcripts of each scenario, cut as far as it takes to fit into one page.

    read: reads the record of a trial; one is held at a time. What does not fit even when it is cut
    is left out; `promptverdict show` still has it.
    """
    packs: dict[Place, str] = {}
    for limit in LINE_LIMITS:
        packs = dict(_pack_while_room(scenarios, read, limit))
        if len(packs) == len(scenarios):
            break
    return packs


def _pack_while_room(
    scenarios: Mapping[Place, Sequence[TrialSummary]],
    read: Callable[[TrialSummary], TrialRecord],
    limit: int,
) -> Iterator[tuple[Place, str]]:
    """Pack scenario after scenario, until one does not fit."""
    room = ROOM
    for place, trials in scenarios.items():
        pack = _pack(map(read, trials), limit)
        room -= len(pack)
        if room < 0:
            return
        yield place, pack


def _pack(trials: Iterable[TrialRecord], limit: int) -> str:
    """Pack some trials: key of a record -> its transcript."""
    compress = zlib.compressobj(9)
    parts = [compress.compress(b"{")]
    before = ""
    for record in trials:
        transcript = _dump(_build_transcript(record, limit))
        parts.append(compress.compress(f"{before}{_dump(record.key)}:{transcript}".encode()))
        before = ","
    parts += [compress.compress(b"}"), compress.flush()]
    return base64.b64encode(b"".join(parts)).decode("ascii")


def _dump(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _build_transcript(record: TrialRecord, limit: int) -> dict[str, Any]:
    """Lay out one trial as plain data."""
    blocks = list(lay_out_events(record, limit))
    notes = {number: marks.notes for number, marks in gather_marks(record.grades).items()}
    folds = _list_folds(record)
    return {
        "turns": [
            _build_turn(turn, blocks, notes, folds) for turn in split_turns(record.evidence.events)
        ],
        "found": _dump_lines(lay_out_findings(record)),
    }


def _build_turn(
    turn: Turn,
    blocks: Sequence[Block],
    notes: Mapping[int, Sequence[Line]],
    folds: Mapping[int, list[Any]],
) -> dict[str, Any]:
    return {
        "done": turn.digest,
        "blocks": [
            {
                "n": block.number,
                "lines": _dump_lines(block.lines, notes.get(block.number, ())),
                "folds": folds.get(block.number, []),
            }
            for block in blocks
            if turn.first <= block.number < turn.after
        ],
    }


def _list_folds(record: TrialRecord) -> dict[int, list[Any]]:
    """List what can be unfolded below a result, by its number: files it changed, tests that ran."""
    # Number of a result -> the tree that its changes were made to.
    trees = dict(record.evidence.trees())
    folds: dict[int, list[Any]] = {}
    results = 0
    for number, event in enumerate(record.evidence.events):
        if isinstance(event, Result):
            folds[number] = [*_list_files(event, trees[results]), *_list_tests(event.tests)]
            results += 1
    return folds


def _list_files(result: Result, before: Tree) -> Iterator[Any]:
    for change in result.changes:
        if counts(change.path) and change.kind not in ("folder", "special"):
            diff = build_file_diff(change, before)
            name = escape_text(f"{diff.path}  {diff.summary}")
            yield {"name": name, "lines": _dump_lines(diff.lines)}


def _list_tests(reports: Iterable[TestReport]) -> Iterator[Any]:
    for report in reports:
        failed = [node for node in report.nodes if node.outcome == "failed"]
        lines = [
            Line(
                f"{node.id} ({node.phase}): {node.exception or ''} {node.message or ''}", "removed"
            )
            for node in failed
        ]
        passed = [node for node in report.nodes if node.outcome == "passed"]
        lines += [Line(node.id, "added") for node in passed if node.phase == "call"]
        yield {
            "name": escape_text(count_tests(report)),
            "lines": _dump_lines(lines),
            "bad": bool(failed),
        }


def _dump_lines(lines: Iterable[Line], grades: Sequence[Line] = ()) -> list[Any]:
    """Write lines as data; `grades` are those that name a grade, which an agent cannot forge."""
    return [_dump_line(line, "grade " * (line in grades)) for line in lines if line.text]


def _dump_line(line: Line, kind: str) -> list[Any]:
    text, parts = line.text, []
    at = len(MARGIN) if text.startswith(MARGIN) else 0
    for mark in line.marks:
        parts += [[text[at : mark.start], ""], [text[mark.start : mark.end], mark.style]]
        at = mark.end
    parts.append([text[at:], ""])
    return [
        kind + line.style,
        [[escape_text(_shorten_part(part)), mark] for part, mark in parts if part],
    ]


def _shorten_part(part: str) -> str:
    left_out = len(part) - LONGEST_LINE
    return part if left_out <= 0 else f"{part[:LONGEST_LINE]} … {left_out:,} characters more"
