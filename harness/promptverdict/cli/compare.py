"""`promptverdict compare`: whether a variant is better or worse than another, or than it was."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_file
from promptverdict.core.ids import format_trial_id, parse_trial_id
from promptverdict.core.paths import display_path
from promptverdict.runner.cells import list_cells
from promptverdict.scenarios.discovery import find_suites
from promptverdict.settings import resolve
from promptverdict.trials.store import LATEST, find_run, read_manifest, read_records

if TYPE_CHECKING:
    from promptverdict.comparison.samples import Sample
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.runner.cells import Cell
    from promptverdict.settings import Settings
    from promptverdict.stats.looks import Look


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
    parser.add_argument(
        "--before",
        metavar="OLDER_RUN",
        help="compare each variant of the run with itself in an older run",
    )
    parser.add_argument(
        "--look",
        metavar="J/K",
        help="say that this is look J of K that were planned, at equal steps of the scenarios;"
        " a verdict then takes more, and gates pass at the last look alone",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the comparison there too")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show every column: intervals, p-values, the smallest change that would be found",
    )
    parser.add_argument("--evals", type=Path, default=Path("evals"), help="folder of the suites")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Print the verdicts; the exit code says whether any of them blocks."""
    from promptverdict.comparison.storage import format_json
    from promptverdict.report.terminal.comparison import render_comparisons
    from promptverdict.report.terminal.console import detect_terminal

    settings = resolve(Path.cwd(), {"results": asked.results, "base": asked.base})
    cells = list(_cells(asked, settings))
    look = _look(asked, settings)
    if asked.before:
        found = _with_run(asked, settings, cells)
    elif settings.base:
        found = _with_base(asked, settings, cells)
    else:
        found = _read_stored(asked, settings) or _of_run(asked, settings, cells, look)
    if asked.json:
        write_file(asked.json, format_json(found))
    terminal = detect_terminal(has_details=asked.verbose)
    options = list(_options(asked, settings))
    print(render_comparisons(found, options=options, terminal=terminal), end="")
    return found.exit_code


def _options(asked: argparse.Namespace, settings: Settings) -> Iterator[str]:
    """Repeat what led to the run, for commands that find its trials."""
    results = Path(settings.results)
    if asked.run:
        folder = find_run(results, asked.run).resolve()
        if folder.parent != results.resolve():
            yield from ("--run", display_path(folder))
        elif folder.name != find_run(results).name:
            yield from ("--run", folder.name)
    if asked.results:
        yield from ("--results", asked.results)


def _read_stored(asked: argparse.Namespace, settings: Settings) -> Comparisons | None:
    """Read what `pytest --base` found, where nothing else is asked of the run that it made."""
    from promptverdict.comparison.storage import read_comparisons

    if asked.suite or asked.baseline or asked.candidate or asked.look:
        return None
    folder = find_run(Path(settings.results), asked.run or LATEST)
    return read_comparisons(folder) if read_manifest(folder).settings.get("base") else None


def _of_run(
    asked: argparse.Namespace, settings: Settings, cells: list[Cell], look: Look | None
) -> Comparisons:
    """Compare the variants of a run, and keep what was found with it."""
    from promptverdict.comparison.compare import compare_run
    from promptverdict.comparison.gates import find_lacking_cells
    from promptverdict.comparison.plan import add_plan_note
    from promptverdict.comparison.storage import write_comparisons

    folder = find_run(Path(settings.results), asked.run or LATEST)
    found = _samples(folder, cells)
    suites = {cell.scenario.suite.id: cell.scenario.suite.suite for cell in cells}
    if asked.baseline:
        changed = {"baseline": asked.baseline}
        suites = {name: suite.model_copy(update=changed) for name, suite in suites.items()}
    wanted = _wanted(asked, folder, found, {suite.baseline for suite in suites.values()})
    compared = compare_run(
        wanted,
        suites,
        {cell.variant.id: cell.variant.prompt for cell in cells},
        refused=find_lacking_cells((cell.id for cell in cells), _whole(found)),
        look=look,
    )
    if not compared.comparisons:
        where = display_path(folder)
        told = "no variant ran beside the baseline of its suite"
        cure = "name two (--baseline, --candidate), an older run (--before) or a commit (--base)"
        raise InputError([Problem(where, told, cure)])
    notes = (*compared.notes, *_told_absent(folder.name, found), *_narrowed(asked))
    compared = compared.model_copy(update={"notes": notes})
    compared = add_plan_note(compared, cells, settings, Path(settings.results))
    write_comparisons(folder, compared)
    return compared


def _narrowed(asked: argparse.Namespace) -> Iterator[str]:
    """Say what was asked for, where it is less than all that the run could be asked."""
    options = ("suite", "baseline", "candidate")
    given = [f"--{name} {value}" for name in options if (value := getattr(asked, name))]
    if given:
        yield f"compared with {' '.join(given)}, and nothing else of the run"


def _look(asked: argparse.Namespace, settings: Settings) -> Look | None:
    """Say which of the planned looks it is. Raises InputError for one that cannot be."""
    from promptverdict.stats.looks import MOST, Look

    if asked.look is None:
        return None
    if other := "before" if asked.before else "base" if settings.base else "":
        found = f"looks are planned for the variants of a run; --{other} was given too"
        raise InputError([Problem("--look", found, "leave one of the two out")])
    number, _, of = asked.look.partition("/")
    try:
        return Look(int(number), int(of))
    except ValueError:
        cure = f"such as 2/5, which is the second of five; at most {MOST} can be planned"
        raise InputError([Problem("--look", f"`{asked.look}` is no look", cure)]) from None


def _samples(folder: Path, cells: Iterable[Cell]) -> list[Sample]:
    """Take what a comparison needs of each trial of a run, reading one record after the other.

    A trial that was planned and left no record is missing.
    """
    from promptverdict.comparison.samples import Sample

    found = [Sample.of(record) for record in read_records(folder)]
    there = {format_trial_id(one.suite, one.scenario, one.variant, one.trial) for one in found}
    graded = {cell.id: tuple(cell.scenario.scenario.grades) for cell in cells}
    return found + [
        Sample.absent(trial, key, graded.get(parse_trial_id(trial).cell, ()))
        for trial, key in read_manifest(folder).planned.items()
        if trial not in there
    ]


def _whole(samples: Sequence[Sample]) -> set[str]:
    """Name the cells of which every planned trial left a record."""
    return {one.cell for one in samples} - {one.cell for one in samples if one.is_absent}


def _told_absent(name: str, samples: Sequence[Sample]) -> Iterator[str]:
    if absent := sum(one.is_absent for one in samples):
        yield f"{absent} of {len(samples)} trials of {name} left no record: they are missing"


def _wanted(
    asked: argparse.Namespace,
    folder: Path,
    every: Sequence[Sample],
    baselines: set[str | None],
) -> list[Sample]:
    """Choose the trials to compare. Raises InputError for a variant that did not run."""
    ran = sorted({one.variant for one in every})
    for option in ("baseline", "candidate"):
        name = getattr(asked, option)
        if name and name not in ran:
            cure = f"in {display_path(folder)} these did: {', '.join(ran) or 'none'}"
            raise InputError([Problem(f"--{option}", f"{name} did not run", cure)])
    chosen = {asked.candidate, *baselines} if asked.candidate else set(ran)
    return [one for one in every if one.variant in chosen]


def _with_run(asked: argparse.Namespace, settings: Settings, cells: list[Cell]) -> Comparisons:
    """Compare the variants of a run with themselves in an older one, and keep what was found."""
    from promptverdict.comparison.against_run import compare_runs
    from promptverdict.comparison.gates import find_lacking_cells
    from promptverdict.comparison.storage import write_comparisons

    for option in ("base", "baseline"):
        if getattr(asked, option):
            found = f"it compares each variant with itself in a run; --{option} was given too"
            raise InputError([Problem("--before", found, "leave one of the two out")])
    results = Path(settings.results)
    newer, older = (find_run(results, name) for name in (asked.run or LATEST, asked.before))
    if newer == older:
        cure = "name two: promptverdict compare RUN --before OLDER_RUN"
        raise InputError([Problem("--before", f"{display_path(older)} is the run itself", cure)])
    before, after = _samples(older, cells), _samples(newer, cells)
    compared = compare_runs(
        older.name,
        _wanted(asked, older, before, set()),
        _wanted(asked, newer, after, set()),
        {cell.scenario.suite.id: cell.scenario.suite.suite for cell in cells},
        refused=find_lacking_cells((cell.id for cell in cells), _whole(after) & _whole(before)),
    )
    if not compared.comparisons:
        cure = "see what ran: promptverdict runs"
        raise InputError([Problem("--before", "no variant ran in both runs", cure)])
    notes = (
        *compared.notes,
        *_told_absent(older.name, before),
        *_told_absent(newer.name, after),
        *_narrowed(asked),
    )
    compared = compared.model_copy(update={"notes": notes})
    write_comparisons(newer, compared)
    return compared


def _with_base(asked: argparse.Namespace, settings: Settings, cells: list[Cell]) -> Comparisons:
    """Compare what lies here with an older revision."""
    from promptverdict.comparison.against_revision import compare_revision
    from promptverdict.comparison.plan import add_plan_note
    from promptverdict.comparison.samples import Sample
    from promptverdict.runner.readback import read_back_cells

    for option in ("run", "baseline"):
        if getattr(asked, option):
            found = f"a run's variants and a revision are compared apart; {option} was given too"
            raise InputError([Problem("--base", found, "leave one of the two out")])
    chosen = [cell for cell in cells if asked.candidate in (None, cell.variant.id)]
    if not chosen:
        known = sorted({cell.variant.id for cell in cells})
        cure = f"there are: {', '.join(known) or 'none'}"
        raise InputError([Problem("--candidate", f"{asked.candidate} runs in no suite", cure)])
    samples = [Sample.of(record) for record in read_back_cells(chosen, settings)]
    compared = compare_revision(settings.base or "", Path.cwd(), chosen, samples, settings)
    return add_plan_note(compared, chosen, settings, Path(settings.results))


def _cells(asked: argparse.Namespace, settings: Settings) -> Iterator[Cell]:
    """List every cell of the suites. Raises InputError for a suite that is not there."""
    from promptverdict.agents.discovery import load_agents
    from promptverdict.scenarios.loading import load_scenarios

    suites = find_suites(asked.evals)
    chosen = [path for path in suites if asked.suite in (None, path.parent.name)]
    if not chosen:
        cure = f"there are: {', '.join(path.parent.name for path in suites)}"
        raise InputError([Problem(str(asked.evals), f"there is no suite {asked.suite}", cure)])
    agents = load_agents(Path(settings.agents))
    for scenario in load_scenarios(chosen):
        yield from list_cells(scenario, agents, settings, by_hand=False)
