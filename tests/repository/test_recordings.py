"""The committed recordings: what they are evidence of, and that they can be read without an SDK."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest
from promptverdict.guest.probekit import is_test
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Trial
from promptverdict.runner.readback import read_evidence
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.settings import resolve
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.transcript import End, Result, final_text

from tests.agents.loaded import load_agents
from tests.cases import try_cases

ROOT = Path(__file__).parents[2]


OPENAI = ("relay-openai/claude", "relay-openai-chat/claude")


def trials(model: str | None = None) -> Iterator[Trial]:
    settings, agents = resolve(ROOT, {"model": model}), load_agents(ROOT / "agents")
    for path in sorted(ROOT.glob("evals/*/suite.yaml")):
        suite = load_suite(path)
        for file in sorted(path.parent.glob("*.yaml")):
            if file != path:
                for cell in list_cells(load_scenario(file, suite), agents, settings, by_hand=False):
                    yield cell.get_trial(0)


TRIALS = {trial.id: trial for trial in trials()} | {
    f"{trial.id} with {model}": trial
    for model in OPENAI
    for trial in trials(model)
    if trial.location.http.exists()
}


open_recording = functools.cache(open_sealed)
"""Opens a recording once for all tests."""


@functools.cache
def evidence(trial_id: str) -> Evidence:
    trial = TRIALS[trial_id]
    return read_evidence(trial.cell, open_recording(trial.location))


@try_cases("trial_id", TRIALS)
def test_each_says_where_it_comes_from_and_ended_well(trial_id: str) -> None:
    sealed = open_recording(TRIALS[trial_id].location)
    assert sealed.head.digest == TRIALS[trial_id].cell.digest
    assert sealed.head.provenance.evidence == "relay"
    assert sealed.head.provenance.operator == "claude, answering by relay"
    assert sealed.head.provenance.model == TRIALS[trial_id].cell.model
    assert sealed.head.provenance.answered == "relay/claude"
    assert sealed.head.compatible["sandbox"] == "bubblewrap"
    assert sealed.head.end == "done"
    assert len(sealed.http) + len(sealed.world) < 200_000


@try_cases("trial_id", TRIALS)
def test_each_is_read_back_whole(trial_id: str) -> None:
    read = evidence(trial_id)
    assert isinstance(read.events[-1], End)
    assert final_text(read.events).strip()
    assert all(report.fault is None for report in (read.outcome.probes if read.outcome else ()))
    for number, tree in read.trees():
        assert number >= 0
        assert tree


def test_there_are_ninety_six_of_one_api_and_six_of_the_others() -> None:
    suites = [name.partition("/")[0] for name in TRIALS if " with " in name]
    assert len(TRIALS) - len(suites) == 96
    assert {suite: suites.count(suite) for suite in suites} == {
        "integration-honesty": 2,
        "json-contract": 2,
        "tdd-cycle": 2,
    }


@try_cases("through_sdk", [True, False], ids=["its SDK", "a plain client"])
@try_cases("trial_id", TRIALS)
def test_each_is_replayed_as_it_is_read_back(trial_id: str, through_sdk: bool) -> None:
    trial = TRIALS[trial_id]
    sealed = open_recording(trial.location)
    session = RunContext(
        sandbox=lambda: pytest.fail("sandbox"), network=lambda: pytest.fail("network")
    )

    async def replay() -> None:
        record = await run_trial(trial, session, sealed, through_sdk=through_sdk)
        assert record.fault is None
        assert record.evidence == evidence(trial_id)

    # A record that asyncio.run returned would be written out: Python 3.11 formats the task at the
    # end of each run, to find out whether it still handles Ctrl-C.
    asyncio.run(replay())


def red_before_first_production_change(read: Evidence) -> bool:
    """Whether a test had failed before anything below app/ was changed."""
    for event in read.events:
        if not isinstance(event, Result):
            continue
        if any(one.path.startswith("app/") and not is_test(one.path) for one in event.changes):
            return False
        if any(node.outcome == "failed" for report in event.tests for node in report.nodes):
            return True
    return False


@try_cases(
    ("trial_id", "first"),
    [
        ("tdd-cycle/discount-test-first::backend-api-developer/tdd#0", True),
        ("tdd-cycle/broken-fixture::backend-api-developer/tdd#0", True),
        ("tdd-cycle/two-fixes-no-time::backend-api-code-writer-agent/base#0", False),
    ],
)
def test_the_order_of_test_and_code_can_be_told_from_them(trial_id: str, first: bool) -> None:
    assert red_before_first_production_change(evidence(trial_id)) is first
