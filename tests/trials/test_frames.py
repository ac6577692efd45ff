"""A run as frames: every planned trial has a row, and nothing unknown is zero."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import promptverdict
import pytest
from promptverdict.core.errors import InputError, MissingRecording
from promptverdict.settings import Settings
from promptverdict.trials.frames import EVENTS, GRADES, KEYS, TRIALS, build_frames
from promptverdict.trials.grade import Grade, Point, failed, passed, ungraded
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Fault
from promptverdict.trials.store import Run
from promptverdict.trials.transcript import Answered, End, User

from tests.report.made import record

GRADED = record(
    grades=(
        Grade(behaviour="kind", grader="says", finding=passed("yes", Point(event=1))),
        Grade(behaviour="brief", grader="says", finding=failed("no", *[Point(event=7)] * 2)),
        Grade(behaviour="funny", grader="says", finding=ungraded("who knows")),
    ),
    required=("brief",),
    cost=Cost(amount=0.5, currency="USD", as_of=date(2026, 1, 1)),
    compatible={"sandbox": "bubblewrap"},
)


def test_every_column_is_documented_and_there() -> None:
    loaded = build_frames([GRADED])
    assert list(loaded.trials) == [*KEYS, *TRIALS]
    assert list(loaded.grades) == [*KEYS, *GRADES]
    assert list(loaded.events) == [*KEYS, *EVENTS]
    assert set(loaded.trials["trial"]) == {"manners/hello::helper/base#0"}


def test_a_trial_is_a_row_of_facts() -> None:
    (row,) = build_frames([GRADED]).trials.to_dict("records")
    assert (row["status"], row["ended"], row["turns"], row["calls"]) == ("graded", "done", 2, 2)
    assert (row["tokens_in"], row["tokens_out"], row["cost"]) == (2300, 234, 0.5)
    assert str(row["recorded"]) == "2026-01-01 12:00:00+00:00"


def test_a_grade_that_nobody_could_give_is_missing_and_not_zero() -> None:
    grades = build_frames([GRADED]).grades.set_index("behaviour")
    assert list(grades["outcome"]) == ["pass", "fail", "ungraded"]
    assert grades["passed"].isna().tolist() == [False, False, True]
    assert grades["passed"].mean() == 0.5
    assert grades["required"].tolist() == [False, True, False]
    assert grades.loc["brief", "events"] == "7"


def test_unknown_tokens_and_prices_are_missing_and_not_zero() -> None:
    bare = record(User(text="x"), Answered(model="m", stop="done"), End(reason="done"))
    (row,) = build_frames([bare]).trials[["tokens_in", "cost"]].isna().to_dict("records")
    assert row == {"tokens_in": True, "cost": True}


def test_a_result_belongs_to_the_turn_that_asked_for_it() -> None:
    events = build_frames([GRADED]).events
    turns = dict(zip(events["event"], events["turn"], strict=True))
    assert (turns[0], turns[5], turns[6], turns[7], turns[9]) == (1, 1, 1, 2, 2)
    assert events.loc[events["type"] == "call", "tool"].tolist() == ["Write", "Bash"]


def test_a_fault_is_a_status_and_a_trial_without_record_is_absent(tmp_path: Path) -> None:
    planned = {f"manners/hello::helper/base#{number}": f"{number:016}" for number in range(3)}
    run = Run.create(tmp_path, Settings(), planned)
    run.save(record())
    fault = Fault.of(MissingRecording("nothing"))
    run.save(record(trial=1, key="1" * 16, fault=fault, provenance=None))
    run.finish(whole=False)
    trials = promptverdict.load_run(tmp_path / "latest").trials.set_index("number")
    assert trials["status"].to_dict() == {0: "graded", 1: "MissingRecording", 2: "absent"}
    assert trials["evidence"].isna().to_dict() == {0: False, 1: True, 2: True}


def test_a_run_without_records_has_empty_frames() -> None:
    loaded = build_frames([])
    assert (len(loaded.trials), len(loaded.grades), len(loaded.events)) == (0, 0, 0)


def test_a_path_that_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such run"):
        promptverdict.load_run(tmp_path / "x")


def test_the_package_has_only_what_it_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'load_runs'"):
        promptverdict.load_runs  # type: ignore[attr-defined]  # noqa: B018
