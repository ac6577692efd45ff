"""Recorded trials as an audit needs them: found by their files, whoever the agents are now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from promptverdict.recording.files import Location, Sealed, open_sealed
from promptverdict.runner.readback import read_evidence
from promptverdict.runner.solutions import build_stand_in
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.trials.evidence import Evidence


def list_recordings(scenario: LoadedScenario, variant: str = "*") -> Iterator[Location]:
    """List where recorded trials of a scenario lie, of one variant or of all, sorted."""
    folder = variant.replace("/", ".")
    for path in sorted(scenario.cassettes.glob(f"{folder}/*/*.http.yaml")):
        number = path.name.partition(".")[0]
        if number.isdecimal():
            yield Location(path.parent, int(number))


def read_recording(scenario: LoadedScenario, location: Location) -> Evidence:
    """Read the evidence of a recorded trial. Raises EvidenceError."""
    sealed: Sealed = open_sealed(location)
    cell = build_stand_in(scenario, sealed.head.provenance.model)
    return read_evidence(cell, sealed)


def name_recording(scenario: LoadedScenario, location: Location) -> str:
    """Name a recorded trial: `agent.variant/model#0`."""
    place = Path(location.folder).relative_to(scenario.cassettes).as_posix()
    return f"{place}#{location.number}"
