"""Transcripts as a page carries them: JSON, deflated, in base64; read only by the page's script.

A line is `[style, [[text, mark], ...]]`, where `mark` is the style of what a grade rests on, or
empty. Every text is safe already: what a reader could not see is written out.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from promptverdict.core.text import escape_text
from promptverdict.guest.treehash import counts
from promptverdict.report.transcript.alignment import Turn, turns_of
from promptverdict.report.transcript.file_diff import file_diff
from promptverdict.report.transcript.layout import Block, blocks, findings, tested
from promptverdict.report.transcript.marks import Line, rests
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import TestReport, Tree

LIMITS = (400, 100, 30)
"""Lines of one result or written file that are shown; the next where all would be too much."""
ROOM = 12_000_000
"""Characters that all transcripts of one page may take."""
MARGIN = " " * 4
"""What the terminal sets texts off with; a page has other means."""
WIDEST = 4_000
"""Characters of one line that are shown."""

Key = tuple[str, str]
"""Suite and scenario."""


def packed(scenarios: Mapping[Key, Sequence[TrialRecord]]) -> dict[Key, str]:
    """Pack the transcripts of each scenario, cut as far as it takes to fit into one page.

    What does not fit even then is left out; `promptverdict show` still has it.
    """
    texts: dict[Key, str] = {}
    for limit in LIMITS:
        texts = {key: pack(trials, limit) for key, trials in scenarios.items()}
        if sum(map(len, texts.values())) <= ROOM:
            return texts
    return dict(_as_many_as_fit(texts))


def pack(trials: Iterable[TrialRecord], limit: int) -> str:
    """Pack some trials: key of a record -> its transcript."""
    carried = {record.key: transcript(record, limit) for record in trials}
    text = json.dumps(carried, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode("ascii")


def transcript(record: TrialRecord, limit: int) -> dict[str, Any]:
    """Lay out one trial as plain data."""
    events = record.evidence.events
    laid = list(blocks(record, limit))
    told = {number: rest.notes for number, rest in rests(record.grades).items()}
    folds = _folds(record)
    return {
        "turns": [_turn(turn, laid, told, folds) for turn in turns_of(events)],
        "found": _lines(findings(record)),
    }


def _turn(
    turn: Turn,
    laid: Sequence[Block],
    told: Mapping[int, Sequence[Line]],
    folds: Mapping[int, list[Any]],
) -> dict[str, Any]:
    inside = [block for block in laid if turn.first <= block.number < turn.after]
    return {
        "done": turn.done,
        "blocks": [
            {
                "n": block.number,
                "lines": _lines(block.lines, told.get(block.number, ())),
                "folds": folds.get(block.number, []),
            }
            for block in inside
        ],
    }


def _folds(record: TrialRecord) -> dict[int, list[Any]]:
    """Give what can be unfolded below a result: files it changed, tests that ran."""
    trees = dict(record.evidence.trees())
    found: dict[int, list[Any]] = {}
    results = 0
    for number, event in enumerate(record.evidence.events):
        if isinstance(event, Result):
            found[number] = [*_files(event, trees[results]), *_tests(event.tests)]
            results += 1
    return found


def _files(result: Result, before: Tree) -> Iterator[Any]:
    for change in result.changes:
        if counts(change.path) and change.kind not in ("folder", "special"):
            diff = file_diff(change, before)
            yield {"name": escape_text(f"{diff.path}  {diff.told}"), "lines": _lines(diff.lines)}


def _tests(reports: Iterable[TestReport]) -> Iterator[Any]:
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
        yield {"name": escape_text(tested(report)), "lines": _lines(lines), "bad": bool(failed)}


def _lines(lines: Iterable[Line], grades: Sequence[Line] = ()) -> list[Any]:
    """Write lines as data; `grades` are those that name a grade, which an agent cannot forge."""
    return [_line(line, "grade " * (line in grades)) for line in lines if line.text]


def _line(line: Line, kind: str) -> list[Any]:
    text, parts = line.text, []
    at = len(MARGIN) if text.startswith(MARGIN) else 0
    for mark in line.marks:
        parts += [[text[at : mark.start], ""], [text[mark.start : mark.end], mark.style]]
        at = mark.end
    parts.append([text[at:], ""])
    return [kind + line.style, [[escape_text(_narrow(part)), mark] for part, mark in parts if part]]


def _narrow(part: str) -> str:
    left_out = len(part) - WIDEST
    return part if left_out <= 0 else f"{part[:WIDEST]} … {left_out:,} characters more"


def _as_many_as_fit(texts: Mapping[Key, str]) -> Iterator[tuple[Key, str]]:
    room = ROOM
    for key, text in texts.items():
        room -= len(text)
        if room >= 0:
            yield key, text
