"""Find and read suites and scenarios, with the files that lie beside them."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.ids import parse_node_id
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import Document, parse, read_text
from promptverdict.scenarios.consistency import check_graders, check_probe_files
from promptverdict.scenarios.discovery import SUITE_FILE, check_no_data, find_scenarios
from promptverdict.scenarios.scenario import ALLOWED, IDENTIFIER, Scenario
from promptverdict.scenarios.suite import Suite
from promptverdict.scenarios.validation import validated
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding
from promptverdict.trials.tree import Node

CHECKS_FILE = "checks.py"
_NOISE = {"__pycache__", ".pytest_cache", ".DS_Store"}
"""What tools leave behind beside files that somebody wrote."""


@dataclass(frozen=True)
class LoadedSuite:
    """A suite and the folder it lies in, whose name is its id."""

    folder: Path
    suite: Suite

    @property
    def id(self) -> str:
        """Name of the folder."""
        return self.folder.name

    @cached_property
    def checks(self) -> Mapping[str, Callable[[Evidence], Finding]]:
        """The public functions of the suite's checks.py; none where there is no such file.

        Raises InputError when it cannot be imported.
        """
        path = self.folder / CHECKS_FILE
        return _functions(path) if path.is_file() else {}


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario, its suite, and what lies beside it."""

    suite: LoadedSuite
    path: Path
    scenario: Scenario

    @property
    def id(self) -> str:
        """Stem of the file."""
        return self.path.stem

    @cached_property
    def workspace(self) -> Mapping[str, Node]:
        """The files the agent finds, before any set-up."""
        return read_tree(self.files)

    @property
    def files(self) -> Path:
        """Where those files lie."""
        return self.suite.folder / "files" / self.id

    @property
    def probes_folder(self) -> Path:
        """The suite's probes: each scenario's folder, and what they share."""
        return self.suite.folder / "probes"

    @property
    def cassettes(self) -> Path:
        """Where the scenario's recordings lie."""
        return self.suite.folder / "cassettes" / self.id


def load_scenarios(places: Iterable[Path]) -> Iterator[LoadedScenario]:
    """Read the scenarios at or below some places, each suite once. Raises InputError."""
    suites: dict[Path, LoadedSuite] = {}
    for suite, scenario in find_scenarios(places):
        if suite not in suites:
            suites[suite] = load_suite(suite)
        yield load_scenario(scenario, suites[suite])


def load_suite(path: Path) -> LoadedSuite:
    """Read a suite.yaml. Raises InputError, also for one that lies in another suite's data.

    Whatever led here, the checks.py beside such a file is never imported.
    """
    check_no_data(path)
    where = display_path(path)
    if not re.fullmatch(IDENTIFIER, path.parent.name):
        found = f"the folder's name {path.parent.name!r} cannot be a suite's id"
        raise InputError([Problem(where, found, f"rename it: {ALLOWED}")])
    document = parse(read_text(Path(where)), where)
    suite = validated(Suite, document, where)
    if suite.baseline and suite.variants and suite.baseline not in suite.variants:
        line = document.lines.get(("baseline",), 1)
        cure = f"name one of {', '.join(suite.variants)}"
        raise InputError(
            [Problem(f"{where}:{line}: baseline", f"{suite.baseline} is not in variants", cure)]
        )
    if problems := [*_unknown_names(suite, document, path), *_incomparable(suite, document, path)]:
        raise InputError(problems)
    return LoadedSuite(path.parent, suite)


def _unknown_names(suite: Suite, document: Document, path: Path) -> list[Problem]:
    """Find variants and cells that the suite speaks of and does not have."""
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("behaviours", name, kind), variant)
        for name, behaviour in suite.behaviours.items()
        for kind, variants in (("promised", behaviour.promised), ("weak", behaviour.weak))
        for variant in variants
    ]
    cells: list[tuple[tuple[str | int, ...], str]] = [
        (("known_failing", number), one.cell) for number, one in enumerate(suite.known_failing)
    ]
    named += [(keys, parse_node_id(cell)[1]) for keys, cell in cells]
    where = display_path(path)
    problems = [
        Problem(
            f"{where}:{document.lines.get(keys, 1)}: {keys[0]}",
            f"{variant or 'no variant'} is not in variants",
            f"name one of {', '.join(suite.variants)}",
        )
        for keys, variant in named
        if suite.variants and variant not in suite.variants
    ]
    return problems + [
        Problem(
            f"{where}:{document.lines.get(keys, 1)}: known_failing",
            f"there is no scenario {parse_node_id(cell)[0]}",
            "write scenario::agent/variant, with the stem of a file beside this one",
        )
        for keys, cell in cells
        if not path.with_name(f"{parse_node_id(cell)[0]}.yaml").is_file()
    ]


def _incomparable(suite: Suite, document: Document, path: Path) -> Iterator[Problem]:
    """Find what themes and gate speak of and the suite does not have."""
    where = display_path(path)
    for name, theme in suite.themes.items():
        for number, behaviour in enumerate(theme.behaviours):
            if behaviour not in suite.behaviours:
                line = document.lines.get(("themes", name, "behaviours", number), 1)
                found = f"{behaviour} is no behaviour of this suite"
                cure = f"name some of {', '.join(suite.behaviours) or 'none: write behaviours'}"
                yield Problem(f"{where}:{line}: themes.{name}", found, cure)
    named = {("families", name): family for name, family in suite.families.items()}
    named["gate", "critical"] = suite.gate.critical if suite.gate else ()
    for keys, scenarios in named.items():
        for number, scenario in enumerate(scenarios):
            if not path.with_name(f"{scenario}.yaml").is_file():
                line = document.lines.get((*keys, number), 1)
                found = f"there is no scenario {scenario}"
                cure = "write the stem of a file beside this one"
                yield Problem(f"{where}:{line}: {'.'.join(keys)}", found, cure)


def load_scenario(path: Path, suite: LoadedSuite) -> LoadedScenario:
    """Read one scenario of a suite. Raises InputError with all its problems."""
    where = display_path(path)
    if not re.fullmatch(IDENTIFIER, path.stem):
        found = "the name of this file cannot be a scenario's id"
        raise InputError([Problem(where, found, f"rename it: {ALLOWED}")])
    document = parse(read_text(Path(where)), where)
    scenario = validated(Scenario, document, where)
    known = suite.suite.behaviours
    unknown = [
        Problem(
            f"{where}:{document.lines.get(('behaviours', number), 1)}: behaviours[{number}]",
            f"{name} is no behaviour of this suite",
            f"{display_path(suite.folder / SUITE_FILE)} knows {', '.join(known) or 'none'}",
        )
        for number, name in enumerate(scenario.behaviours)
        if name not in known
    ]
    unknown += check_graders(scenario, suite.checks, suite.folder / CHECKS_FILE, document, where)
    unknown += check_probe_files(scenario, suite.folder / "probes", document, where)
    unknown += [
        Problem(
            f"{where}:{document.lines.get(('behaviours', number), 1)}: behaviours[{number}]",
            f"{name} is required of a variant, and no grader tells it here",
            "say under grades which grader does, or take it off the list",
        )
        for number, name in enumerate(scenario.behaviours)
        if name in known and known[name].binds_any and name not in scenario.grades
    ]
    if unknown:
        raise InputError(unknown)
    return LoadedScenario(suite, path, scenario)


def _functions(path: Path) -> dict[str, Callable[[Evidence], Finding]]:
    """Import a file by its path, under a name that no other suite's can have."""
    spec = importlib.util.spec_from_file_location(f"_checks_of_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise InputError([Problem(display_path(path), "cannot be imported", "name it checks.py")])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
        raise InputError([Problem(display_path(path), told, "mend the file")]) from error
    own = {name: value for name, value in vars(module).items() if not name.startswith("_")}
    return {
        name: value
        for name, value in own.items()
        if callable(value) and getattr(value, "__module__", "") == module.__name__
    }


def read_tree(folder: Path) -> dict[str, Node]:
    """Read the files below a folder, links as links; empty where there is no such folder."""
    tree: dict[str, Node] = {}
    for base, folders, files in os.walk(folder):
        links = [name for name in folders if Path(base, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in {*_NOISE, *links})
        for name in sorted({*files, *links} - _NOISE):
            path = Path(base, name)
            relative = path.relative_to(folder).as_posix()
            if not (path.is_symlink() or path.is_file()):
                found = "this is neither a file nor a link, and cannot be given to an agent"
                raise InputError([Problem(display_path(path), found, "remove it")])
            if path.is_symlink():
                tree[relative] = Node("link", os.fsencode(path.readlink()), 0o777)
            else:
                mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                tree[relative] = Node("file", path.read_bytes(), mode)
    return tree
