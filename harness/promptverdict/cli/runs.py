"""`promptverdict runs`: list the runs, newest last, or delete old ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import find_names
from promptverdict.core.paths import display_path
from promptverdict.core.text import format_count
from promptverdict.settings import resolve


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("runs", help="list the runs, or delete old ones")
    parser.add_argument("--keep", type=int, metavar="N", help="delete all but the newest N runs")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")


def run(asked: argparse.Namespace) -> int:
    """Print one line a run, or delete old runs."""
    results = Path(resolve(Path.cwd(), {"results": asked.results}).results)
    if asked.keep is not None:
        _prune(results, asked.keep)
    else:
        _print_runs(results)
    return 0


def _prune(results: Path, keep: int) -> None:
    from promptverdict.trials.runs import prune

    # `--keep 0` would also delete what `latest` points at.
    if keep < 1:
        cure = "keep at least one: --keep 1"
        raise InputError([Problem("--keep", f"{keep} would delete every run", cure)])
    doomed = prune(results, keep)
    print(f"{format_count(len(doomed), 'run')} deleted below {display_path(results)}")


def _print_runs(results: Path) -> None:
    """Print the runs, and raise InputError with the problems of those that cannot be read."""
    from promptverdict.trials.runs import is_running, list_runs
    from promptverdict.trials.store import read_manifest

    problems: list[Problem] = []
    for folder in list_runs(results):
        try:
            manifest = read_manifest(folder)
        except InputError as error:
            problems += error.problems
            continue
        recorded = sum(1 for _ in find_names(folder / "trials", ".json"))
        ending = f"ended {manifest.finished}" if manifest.finished else "did not end by itself"
        if is_running(manifest):
            ending = "running"
        record = manifest.settings.get("record", "none")
        cells = "".join(f", {count} {how}" for how, count in sorted(manifest.ended.items()))
        print(
            f"{folder.name}  {recorded} of {len(manifest.planned)} trials{cells}, {ending},"
            f" --record {record}"
        )
    if problems:
        raise InputError(problems)
