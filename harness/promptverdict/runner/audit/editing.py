"""Carries out typed edits on a trial's evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from promptverdict.runner.audit.timeline import Done, Timeline
from promptverdict.scenarios.edits import Edit, FileEdit, Move, ReportEdit, Rewrite, Selector
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.transcript import Answered, End, Event, Result, Say, User
from promptverdict.trials.tree import Node, TestNode, TestReport


class NothingToEdit(Exception):
    """An edit that fits nothing in the trial: it would leave it as it was."""


def edit_evidence(evidence: Evidence, edits: tuple[Edit, ...]) -> Evidence:
    """Carry out edits, one after the other; the probes' reports are left out.

    Raises NothingToEdit for one that fits nothing.
    """
    timeline = Timeline.of(evidence)
    for edit in edits:
        timeline = _carry_out(timeline, edit)
    return timeline.build()


def _carry_out(timeline: Timeline, edit: Edit) -> Timeline:
    if edit.drop:
        places = set(_select(timeline, edit.drop))
        left = [part for place, part in enumerate(timeline.parts) if place not in places]
        return timeline.replace_parts(left)
    if edit.move:
        return _move(timeline, edit.move)
    if edit.rewrite:
        return _rewrite(timeline, edit.rewrite)
    if edit.answer is not None:
        return _replace_answer(timeline, edit.answer)
    if edit.file:
        return _edit_file(timeline, edit.file)
    if edit.report:
        return _edit_reports(timeline, edit.report)
    raise NothingToEdit("the edit says nothing")


def _select(timeline: Timeline, selector: Selector) -> list[int]:
    """Find the places of the calls that fit. Raises NothingToEdit where none does."""
    places = [place for place in timeline.list_done() if _fits(timeline.parts[place], selector)]
    if not places:
        wanted = selector.model_dump(exclude_defaults=True)
        raise NothingToEdit(f"no call of the trial fits {wanted or 'this'}")
    match selector.which:
        case "first":
            return places[:1]
        case "last":
            return places[-1:]
    return places


def _fits(part: Event | Done, selector: Selector) -> bool:
    if not isinstance(part, Done):
        return False
    if selector.tool is not None and part.call.tool != selector.tool:
        return False
    if selector.matches and not re.search(
        selector.matches, "\n".join(_list_texts(part.call.args)), re.MULTILINE
    ):
        return False
    if selector.changes and not any(re.search(selector.changes, path) for path in part.delta):
        return False
    if selector.run is None:
        return True
    reports = part.result.tests
    is_red = any(report.exit_code for report in reports)
    return bool(reports) and (selector.run == "any" or is_red == (selector.run == "red"))


def _move(timeline: Timeline, move: Move) -> Timeline:
    """Move calls into answers of their own at another place."""
    places = _select(timeline, move.calls)
    moved: list[Event | Done] = []
    for place in places:
        moved += [timeline.parts[place], Answered(model="edited", stop="calls")]
    target = _select(timeline, move.before or move.after or Selector())
    if move.before:
        at = _find_answer_start(timeline, target[0])
    else:
        at = _find_answer_end(timeline, target[-1])
    before = [part for place, part in enumerate(timeline.parts[:at]) if place not in places]
    after = [
        part for place, part in enumerate(timeline.parts[at:], start=at) if place not in places
    ]
    return timeline.replace_parts([*before, *moved, *after])


def _find_answer_start(timeline: Timeline, place: int) -> int:
    """Find where the answer begins that a part belongs to."""
    while place and not isinstance(timeline.parts[place - 1], Answered | User):
        place -= 1
    return place


def _find_answer_end(timeline: Timeline, place: int) -> int:
    while not isinstance(timeline.parts[place], Answered | End):
        place += 1
    return place + 1


def _find_answer(timeline: Timeline) -> int:
    """Find the place after which all that is said is the last answer."""
    ends = [place for place, part in enumerate(timeline.parts) if isinstance(part, Done | User)]
    return ends[-1] if ends else -1


def _rewrite(timeline: Timeline, rewrite: Rewrite) -> Timeline:
    first = _find_answer(timeline) if rewrite.where == "answer" else -1
    parts, count = list(timeline.parts), 0
    for place, part in enumerate(parts):
        if place > first and isinstance(part, Say):
            text, replaced = re.subn(rewrite.find, rewrite.put, part.text)
            parts[place] = part.model_copy(update={"text": text})
            count += replaced
    if not count:
        raise NothingToEdit(f"nothing that was said fits {rewrite.find!r}")
    return timeline.replace_parts(parts)


def _replace_answer(timeline: Timeline, answer: str) -> Timeline:
    first = _find_answer(timeline)
    parts = [
        part
        for place, part in enumerate(timeline.parts)
        if place <= first or not isinstance(part, Say)
    ]
    answers = [Say(text=answer)] if answer else []
    # Where nothing was said at all, an answer of its own ends the trial.
    at = next(
        (place for place in range(first + 1, len(parts)) if isinstance(parts[place], Answered)),
        None,
    )
    if first >= 0 and isinstance(parts[first], Done):
        # The answered that follows a call belongs to that call's answer.
        later = [
            place for place in range(first + 1, len(parts)) if isinstance(parts[place], Answered)
        ]
        at = later[1] if len(later) > 1 else None
    if at is None:
        end = next((place for place, part in enumerate(parts) if isinstance(part, End)), len(parts))
        return timeline.replace_parts(
            [*parts[:end], *answers, Answered(model="edited", stop="done"), *parts[end:]]
        )
    return timeline.replace_parts([*parts[:at], *answers, *parts[at:]])


def _edit_file(timeline: Timeline, edit: FileEdit) -> Timeline:
    """Let the last call that wrote the file, or else the last of all, leave other content."""
    places = timeline.list_done()
    if not places:
        raise NothingToEdit("the trial has no call, so that nothing can have written the file")
    final = timeline.build().final_tree()
    writing = [
        place
        for place in places
        if isinstance(part := timeline.parts[place], Done) and edit.path in part.delta
    ]
    place = (writing or places)[-1]
    done = timeline.parts[place]
    if not isinstance(done, Done):
        raise NothingToEdit("the trial has no such call")
    node = None if edit.gone else Node("file", _edit_text(edit, final.get(edit.path)).encode())
    parts = list(timeline.parts)
    parts[place] = replace(
        done,
        delta={**done.delta, edit.path: node},
        # The tests ran on the tree before this edit as well as on the one after it.
        trees=done.trees if done.delta else (done.trees[0], f"{done.trees[1]}+"),
    )
    return timeline.replace_parts(parts)


def _edit_text(edit: FileEdit, old: Node | None) -> str:
    if edit.text is not None:
        return edit.text
    if old is None or old.kind != "file":
        raise NothingToEdit(f"there is no file {edit.path} at the end")
    text, count = re.subn(
        edit.find or "", edit.put, old.content.decode("utf-8"), flags=re.MULTILINE
    )
    if not count:
        raise NothingToEdit(f"nothing in {edit.path} fits {edit.find!r}")
    return text


def _edit_reports(timeline: Timeline, edit: ReportEdit) -> Timeline:
    places = [
        place
        for place in timeline.list_done()
        if _fits(timeline.parts[place], edit.run.model_copy(update={"run": edit.run.run or "any"}))
    ]
    if not places:
        raise NothingToEdit("no test run of the trial fits")
    places = {"first": places[:1], "last": places[-1:], "all": places}[edit.run.which]
    parts = list(timeline.parts)
    for place in places:
        if isinstance(done := parts[place], Done):
            parts[place] = replace(done, result=_alter_result(done.result, edit))
    return timeline.replace_parts(parts)


def _alter_result(result: Result, edit: ReportEdit) -> Result:
    reports = tuple(_alter_report(report, edit) for report in result.tests)
    return result.model_copy(
        update={
            "tests": reports,
            "text": "\n".join(map(_summarise, reports)),
            "error": edit.outcome == "red",
        }
    )


def _alter_report(report: TestReport, edit: ReportEdit) -> TestReport:
    if edit.outcome == "green":
        nodes = tuple(
            node.model_copy(update={"outcome": "passed", "exception": None, "message": None})
            if node.outcome == "failed"
            else node
            for node in report.nodes
        )
        return report.model_copy(update={"nodes": nodes, "exit_code": 0})
    failing = [number for number, node in enumerate(report.nodes) if node.outcome == "failed"]
    failing = (
        failing or [number for number, node in enumerate(report.nodes) if node.phase == "call"][-1:]
    )
    if not failing:
        raise NothingToEdit("the test run has no test that could fail")
    failure = {"outcome": "failed", "exception": edit.exception, "message": edit.message}
    nodes = tuple(
        node.model_copy(update=failure) if number in failing else node
        for number, node in enumerate(report.nodes)
    )
    return report.model_copy(update={"nodes": nodes, "exit_code": report.exit_code or 1})


def _summarise(report: TestReport) -> str:
    """Write what pytest prints at the end of such a run."""
    failed = [node for node in report.nodes if node.outcome == "failed"]
    lines = [_format_failure(node) for node in failed]
    passed = sum(node.outcome == "passed" and node.phase == "call" for node in report.nodes)
    counts = [f"{len(failed)} failed"] * bool(failed) + [f"{passed} passed"] * bool(passed)
    return "\n".join([*lines, f"{', '.join(counts) or 'no tests ran'} in 0.02s"])


def _format_failure(node: TestNode) -> str:
    return f"FAILED {node.id} - {node.exception}: {node.message}"


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _list_texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _list_texts(inner)
