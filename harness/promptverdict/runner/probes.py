"""Hidden checks on the trees that a trial left behind, and what they found.

Their reports lie beside a recording, outside its seal: a probe may be mended and run again on the
stored trees, with no call to a model. A report counts only for the probe it was made with.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
from pathlib import Path

from pydantic import ValidationError

from promptverdict.core.errors import BrokenRecording, StaleProbes
from promptverdict.core.files import is_there
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Location
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.scenario import Probe
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.trials.evidence import ProbeReport
from promptverdict.trials.tree import Node

KIT = "probekit.py"


class StoredProbes(Frozen):
    """The probes file of one recording."""

    seal: str
    """Of the recording whose trees were probed."""
    environment: dict[str, str]
    """Python and pytest that the probes ran with."""
    digests: dict[str, str]
    """Probe -> digest of what it was when it ran."""
    reports: tuple[ProbeReport, ...] = ()


def hash_probes(scenario: LoadedScenario) -> dict[str, str]:
    """Hash all that decides what each probe finds on a tree: its files, its command, its kit.

    Returns a digest for each name of a probe.
    """
    if not scenario.scenario.probes:
        return {}
    # Not the sandbox's Python and pytest: a new version of either would make all reports stale.
    files = sorted(read_probe_files(scenario).items())
    contents = b"".join(f"\0{path}\0".encode() + node.content for path, node in files)
    contents += read_kit()
    return {probe.name: _hash_probe(probe, contents) for probe in scenario.scenario.probes}


def _hash_probe(probe: Probe, contents: bytes) -> str:
    declared = json.dumps(probe.model_dump(), sort_keys=True).encode()
    return hashlib.sha256(declared + contents).hexdigest()[:16]


def read_reports(
    scenario: LoadedScenario, location: Location, seal: str
) -> tuple[ProbeReport, ...]:
    """Read the reports of a recording.

    Raises StaleProbes, naming the probes, when any is absent or was made by another version of its
    probe or on another recording.
    """
    wanted = hash_probes(scenario)
    if not wanted:
        return ()
    stored = _read_stored(location)
    have = stored.digests if stored and stored.seal == seal else {}
    if stored is None and (fault := _find_fault(location.probes)):
        raise StaleProbes(
            f"probe-stale: {display_path(location.probes)} cannot be read: {fault}\n"
            "  run them on the stored trees: promptverdict probe"
        )
    if stale := sorted(name for name, digest_ in wanted.items() if have.get(name) != digest_):
        raise StaleProbes(
            f"probe-stale: {', '.join(stale)} changed since they ran on"
            f" {display_path(location.http)}, or never ran\n"
            "  run them on the stored trees: promptverdict probe"
        )
    reports = stored.reports if stored else ()
    return tuple(report for report in reports if report.probe in wanted)


def has_unrun_probes(scenario: LoadedScenario, location: Location, seal: str) -> bool:
    """Whether a probe never ran on a recording: its process was interrupted, or the probe is new.

    One that ran and was changed since is another matter: that is for `promptverdict probe`.
    """
    names = {probe.name for probe in scenario.scenario.probes}
    if not names:
        return False
    stored = _read_stored(location)
    return stored is None or stored.seal != seal or not names <= set(stored.digests)


def read_probe_files(scenario: LoadedScenario) -> dict[str, Node]:
    """Read the scenario's own probes, and the files beside them that all scenarios share."""
    files = read_tree(scenario.probes_folder)
    own = f"{scenario.id}/"
    return {path: node for path, node in files.items() if path.startswith(own) or "/" not in path}


def read_kit() -> bytes:
    """Return the source of the module that probes import as probekit."""
    return importlib.resources.files("promptverdict.guest").joinpath(KIT).read_bytes()


def _read_stored(location: Location) -> StoredProbes | None:
    path: Path = location.probes
    if not is_there(path):
        return None
    try:
        data = yaml_format.load(yaml_format.read(path, str(path)), str(path))
        return StoredProbes.model_validate(data)
    except (OSError, ValidationError, UnicodeDecodeError, BrokenRecording):
        return None


def _find_fault(path: Path) -> str | None:
    """Return why a file that is there holds no reports; None where there is no file."""
    if not is_there(path):
        return None
    try:
        yaml_format.load(yaml_format.read(path, str(path)), str(path))
    except OSError as error:
        return (error.strerror or str(error)).lower()
    except (UnicodeDecodeError, BrokenRecording):
        return "it is no text that a recording has"
    return "it holds no reports"
