"""A pack in an empty repository: copied, recorded with its own solutions as the script, judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli import main
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.scenarios.packs import find_packs
from promptverdict.scenarios.solution import SAY, Solution, load_solutions
from promptverdict.trials.store import find_run

from tests.fakes import Blocks, provider, run, say, turn_of, use, write
from tests.repositories import Repository

pytestmark = pytest.mark.e2e

PACK = "tdd"
CAREFUL = "You are careful: you work test first.\n"
CURT = "You would rather not.\n"
CONFIGURED = """\
[tool.promptverdict]
agents = ".claude/agents"

[tool.promptverdict.models]
default = "relay/scripted"
"""
ENOUGH = 6
"""Scenarios that a verdict takes at least."""


def read_good_solutions() -> dict[str, Solution]:
    """Read one good solution of each scenario of the pack: task -> solution."""
    found: dict[str, Solution] = {}
    for scenario in load_scenarios([find_packs()[PACK].folder]):
        for loaded in load_solutions(scenario):
            if loaded.solution.kind == "good":
                found.setdefault(scenario.scenario.task.strip(), loaded.solution)
    return found


class Script:
    """Plays the good solution where the prompt is careful, and refuses where it is not."""

    def __init__(self, solutions: dict[str, Solution]) -> None:
        self._solutions = solutions

    def __call__(self, body: dict[str, Any]) -> Blocks:
        first = body["messages"][0]["content"]
        asked = first if isinstance(first, str) else first[0]["text"]
        solution = self._solutions.get(asked.strip())
        if solution is None or "careful" not in str(body["system"]):
            return [say("I will not do that.")]
        turn = turn_of(body)
        if turn >= len(solution.steps):
            return [say(solution.answer or "That is all.")]
        ((name, given),) = solution.steps[turn].items()
        return [say(given)] if name == SAY else [use(name, **given)]


@pytest.fixture
def begun(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(pytester.path)
    for name in ("CI", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    write(
        Path(pytester.path),
        {
            "pyproject.toml": CONFIGURED,
            ".gitignore": "results/\n__pycache__/\n",
            ".claude/agents/builder.md": f"---\nname: builder\n---\n{CURT}",
        },
    )
    made = Repository(pytester.path)
    made.git("init", "--quiet", "--initial-branch", "main")
    assert main(["init", "--pack", PACK]) == 0
    suite = pytester.path / f"evals/{PACK}/suite.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8") + "gate: {mode: no_regression}\n", encoding="utf-8"
    )
    made.commit("A first pack")
    return made


def compare_edit(
    begun: Repository, pytester: pytest.Pytester, branch: str, prompt: str
) -> tuple[int, list[str]]:
    """Edit the agent on a branch, record both sides, and return the exit code and the words."""
    begun.git("checkout", "--quiet", "-b", branch)
    path = begun.folder / ".claude/agents/builder.md"
    path.write_text(f"---\nname: builder\n---\n{prompt}", encoding="utf-8")
    ended = run(pytester, "evals", "--base", "main", "--record", "once")
    results = find_run(begun.folder / "results")
    stored = json.loads((results / "derived/comparison.json").read_bytes())
    return int(ended.ret), [each["word"] for each in stored["comparisons"]]


def test_an_agent_that_begins_to_work_as_the_solutions_do_is_improved_and_back_regressed(
    begun: Repository, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    solutions = read_good_solutions()
    if len(solutions) < ENOUGH:
        pytest.skip(f"the pack {PACK} has good solutions for {len(solutions)} scenarios")
    with provider(Script(solutions)) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        assert compare_edit(begun, pytester, "better", CAREFUL) == (0, ["improved"])
        begun.commit("A careful agent")
        begun.git("branch", "--force", "main", "better")
        ended, words = compare_edit(begun, pytester, "worse", CURT)
    assert (ended, words) == (int(pytest.ExitCode.TESTS_FAILED), ["regressed"])
