"""`promptverdict show TRIAL`: one trial's transcript, to be read; or which trials to read first."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text
from promptverdict.settings import resolve
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import BASE, LATEST, find_run, read_record, read_records

if TYPE_CHECKING:
    from rich.text import Text

    from promptverdict.report.transcript.lines import Line

STYLES = {
    "heading": "bold",
    "said": "",
    "call": "cyan",
    "result": "dim",
    "added": "green",
    "removed": "red",
    "note": "dim italic",
}
MARKED = "bold underline not dim"
OPEN, CLOSE = "⟦", "⟧"
"""Around what is marked, where there is no style to mark it with."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("show", help="show the transcript of a trial, or what failed")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "trial",
        nargs="?",
        help="a node id (evals/suite/scenario.yaml::agent/variant, with #1 for its second trial),"
        " part of one, the name of a record or its file",
    )
    what.add_argument(
        "--failed", action="store_true", help="list the grades that failed or are ungraded"
    )
    parser.add_argument("--number", type=int, default=0, help="which of the cell's trials")
    parser.add_argument("--run", default=LATEST, help="name of the run (default: the latest)")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")
    parser.add_argument("--whole", action="store_true", help="shorten nothing")


def run(asked: argparse.Namespace) -> int:
    """Print the transcript, or the list of failures."""
    from promptverdict.report.transcript.layout import lay_out_record

    _print(
        list(_failed(asked))
        if asked.failed
        else list(lay_out_record(_find(asked), whole=asked.whole))
    )
    return 0


def _print(lines: Sequence[Line]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    plain = console.color_system is None
    # Printed at the end: rich would take a reader that has gone away for a failure.
    with console.capture() as printed:
        for line in lines:
            console.print(_painted(line, plain=plain))
    encoding = sys.stdout.encoding or "utf-8"
    print(printed.get().encode(encoding, "backslashreplace").decode(encoding), end="")


def _painted(line: Line, *, plain: bool) -> Text:
    """Lay a line out with its marks: by style, or between brackets where there are no styles."""
    from rich.text import Text

    text, at = Text(style=STYLES[line.style]), 0
    for mark in line.marks:
        text.append(escape_text(line.text[at : mark.start]))
        marked = escape_text(line.text[mark.start : mark.end])
        if plain:
            text.append(f"{OPEN * mark.opens}{marked}{CLOSE * mark.closes}")
        else:
            text.append(marked, style=f"{MARKED} {STYLES[mark.style]}")
        at = mark.end
    return text.append(escape_text(line.text[at:]))


def _failed(asked: argparse.Namespace) -> Iterator[Line]:
    """List what to read first: trials that broke off, grades that are no pass."""
    from promptverdict.report.transcript.lines import Line, shorten_reason
    from promptverdict.report.transcript.marks import OUTCOME_STYLES

    folder, found = _records(asked)
    graded = sum(len(record.grades) for record in found)
    fell = 0
    for record in sorted(found, key=lambda record: record.id):
        shows = f"   {shlex.join(['promptverdict', 'show', _named(record), *_options(asked)])}"
        if record.fault:
            fell += 1
            told = shorten_reason(f"{record.fault.kind}: {record.fault.message}")
            yield Line(f"fault    {told}{shows}", "removed")
        for grade in record.grades:
            finding = grade.finding
            if finding.outcome != "pass":
                fell += 1
                told = f"{grade.behaviour}: {shorten_reason(finding.reason)}"
                style = OUTCOME_STYLES[finding.outcome]
                yield Line(f"{finding.outcome:<8} {told}{shows}", style)
    if not fell:
        yield Line(f"{display_path(folder)}: of {graded} grades none failed, and none is ungraded")


def _named(record: TrialRecord) -> str:
    return record.id if record.trial else record.cell


def _options(asked: argparse.Namespace) -> Iterator[str]:
    """Repeat what led to this run, for a command that finds the same."""
    if asked.run != LATEST:
        yield from ("--run", asked.run)
    if asked.results:
        yield from ("--results", asked.results)


def _find(asked: argparse.Namespace) -> TrialRecord:
    """Find the one trial that was meant. Raises InputError."""
    if asked.trial.endswith(".json"):
        return read_record(Path(asked.trial))
    folder, found = _records(asked)
    wanted, marked, written = asked.trial.replace(".yaml", "").partition("#")
    number = written if marked else str(asked.number)
    if not (number.isascii() and number.isdigit()):
        cure = "write #0 for a cell's first trial, #1 for its second"
        raise InputError([Problem(asked.trial, f"{number!r} is no number of a trial", cure)])
    named = (one for one in chain(found, read_records(folder, BASE)) if wanted == one.key)
    if record := next(named, None):
        return record
    fitting = [one for one in found if f"/{wanted}".endswith(f"/{one.cell}")]
    fitting = fitting or [one for one in found if wanted in one.cell]
    if not fitting:
        names = sorted({record.cell for record in found})
        told = f"fits no trial of {display_path(folder)}"
        raise InputError([Problem(asked.trial, told, f"there are: {', '.join(names)}")])
    numbered = [record for record in fitting if str(record.trial) == number]
    if len(numbered) == 1:
        return numbered[0]
    if numbered:
        names, told = (
            sorted(record.cell for record in numbered),
            f"fits several trials of {display_path(folder)}",
        )
    else:
        names = sorted(record.id for record in fitting)
        told = f"{display_path(folder)} has no trial #{number} of it"
    raise InputError([Problem(asked.trial, told, f"there are: {', '.join(names)}")])


def _records(asked: argparse.Namespace) -> tuple[Path, list[TrialRecord]]:
    """Read a run that there is and that holds something. Raises InputError."""
    results = Path(resolve(Path.cwd(), {"results": asked.results}).results)
    folder = find_run(results, asked.run)
    if found := list(read_records(folder)):
        return folder, found
    raise InputError(
        [Problem(display_path(folder), "holds no records", "run again: pytest evals/")]
    )
