"""A real Ray cluster of two nodes on loopback: one is killed while 200 trials are recorded."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from promptverdict.core.errors import BudgetReached, InputError
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Trial
from promptverdict.runner.cluster.ray_cluster import RayCluster
from promptverdict.runner.decisions import decide
from promptverdict.runner.resources import Resources
from promptverdict.runner.runner import Runner
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.settings import Settings, resolve
from promptverdict.trials.record import TrialRecord

from tests.agents.loaded import load_agents
from tests.fakes import provider, say, write
from tests.repositories import CURT, KIND, SCENARIO, SUITE

ray = pytest.importorskip("ray")
cluster_utils = pytest.importorskip("ray.cluster_utils")

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("ignore")]

SCENARIOS, AT_ONCE, MODEL = 100, 20, "anthropic/scripted"
NODE = {"num_cpus": 4, "object_store_memory": 80 * 1024 * 1024, "include_dashboard": False}
PYPROJECT = f"""\
[tool.promptverdict]
sandbox = "none"
concurrency = {AT_ONCE}

[tool.promptverdict.models]
default = "{MODEL}"

[tool.promptverdict.prices."{MODEL}"]
as_of = 2026-11-01
input = 1.0
output = 1.0
"""


@pytest.fixture(scope="module")
def head() -> Iterator[Any]:
    """Start the first node, which this process belongs to."""
    cluster = cluster_utils.Cluster(initialize_head=True, head_node_args=NODE)
    yield cluster
    cluster.shutdown()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write two variants and as many scenarios as make 200 trials."""
    scenarios = {
        f"evals/manners/request-{number}.yaml": SCENARIO.replace("NUMBER", f"no. {number} now")
        for number in range(SCENARIOS)
    }
    agents = {"agents/helper/base.md": KIND, "agents/helper/other.md": CURT}
    files = {"pyproject.toml": PYPROJECT, "evals/manners/suite.yaml": SUITE, **agents, **scenarios}
    write(tmp_path, files)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "none")
    return tmp_path


class Scripted:
    """Answers after a while, faults now and then, and knows when each trial was asked."""

    def __init__(self, every: int = 0) -> None:
        self._every, self._lock = every, threading.Lock()
        self.asked: list[tuple[float, str]] = []
        self.answered: Counter[str] = Counter()

    def __call__(self, body: dict[str, Any]) -> tuple[int, Any]:
        found = re.search(r"no\. (\d+) now", str(body["messages"]))
        assert found
        trial = f"{found[1]} {'base' if 'kind' in str(body['system']) else 'other'}"
        with self._lock:
            self.asked.append((time.monotonic(), trial))
            number = len(self.asked)
        time.sleep(0.05)
        if self._every and number % self._every == 0:
            return (503, {"type": "error", "error": {"type": "api_error", "message": "down"}})
        with self._lock:
            self.answered[trial] += 1
        # As large each time: the budget takes the dearest trial so far for the next one.
        return 200, {
            "id": f"msg_{number}",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [say("You are welcome.")],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": 95, "output_tokens": 5},
        }


def list_trials(root: Path, settings: Settings) -> list[Trial]:
    agents = load_agents(root / "agents")
    return [
        cell.get_trial(0)
        for scenario in load_scenarios([root / "evals"])
        for cell in list_cells(scenario, agents, settings, by_hand=False)
    ]


def name_trial(trial: Trial) -> str:
    number = trial.cell.scenario.id.partition("-")[2]
    return f"{number} {trial.cell.variant.id.partition('/')[2]}"


def record(
    root: Path, settings: Settings, head: Any, meanwhile: Callable[[], object] = lambda: None
) -> tuple[list[tuple[Trial, TrialRecord]], dict[str, float]]:
    """Record every trial on the cluster; return the records, and when each came back."""
    trials = list_trials(root, settings)
    back: dict[str, float] = {}
    names = {trial.key: name_trial(trial) for trial in trials}

    def keep(record: TrialRecord) -> TrialRecord:
        back[names[record.key]] = time.monotonic()
        return record

    cluster = RayCluster(settings, {trial.cell.scenario.suite.folder for trial in trials})
    runner = Runner(
        Resources(settings).build_context(),
        settings.concurrency,
        keep,
        recorder=cluster.record,
    )
    thread = threading.Thread(target=meanwhile)
    thread.start()
    try:
        futures = [runner.submit(decide(trial, "once")) for trial in trials]
        records = [future.result(timeout=400) for future in futures]
    finally:
        runner.close()
        cluster.close()
        thread.join()
    return list(zip(trials, records, strict=True)), back


@pytest.mark.parametrize("every", [0, 20], ids=["no faults", "5 % faults"])
def test_a_killed_node_loses_no_trial_and_none_is_asked_again_that_came_back(
    head: Any, project: Path, monkeypatch: pytest.MonkeyPatch, every: int
) -> None:
    script = Scripted(every)
    second = head.add_node(**{key: NODE[key] for key in ("num_cpus", "object_store_memory")})
    with provider(script) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        settings = resolve(project, {"ray": head.address, "ray_workers": 2, "max_cost": 1.0})

        def kill() -> None:
            while len(script.asked) < SCENARIOS:
                time.sleep(0.02)
            head.remove_node(second, allow_graceful=False)

        recorded, back = record(project, settings, head, kill)
    assert len(recorded) == 2 * SCENARIOS
    assert [record.fault for _, record in recorded if record.fault] == []
    for trial, each in recorded:
        assert each.key == trial.key
        assert open_sealed(trial.location).head.digest == trial.cell.digest
        assert decide(trial, "none").state == "fresh"
    assert [name for when, name in script.asked if when > back[name]] == []
    twice = sum(script.answered.values()) - 2 * SCENARIOS
    assert 0 <= twice <= AT_ONCE
    spent = sum(record.cost.amount for _, record in recorded if record.cost)
    assert 0 < spent < 1.0


def test_one_budget_holds_for_all_machines(
    head: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Scripted()
    second = head.add_node(**{key: NODE[key] for key in ("num_cpus", "object_store_memory")})
    with provider(script) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        most = 0.008  # of 80 trials, at 100 tokens each
        settings = resolve(project, {"ray": head.address, "ray_workers": 2, "max_cost": most})
        recorded, _ = record(project, settings, head)
    head.remove_node(second)
    faults = Counter(each.fault.kind for _, each in recorded if each.fault)
    assert set(faults) == {BudgetReached.__name__}
    spent = sum(each.cost.amount for _, each in recorded if each.cost)
    assert 0.9 * most <= spent <= most
    assert len(script.asked) == 2 * SCENARIOS - faults[BudgetReached.__name__]


def test_a_refusal_on_one_machine_stops_all(
    head: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(body: dict[str, Any]) -> tuple[int, Any]:
        asked.append(body)
        error = {"type": "authentication_error", "message": "invalid x-api-key"}
        return (401, {"type": "error", "error": error})

    with provider(refuse) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        settings = resolve(project, {"ray": head.address, "ray_workers": 2})
        recorded, _ = record(project, settings, head)
    assert {each.fault.kind for _, each in recorded if each.fault} == {"RefusedByProvider"}
    assert len(asked) <= 2 * AT_ONCE


def test_the_verb_records_on_the_cluster_and_shows_progress_as_one_process_does(
    head: Any, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(Scripted()) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        command = [sys.executable, "-m", "promptverdict.cli", "record", "--on", head.address]
        some = [f"evals/manners/request-{number}.yaml" for number in range(3)]
        plain = ["-p", "no:randomly", "-p", "no:asyncio"]
        ended = subprocess.run(
            [*command, "--workers", "1", *some, *plain], capture_output=True, text=True, check=False
        )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "recording on 1 worker of a Ray cluster of 1 machine" in ended.stdout
    assert "[6/6] manners/request-" in ended.stdout
    assert "6 measured" in ended.stdout
    assert len(list(project.rglob("*.http.yaml"))) == 6


def test_without_a_cluster_it_says_how_to_start_one(project: Path) -> None:
    settings = resolve(project, {"ray": "127.0.0.1:1"})
    with pytest.raises(InputError, match=r"Ray cluster 127.0.0.1:1: no cluster"):
        RayCluster(settings, [])


def test_an_address_of_rays_client_is_refused(project: Path) -> None:
    settings = resolve(project, {"ray": "ray://127.0.0.1:10001"})
    with pytest.raises(InputError, match=r"ray:// is not supported\n.*host:port or auto"):
        RayCluster(settings, [])
