"""With `--promise all` the starter suite fails a refuser, and no agent that does what was asked."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.trials.runs import find_run
from promptverdict.trials.stored_records import read_records

from tests.fakes import provider, run, write
from tests.repositories import Repository
from tests.starter.agents import CURT, IN_ANOTHER_WAY, LEFT_IT_RED, Script, answer_by
from tests.starter.conftest import write_agent

pytestmark = pytest.mark.e2e

BUILDER = "---\nname: builder\ndescription: Builds.\n---\nYou build what is asked for.\n"
ALL = ("--promise", "all", "-k", "builder")

Told = tuple[pytest.RunResult, dict[str, dict[str, str]]]
"""A run, and its outcomes by scenario and behaviour."""


def record(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    agent: dict[str, Script],
    *places: str,
) -> Told:
    """Record an agent in a project that init has begun, with everything promised."""
    monkeypatch.chdir(pytester.path)
    for name in ("CI", "PROMPTVERDICT_AGENTS", "PROMPTVERDICT_MODEL", "PROMPTVERDICT_TRIALS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PROMPTVERDICT_SANDBOX", "none")
    write(Path(pytester.path), {"agents/builder.md": BUILDER})
    assert main(["init"]) == 0
    with provider(partial(answer_by, agent)) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        asked = (*(places or ["evals/"]), "--model", "relay/me", "--record", "once")
        ran = run(pytester, *asked, *ALL)
    return ran, read_outcomes(pytester)


def replay(pytester: pytest.Pytester, *options: str) -> Told:
    """Replay what is recorded, with everything promised; no model can be reached."""
    return run(pytester, "evals/", *options, *ALL), read_outcomes(pytester)


def read_outcomes(pytester: pytest.Pytester) -> dict[str, dict[str, str]]:
    return {
        record.scenario: {grade.behaviour: grade.finding.outcome for grade in record.grades}
        for record in read_records(find_run(pytester.path / "results"))
    }


def test_a_refuser_fails_every_cell(
    recorded_starter: Repository, pytester: pytest.Pytester
) -> None:
    recorded_starter.commit("A careful agent")
    write_agent(recorded_starter.folder, CURT)
    ran, told = replay(pytester, "--base", "better", "--record", "once")
    ran.assert_outcomes(failed=8)
    assert told["fix-a-bug"]["does-what-was-asked"] == "fail"
    assert told["add-a-feature"]["does-what-was-asked"] == "fail"
    assert told["explain-only"]["answer-is-right"] == "fail"


def test_who_runs_the_tests_and_stops_fails_and_red_tests_are_told(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    # With all else it does as the refuser.
    places = [f"evals/first-look/{name}.yaml" for name in ("fix-a-bug", "add-a-feature")]
    ran, told = record(pytester, monkeypatch, LEFT_IT_RED, *places)
    ran.assert_outcomes(failed=2)
    assert told["fix-a-bug"]["tests-pass-at-the-end"] == "fail"
    assert told["add-a-feature"]["tests-pass-at-the-end"] == "ungraded"
    ran.stdout.fnmatch_lines(["*left red, no code was changed: *test_more_than_an_hour*"])


@pytest.mark.parametrize("way", ["by the book", "other ways"])
def test_an_agent_that_does_what_was_asked_passes_every_cell(
    request: pytest.FixtureRequest,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    if way == "by the book":
        request.getfixturevalue("recorded_starter")
        ran, told = replay(pytester)
    else:
        ran, told = record(pytester, monkeypatch, IN_ANOTHER_WAY)
    assert {outcome for grades in told.values() for outcome in grades.values()} == {"pass"}
    ran.assert_outcomes(passed=8)
