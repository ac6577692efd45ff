"""The summary that ends a run in the terminal."""

from __future__ import annotations

import io
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


def summary(
    records: Mapping[str, Sequence[TrialRecord]],
    errors: Sequence[EvidenceError],
    run: Path | None,
    width: int,
) -> str:
    """Show each cell's facts, what evidence they rest on, and what evidence is not there."""
    trials = [record for kept in records.values() for record in kept]
    parts = [_table(trials, width), _evidence(trials)] if trials else []
    parts.append(_without_evidence(errors))
    if run and trials:
        parts.append(f"records: {shown(run)}   a transcript: promptverdict show NODE-ID\n")
    return "".join(parts)


def _table(trials: Sequence[TrialRecord], width: int) -> str:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("scenario", overflow="fold")
    table.add_column("variant", overflow="fold")
    for name in ("trial", "turns", "calls", "test runs", "files", "tokens", "status"):
        table.add_column(name, justify="right", no_wrap=True)
    last = ""
    for record in trials:
        events, scenario = record.evidence.events, f"{record.suite}/{record.scenario}"
        used = usage(events)
        total = None if used.input is None or used.output is None else used.input + used.output
        tokens = "unknown" if total is None else f"{'~' * used.estimated}{total:,}"
        table.add_row(
            scenario if scenario != last else "",
            record.variant,
            str(record.trial),
            str(turns(events)),
            str(calls(events)),
            str(test_runs(events)),
            str(files_changed(events)),
            tokens,
            ending(record),
        )
        last = scenario
    text = io.StringIO()
    Console(file=text, width=max(width, 60), highlight=False).print(table)
    return text.getvalue()


def _evidence(trials: Sequence[TrialRecord]) -> str:
    kinds: dict[str, list[TrialRecord]] = {}
    for record in trials:
        kinds.setdefault(origin(record.provenance), []).append(record)
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
