"""A pack in an empty repository: copied, recorded with its own solutions as the script, judged."""

from __future__ import annotations

import functools
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli import main
from promptverdict.runner.audit.recordings import list_recordings, read_recording
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.scenarios.packs import find_packs
from promptverdict.scenarios.solution import SAY, Solution, load_solutions
from promptverdict.trials.runs import find_run
from promptverdict.trials.transcript import Answered, Call, Event, Say

from tests.fakes import Blocks, provider, run, say, turn_of, use, write
from tests.repositories import Repository, leave_surroundings

pytestmark = pytest.mark.e2e

PACK = "tdd"
RECORDED = "backend-api-developer/tdd"
CAREFUL = "You are careful: you work test first.\n"
CURT = "You are quick.\n"
CONFIGURED = """\
[tool.promptverdict]
agents = ".claude/agents"

[tool.promptverdict.models]
default = "relay/scripted"
"""
RUN = re.compile(r"(?<!import )(?<![\w./-])(?:python3? -m )?pytest(?=[ \n;]|$)")
ENOUGH = 6
"""Scenarios that a verdict takes at least.

Those that take the fewest steps are played: probes look at every step of both sides, which takes
minutes for all. PROMPTVERDICT_TEST_WHOLE_PACK=1 plays every scenario of the pack.
"""


@functools.cache
def read_answers() -> dict[str, list[Blocks]]:
    """Read how each scenario of the pack is done well: task -> the answers, one a turn.

    By its shortest good solution or, where there is none, by a recorded trial of a prompt that asks
    for it: probes look at every tree that a step leaves.
    """
    found: dict[str, list[Blocks]] = {}
    for scenario in load_scenarios([find_packs()[PACK].folder]):
        good = [
            loaded.solution
            for loaded in load_solutions(scenario)
            if loaded.solution.kind == "good" and not loaded.solution.edits
        ]
        if good:
            shortest = min(good, key=lambda solution: len(solution.steps))
            found[scenario.scenario.task.strip()] = list(_play_solution(shortest))
            continue
        for location in list_recordings(scenario, RECORDED):
            events = read_recording(scenario, location).events
            found.setdefault(scenario.scenario.task.strip(), list(_play_recording(events)))
    return found


def _play_solution(solution: Solution) -> Iterator[Blocks]:
    for step in solution.steps:
        ((name, given),) = step.items()
        yield [say(given)] if name == SAY else [use(name, **given)]
    yield [say(solution.answer or "That is all.")]


def _play_recording(events: Iterable[Event]) -> Iterator[Blocks]:
    blocks: Blocks = []
    for event in events:
        match event:
            case Say():
                blocks.append(say(event.text))
            case Call():
                blocks.append(use(event.tool, **event.args))
            case Answered():
                yield blocks
                blocks = []


class Script:
    """Works test first where the prompt is careful; does the same without a test run elsewhere."""

    def __init__(self, answers: dict[str, list[Blocks]]) -> None:
        self._answers = answers

    def __call__(self, body: dict[str, Any]) -> Blocks:
        first = body["messages"][0]["content"]
        asked = first if isinstance(first, str) else first[0]["text"]
        answers = self._answers.get(asked.strip(), [])
        turn = turn_of(body)
        blocks = answers[turn] if turn < len(answers) else [say("That is all.")]
        return blocks if "careful" in str(body["system"]) else list(map(_run_no_test, blocks))


def _run_no_test(block: dict[str, Any]) -> dict[str, Any]:
    """Return a call that does the same, files and commits among it, without running tests."""
    given = block.get("input", {})
    if "command" not in given:
        return block
    return {**block, "input": {**given, "command": RUN.sub("true", given["command"])}}


@pytest.fixture
def begun_pack(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Repository:
    monkeypatch.chdir(pytester.path)
    leave_surroundings(monkeypatch)
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
    if "PROMPTVERDICT_TEST_WHOLE_PACK" not in os.environ:
        steps = {task: sum(map(len, answers)) for task, answers in read_answers().items()}
        longest = sorted(steps, key=lambda task: (steps[task], task))[ENOUGH:]
        for loaded in load_scenarios([pytester.path / "evals"]):
            if loaded.scenario.task.strip() in longest:
                loaded.path.unlink()
                for kind in ("files", "probes", "solutions"):
                    shutil.rmtree(loaded.suite.folder / kind / loaded.id, ignore_errors=True)
    suite = pytester.path / f"evals/{PACK}/suite.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8") + "gate: {mode: no_regression}\n", encoding="utf-8"
    )
    made.commit("A first pack")
    return made


def compare_edit(
    begun_pack: Repository, pytester: pytest.Pytester, branch: str, prompt: str
) -> tuple[int, list[str]]:
    """Edit the agent on a branch, record both sides, and return the exit code and the words."""
    begun_pack.git("checkout", "--quiet", "-b", branch)
    path = begun_pack.folder / ".claude/agents/builder.md"
    path.write_text(f"---\nname: builder\n---\n{prompt}", encoding="utf-8")
    ended = run(pytester, "evals", "--base", "main", "--record", "once")
    results = find_run(begun_pack.folder / "results")
    stored = json.loads((results / "derived/comparison.json").read_bytes())
    return int(ended.ret), [each["word"] for each in stored["comparisons"]]


def test_an_agent_that_begins_to_run_its_tests_first_is_improved_and_back_regressed(
    begun_pack: Repository, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = read_answers()
    if len(answers) < ENOUGH:
        pytest.skip(f"the pack {PACK} has {len(answers)} scenarios that can be played")
    with provider(Script(answers)) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        assert compare_edit(begun_pack, pytester, "better", CAREFUL) == (0, ["improved"])
        begun_pack.commit("A careful agent")
        begun_pack.git("branch", "--force", "main", "better")
        ended, words = compare_edit(begun_pack, pytester, "worse", CURT)
    assert (ended, words) == (int(pytest.ExitCode.TESTS_FAILED), ["regressed"])
