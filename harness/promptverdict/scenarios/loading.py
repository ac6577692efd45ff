"""Reads suites and scenarios, and knows what lies beside them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import refuse_unreadable
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import Document, parse, read_text
from promptverdict.graders.admission import describe_measure, find_unadmitted
from promptverdict.scenarios.checks_file import CHECKS_FILE, load_functions
from promptverdict.scenarios.consistency import check_graders, check_probe_files
from promptverdict.scenarios.discovery import SUITE_FILE, check_no_data, find_scenarios
from promptverdict.scenarios.grading_material import build_phrase_index
from promptverdict.scenarios.references import check_references
from promptverdict.scenarios.scenario import ALLOWED, IDENTIFIER, Scenario
from promptverdict.scenarios.suite import Suite
from promptverdict.scenarios.validation import validate_document
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding
from promptverdict.trials.integrity import PhraseIndex
from promptverdict.trials.tree import Node


@dataclass(frozen=True)
class LoadedSuite:
    """A suite and its folder, whose name is its id."""

    folder: Path
    suite: Suite

    @property
    def id(self) -> str:
        """Name of the folder."""
        return self.folder.name

    @cached_property
    def checks(self) -> Mapping[str, Callable[[Evidence], Finding]]:
        """The public functions of the suite's checks.py; none if there is no such file.

        Raises InputError if it cannot be imported.
        """
        path = self.folder / CHECKS_FILE
        return load_functions(path) if os.path.lexists(path) else {}

    @cached_property
    def phrases(self) -> PhraseIndex:
        """The lines of all that grades the suite, to be looked for in trials.

        Raises InputError for a file that cannot be read.
        """
        return build_phrase_index(self.folder)


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario, its suite, and what lies beside it."""

    suite: LoadedSuite
    path: Path
    scenario: Scenario

    @cached_property
    def id(self) -> str:
        """Stem of the file."""
        return self.path.stem

    @cached_property
    def workspace(self) -> Mapping[str, Node]:
        """The files that the agent finds, before any set-up."""
        return read_tree(self.files)

    @cached_property
    def unadmitted(self) -> dict[str, str]:
        """Behaviour -> how unreliable the grader of words is that its grade rests on.

        Only of graders that are too unreliable to bind a promise.
        """
        return {
            name: describe_measure(types[0])
            for name, grader in self.scenario.grades.items()
            if (types := find_unadmitted(grader))
        }

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


def load_scenarios(places: Iterable[Path]) -> list[LoadedScenario]:
    """Read the scenarios at or below some places, each suite once.

    Raises InputError with the problems of all files.
    """
    suites: dict[Path, LoadedSuite | None] = {}
    scenarios: list[LoadedScenario] = []
    problems: dict[Problem, None] = {}
    for suite_file, path in find_scenarios(places):
        try:
            if suite_file not in suites:
                suites[suite_file] = None  # where it cannot be read, neither can its scenarios
                suites[suite_file] = load_suite(suite_file)
            if suite := suites[suite_file]:
                scenarios.append(load_scenario(path, suite))
        except InputError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise InputError(problems)
    return scenarios


@refuse_unreadable()
def load_suite(path: Path) -> LoadedSuite:
    """Read a suite.yaml. Raises InputError, also for one that lies in another suite's data.

    Whatever led here, the checks.py beside such a file is never imported.
    """
    # Before anything else: below here, checks.py is imported.
    check_no_data(path)
    where = display_path(path)
    if not re.fullmatch(IDENTIFIER, path.parent.name):
        found = f"the folder's name {path.parent.name!r} cannot be a suite's id"
        raise InputError([Problem(where, found, f"rename it: {ALLOWED}")])
    document = parse(read_text(Path(where)), where)
    suite = validate_document(Suite, document, where)
    if suite.baseline and suite.variants and suite.baseline not in suite.variants:
        line = document.lines.get(("baseline",), 1)
        cure = f"name one of {', '.join(suite.variants)}"
        raise InputError(
            [Problem(f"{where}:{line}: baseline", f"{suite.baseline} is not in variants", cure)]
        )
    if problems := list(check_references(suite, document, path)):
        raise InputError(problems)
    return LoadedSuite(path.parent, suite)


@refuse_unreadable()
def load_scenario(path: Path, suite: LoadedSuite) -> LoadedScenario:
    """Read one scenario of a suite. Raises InputError with all its problems."""
    where = display_path(path)
    if not re.fullmatch(IDENTIFIER, path.stem):
        found = "the name of this file cannot be a scenario's id"
        raise InputError([Problem(where, found, f"rename it: {ALLOWED}")])
    document = parse(read_text(Path(where)), where)
    scenario = validate_document(Scenario, document, where)
    known = suite.suite.behaviours
    problems = [
        Problem(
            _place_behaviour(name, number, document, where),
            f"{name} is not a behaviour of this suite",
            f"{display_path(suite.folder / SUITE_FILE)} has {', '.join(known) or 'none'}",
        )
        for number, name in enumerate(scenario.behaviours)
        if name not in known
    ]
    problems += check_graders(scenario, suite.checks, suite.folder / CHECKS_FILE, document, where)
    problems += check_probe_files(scenario, suite.folder / "probes", document, where)
    problems += [
        Problem(
            f"{where}:{document.lines.get(('behaviours', number), 1)}: behaviours[{number}]",
            f"{name} is required of a variant, and nothing here grades it",
            "name its grader under grades, or take it off the list",
        )
        for number, name in enumerate(scenario.behaviours)
        if name in known and known[name].binds_any and name not in scenario.grades
    ]
    if problems:
        raise InputError(problems)
    return LoadedScenario(suite, path, scenario)


def _place_behaviour(name: str, number: int, document: Document, where: str) -> str:
    """Format where a scenario names a behaviour: in its list or, where it has none, as graded."""
    if line := document.lines.get(("behaviours", number)):
        return f"{where}:{line}: behaviours[{number}]"
    return f"{where}:{document.lines.get(('grades', name), 1)}: grades.{name}"
