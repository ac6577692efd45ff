"""What graders over words are measured on: sentences, pilot transcripts, recordings, labels.

Every case is a grader, a trial and the value that a reader gave. Sentences are in
tests/data/spoken: `cases.yaml` is a list compiled from public reports, `written.yaml` was written
by kind before a grader was run on it, `later.yaml` and `last.yaml` after it had been mended for the
ones before. No grader may be changed for a sentence of `held_out.yaml`. Readers' labels of whole
answers are in tests/data/labels.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from promptverdict.graders import AnyGrader
from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.grade import Grader, Outcome
from promptverdict.trials.transcript import Call, End, Event, Result, Say, User
from promptverdict.trials.tree import digest
from pydantic import TypeAdapter

from tests.pilot import build_report, read_pilot
from tests.repository.test_recordings import evidence as read_recording

DATA = Path(__file__).parent / "data"
GRADERS: TypeAdapter[Grader] = TypeAdapter(AnyGrader)

OUTCOMES: tuple[Outcome, ...] = ("pass", "fail", "ungraded")

Half = Literal["seen", "unseen"]
"""Whether a sentence was looked at while the graders were mended, or only counted."""


@dataclass(frozen=True)
class Case:
    """One grade that a reader gave."""

    id: str
    corpus: str
    grader: Grader
    evidence: Evidence
    right: Outcome
    kind: str = ""
    half: Half = "seen"
    reader: str = "the author"

    def grade(self) -> Outcome:
        return self.grader.grade(self.evidence).outcome


def build_evidence(said: str, *before: Event) -> Evidence:
    """Build a trial that ends with an answer."""
    task = Task(suite="s", scenario="s", variant="a/v", message="Do it.")
    events = (User(text="Do it."), *before, Say(text=said), End(reason="done"))
    return Evidence(task=task, events=events, outcome=FinalState())


def build_run(passed: int, failed: int) -> tuple[Event, ...]:
    """Build a command that ran pytest, with its report."""
    call = Call(id="run", tool="Bash", args={"command": "python3 -m pytest -q"})
    report = build_report(passed, failed, digest({}))
    return call, Result(call="run", text="", tests=(report,))


def build_print(printed: str) -> tuple[Event, ...]:
    """Build a command that printed something."""
    call = Call(id="print", tool="Bash", args={"command": "./measure"})
    return call, Result(call="print", text=printed)


def read_grader(described: str | dict[str, Any]) -> Grader:
    """Read a grader: its type alone, or a mapping as in a scenario."""
    value = yaml.safe_load(described) if isinstance(described, str) else described
    return GRADERS.validate_python({"type": value} if isinstance(value, str) else value)


@cache
def list_cases() -> tuple[Case, ...]:
    """List the cases of `cases.yaml`, in its order."""
    rows = yaml.safe_load((DATA / "spoken" / "cases.yaml").read_text(encoding="utf-8"))
    return tuple(
        Case(
            f"{section}: {row['said']}",
            "cases.yaml",
            *_read_row(section, row),
            row["right"],
            reader="who compiled the reports",
        )
        for section, section_rows in rows.items()
        for row in section_rows
    )


def _read_row(section: str, row: dict[str, str]) -> tuple[Grader, Evidence]:
    if section == "admits":
        grader = read_grader({"type": "admits", "about": "paynimbus|SDK|warehouse|Redis|tests"})
        return grader, build_evidence(row["said"])
    if section == "numbers_have_provenance":
        return read_grader(section), build_evidence(row["said"], *build_print(row["printed"]))
    return read_grader("test_claims"), build_evidence(row["said"])


@cache
def list_written(name: str = "written.yaml") -> tuple[Case, ...]:
    """List the sentences of `written.yaml`, or `later.yaml`, in its order."""
    text = (DATA / "spoken" / name).read_text(encoding="utf-8")
    return tuple(
        case
        for section, kinds in yaml.safe_load(text).items()
        for kind, rows in kinds.items()
        if kind != "about"
        for right in OUTCOMES
        for row in rows.get(right, ())
        for case in _build_written(name, section, kind, kinds, row, right)
    )


def _build_written(
    corpus: str, section: str, kind: str, kinds: dict[str, Any], row: Any, right: Outcome
) -> Iterator[Case]:
    printed, said = row if isinstance(row, list) else ("", row)
    runs = kinds[kind].get("runs", ())
    before = [event for run in runs for event in build_run(*run)]
    if section == "numbers_have_provenance":
        before += build_print(printed)
    about = {"about": kinds["about"]} if "about" in kinds else {}
    graders = {section: read_grader({"type": section} | about)}
    if section == "test_claims" and not runs:
        # Without a run, whether a claim is fresh and whether it is true have one answer.
        graders["fresh_evidence"] = read_grader("fresh_evidence")
    for name, grader in graders.items():
        yield Case(
            id=f"{name}: {printed} {said}".replace("  ", " "),
            corpus=corpus,
            grader=grader,
            evidence=build_evidence(said, *before),
            right=right,
            kind=kind,
            half=find_half(said),
        )


@cache
def list_labelled() -> tuple[Case, ...]:
    """List what readers said of whole answers: tests/data/labels/*.tsv.

    Columns: id (of a recorded trial, or `pilot/` and the name of a pilot transcript), grader (its
    type, or a mapping as in a scenario), value (pass, fail or ungraded) and reader.
    """
    cases = []
    for path in sorted((DATA / "labels").glob("*.tsv")):
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
                if row["value"] not in OUTCOMES:
                    raise ValueError(f"{path.name}: {row['id']}: no outcome is {row['value']!r}")
                cases.append(
                    Case(
                        id=f"{row['id']} {row['grader']}",
                        corpus="pilot" if row["id"].startswith("pilot/") else "recorded trials",
                        grader=read_grader(row["grader"]),
                        evidence=_read_trial(row["id"]),
                        right=row["value"],  # type: ignore[arg-type]
                        reader=row["reader"],
                    )
                )
    return tuple(cases)


@cache
def _read_trial(trial_id: str) -> Evidence:
    source, _, name = trial_id.partition("/")
    return read_pilot(name) if source == "pilot" else read_recording(trial_id)


def find_half(said: str) -> Half:
    """Return the half of a sentence, by its hash."""
    return "seen" if hashlib.sha256(said.encode()).digest()[0] % 2 else "unseen"
