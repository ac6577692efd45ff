"""The check of a pull request that changes scenarios: what is taken of it, and what it is told."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from tests.fakes import run, write
from tests.repositories import SCENARIO, SCENARIOS, Repository, scenario
from tests.workflows.rehearsal import done
from tests.workflows.test_pull_request import CASSETTES, Opened, opened, repository

__all__ = ["opened", "repository"]

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the steps are written for Linux"),
    pytest.mark.e2e,
]


@pytest.mark.parametrize(
    ("parts", "changed"),
    [
        (("request-0.yaml", "files/request-1/a.txt", "probes/request-2/a.py"), 3),
        (("probes/shared.py",), SCENARIOS),
    ],
)
def test_a_changed_scenario_keeps_the_base_s_recordings(
    repository: Repository, opened: Callable[[], Opened], parts: tuple[str, ...], changed: int
) -> None:
    for number, part in enumerate(parts):
        own = next((repository.folder / CASSETTES / f"request-{number}").glob("*/*/0.http.yaml"))
        own.write_text("recorded: anew\n")
        write(repository.folder, {f"evals/manners/{part}": SCENARIO.replace("help me", "do it")})
    repository.commit("Other scenarios")
    pull = opened()
    done(pull.check())
    assert set(pull.words.values()) == {"unchanged"}
    assert f"\n> Changed scenarios: {changed}. They and their recordings are those" in pull.comment
    assert f"Changed files that were not used: {2 * len(parts)} " in pull.comment


def test_scenarios_that_only_the_pull_request_has_are_not_used(
    repository: Repository, opened: Callable[[], Opened], pytester: pytest.Pytester
) -> None:
    scenario(repository.folder, SCENARIOS)
    run(pytester, "evals", "--record", "once")
    repository.commit("One more")
    pull = opened()
    done(pull.check())
    assert not (pull.workspace / "base" / CASSETTES / f"request-{SCENARIOS}").exists()
    assert "Changed files that were not used: 5 (below agents or evals: 5)." in pull.comment
    assert "Changed scenarios" not in pull.comment
