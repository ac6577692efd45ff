"""`promptverdict compare`: whether a variant is better or worse than another, or than it was."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.collecting import SUITE_FILE, is_data
from harness.errors import InputError, Problem, shown
from harness.settings import resolve
from harness.store import LATEST, find_run, read_manifest, records

if TYPE_CHECKING:
    from harness.plan import Cell
    from harness.records import TrialRecord
    from harness.settings import Settings
    from harness.verdicts import Comparisons


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("compare", help="say whether a variant got better or worse")
    parser.add_argument("run", nargs="?", help="name of the run (default: the latest)")
    parser.add_argument("--suite", help="only this suite (default: all of the run)")
    parser.add_argument("--baseline", help="agent/variant (default: the baseline of each suite)")
    parser.add_argument("--candidate", help="agent/variant (default: each that ran beside it)")
    parser.add_argument(
        "--base",
        metavar="REF",
        help="compare the agents and recordings that lie here with those at the merge-base of HEAD"
        " and a revision, such as origin/main",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the comparison there too")
    parser.add_argument("--evals", type=Path, default=Path("evals"), help="folder of the suites")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Print the verdicts; the exit code says whether any of them blocks."""
    from harness.disk import write_whole
    from harness.report.comparison import told

    settings = resolve(Path.cwd(), {"results": asked.results, "base": asked.base})
    cells = list(_cells(asked, settings))
    found = _with_base(asked, settings, cells) if settings.base else _of_run(asked, settings, cells)
    if asked.json:
        write_whole(asked.json, found.model_dump_json(indent=1) + "\n")
    print(told(found), end="")
    return found.exit_code


def _of_run(asked: argparse.Namespace, settings: Settings, cells: list[Cell]) -> Comparisons:
    """Compare the variants of a run, and keep what was found with it."""
    from harness.compare import compare_run
    from harness.gatekeeping import lacking
    from harness.verdicts import save

    folder = find_run(Path(settings.results), asked.run or LATEST)
    found = list(records(folder))
    suites = {cell.scenario.suite.id: cell.scenario.suite.suite for cell in cells}
    if asked.baseline:
        changed = {"baseline": asked.baseline}
        suites = {name: suite.model_copy(update=changed) for name, suite in suites.items()}
    wanted = _wanted(asked, found, {suite.baseline for suite in suites.values()})
    ran = {trial.rpartition("#")[0] for trial in read_manifest(folder).planned}
    compared = compare_run(
        wanted,
        suites,
        {cell.variant.id: cell.variant.prompt for cell in cells},
        refused=lacking((cell.id for cell in cells), ran),
    )
    if not compared.comparisons:
        where = shown(folder)
        told = "no variant ran beside the baseline of its suite"
        cure = "name the two: --baseline agent/variant --candidate agent/variant"
        raise InputError([Problem(where, told, cure)])
    save(folder, compared)
    return compared


def _wanted(
    asked: argparse.Namespace, found: Iterable[TrialRecord], baselines: set[str | None]
) -> list[TrialRecord]:
    """Choose the records to compare. Raises InputError for a variant that did not run."""
    every = list(found)
    ran = sorted({record.variant for record in every})
    for option in ("baseline", "candidate"):
        name = getattr(asked, option)
        if name and name not in ran:
            cure = f"these did: {', '.join(ran) or 'none'}"
            raise InputError([Problem(f"--{option}", f"{name} did not run", cure)])
    chosen = {asked.candidate, *baselines} if asked.candidate else set(ran)
    return [record for record in every if record.variant in chosen]


def _with_base(asked: argparse.Namespace, settings: Settings, cells: list[Cell]) -> Comparisons:
    """Compare what lies here with an older revision."""
    from harness.recalling import as_they_lie
    from harness.revisions import against

    for option in ("run", "baseline"):
        if getattr(asked, option):
            found = f"a run's variants and a revision are compared apart; {option} was given too"
            raise InputError([Problem("--base", found, "leave one of the two out")])
    chosen = [cell for cell in cells if asked.candidate in (None, cell.variant.id)]
    if not chosen:
        known = sorted({cell.variant.id for cell in cells})
        cure = f"there are: {', '.join(known) or 'none'}"
        raise InputError([Problem("--candidate", f"{asked.candidate} runs in no suite", cure)])
    return against(settings.base or "", Path.cwd(), chosen, as_they_lie(chosen, settings), settings)


def _cells(asked: argparse.Namespace, settings: Settings) -> Iterator[Cell]:
    """List every cell of the suites. Raises InputError for a suite that is not there."""
    from harness.loading import load_agents
    from harness.loading.suites import load_scenario, load_suite
    from harness.plan import cells

    suites = sorted(asked.evals.resolve().glob(f"**/{SUITE_FILE}"))
    suites = [path for path in suites if not is_data(path)]
    chosen = [path for path in suites if asked.suite in (None, path.parent.name)]
    if not chosen:
        found = f"there is no suite {asked.suite}" if asked.suite else "there is no suite below it"
        known = ", ".join(path.parent.name for path in suites) or "none"
        raise InputError([Problem(str(asked.evals), found, f"there are: {known}")])
    agents = load_agents(Path(settings.agents))
    for path in chosen:
        suite = load_suite(path)
        for file in sorted(path.parent.glob("*.yaml")):
            if file != path:
                yield from cells(load_scenario(file, suite), agents, settings, by_hand=False)
