"""The summary that ends a run in the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.errors import EvidenceError, MissingRecording, StaleRecording, shown
from harness.records import Provenance, TrialRecord
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
from harness.report.transcript import safe

COLUMNS = ("turns", "calls", "test runs", "files", "tokens", "ended")


def summary(
    records: Mapping[str, Sequence[TrialRecord]],
    errors: Sequence[EvidenceError],
    run: Path | None,
) -> str:
    """Show each cell's facts, what evidence they rest on, and what evidence is not there."""
    trials = [record for kept in records.values() for record in kept]
    parts = [_table(trials), "\n", *_behaviours(trials), _evidence(trials)] if trials else []
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
    return (f"  {record.variant}{number}", *map(str, counts), tokens, safe(ending(record)))


def _behaviours(trials: Sequence[TrialRecord]) -> list[str]:
    """Show how often each behaviour was shown by each variant, where anything was graded."""
    counted: dict[tuple[str, str], dict[str, list[str]]] = {}
    for record in trials:
        for grade in record.grades:
            rows = counted.setdefault((record.suite, grade.behaviour), {})
            rows.setdefault(record.variant, []).append(grade.finding.outcome)
    if not counted:
        return []
    width = max(len(variant) for rows in counted.values() for variant in rows)
    lines = []
    for (suite, behaviour), rows in sorted(counted.items()):
        lines.append(f"{suite}: {behaviour}")
        lines += [f"  {variant:<{width}}  {_rate(rows[variant])}" for variant in sorted(rows)]
    return ["\n".join(lines), "\n\n"]


def _rate(outcomes: Sequence[str]) -> str:
    """Write `3 of 4`, and apart from it how many nobody could grade."""
    unknown = outcomes.count("ungraded")
    told = f"shown in {outcomes.count('pass')} of {len(outcomes) - unknown}"
    return f"{told}, {unknown} ungraded" if unknown else told


def _line(row: Sequence[str], first: int, widths: Sequence[int]) -> str:
    cells = [cell.rjust(width) for cell, width in zip(row[1:], widths, strict=True)]
    return f"{row[0]:<{first}} " + " ".join(cells)


def _evidence(trials: Sequence[TrialRecord]) -> str:
    kinds: dict[str, list[Provenance]] = {}
    for record in trials:
        if record.provenance:
            bare = ", without a sandbox" if record.compatible.get("sandbox") == "none" else ""
            how = "replayed" if record.replayed else "recorded now"
            kind = f"{safe(origin(record.provenance))}{bare}; {how}"
            kinds.setdefault(kind, []).append(record.provenance)
    lines = []
    for kind, of_kind in kinds.items():
        newest_first = sorted(of_kind, key=lambda one: one.recorded, reverse=True)
        ages = ", ".join(dict.fromkeys(age(one) for one in newest_first))
        lines.append(f"evidence: {_trials(of_kind)}; {kind}; {ages}\n")
    if broken := [record for record in trials if not record.provenance]:
        lines.append(f"no evidence: {_trials(broken)} broke off\n")
    return "".join(lines)


def _without_evidence(errors: Sequence[EvidenceError]) -> str:
    missing = [error for error in errors if isinstance(error, MissingRecording)]
    stale = [error for error in errors if isinstance(error, StaleRecording)]
    broken = [error for error in errors if error not in missing and error not in stale]
    lines = []
    if missing:
        were = "was" if len(missing) == 1 else "were"
        lines.append(
            f"no evidence: {_trials(missing)} {were} never recorded; pytest ... --record once\n"
        )
    if stale:
        fit = "fits" if len(stale) == 1 else "fit"
        lines.append(f"stale: {_trials(stale)} no longer {fit}; pytest ... --record stale\n")
    if broken:
        lines.append(f"broken: {_trials(broken)} cannot be played; pytest ... --record all\n")
    return "".join(lines)


def _trials(listed: Sequence[object]) -> str:
    return "1 trial" if len(listed) == 1 else f"{len(listed)} trials"
