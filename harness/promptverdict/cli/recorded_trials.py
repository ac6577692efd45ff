"""The recorded trials that a verb works on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.runner.cells import list_cells

if TYPE_CHECKING:
    from promptverdict.runner.cells import Trial
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.settings import Settings


def recorded_trials(
    paths: list[Path], settings: Settings, wanted: Callable[[LoadedScenario], bool]
) -> Iterator[Trial]:
    """List the recorded trials of those scenarios at or below some paths that are wanted.

    Raises InputError for a path without a suite, and for what cannot be read.
    """
    from promptverdict.agents.discovery import load_agents
    from promptverdict.scenarios.loading import load_scenarios

    agents = load_agents(Path(settings.agents))
    for scenario in filter(wanted, load_scenarios(paths)):
        for cell in list_cells(scenario, agents, settings, by_hand=False):
            files = cell.get_trial(0).location.folder.glob("*.http.yaml")
            names = (file.name.partition(".")[0] for file in files)
            yield from map(cell.get_trial, sorted(int(name) for name in names if name.isdecimal()))
