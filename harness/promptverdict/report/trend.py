"""How the last runs went: what each came to, and how often it showed each behaviour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptverdict.comparison.storage import read_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.core.errors import InputError
from promptverdict.core.numbers import format_percent
from promptverdict.report.headline import combine_headlines
from promptverdict.report.table import Cell, Column, Row, RowGroup, Table, build_row, build_table
from promptverdict.trials.runs import is_shard_name, list_runs
from promptverdict.trials.store import Manifest, read_manifest

MOST_RUNS = 10
"""Runs that a trend goes back, this one among them."""
MOST_LINES = 24
"""Behaviours whose rates are drawn."""
COLUMNS = (
    Column(title="run", is_name=True),
    Column(title="cells"),
    Column(title="verdict"),
    Column(title="what it came to"),
)


@dataclass(frozen=True)
class TrendLine:
    """The candidate's rate of one behaviour, run after run."""

    variant: str
    suite: str
    behaviour: str
    rates: tuple[float | None, ...]
    """Shares, the oldest run first; None where a run did not compare it."""

    @property
    def words(self) -> str:
        """The same in words."""
        return ", ".join("-" if rate is None else format_percent(rate) for rate in self.rates)

    @property
    def last(self) -> str:
        """The newest rate, in words."""
        return format_percent([rate for rate in self.rates if rate is not None][-1])


@dataclass(frozen=True)
class Trend:
    """The last runs, this one last."""

    table: Table
    lines: tuple[TrendLine, ...]


@dataclass(frozen=True)
class _PastRun:
    manifest: Manifest
    compared: Comparisons | None


def read_trend(run: Path) -> Trend | None:
    """Read what this run and those before it came to; None where there are none before it.

    A run that cannot be read is left out: another one's report does not depend on it.
    """
    # A run is named after the moment it began: what sorts behind it came later.
    # A shard is a part of a run, and no point of a trend beside whole ones.
    names = [
        folder
        for folder in list_runs(run.parent)
        if folder.name <= run.name and (folder.name == run.name or not is_shard_name(folder.name))
    ]
    past = [past_run for folder in names[-MOST_RUNS:] if (past_run := _read_run(folder))]
    if len(past) < 2:
        return None
    rows = tuple(map(_build_row, past))
    table = build_table("The last runs", COLUMNS, [RowGroup(rows=rows)])
    return Trend(table, tuple(_list_lines(past)[:MOST_LINES]))


def _read_run(folder: Path) -> _PastRun | None:
    try:
        return _PastRun(read_manifest(folder), read_comparisons(folder))
    except InputError:
        return None


def _build_row(past: _PastRun) -> Row:
    cells = ", ".join(f"{count} {status}" for status, count in past.manifest.ended.items())
    unfinished = "" if past.manifest.finished else "did not end by itself"
    comparisons = past.compared.comparisons if past.compared else ()
    if not comparisons:
        return build_row(past.manifest.run, cells or unfinished, "not compared", "")
    changed = [
        comparison for comparison in comparisons if comparison.status != "unchanged"
    ] or list(comparisons)
    headline = combine_headlines(changed)
    word = Cell(text=headline.word.lower(), style=headline.style)
    return build_row(past.manifest.run, cells or unfinished, word, headline.sentence)


def _list_lines(past: Sequence[_PastRun]) -> list[TrendLine]:
    """List the behaviours that at least two runs compared, those that moved most first."""
    rates: dict[tuple[str, str, str], list[float | None]] = {}
    for place, run in enumerate(past):
        for comparison in run.compared.comparisons if run.compared else ():
            for verdict in comparison.behaviours:
                key = (comparison.candidate.variant, verdict.suite, verdict.behaviour)
                line = rates.setdefault(key, [None] * len(past))
                line[place] = verdict.candidate_rate.estimate
    lines = [TrendLine(*key, tuple(line)) for key, line in rates.items() if _count_known(line) > 1]
    return sorted(lines, key=lambda line: -_measure_spread(line.rates))


def _count_known(rates: Iterable[float | None]) -> int:
    return sum(rate is not None for rate in rates)


def _measure_spread(rates: Iterable[float | None]) -> float:
    known = [rate for rate in rates if rate is not None]
    return max(known) - min(known)
