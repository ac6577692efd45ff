"""The recorded trials that a verb works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.scenarios.discovery import SUITE_FILE

if TYPE_CHECKING:
    from promptverdict.runner.cells import Trial
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.settings import Settings


def recorded_trials(
    paths: list[Path], settings: Settings, wanted: Callable[[LoadedScenario], bool]
) -> Iterator[Trial]:
    """List the recorded trials of those scenarios at or below some paths that are wanted.

    Raises InputError for a folder without a suite, and for what cannot be read.
    """
    from promptverdict.agents.discovery import load_agents
    from promptverdict.runner.cells import cells
    from promptverdict.scenarios.loading import load_scenario, load_suite

    agents = load_agents(Path(settings.agents))
    for path in _scenario_files(paths):
        scenario = load_scenario(path, load_suite(path.with_name(SUITE_FILE)))
        if not wanted(scenario):
            continue
        for cell in cells(scenario, agents, settings, by_hand=False):
            files = cell.trial(0).location.folder.glob("*.http.yaml")
            names = (file.name.partition(".")[0] for file in files)
            yield from map(cell.trial, sorted(int(name) for name in names if name.isdecimal()))


def _scenario_files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path.resolve()
            continue
        suites = sorted(path.resolve().glob(f"**/{SUITE_FILE}"))
        if not suites:
            raise InputError([Problem(str(path), "there is no suite below it", "name the folder")])
        for suite in suites:
            yield from sorted(file for file in suite.parent.glob("*.yaml") if file != suite)
