"""`promptverdict check`: everything that can be known of suites before a model is asked.

Files first: all mistakes of all suites, in about a second. Then the solutions: what changed since
it last ran is run in the sandbox, and each must be graded as it says.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from promptverdict.core.errors import InputError, Problem, StaleSolution
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text
from promptverdict.settings import Settings, resolve

if TYPE_CHECKING:
    from promptverdict.agents.discovery import AgentFiles
    from promptverdict.sandbox import Sandbox
    from promptverdict.scenarios.loading import LoadedScenario, LoadedSuite
    from promptverdict.scenarios.solution import LoadedSolution
    from promptverdict.trials.evidence import Evidence

T = TypeVar("T")


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "check",
        help="check suites and their solutions; no model is asked",
        description="Read suites with everything beside them and list every mistake, then run the"
        " solutions that changed and check that graders pass the good ones and catch the"
        " saboteurs. No model is asked.",
    )
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument(
        "--files-only", action="store_true", help="check the files alone, and run no solution"
    )
    parser.add_argument(
        "--sandbox", help="bubblewrap (default), docker, podman, or none, which protects nothing"
    )


@dataclass
class ReadFiles:
    """The suites read below some paths, and every problem in them."""

    problems: list[Problem] = field(default_factory=list)
    scenarios: list[LoadedScenario] = field(default_factory=list)
    solutions: list[LoadedSolution] = field(default_factory=list)


def run(asked: argparse.Namespace) -> int:
    """Check files, then solutions; return 1 where a grader said something else than it must.

    Raises InputError with every problem of every file, and SandboxError.
    """
    settings = resolve(Path.cwd(), {"sandbox": asked.sandbox})
    read = read_all([Path(path) for path in asked.paths], settings)
    if read.problems:
        raise InputError(dict.fromkeys(read.problems))
    print(f"{len(read.scenarios)} scenarios: no mistake in their files")
    if asked.files_only or not read.scenarios:
        return 0
    for line in _list_named_secrets(read):
        print(line)
    missed = _check_solutions(read.solutions, _open_when_needed(settings))
    for line in _list_gaps(read):
        print(line)
    return 1 if missed else 0


def read_all(paths: Sequence[Path], settings: Settings) -> ReadFiles:
    """Read the suites at or below some paths; whatever cannot be read becomes a problem."""
    from promptverdict.scenarios.consistency import check_folders
    from promptverdict.scenarios.discovery import find_scenarios, find_suites
    from promptverdict.scenarios.loading import load_scenario, load_suite
    from promptverdict.scenarios.solution import load_solutions
    from promptverdict.scenarios.workspace_files import read_tree

    read = ReadFiles()
    agents = _find_agents(read, settings)
    suites: dict[Path, LoadedSuite | None] = {}
    # A suite without a scenario can be wrong as well.
    for suite_file in (each for path in paths for each in find_suites(path)):
        suites[suite_file] = _collect(read, partial(load_suite, suite_file))
    for suite_file, path in find_scenarios(paths):
        if not (suite := suites[suite_file]):
            continue
        scenario = _collect(read, partial(load_scenario, path, suite))
        if scenario:
            read.scenarios.append(scenario)
            _collect(read, partial(getattr, scenario, "workspace"))
            _collect(read, partial(read_tree, scenario.probes_folder))
            _collect(read, partial(_check_cells, scenario, agents, settings))
            read.solutions += _collect(read, partial(load_solutions, scenario)) or ()
    for suite in filter(None, suites.values()):
        names = (file.stem for file in suite.folder.glob("*.yaml"))
        read.problems += _collect(read, partial(check_folders, suite.folder, names)) or ()
    return read


def _collect(read: ReadFiles, load: Callable[[], T]) -> T | None:
    try:
        return load()
    except InputError as error:
        read.problems += error.problems
        return None


def _find_agents(read: ReadFiles, settings: Settings) -> AgentFiles:
    from promptverdict.agents.candidates import find_top
    from promptverdict.agents.discovery import AgentFiles, find_agents

    # A suite that names no variant can be written before there is an agent.
    places = [Path(place) for place in settings.agent_places]
    agents = (
        find_agents(places) if any(os.path.lexists(find_top(p)) for p in places) else AgentFiles()
    )
    read.problems += agents.problems
    return agents


def _check_cells(scenario: LoadedScenario, agents: AgentFiles, settings: Settings) -> None:
    """Raise InputError for variants and models that are not there, and for lost promises."""
    from promptverdict.runner.cell_selection import select_cells

    if not agents.variants and not scenario.suite.suite.variants:
        return
    chosen = select_cells(scenario, agents, settings, by_hand=False)
    lost = [promise for cell in chosen.cells for promise in cell.find_lost_promises()]
    if problems := (*chosen.problems, *lost):
        raise InputError(problems)


def _open_when_needed(settings: Settings) -> Callable[[], Sandbox]:
    from promptverdict.sandbox import open_sandbox

    return cache(lambda: open_sandbox(settings.sandbox, settings.sandbox_image))


def _check_solutions(solutions: Sequence[LoadedSolution], sandbox: Callable[[], Sandbox]) -> int:
    """Print what each solution came to, and return how many were graded wrongly."""
    from promptverdict.runner.audit.attempts import list_attempt_misses, sort_scripted_first
    from promptverdict.runner.solutions import find_break

    missed, kinds = 0, Counter(loaded.solution.kind for loaded in solutions)
    for loaded in sort_scripted_first(solutions):
        try:
            evidence = _read_evidence(loaded, sandbox)
            broken = find_break(evidence)
            misses = [] if broken else list_attempt_misses(loaded, evidence)
        except StaleSolution as error:
            broken, misses = str(error).partition("\n")[0], []
        if broken:
            missed += 1
            print(f"BROKEN {display_path(loaded.path)}: {escape_text(broken)}")
            continue
        missed += bool(misses)
        for miss in misses:
            where = f"{display_path(loaded.path)} ({loaded.solution.kind})"
            print(f"MISSED {where}: {escape_text(str(miss))}")
    if solutions:
        counts = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        verdict = f"{missed} broken or graded wrongly" if missed else "all graded as they must be"
        print(f"{len(solutions)} solutions ({counts}): {verdict}")
    return missed


def _read_evidence(loaded: LoadedSolution, sandbox: Callable[[], Sandbox]) -> Evidence:
    from promptverdict.runner.audit.attempts import read_attempt, run_attempt

    try:
        return read_attempt(loaded)
    except StaleSolution:
        return run_attempt(loaded, sandbox())


def _list_named_secrets(read: ReadFiles) -> Iterator[str]:
    """List the files of workspaces that may hold a secret, which recordings would hold too."""
    from promptverdict.core.named_secrets import warn_of_named_secrets

    for scenario in read.scenarios:
        for path, node in scenario.workspace.items():
            text = (node.content or b"").decode(errors="replace")
            if warning := warn_of_named_secrets(display_path(scenario.files / path), text):
                yield escape_text(warning)


def _list_gaps(read: ReadFiles) -> Iterator[str]:
    """List the scenarios whose graders nothing proves."""
    solved = {loaded.scenario.path for loaded in read.solutions}
    if bare := [each for each in read.scenarios if each.path not in solved]:
        names = ", ".join(f"{each.suite.id}/{each.id}" for each in bare[:3])
        more = f" and {len(bare) - 3} more" if len(bare) > 3 else ""
        yield f"without solutions, so that nothing proves their graders: {names}{more}"
    for scenario in read.scenarios:
        if scenario.path not in solved:
            continue
        own = [each.solution for each in read.solutions if each.scenario.path == scenario.path]
        caught = {behaviour for solution in own for behaviour in solution.fails}
        if bare_behaviours := [name for name in scenario.scenario.grades if name not in caught]:
            yield (
                f"{scenario.suite.id}/{scenario.id}: no saboteur breaks"
                f" {', '.join(bare_behaviours)}"
            )
