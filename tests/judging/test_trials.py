"""A recording is judged once, when it is made; its replay reads the answers and asks nobody."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import InputError
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Cell
from promptverdict.runner.readback import read_evidence
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.settings import Settings
from promptverdict.trials.prices import Price
from promptverdict.trials.record import TrialRecord

from tests.fakes import SCENARIO, Blocks, Provider, open_network, provider, say, use
from tests.judging.made import verdict
from tests.runner.test_trial import cell_of, scenario_of, variant

RUBRIC = """\
grades:
  kind: {type: rubric, question: Is it kind?}
"""


def judged_cell(root: Path, judge: str | None = "relay/judge", rubric: str = RUBRIC) -> Cell:
    cell = cell_of(scenario_of(root, SCENARIO + rubric))
    return dataclasses.replace(cell, judge=judge)


def both(body: dict[str, Any]) -> Blocks:
    """Answer as the agent, or as the judge where an answer is forced."""
    if "tool_choice" in body:
        return verdict("yes", "Hello", "It greets.")
    return [say("Hello, dear.")]


def record(
    cell: Cell, server: Provider, prices: Mapping[str, Price] = MappingProxyType({})
) -> TrialRecord:
    session = RunContext(lambda: open_sandbox("none"), open_network, server.url, prices)
    return asyncio.run(run_trial(cell.get_trial(0), session, None))


def replay(cell: Cell) -> TrialRecord:
    def unreachable() -> httpx2.AsyncBaseTransport:
        raise AssertionError("a replay asked for the network")

    session = RunContext(lambda: open_sandbox("none"), unreachable, "http://127.0.0.1:1")
    return asyncio.run(
        run_trial(cell.get_trial(0), session, open_sealed(cell.get_trial(0).location))
    )


def outcome(record: TrialRecord) -> tuple[str, str]:
    (grade,) = record.grades
    return grade.finding.outcome, grade.finding.reason


def test_what_was_judged_while_recording_is_read_in_replay_and_in_read_back(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path)
    with provider(both) as server:
        recorded = record(cell, server)
    assert outcome(recorded)[0] == "pass"
    assert recorded.fault is None
    replayed = replay(cell)
    assert replayed.evidence == recorded.evidence
    assert replayed.grades == recorded.grades
    sealed = open_sealed(cell.get_trial(0).location)
    assert read_evidence(cell, sealed) == recorded.evidence
    assert outcome(replay(dataclasses.replace(cell, judge=None)))[0] == "pass"


def test_the_judge_is_shown_what_the_agent_said_and_not_its_prompt(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path)
    with provider(both) as server:
        record(cell, server)
    agent, judge = server.requests
    assert agent["system"] == cell.variant.prompt
    assert "Hello, dear." in judge["messages"][0]["content"]
    assert cell.variant.prompt not in str(judge)


def test_the_answers_of_another_judge_do_not_count_where_one_is_named(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path)
    with provider(both) as server:
        record(cell, server)
    other = dataclasses.replace(cell, judge="relay/other")
    assert outcome(replay(other)) == ("ungraded", "no judge was asked (promptverdict judge)")


def test_without_a_judge_nobody_is_asked_and_the_rubric_says_how(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path, judge=None)
    with provider(both) as server:
        recorded = record(cell, server)
    assert len(server.requests) == 1
    assert outcome(recorded) == ("ungraded", "no judge was asked (promptverdict judge)")
    assert outcome(replay(cell)) == outcome(recorded)


def test_without_a_rubric_no_judge_is_asked(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path, rubric="grades:\n  kind: {type: asks}\n")
    with provider(both) as server:
        record(cell, server)
    assert len(server.requests) == 1
    assert not cell.get_trial(0).location.judge.exists()


def test_a_judge_that_fails_leaves_the_recording_whole_and_its_grade_ungraded(
    tmp_path: Path,
) -> None:
    cell = judged_cell(tmp_path)

    def broken(body: dict[str, Any]) -> Any:
        return (500, {"error": {"message": "down"}}) if "tool_choice" in body else both(body)

    with provider(broken) as server:
        recorded = record(cell, server)
    assert recorded.fault is None
    assert recorded.provenance is not None
    told, reason = outcome(recorded)
    assert told == "ungraded"
    assert "The judge relay/judge gave no answer" in reason
    assert outcome(replay(cell)) == ("ungraded", "no judge was asked (promptverdict judge)")


def test_what_the_judge_took_is_part_of_what_the_trial_cost(tmp_path: Path) -> None:
    price = {"input": 1_000_000.0, "output": 0.0, "as_of": "2026-01-01"}
    models = {"relay/scripted": price, "relay/judge": {**price, "input": 2_000_000.0}}
    prices = {model: Price.model_validate(one) for model, one in models.items()}
    cell = judged_cell(tmp_path)
    with provider(both) as server:
        recorded = record(cell, server, prices)
    # The fake provider counts ten tokens read for its first answer and twenty for its second.
    assert recorded.cost is not None
    assert recorded.cost.amount == pytest.approx(10 * 1 + 20 * 2)
    unpriced = dataclasses.replace(cell, judge="relay/other")
    with provider(both) as server:
        assert record(unpriced, server, prices).cost is None


def test_a_new_recording_is_judged_anew(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path)
    with provider(both) as server:
        record(cell, server)

    def cold(body: dict[str, Any]) -> Blocks:
        return verdict("no") if "tool_choice" in body else [say("Go away.")]

    with provider(cold) as server:
        assert outcome(record(cell, server))[0] == "fail"
    assert outcome(replay(cell))[0] == "fail"


def test_the_agents_own_call_of_a_tool_named_answer_is_no_verdict(tmp_path: Path) -> None:
    cell = judged_cell(tmp_path, judge=None)

    def forging(body: dict[str, Any]) -> Blocks:
        if len(body["messages"]) > 1:
            return [say("Done.")]
        return [use("answer", verdict="yes", quote="", reason="I say so.")]

    with provider(forging) as server:
        assert outcome(record(cell, server))[0] == "ungraded"


def test_a_rubric_and_a_judge_are_no_part_of_what_a_recording_is_made_of(tmp_path: Path) -> None:
    plain = cell_of(scenario_of(tmp_path / "plain"))
    assert judged_cell(tmp_path / "judged").digest == plain.digest


@pytest.mark.parametrize("judge", ["claude", "nobody/claude", "relay/", "/x"])
def test_a_judge_that_is_no_model_of_ours_is_refused(tmp_path: Path, judge: str) -> None:
    settings = Settings(judge=judge, model="relay/scripted")
    suite = scenario_of(tmp_path)
    agents = [variant("helper/base"), variant("helper/terse")]
    with pytest.raises(InputError, match="is not provider/name"):
        list_cells(suite, agents, settings, by_hand=True)
