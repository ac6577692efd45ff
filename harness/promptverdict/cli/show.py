"""`promptverdict show TRIAL`: the transcript of a trial, or a list of what failed."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.cli.trial_selection import select_trial
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text, find_command, format_count
from promptverdict.settings import resolve
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import BASE, LATEST
from promptverdict.trials.stored_records import read_record, read_records

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
"""Around what is marked, where there are no styles."""


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
    parser.add_argument(
        "--base",
        action="store_true",
        help="show the trial of the older revision that the run was compared with",
    )
    parser.add_argument("--number", type=int, default=0, help="number of the trial, from 0")
    parser.add_argument("--run", default=LATEST, help="name of the run (default: the latest)")
    parser.add_argument("--results", help="folder of the runs (default: the configured one)")
    parser.add_argument("--whole", action="store_true", help="print everything in full")


def run(asked: argparse.Namespace) -> int:
    """Print the transcript, or the list of what failed."""
    from promptverdict.report.transcript.layout import lay_out_record

    if asked.failed:
        _print_lines(list(_list_failures(asked)))
    else:
        _print_lines(list(lay_out_record(_find_trial(asked), whole=asked.whole)))
    return 0


def _find_trial(asked: argparse.Namespace) -> TrialRecord:
    """Find the trial that is asked for. Raises InputError."""
    if asked.trial.endswith(".json"):
        return read_record(Path(asked.trial))
    folder, records = _read_run(asked)
    name = asked.trial
    if asked.base:
        # A comparison names trials by the keys of this side's records.
        name = next((record.id for record in records if record.key == name), name)
        records = _read_older(folder)
    return select_trial(name, asked.number, folder, records)


def _read_older(folder: Path) -> list[TrialRecord]:
    """Read the records of the revision that a run was compared with. Raises InputError."""
    if records := list(read_records(folder, BASE)):
        return records
    cure = "compare with one first: pytest evals/ --base main"
    found = "this run was not compared with an older revision"
    raise InputError([Problem(display_path(folder), found, cure)])


def _read_run(asked: argparse.Namespace) -> tuple[Path, list[TrialRecord]]:
    """Read the records of the run. Raises InputError where there is no run, or no record."""
    results = Path(resolve(Path.cwd(), {"results": asked.results}).results)
    folder = find_run(results, asked.run)
    if records := list(read_records(folder)):
        return folder, records
    cure = "run again: pytest evals/"
    raise InputError([Problem(display_path(folder), "there are no records in it", cure)])


def _list_failures(asked: argparse.Namespace) -> Iterator[Line]:
    """List what to read first: trials that broke off, and grades that are not a pass."""
    from promptverdict.report.transcript.lines import Line, shorten_reason
    from promptverdict.report.transcript.marks import OUTCOME_STYLES

    folder, records = _read_run(asked)
    if asked.base:
        records = _read_older(folder)
    grades = failures = 0
    for record in sorted(records, key=lambda record: record.id):
        name = record.id if record.trial else record.cell
        command = shlex.join(["promptverdict", "show", name, *_repeat_options(asked)])
        if record.fault:
            failures += 1
            reason = shorten_reason(f"{record.fault.kind}: {record.fault.message}")
            yield Line(f"fault    {reason}   {command}", "removed")
        for grade in record.grades:
            grades += 1
            outcome, reason = grade.finding.outcome, shorten_reason(grade.finding.reason)
            if outcome != "pass":
                failures += 1
                text = f"{outcome:<8} {grade.behaviour}: {reason}   {command}"
                yield Line(text, OUTCOME_STYLES[outcome])
    if not failures:
        yield Line(f"{display_path(folder)}: {format_count(grades, 'grade')}, all passed")


def _repeat_options(asked: argparse.Namespace) -> Iterator[str]:
    """Repeat the options that lead to this run, for a command that finds the same."""
    if asked.base:
        yield "--base"
    if asked.run != LATEST:
        yield from ("--run", asked.run)
    if asked.results:
        yield from ("--results", asked.results)


def _print_lines(lines: Sequence[Line]) -> None:
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=True)
    has_styles = console.color_system is not None
    # Captured and printed at the end: rich turns a reader that has gone away (`| head`) into an
    # error of its own, while print raises the BrokenPipeError that the command expects.
    with console.capture() as captured:
        for line in lines:
            console.print(_style_line(line, has_styles=has_styles))
    encoding = sys.stdout.encoding or "utf-8"
    print(captured.get().encode(encoding, "backslashreplace").decode(encoding), end="")


def _style_line(line: Line, *, has_styles: bool) -> Text:
    """Style a line and its marks; without styles, marks stand between brackets."""
    from rich.text import Text

    text, at, command = Text(style=STYLES[line.style]), 0, find_command(line.text)

    def escape(start: int, end: int) -> str:
        if command is None or not start <= command < end:
            return escape_text(line.text[start:end])
        before, after = line.text[start:command], line.text[command + 1 : end]
        return f"{escape_text(before)}\\x3a{escape_text(after)}"

    for mark in line.marks:
        text.append(escape(at, mark.start))
        marked = escape(mark.start, mark.end)
        if has_styles:
            text.append(marked, style=f"{MARKED} {STYLES[mark.style]}")
        else:
            text.append(f"{OPEN * mark.opens}{marked}{CLOSE * mark.closes}")
        at = mark.end
    return text.append(escape(at, len(line.text)))
