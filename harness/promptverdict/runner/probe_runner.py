"""Runs probes: each in the sandbox, on a throw-away copy of a tree that a trial left behind."""

from __future__ import annotations

import re
import signal
import threading
from collections.abc import Iterator, Mapping
from functools import partial

from promptverdict.core.files import write_file
from promptverdict.core.secrets import hide_secrets_within
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Location
from promptverdict.runner.probes import KIT, StoredProbes, hash_probes, read_kit, read_probe_files
from promptverdict.runner.start_reports import StartReports
from promptverdict.sandbox import (
    Mount,
    Sandbox,
    TrialFolders,
    make_trial_folders,
    remove_trial_folders,
)
from promptverdict.sandbox.interface import Finished
from promptverdict.sandbox.workspace import Refused, Workspace
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.scenario import Probe
from promptverdict.trials.evidence import Check, Evidence, ProbeReport
from promptverdict.trials.tree import Node, Tree, digest

_PLACES = {
    "PYTHONPATH": "/opt/probekit",
    "PROBE_WORKSPACE": "/workspace",
    "PROBE_BASE": "/base",
}
"""What probekit goes by: where there is no sandbox, these lead to where the folders really are."""

_SENT = frozenset({1, 2, 3, 9, 15})
"""Signals by which a process ends another: a crash of a probe's own has others."""

_LINE = re.compile(r"^(PASS|FAIL|NOTE)\b(.*)$", re.MULTILINE)


def run_probes(
    scenario: LoadedScenario,
    location: Location,
    seal: str,
    evidence: Evidence,
    sandbox: Sandbox,
    given_up: threading.Event | None = None,
    starts: StartReports | None = None,
) -> tuple[ProbeReport, ...]:
    """Run a scenario's probes on a trial's trees and store what they found. Blocking.

    starts: shared with the other trials of this sandbox. Whatever a probe itself does wrong is a
    fault in its report. Raises SandboxError, and GivenUp, with nothing stored, once given_up is
    set.
    """
    reports = probe_trees(scenario, evidence, sandbox, given_up, starts)
    stored = StoredProbes(
        seal=seal,
        environment={"python": sandbox.python, "pytest": sandbox.pytest},
        digests=hash_probes(scenario),
        reports=reports,
    )
    write_file(location.probes, yaml_format.dump(stored.model_dump(mode="json", exclude_none=True)))
    return reports


def probe_trees(
    scenario: LoadedScenario,
    evidence: Evidence,
    sandbox: Sandbox,
    given_up: threading.Event | None = None,
    starts: StartReports | None = None,
) -> tuple[ProbeReport, ...]:
    """Run a scenario's probes on the trees of some evidence. Blocking.

    starts: shared with the other trials of this sandbox. Whatever a probe itself does wrong is a
    fault in its report. Raises SandboxError, and GivenUp once given_up is set.
    """
    trees = list(evidence.trees())
    start = trees[0][1]
    starts, digests = starts or StartReports(), hash_probes(scenario)

    def run(probe: Probe, number: int, tree: Tree) -> ProbeReport:
        return _hide_secrets(_run_probe(probe, scenario, number, tree, start, sandbox, given_up))

    def report(probe: Probe, number: int, tree: Tree) -> ProbeReport:
        # Of a probe that sees the last tree alone, that tree is the trial's own even where nothing
        # was changed: what it asks of version control is in no digest.
        if number or probe.trees == "final":
            return run(probe, number, tree)
        # Nor is the repository that a scenario begins with, which others set up otherwise.
        looked_at = (str(scenario.path), digests[probe.name], digest(tree))
        return starts.share_report(looked_at, partial(run, probe, number, tree))

    return tuple(
        report(probe, number, tree)
        for probe in scenario.scenario.probes
        for number, tree in _select_trees(probe, trees)
    )


def _hide_secrets(report: ProbeReport) -> ProbeReport:
    """Return a report without the keys that a probe printed: reports lie outside the seal.

    Refused as a recording is they would leave a paid trial without its checks for ever.
    """
    return ProbeReport.model_validate(hide_secrets_within(report.model_dump(mode="json")))


def _select_trees(probe: Probe, trees: list[tuple[int, Tree]]) -> Iterator[tuple[int, Tree]]:
    if probe.trees == "final":
        yield trees[-1]
        return
    seen: set[str] = set()
    for number, tree in trees:
        name = digest(tree)
        if name not in seen:
            seen.add(name)
            yield number, tree


def _run_probe(
    probe: Probe,
    scenario: LoadedScenario,
    number: int,
    tree: Tree,
    base: Tree,
    sandbox: Sandbox,
    given_up: threading.Event | None,
) -> ProbeReport:
    try:
        done = _execute(probe, scenario, tree, base, sandbox, given_up)
        killed = _find_signal(done)
        if killed:
            # The kernel kills as well, when memory runs out, but hardly twice: code that kills its
            # parent does it each time.
            done = _execute(probe, scenario, tree, base, sandbox, given_up)
            killed = killed if _find_signal(done) == killed else None
    except Refused as refused:
        # An agent may make names that no host can: folders nested past the longest path, bytes
        # that are no text and whose escapes are longer than a name may be.
        fault = f"the tree cannot be laid out: {refused}"
        return ProbeReport(probe=probe.name, after=number, tree=digest(tree), fault=fault)
    lines = [(kind, *text.strip().partition(": ")) for kind, text in _LINE.findall(done.output)]
    checks = tuple(
        Check.model_validate({"outcome": kind.lower(), "name": name, "detail": detail})
        for kind, name, _, detail in lines
    )
    return ProbeReport(
        probe=probe.name,
        after=number,
        tree=digest(tree),
        checks=checks,
        fault=_find_fault(done, checks, tree),
        killed=killed,
    )


def _execute(
    probe: Probe,
    scenario: LoadedScenario,
    tree: Tree,
    base: Tree,
    sandbox: Sandbox,
    given_up: threading.Event | None,
) -> Finished:
    """Run a probe on a fresh copy of a tree. Raises Refused where that cannot be laid out."""
    folders = make_trial_folders(given_up)
    try:
        Workspace(folders.workspace, folders.owner).lay_out(_leave_bytecode_out(tree))
        library = {KIT: Node("file", read_kit())}
        mounts = [
            _mount(folders, "base", base, "/base"),
            _mount(folders, "probes", read_probe_files(scenario), "/probes"),
            _mount(folders, "kit", library, "/opt/probekit"),
        ]
        return sandbox.run(
            ["bash", "--noprofile", "--norc", "-c", probe.run],
            folders,
            timeout=probe.timeout,
            mounts=mounts,
            environment=_PLACES,
        )
    finally:
        remove_trial_folders(folders)


def _leave_bytecode_out(tree: Tree) -> dict[str, Node]:
    """Return a tree without what Python would run in the place of a source.

    Python believes an unchecked .pyc whatever the source beside it says, so a probe could find in
    order what nobody can read. Not by PYTHONPYCACHEPREFIX: every process of a probe would compile
    Python's own modules anew, and one that clears its environment would read the .pyc again.
    """
    return {
        path: node
        for path, node in tree.items()
        if "__pycache__" not in path.split("/") and not path.endswith(".pyc")
    }


def _find_signal(done: Finished) -> str | None:
    """Return which signal ended a probe that no limit stopped; only a process sends these."""
    if done.stopped or done.exit_code is None or done.exit_code - 128 not in _SENT:
        return None
    return signal.Signals(done.exit_code - 128).name


def _find_fault(done: Finished, checks: tuple[Check, ...], tree: Tree) -> str | None:
    """Return why a probe could not tell, if so: then its checks count for nothing."""
    special = [path for path, node in tree.items() if node.kind == "special"]
    if done.stopped:
        return f"stopped: {done.stopped}"
    if done.exit_code:
        return f"exit code {done.exit_code}: {done.output.strip()[-300:]}"
    if done.truncated:
        return "it printed more than is kept, so checks are missing"
    if not all(check.name for check in checks):
        return "it printed a PASS, FAIL or NOTE line without a name"
    if special:
        return f"the tree is not whole: {special[0]} could not be kept"
    return None if checks else "it printed no PASS, FAIL or NOTE line"


def _mount(folders: TrialFolders, name: str, tree: Mapping[str, Node], target: str) -> Mount:
    folder = folders.root / name
    folder.mkdir()
    Workspace(folder, folders.owner).lay_out(tree)
    return Mount(folder, target)
