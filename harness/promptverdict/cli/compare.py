"""`promptverdict compare`: whether a variant is better or worse than another, or than before."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.cli.agent_cells import CellReader
from promptverdict.cli.comparisons import (
    compare_variants,
    compare_with_revision,
    compare_with_run,
    read_stored,
)
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_file
from promptverdict.core.paths import display_path
from promptverdict.scenarios.discovery import find_suites
from promptverdict.settings import resolve
from promptverdict.trials.runs import find_run

if TYPE_CHECKING:
    from promptverdict.settings import Settings
    from promptverdict.stats.looks import Look


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("compare", help="say whether a variant got better or worse")
    parser.add_argument("run", nargs="?", help="name of the run (default: the latest)")
    parser.add_argument("--suite", help="compare only this suite (default: all of the run)")
    parser.add_argument("--baseline", help="agent/variant (default: the baseline of each suite)")
    parser.add_argument("--candidate", help="agent/variant (default: all beside the baseline)")
    parser.add_argument(
        "--base",
        metavar="REF",
        help="compare the agents and recordings in the working tree with those at the merge-base of"
        " HEAD and a revision, such as origin/main",
    )
    parser.add_argument(
        "--before",
        metavar="OLDER_RUN",
        help="compare each variant of the run with itself in an older run",
    )
    parser.add_argument(
        "--look",
        metavar="J/K",
        help="this is look J of K that were planned, at equal steps of the scenarios; a verdict"
        " then needs more evidence, and gates pass at the last look only",
    )
    parser.add_argument("--trials", help="with --base: trials of each cell (default: the suite's)")
    parser.add_argument("--model", help="with --base: model for every agent, as provider/name")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write it to a file as JSON")
    parser.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        help="show every column: intervals, p-values, the smallest change that would be found",
    )
    parser.add_argument("--evals", type=Path, default=Path("evals"), help="folder of the suites")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Print the verdicts; the exit code says whether one of them blocks."""
    from promptverdict.comparison.storage import format_json
    from promptverdict.report.terminal.comparison import render_comparisons
    from promptverdict.report.terminal.console import detect_terminal
    from promptverdict.scenarios.loading import load_scenarios

    settings = resolve(
        Path.cwd(), {name: getattr(asked, name) for name in ("results", "base", "trials", "model")}
    )
    reader = CellReader(settings)
    cells = list(reader.select(load_scenarios(_find_chosen_suites(asked))))
    look = _parse_look(asked, settings)
    if asked.before:
        comparisons = compare_with_run(asked, settings, cells)
    elif settings.base:
        comparisons = compare_with_revision(asked, settings, cells)
    else:
        comparisons = read_stored(asked, settings) or compare_variants(asked, settings, cells, look)
    if asked.json:
        write_file(asked.json, format_json(comparisons))
    terminal = detect_terminal(has_details=asked.verbose)
    options = list(_repeat_options(asked, settings))
    print(render_comparisons(comparisons, options=options, terminal=terminal), end="")
    left_out = reader.report()
    return comparisons.exit_code or left_out


def _repeat_options(asked: argparse.Namespace, settings: Settings) -> Iterator[str]:
    """Repeat the options that lead to the run, for the commands that the output suggests."""
    results = Path(settings.results)
    # A run that `latest` finds needs no option, and one elsewhere is named by its path.
    if asked.run:
        folder = find_run(results, asked.run).resolve()
        if folder.parent != results.resolve():
            yield from ("--run", display_path(folder))
        elif folder.name != find_run(results).name:
            yield from ("--run", folder.name)
    if asked.results:
        yield from ("--results", asked.results)


def _parse_look(asked: argparse.Namespace, settings: Settings) -> Look | None:
    """Parse which of the planned looks this is. Raises InputError for what cannot be one."""
    from promptverdict.stats.looks import MOST, Look

    if asked.look is None:
        return None
    if other := "before" if asked.before else "base" if settings.base else "":
        found = f"looks are for the variants of a run, so --{other} cannot be given too"
        raise InputError([Problem("--look", found, "leave one of the two out")])
    number, _, count = asked.look.partition("/")
    try:
        return Look(int(number), int(count))
    except ValueError:
        cure = f"write 2/5 for the second of five; at most {MOST} can be planned"
        raise InputError([Problem("--look", f"`{asked.look}` is not a look", cure)]) from None


def _find_chosen_suites(asked: argparse.Namespace) -> list[Path]:
    """Find the suites that were asked for. Raises InputError for one that does not exist."""
    suites = find_suites(asked.evals)
    chosen = [path for path in suites if asked.suite in (None, path.parent.name)]
    if not chosen:
        cure = f"there are: {', '.join(path.parent.name for path in suites)}"
        raise InputError([Problem(str(asked.evals), f"there is no suite {asked.suite}", cure)])
    return chosen
