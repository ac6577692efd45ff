"""Hidden checks, run in the sandbox on the trees that a trial left behind.

Their reports lie beside a recording, outside its seal: a probe may be mended and run again on the
stored trees, with no call to a model. A report counts only for the probe it was made with.
"""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import ValidationError

from harness.disk import write_whole
from harness.errors import StaleProbes, shown
from harness.evidence import Check, Evidence, ProbeReport
from harness.frozen import Frozen
from harness.loading.suites import LoadedScenario, read_tree
from harness.recording import textform
from harness.recording.files import Location
from harness.sandbox import Mount, Place, Sandbox, make_place, remove_place
from harness.scenario import Probe
from harness.tree import Node, Tree, digest
from harness.workspace import Workspace

_LINE = re.compile(r"^(PASS|FAIL|NOTE) ([^:\n]+?)(?:: (.*))?$", re.MULTILINE)
_KIT = "probekit.py"


class StoredProbes(Frozen):
    """The probes file of one recording."""

    seal: str
    """Of the recording whose trees were probed."""
    environment: dict[str, str]
    """Python and pytest that the probes ran with."""
    digests: dict[str, str]
    """Probe -> digest of what it was when it ran."""
    reports: tuple[ProbeReport, ...] = ()


def probe_digest(probe: Probe, scenario: LoadedScenario) -> str:
    """Hash all that decides what a probe finds on a tree: its files, its command, its kit."""
    total = hashlib.sha256(json.dumps(probe.model_dump(), sort_keys=True).encode())
    for path, node in sorted(_probe_files(scenario).items()):
        total.update(f"\0{path}\0".encode() + node.content)
    total.update(_kit())
    return total.hexdigest()[:16]


def stored_reports(
    scenario: LoadedScenario, location: Location, seal: str
) -> tuple[ProbeReport, ...]:
    """Read the reports of a recording.

    Raises StaleProbes, naming the probes, when any is absent or was made by another version of its
    probe or on another recording.
    """
    wanted = {probe.name: probe_digest(probe, scenario) for probe in scenario.scenario.probes}
    if not wanted:
        return ()
    stored = _stored(location)
    have = stored.digests if stored and stored.seal == seal else {}
    if stale := sorted(name for name, digest_ in wanted.items() if have.get(name) != digest_):
        raise StaleProbes(
            f"probe-stale: {', '.join(stale)} changed or never ran on {shown(location.http)}\n"
            "  run them on the stored trees: promptverdict probe"
        )
    reports = stored.reports if stored else ()
    return tuple(report for report in reports if report.probe in wanted)


def run_probes(
    scenario: LoadedScenario, location: Location, seal: str, evidence: Evidence, sandbox: Sandbox
) -> tuple[ProbeReport, ...]:
    """Run a scenario's probes on a trial's trees and store what they found. Blocking.

    Raises SandboxError; whatever a probe itself does wrong is a fault in its report.
    """
    trees = list(evidence.trees())
    reports = tuple(
        _run(probe, scenario, number, tree, trees[0][1], sandbox)
        for probe in scenario.scenario.probes
        for number, tree in _chosen(probe, trees)
    )
    stored = StoredProbes(
        seal=seal,
        environment={"python": sandbox.python, "pytest": sandbox.pytest},
        digests={probe.name: probe_digest(probe, scenario) for probe in scenario.scenario.probes},
        reports=reports,
    )
    write_whole(location.probes, textform.dump(stored.model_dump(mode="json", exclude_none=True)))
    return reports


def _chosen(probe: Probe, trees: list[tuple[int, Tree]]) -> Iterator[tuple[int, Tree]]:
    if probe.trees == "final":
        yield trees[-1]
        return
    seen: set[str] = set()
    for number, tree in trees:
        name = digest(tree)
        if name not in seen:
            seen.add(name)
            yield number, tree


def _run(
    probe: Probe,
    scenario: LoadedScenario,
    number: int,
    tree: Tree,
    base: Tree,
    sandbox: Sandbox,
) -> ProbeReport:
    place = make_place()
    try:
        Workspace(place.workspace, place.owner).lay_out(tree)
        kit = {_KIT: Node("file", _kit())}
        mounts = [
            _mount(place, "base", base, "/base"),
            _mount(place, "probes", _probe_files(scenario), "/probes"),
            _mount(place, "kit", kit, "/opt/probekit"),
        ]
        done = sandbox.run(
            ["bash", "--noprofile", "--norc", "-c", probe.run],
            place,
            timeout=probe.timeout,
            mounts=mounts,
            environment={"PYTHONPATH": "/opt/probekit"},
        )
    finally:
        remove_place(place)
    checks = tuple(
        Check.model_validate({"outcome": kind.lower(), "name": name, "detail": detail})
        for kind, name, detail in _LINE.findall(done.output)
    )
    fault = None
    if done.stopped:
        fault = f"stopped: {done.stopped}"
    elif done.exit_code:
        fault = f"exit code {done.exit_code}: {done.output.strip()[-300:]}"
    elif not checks:
        fault = "it printed no PASS, FAIL or NOTE line"
    return ProbeReport(
        probe=probe.name, after=number, tree=digest(tree), checks=checks, fault=fault
    )


def _mount(place: Place, name: str, tree: Mapping[str, Node], target: str) -> Mount:
    folder = place.root / name
    folder.mkdir()
    Workspace(folder, place.owner).lay_out(tree)
    return Mount(folder, target)


def _probe_files(scenario: LoadedScenario) -> dict[str, Node]:
    """The scenario's own probes, and the files beside them that all scenarios share."""
    files = read_tree(scenario.probes_folder)
    own = f"{scenario.id}/"
    return {path: node for path, node in files.items() if path.startswith(own) or "/" not in path}


def _kit() -> bytes:
    return importlib.resources.files("harness.guest").joinpath(_KIT).read_bytes()


def _stored(location: Location) -> StoredProbes | None:
    path: Path = location.probes
    if not path.is_file():
        return None
    try:
        data = textform.load(path.read_text(encoding="utf-8"), str(path))
        return StoredProbes.model_validate(data)
    except (ValidationError, UnicodeDecodeError):
        return None
