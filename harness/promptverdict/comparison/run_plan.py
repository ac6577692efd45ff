"""The plan of one run: what all of its shards, wherever they ran, must have in common.

A shard keeps the whole plan beside its manifest. Shards are merged only where their plans have the
same digest, and only where the suites, agents and settings still say the same.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from promptverdict.comparison.plan import Plan, build_plan, list_changes
from promptverdict.core.files import write_file
from promptverdict.core.json_files import read_json
from promptverdict.core.model import Frozen
from promptverdict.core.secrets import hide_secrets_within
from promptverdict.recording.digest import hash_part
from promptverdict.runner.cells import Cell
from promptverdict.settings import OPTIONS, Settings
from promptverdict.version import __version__

FILE = "plan.json"
"""Below a shard's folder."""

_MACHINES = frozenset(
    {
        "concurrency",
        "controls",
        "max_cost",
        "ray",
        "ray_workers",
        "record",
        "relay",
        "results",
        "shard",
    }
)
"""Options that say where and how a shard runs, and not what it is evidence of."""


class RunPlan(Frozen):
    """What a run consists of, in all of its shards."""

    plan: Plan
    trials: dict[str, str]
    """Every trial, `suite/scenario::agent/variant#number` -> its key."""
    folders: dict[str, str]
    """Suite -> its folder, as seen from the folder that `agents` is seen from."""
    options: dict[str, Any]
    """Settings that a command line can give, without those that only concern a machine."""
    tables: dict[str, Any]
    """Settings of pyproject.toml alone, with every secret hidden."""
    agents_by_hand: bool
    """Whether the agents were named on the command line."""
    version: str = __version__
    """Of promptverdict: graders of two versions may differ."""

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over the whole plan."""
        return hash_part(self.model_dump(mode="json"))


def build_run_plan(
    cells: Sequence[Cell], settings: Settings, root: Path, *, agents_by_hand: bool
) -> RunPlan:
    """Build the plan of running some cells; their order is no matter.

    root: the folder that `settings.agents` is seen from. Raises InputError.
    """
    ordered = sorted(cells, key=lambda cell: cell.id)
    suites = {cell.scenario.suite.id: cell.scenario.suite for cell in ordered}
    written = settings.model_dump(mode="json")
    return RunPlan(
        plan=build_plan(ordered, settings, root),
        trials={
            trial.id: trial.key
            for cell in ordered
            for trial in map(cell.get_trial, range(count_trials(cell, settings)))
        },
        folders={
            name: Path(os.path.relpath(suite.folder.resolve(), root.resolve())).as_posix()
            for name, suite in suites.items()
        },
        options={name: written[name] for name in OPTIONS if name not in _MACHINES},
        tables=hide_secrets_within(
            {name: value for name, value in written.items() if name not in OPTIONS}
        ),
        agents_by_hand=agents_by_hand,
    )


def count_trials(cell: Cell, settings: Settings) -> int:
    """Count the trials of a cell: as many as the run asks for, else as many as its suite does."""
    return settings.trials or cell.scenario.suite.suite.trials


def write_run_plan(run: Path, plan: RunPlan) -> None:
    """Write a plan below a run's folder. Raises StorageError."""
    write_file(run / FILE, plan.model_dump_json(indent=1) + "\n")


def read_run_plan(run: Path) -> RunPlan:
    """Read the plan that a shard is a part of. Raises InputError."""
    cure = "run the shard again: pytest evals/ --shard"
    return read_json(RunPlan, run / FILE, "not the plan of a shard", cure)


def list_differences(old: RunPlan, new: RunPlan) -> Iterator[str]:
    """List what differs between two plans, each in a few words."""
    yield from list_changes(old.plan, new.plan)
    if old.version != new.version:
        yield f"promptverdict {new.version} and not {old.version}"
    if old.agents_by_hand != new.agents_by_hand:
        yield "the agents were named on the command line of one alone"
    for kind in ("options", "tables", "folders"):
        before, after = getattr(old, kind), getattr(new, kind)
        yield from _list_settings(before, after)
    if old.trials.keys() != new.trials.keys() and old.plan.cells.keys() == new.plan.cells.keys():
        yield f"{len(new.trials)} trials and not {len(old.trials)}"


def _list_settings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"{name} is {new.get(name)} and not {old.get(name)}"
