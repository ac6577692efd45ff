"""One trial as it is sent to a worker, and what comes back: its record, and its recording."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from promptverdict.agents.variant import Variant
from promptverdict.recording.files import Location
from promptverdict.runner.cells import Cell, Trial
from promptverdict.scenarios.discovery import SUITE_FILE
from promptverdict.scenarios.loading import LoadedScenario, LoadedSuite, load_scenario, load_suite
from promptverdict.trials.record import TrialRecord

KINDS = ("http", "world", "probes", "judge")
"""Files of a recording that a trial leaves, as Location names them."""


@dataclass(frozen=True)
class Order:
    """A trial to be recorded elsewhere; its scenario is read there, from the suite's files."""

    ticket: int
    suite: str
    scenario: str
    number: int
    key: str
    """Of the trial as it is planned: what is recorded elsewhere must be exactly that."""
    variant: Variant
    model: str
    parameters: Mapping[str, Any]
    user_model: str
    promise: str | None
    judge: str | None
    place: str | None


@dataclass(frozen=True)
class Delivery:
    """What became of a trial that was recorded elsewhere."""

    record: TrialRecord
    files: Mapping[str, str]
    """Kind -> text of the file; empty where nothing could be recorded."""


def build_order(trial: Trial, ticket: int) -> Order:
    """Build the order for one attempt at a trial."""
    cell = trial.cell
    return Order(
        ticket=ticket,
        suite=cell.scenario.suite.id,
        scenario=cell.scenario.id,
        number=trial.number,
        key=trial.key,
        variant=cell.variant,
        model=cell.model,
        parameters=dict(cell.parameters),
        user_model=cell.user_model,
        promise=cell.promise,
        judge=cell.judge,
        place=cell.place,
    )


def pack_suites(folders: Iterable[Path]) -> bytes:
    """Pack suites as a tar, without what is recorded: each below its name, which is its id."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        for folder in sorted(folders):
            for path in sorted(folder.iterdir()):
                if path.name not in ("cassettes", "__pycache__"):
                    archive.add(path, f"{folder.name}/{path.name}")
    return packed.getvalue()


def unpack_suites(packed: bytes, to: Path) -> None:
    """Unpack suites into a folder."""
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        # Links are kept as they lie: they are part of what an agent finds, and are never followed.
        archive.extractall(to, filter="fully_trusted")  # noqa: S202 (this run packed it)


class Library:
    """The suites of a run, read where they were unpacked."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._suites: dict[str, LoadedSuite] = {}
        self._scenarios: dict[tuple[str, str], LoadedScenario] = {}

    def find_trial(self, order: Order, apart: Path) -> Trial:
        """Find the trial of an order. Raises InputError.

        apart: a folder for its recording, which two attempts must not share.
        """
        cell = Cell(
            self._load_scenario(order.suite, order.scenario),
            order.variant,
            order.model,
            order.parameters,
            order.user_model,
            order.promise,
            order.judge,
            order.place,
        )
        return replace(cell.get_trial(order.number), location=Location(apart, order.number))

    def _load_scenario(self, suite: str, scenario: str) -> LoadedScenario:
        if suite not in self._suites:
            self._suites[suite] = load_suite(self._folder / suite / SUITE_FILE)
        place = (suite, scenario)
        if place not in self._scenarios:
            path = self._folder / suite / f"{scenario}.yaml"
            self._scenarios[place] = load_scenario(path, self._suites[suite])
        return self._scenarios[place]
