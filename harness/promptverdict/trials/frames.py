"""A run as pandas frames: one row for each trial, one for each grade, one for each event.

Everything in them can be traced: `trial` names the record's trial, `event` the number by which
grades point. What is unknown is missing (NaN, NaT or None), never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptverdict.core.ids import parse_trial_id
from promptverdict.trials.metrics import (
    count_calls,
    count_files_changed,
    count_test_runs,
    count_turns,
    describe_ending,
    sum_usage,
)
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import read_manifest
from promptverdict.trials.stored_records import read_records
from promptverdict.trials.transcript import Answered, Call, Event, Opaque, Result, Say, User

if TYPE_CHECKING:
    import pandas as pd

KEYS = ("trial", "suite", "scenario", "variant", "number")
"""Columns that every frame begins with: `trial` is `suite/scenario::agent/variant#number`."""

TRIALS = {
    "key": "names the trial among all of its kind",
    "status": "graded, or why there are no grades: the kind of the fault; absent: not even begun",
    "model": "what was asked, as provider/name",
    "answered": "what the answers said they came from",
    "evidence": "how it came about: live, relay or simulated",
    "operator": "who answered by hand",
    "recorded": "when, in UTC",
    "replayed": "whether this run played a recording rather than made it",
    "ended": "how the trial ended",
    "turns": "answers of the model",
    "calls": "calls of tools",
    "test_runs": "processes of pytest that reported",
    "files_changed": "different files touched",
    "tokens_in": "tokens read, the cache's among them",
    "tokens_out": "tokens written",
    "cost": "what the tokens cost",
    "currency": "of the cost",
    "seconds": "how long this run took for it",
    "sandbox": "what isolated the commands",
}
GRADES = {
    "behaviour": "what the grade is about",
    "required": "whether the cell fails without it",
    "grader": "type of the grader",
    "outcome": "pass, fail or ungraded",
    "passed": "1.0, 0.0, missing where ungraded",
    "reason": "in words",
    "events": "numbers of the events it rests on, separated by blanks",
}
EVENTS = {
    "event": "number of the event",
    "turn": "number of the model's answer it belongs to, from 1",
    "type": "user, say, call, answered, result, opaque or end",
    "tool": "of a call",
    "error": "whether a result was an error",
    "seconds": "of a result",
    "characters": "of the text said, asked or answered",
}


@dataclass(frozen=True)
class Frames:
    """One run, or several of them one below the other."""

    trials: pd.DataFrame
    """A row for each trial that was planned; columns: KEYS and TRIALS."""
    grades: pd.DataFrame
    """A row for each grade; columns: KEYS and GRADES."""
    events: pd.DataFrame
    """A row for each event of each transcript; columns: KEYS and EVENTS."""


def load_run(path: str | Path = "results/latest") -> Frames:
    """Read a run into pandas frames.

    path: the run's folder. A trial that was planned and left no record has a row with the status
    `absent`. Raises InputError for what is no run or no record.
    """
    folder = find_run(Path(path).parent, Path(path).name)
    return build_frames(read_records(folder), planned=read_manifest(folder).planned)


def build_frames(records: Iterable[TrialRecord], planned: Iterable[str] = ()) -> Frames:
    """Lay out records as frames; planned: ids of trials that must have a row."""
    import pandas as pd

    rows: dict[str, list[dict[str, Any]]] = {"trials": [], "grades": [], "events": []}
    for record in sorted(records, key=_sort_place):
        named = _build_key_columns(record)
        rows["trials"].append(named | _build_trial_row(record))
        rows["grades"] += [named | row for row in _list_grade_rows(record)]
        rows["events"] += [named | row for row in _list_event_rows(record.evidence.events)]
    there = {row["trial"] for row in rows["trials"]}
    rows["trials"] += [_build_absent_row(trial) for trial in planned if trial not in there]
    tables = {
        name: pd.DataFrame(rows[name], columns=[*KEYS, *columns])
        for name, columns in (("trials", TRIALS), ("grades", GRADES), ("events", EVENTS))
    }
    recorded = tables["trials"]["recorded"]
    tables["trials"]["recorded"] = pd.to_datetime(recorded, utc=True)
    return Frames(**tables)


def _sort_place(record: TrialRecord) -> tuple[str, str, str, int]:
    return record.suite, record.scenario, record.variant, record.trial


def _build_key_columns(record: TrialRecord) -> dict[str, Any]:
    values = (record.id, record.suite, record.scenario, record.variant, record.trial)
    return dict(zip(KEYS, values, strict=True))


def _build_absent_row(trial: str) -> dict[str, Any]:
    values = (trial, *parse_trial_id(trial))
    return dict(zip(KEYS, values, strict=True)) | {"status": "absent"}


def _build_trial_row(record: TrialRecord) -> dict[str, Any]:
    origin, events = record.provenance, record.evidence.events
    used = sum_usage(events)
    if not events:
        kind = record.fault.kind if record.fault else "graded"
        return {"key": record.key, "status": kind, "replayed": record.replayed}
    return {
        "key": record.key,
        "status": record.fault.kind if record.fault else "graded",
        "model": origin.model if origin else None,
        "answered": origin.answered if origin else None,
        "evidence": origin.evidence if origin else None,
        "operator": origin.operator if origin else None,
        "recorded": origin.recorded if origin else None,
        "replayed": record.replayed,
        "ended": describe_ending(record),
        "turns": count_turns(events),
        "calls": count_calls(events),
        "test_runs": count_test_runs(events),
        "files_changed": count_files_changed(events),
        "tokens_in": used.input,
        "tokens_out": used.output,
        "cost": record.cost.amount if record.cost else None,
        "currency": record.cost.currency if record.cost else None,
        "seconds": record.seconds,
        "sandbox": record.compatible.get("sandbox"),
    }


def _list_grade_rows(record: TrialRecord) -> Iterable[dict[str, Any]]:
    for grade in record.grades:
        finding = grade.finding
        yield {
            "behaviour": grade.behaviour,
            "required": grade.behaviour in record.required,
            "grader": grade.grader,
            "outcome": finding.outcome,
            "passed": {"pass": 1.0, "fail": 0.0}.get(finding.outcome),
            "reason": finding.reason,
            "events": " ".join(dict.fromkeys(str(point.event) for point in finding.points)),
        }


def _list_event_rows(events: tuple[Event, ...]) -> Iterable[dict[str, Any]]:
    turn, over = 1, False
    for number, event in enumerate(events):
        if over and isinstance(event, Say | Call | Opaque):
            turn, over = turn + 1, False
        row: dict[str, Any] = {"event": number, "turn": turn, "type": event.type}
        match event:
            case User() | Say():
                row["characters"] = len(event.text)
            case Call():
                row["tool"] = event.tool
            case Result():
                row |= {"error": event.error, "seconds": event.seconds}
                row["characters"] = len(event.text)
            case Answered():
                over = True
        yield row
