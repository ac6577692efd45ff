"""The summary that ends a run in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import EvidenceError, MissingRecording, StaleRecording, shown
from harness.records import TrialRecord
from harness.report.facts import (
    age,
    calls,
    ending,
    files_changed,
    origin,
    test_runs,
    turns,
    usage,
)

COLUMNS = ("turns", "calls", "test runs", "files", "tokens", "ended")


def summary(
    records: Mapping[str, Sequence[TrialRecord]],
    errors: Sequence[EvidenceError],
    run: Path | None,
) -> str:
    """Show each cell's facts, what evidence they rest on, and what evidence is not there."""
    trials = [record for kept in records.values() for record in kept]
    parts = [_table(trials), "\n", _evidence(trials)] if trials else []
    parts.append(_without_evidence(errors))
    if run and trials:
        parts.append(f"records: {shown(run)}   read one: promptverdict show NODE-ID\n")
    return "".join(parts)


def _table(trials: Sequence[TrialRecord]) -> str:
    """Lay out scenarios with their variants below them; narrow enough for a small terminal."""
    rows: list[tuple[str, ...]] = []
    for record in sorted(trials, key=lambda one: (one.suite, one.scenario, one.variant, one.trial)):
        name = f"{record.suite}/{record.scenario}"
        if (name,) not in rows:
            rows.append((name,))
        rows.append(_row(record))
    first = max(len(row[0]) for row in rows if len(row) > 1)
    widths = [
        max(len(title), *(len(row[place]) for row in rows if len(row) > 1))
        for place, title in enumerate(COLUMNS, start=1)
    ]
    lines = [_line(("", *COLUMNS), first, widths)]
    lines += [row[0] if len(row) == 1 else _line(row, first, widths) for row in rows]
    return "\n".join(lines) + "\n"


def _row(record: TrialRecord) -> tuple[str, ...]:
    events, used = record.evidence.events, usage(record.evidence.events)
    tokens = "unknown"
    if used.input is not None and used.output is not None:
        tokens = f"{'~' * used.estimated}{used.input + used.output:,}"
    number = f" #{record.trial}" if record.trial else ""
    counts = (turns(events), calls(events), test_runs(events), files_changed(events))
    return (f"  {record.variant}{number}", *map(str, counts), tokens, ending(record))


def _line(row: Sequence[str], first: int, widths: Sequence[int]) -> str:
    cells = [cell.rjust(width) for cell, width in zip(row[1:], widths, strict=True)]
    return f"{row[0]:<{first}} " + " ".join(cells)


def _evidence(trials: Sequence[TrialRecord]) -> str:
    kinds: dict[str, list[TrialRecord]] = {}
    for record in trials:
        bare = ", without a sandbox" if record.compatible.get("sandbox") == "none" else ""
        kinds.setdefault(origin(record.provenance) + bare, []).append(record)
    lines = []
    for kind, of_kind in kinds.items():
        ages = sorted({age(record.provenance) for record in of_kind} - {""})
        how = "replayed" if all(record.replayed for record in of_kind) else "recorded now"
        told = [f"{len(of_kind)} trials", kind, how, *([", ".join(ages)] if ages else [])]
        lines.append("evidence: " + "; ".join(told) + "\n")
    return "".join(lines)


def _without_evidence(errors: Sequence[EvidenceError]) -> str:
    missing = sum(isinstance(error, MissingRecording) for error in errors)
    stale = sum(isinstance(error, StaleRecording) for error in errors)
    lines = []
    if missing:
        lines.append(
            f"no evidence: {missing} trials were never recorded; pytest ... --record once\n"
        )
    if stale:
        lines.append(f"stale: {stale} trials no longer fit; pytest ... --record stale\n")
    return "".join(lines)
