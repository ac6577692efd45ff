"""`promptverdict show TRIAL`: one trial's transcript, to be read."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.errors import InputError, Problem, shown
from harness.records import TrialRecord
from harness.settings import resolve
from harness.store import LATEST, read_record, records

STYLES = {
    "heading": "bold",
    "said": "",
    "call": "cyan",
    "result": "dim",
    "added": "green",
    "removed": "red",
    "note": "dim italic",
}


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("show", help="show the transcript of a trial")
    parser.add_argument(
        "trial",
        help="a node id (evals/suite/scenario.yaml::agent/variant, with #1 for its second trial),"
        " part of one, the name of a record or its file",
    )
    parser.add_argument("--number", type=int, default=0, help="which of the cell's trials")
    parser.add_argument("--run", default=LATEST, help="name of the run (default: the latest)")
    parser.add_argument("--whole", action="store_true", help="shorten nothing")


def run(asked: argparse.Namespace) -> int:
    """Print the transcript."""
    from rich.console import Console
    from rich.text import Text

    from harness.report.transcript import page, safe

    console = Console(highlight=False, soft_wrap=True)
    # Printed at the end: rich would take a reader that has gone away for a failure.
    with console.capture() as printed:
        for line in page(_find(asked), whole=asked.whole):
            console.print(Text(safe(line.text), style=STYLES[line.style]))
    print(printed.get(), end="")
    return 0


def _find(asked: argparse.Namespace) -> TrialRecord:
    if asked.trial.endswith(".json"):
        return read_record(Path(asked.trial))
    run_folder = Path(resolve(Path.cwd(), {}).results) / asked.run
    found = list(records(run_folder))
    wanted, _, number = asked.trial.replace(".yaml", "").partition("#")
    numbered = [record for record in found if str(record.trial) == (number or str(asked.number))]
    matching = (
        [record for record in found if wanted == record.key]
        or [record for record in numbered if f"/{wanted}".endswith(f"/{_name(record)}")]
        or [record for record in numbered if wanted in _name(record)]
    )
    if len(matching) == 1:
        return matching[0]
    names = sorted({_name(record) for record in matching or found})
    what = "fits several trials" if matching else "fits no trial"
    cure = f"there are: {', '.join(names)}" if names else "run them first: pytest evals/"
    raise InputError([Problem(f"{asked.trial}", f"{what} of {shown(run_folder)}", cure)])


def _name(record: TrialRecord) -> str:
    return f"{record.suite}/{record.scenario}::{record.variant}"
