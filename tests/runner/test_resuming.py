"""A trial that was cut off goes on where its last answer was, or says what was lost."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import DiskError
from promptverdict.recording.files import open_sealed
from promptverdict.recording.journal import Journal, PaidAnswer, remove_old_journals
from promptverdict.runner.budget import Budget
from promptverdict.runner.cells import Cell
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import Sandbox, open_sandbox
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Result

from tests.fakes import Blocks, provider, say, turn_of, use
from tests.runner.test_trial import cell_of, scenario_of

Answers = Callable[[dict[str, Any]], Blocks | tuple[int, Any]]

SLOWLY = "echo it took $(date +%N | cut -c 7-9).25s; echo a > a.txt"
"""A command whose words differ each time as durations do."""
TURNS = (
    [say("First."), use("Bash", command=SLOWLY)],
    [use("Bash", command="cat a.txt")],
    [say("Done.")],
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("none")


@pytest.fixture
def cell(tmp_path: Path) -> Cell:
    return cell_of(scenario_of(tmp_path))


def fail_at(turn: int, *turns: Blocks) -> Answers:
    """Answer until a turn, of which the provider will not hear."""

    def answer(body: dict[str, Any]) -> Blocks | tuple[int, Any]:
        if turn_of(body) == turn:
            return 418, {"type": "error", "error": {"type": "x", "message": "Not now"}}
        return (turns or TURNS)[turn_of(body)]

    return answer


def attempt(
    cell: Cell, sandbox: Sandbox, answer: Answers, folder: Path, **more: Any
) -> tuple[TrialRecord, list[int]]:
    """Attempt a trial; give its record, and the turns that were asked for."""
    with provider(answer) as server:
        context = RunContext(
            lambda: sandbox, httpx2.AsyncHTTPTransport, server.url, journals=folder / "live"
        )
        context = replace(context, **more)
        budget = context.budget

        async def run() -> TrialRecord:
            async with budget.reserve() as purse:
                record = await run_trial(cell.get_trial(0), context, None, purse=purse)
                budget.spend(record.cost, purse.resumed)
                return record

        record = asyncio.run(run())
    return record, [turn_of(body) for body in server.requests]


def journals(folder: Path) -> list[Path]:
    return list((folder / "live").glob("*"))


def test_an_attempt_goes_on_where_the_last_answer_was_and_leaves_no_journal(
    tmp_path: Path, cell: Cell, sandbox: Sandbox
) -> None:
    cut, asked = attempt(cell, sandbox, fail_at(2), tmp_path)
    assert cut.fault is not None
    assert asked == [0, 1, 2]
    assert len(journals(tmp_path)) == 1
    whole, asked = attempt(cell, sandbox, fail_at(9), tmp_path)
    assert whole.fault is None
    assert asked == [2]
    assert journals(tmp_path) == []
    assert whole.resumed == 2
    (note,) = whole.notices
    assert note.startswith("2 answers came in an attempt that was cut off (begun 20")
    # What the model was told is what it was told then; a replay tells the same.
    texts = [event.text for event in whole.evidence.events if isinstance(event, Result)]
    assert texts[0] == next(e.text for e in cut.evidence.events if isinstance(e, Result))
    assert open_sealed(cell.get_trial(0).location).read_world().notes == whole.notices


def test_a_call_that_prints_another_time_of_day_does_the_same(
    tmp_path: Path, cell: Cell, sandbox: Sandbox
) -> None:
    now = "ls -la --time-style='+%b %e %H:%M:%S.%N'; date -Is; date -Ins; date '+%F %T'"
    timed = ([use("Bash", command=now)], *TURNS[1:])
    attempt(cell, sandbox, fail_at(2, *timed), tmp_path)
    record, asked = attempt(cell, sandbox, fail_at(9, *timed), tmp_path)
    assert record.fault is None
    assert asked == [2]


def test_a_call_that_does_something_else_now_ends_what_can_be_used_and_that_is_said(
    tmp_path: Path, cell: Cell, sandbox: Sandbox
) -> None:
    by_chance = ([use("Bash", command="echo $RANDOM$RANDOM")], *TURNS[1:])
    attempt(cell, sandbox, fail_at(2, *by_chance), tmp_path)
    attempt(cell, sandbox, fail_at(2, *by_chance), tmp_path)
    record, asked = attempt(cell, sandbox, fail_at(9, *by_chance), tmp_path)
    assert record.fault is None
    assert asked == [1, 2]
    assert record.notices[0].startswith("1 answer came in an attempt that was cut off")
    # One in the second attempt, one in the third.
    assert record.notices[1].startswith("2 paid answers of an attempt that was cut off")


def test_an_answer_that_cannot_be_read_is_asked_for_again(
    tmp_path: Path, cell: Cell, sandbox: Sandbox
) -> None:
    broken = [True]

    def answer(body: dict[str, Any]) -> Blocks | tuple[int, Any]:
        if turn_of(body) == 1 and broken:
            broken.clear()
            return 200, {"type": "message", "content": "nothing"}
        return TURNS[turn_of(body)]

    cut, _ = attempt(cell, sandbox, answer, tmp_path)
    assert cut.fault is not None
    record, asked = attempt(cell, sandbox, answer, tmp_path)
    assert record.fault is None
    assert asked == [1, 2]
    assert record.notices[1].startswith("1 paid answer of an attempt")


def test_answers_of_an_earlier_attempt_are_not_paid_for_again_by_the_budget(
    tmp_path: Path, cell: Cell, sandbox: Sandbox
) -> None:
    from datetime import date

    from promptverdict.trials.prices import Price

    price = Price(as_of=date(2026, 1, 1), input=0.0, output=1e6)  # 5 for each answer
    prices = {cell.model: price}
    attempt(cell, sandbox, fail_at(2), tmp_path, prices=prices)
    budget = Budget(6)
    record, asked = attempt(cell, sandbox, fail_at(9), tmp_path, prices=prices, budget=budget)
    assert (record.fault, asked) == (None, [2])
    assert record.cost is not None
    assert (record.cost.amount, budget.total) == (15, 5)


def test_what_holds_a_secret_is_kept_in_no_journal(
    tmp_path: Path, cell: Cell, sandbox: Sandbox
) -> None:
    key = "sk-ant-" + "a1" * 20
    attempt(cell, sandbox, fail_at(1, [use("Bash", command=f"echo {key}")]), tmp_path)
    assert journals(tmp_path) == []


def answer_of(request: str, content: bytes = b"{}") -> PaidAnswer:
    body = PaidAnswer.encode(content)
    return PaidAnswer(request=request, status=200, headers={}, seconds=1.0, **body)


def filled(path: Path) -> Journal:
    """A journal of two answers with a call between them, whose process was killed."""
    first = Journal(path, "s/c::a/b#0")
    first.add_answer(answer_of("a"))
    first.settle_result(Result(call="1", text="took 1.5s"))
    first.add_answer(answer_of("b", b"\xff"))
    first.close()
    return Journal(path, "s/c::a/b#0")


def test_a_line_that_was_cut_off_is_left_out_and_written_over(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    filled(path).close()
    raw = path.read_bytes()
    for length in range(raw.rindex(b'{"format"'), len(raw)):
        path.write_bytes(raw[:length])
        journal = Journal(path, "s/c::a/b#0")
        assert journal.take_answer("a") is not None
        assert journal.settle_result(Result(call="1", text="took 2.5s")).text == "took 1.5s"
        assert journal.take_answer("b") is None
        journal.add_answer(answer_of("b", b"\xff"))
        journal.close()
        assert path.read_bytes() == raw


def test_bytes_that_are_no_text_come_back(tmp_path: Path) -> None:
    journal = filled(tmp_path / "x.jsonl")
    journal.take_answer("a")
    journal.settle_result(Result(call="1", text="took 2.5s"))
    known = journal.take_answer("b")
    assert known is not None
    assert known.content == b"\xff"


def test_another_request_ends_what_can_be_used(tmp_path: Path) -> None:
    journal = filled(tmp_path / "x.jsonl")
    assert journal.take_answer("other") is None
    assert journal.take_answer("a") is None
    assert journal.lost == 2
    journal.close()
    assert Journal(tmp_path / "x.jsonl", "s/c::a/b#0").lost == 2


def test_a_disk_that_refuses_is_told_and_the_journal_stays_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = filled(tmp_path / "x.jsonl")
    journal.take_answer("a")
    before = (tmp_path / "x.jsonl").read_bytes()
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, raw, at: real(fd, raw[: len(raw) // 2], at))
    with pytest.raises(DiskError, match="No space left"):
        journal.settle_result(Result(call="1", text="something else"))
    journal.close()
    monkeypatch.undo()
    after = (tmp_path / "x.jsonl").read_bytes()
    assert before.startswith(after)
    assert Journal(tmp_path / "x.jsonl", "s/c::a/b#0").take_answer("a") is not None


@pytest.mark.parametrize("days", [-2, 2])
def test_journals_of_another_day_are_removed_and_their_answers_counted(
    tmp_path: Path, days: int
) -> None:
    for name, moment in (("old", time.time() + days * 86400), ("new", time.time())):
        filled(tmp_path / f"{name}.jsonl").close()
        os.utime(tmp_path / f"{name}.jsonl", (moment, moment))
    assert remove_old_journals(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["new.jsonl"]


def test_a_journal_says_whose_it_is(tmp_path: Path) -> None:
    filled(tmp_path / "x.jsonl").close()
    first = json.loads((tmp_path / "x.jsonl").read_text().splitlines()[0])
    assert first["trial"] == "s/c::a/b#0"
