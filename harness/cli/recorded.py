"""The recorded trials that a verb works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.collecting import SUITE_FILE
from harness.errors import InputError, Problem

if TYPE_CHECKING:
    from harness.loading.suites import LoadedScenario
    from harness.plan import Trial
    from harness.settings import Settings


def recorded_trials(
    paths: list[Path], settings: Settings, wanted: Callable[[LoadedScenario], bool]
) -> Iterator[Trial]:
    """List the recorded trials of those scenarios at or below some paths that are wanted.

    Raises InputError for a folder without a suite, and for what cannot be read.
    """
    from harness.loading import load_agents
    from harness.loading.suites import load_scenario, load_suite
    from harness.plan import cells

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
