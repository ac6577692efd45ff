"""Recordings of a small project, made in this process and without pytest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.settings import resolve
from promptverdict.trials.store import Run

from tests.agents.loaded import load_agents
from tests.fakes import Blocks, open_network, provider, say


def record_project(
    root: Path, answer: Blocks | Callable[[dict[str, Any]], Blocks] | None = None
) -> None:
    """Record one trial of every cell, and leave a run of them; the working folder is the root."""
    settings = resolve(root, {})
    agents = load_agents(root / settings.agents)
    trials = [
        cell.get_trial(0)
        for scenario in load_scenarios([root / "evals"])
        for cell in list_cells(scenario, agents, settings, by_hand=False)
    ]
    given = answer if callable(answer) else lambda _: answer or [say("Hello.")]
    with provider(given) as server:
        session = RunContext(lambda: open_sandbox("none"), open_network, server.url)
        records = [asyncio.run(run_trial(trial, session, None)) for trial in trials]
    run = Run.create(root / "results", settings, {trial.id: trial.key for trial in trials})
    for record in records:
        assert record.fault is None, record.fault
        run.save(record)
    run.finish(whole=True)
