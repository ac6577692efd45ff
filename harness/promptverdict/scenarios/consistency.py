"""What a suite's files say of each other: everything that can be known before a model is asked."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from promptverdict.core.errors import Problem
from promptverdict.core.files import refuse_unreadable
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import Document
from promptverdict.graders import AnyGrader, Custom
from promptverdict.graders.logic import AllOf, AnyOf, Not
from promptverdict.graders.workspace import ProbeChecks
from promptverdict.scenarios.scenario import Scenario

_PROBE_FILE = re.compile(r"/probes/([\w.\-/]+)")
_FOLDERS = {
    "files": "no agent would find these files",
    "probes": "no probe would see these files",
    "solutions": "no grader would be tried on these solutions",
}
"""A suite's folders that hold one folder a scenario, with what a misspelt name leads to."""


def check_graders(
    scenario: Scenario, functions: Iterable[str], checks_file: Path, document: Document, where: str
) -> Iterator[Problem]:
    """List what the graders of a scenario speak of and what is not there.

    functions: names of the suite's own graders. where: the scenario's file, as it is shown.
    """
    known = tuple(functions)
    for name, grader in scenario.grades.items():
        place = f"{where}:{document.lines.get(('grades', name), 1)}: grades.{name}"
        if name not in scenario.behaviours:
            cure = "add it to behaviours, or take its grader away"
            yield Problem(place, "the scenario does not exercise this behaviour", cure)
        if isinstance(grader, Custom) and grader.function not in known:
            cure = f"{display_path(checks_file)} has {', '.join(known) or 'no function'}"
            yield Problem(place, f"there is no function {grader.function}", cure)
        for inner in _flatten(grader):
            if isinstance(inner, Custom) and inner is not grader:
                cure = "let it stand alone under grades, or combine the parts in checks.py"
                found = f"the function {inner.function} stands inside another grader"
                yield Problem(place, found, cure)
            yield from _check_probe(inner, scenario, place)


def check_probe_files(
    scenario: Scenario, folder: Path, document: Document, where: str
) -> Iterator[Problem]:
    """List the files that probes' commands name below /probes and that do not exist.

    folder: the suite's `probes/`, which a probe sees as /probes.
    """
    for number, probe in enumerate(scenario.probes):
        for path in _PROBE_FILE.findall(probe.run):
            if not (folder / path).exists():
                line = document.lines.get(("probes", number), 1)
                yield Problem(
                    f"{where}:{line}: probes[{number}].run",
                    f"there is no {display_path(folder / path)}",
                    "write the file, or correct the path",
                )


@refuse_unreadable()
def check_folders(suite: Path, scenarios: Iterable[str]) -> list[Problem]:
    """List the folders below files/, probes/ and solutions/ that belong to no scenario.

    And what stands in the place of such a folder and is none.
    """
    known = sorted(scenarios)
    problems: list[Problem] = []
    for name, consequence in _FOLDERS.items():
        folder = suite / name
        for place in (folder, *(folder / scenario for scenario in known)):
            if os.path.lexists(place) and not place.is_dir():
                found = f"it is no folder, so {consequence}"
                problems.append(Problem(display_path(place), found, "replace it by a folder"))
        if not folder.is_dir():
            continue
        for entry in sorted(folder.iterdir()):
            ignored = entry.name.startswith((".", "__"))
            if entry.is_dir() and not ignored and entry.name not in known:
                found = f"there is no scenario {entry.name}, so {consequence}"
                cure = f"rename it to one of {', '.join(known) or 'the scenarios'}, or remove it"
                problems.append(Problem(display_path(entry), found, cure))
    return problems


def _check_probe(grader: AnyGrader, scenario: Scenario, place: str) -> Iterator[Problem]:
    named = (
        grader.probe
        if isinstance(grader, ProbeChecks)
        else getattr(grader, "behaviour_probe", None)
    )
    probes = [probe.name for probe in scenario.probes]
    if named and named not in probes:
        cure = f"the scenario has {', '.join(probes) or 'no probes'}"
        yield Problem(place, f"there is no probe {named}", cure)


def _flatten(grader: AnyGrader) -> Iterator[AnyGrader]:
    """List a grader and all that it holds."""
    yield grader
    match grader:
        case AllOf() | AnyOf():
            for inner in grader.of:
                yield from _flatten(inner)
        case Not():
            yield from _flatten(grader.of)
