"""The summary that ends a run in the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import BrokenRecording, MissingRecording, StaleRecording, shown
from harness.prices import total
from harness.printable import safe
from harness.records import Provenance, TrialRecord
from harness.report.facts import (
    age,
    calls,
    ending,
    files_changed,
    origin,
    priced,
    test_runs,
    tokens,
    turns,
    usage,
)
from harness.transcript import added

COLUMNS = ("turns", "calls", "test runs", "files", "tokens", "ended")

_ABSENT = {
    MissingRecording.__name__: ("no evidence: {} {} never recorded", ("was", "were"), "once"),
    StaleRecording.__name__: ("stale: {} no longer {}", ("fits", "fit"), "stale"),
    BrokenRecording.__name__: ("broken: {} cannot be played{}", ("", ""), "all"),
}
"""Kind of fault -> how it is told, and the mode that records what is absent."""


@dataclass(frozen=True)
class Shortcoming:
    """A cell that did not pass."""

    node: str
    status: str
    """FAILED or ERROR."""
    reason: str


def summary(
    trials: Sequence[TrialRecord],
    *,
    run: Path | None = None,
    command: str = "pytest evals/",
    short: Sequence[Shortcoming] = (),
    compared: bool = False,
) -> str:
    """Show each cell's facts, the evidence they rest on, what is not there and what fell short.

    command: what was called, to be called again with `--record`. compared: a comparison follows.
    """
    there = [record for record in trials if not _is_absent(record)]
    parts = []
    if there:
        parts = [_table(there), "\n", *_behaviours(there), _evidence(there), _cost(there)]
    parts.append(_absences(trials, command))
    parts += [_told(one) for one in short]
    if run and there:
        parts.append(f"records: {shown(run)}   read one: promptverdict show NODE-ID\n")
        parts.append(_more(there, compared=compared))
    return "".join(parts)


def _is_absent(record: TrialRecord) -> bool:
    """Whether there was nothing to play; a recording that broke off while playing is shown."""
    return record.fault is not None and record.fault.kind in _ABSENT and not record.evidence.events


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
    number = f" #{record.trial}" if record.trial else ""
    counts = (turns(events), calls(events), test_runs(events), files_changed(events))
    return (f"  {record.variant}{number}", *map(str, counts), tokens(used), safe(ending(record)))


def _behaviours(trials: Sequence[TrialRecord]) -> list[str]:
    """Show how often each behaviour was shown by each variant, where anything was graded."""
    required: set[tuple[str, str, str]] = set()
    counted: dict[tuple[str, str], dict[str, list[str]]] = {}
    for record in trials:
        for grade in record.grades:
            rows = counted.setdefault((record.suite, grade.behaviour), {})
            rows.setdefault(record.variant, []).append(grade.finding.outcome)
            if grade.behaviour in record.required:
                required.add((record.suite, grade.behaviour, record.variant))
    if not counted:
        return []
    width = max(len(variant) for rows in counted.values() for variant in rows)
    lines = []
    for (suite, behaviour), rows in sorted(counted.items()):
        lines.append(f"{suite}: {behaviour}")
        for variant in sorted(rows):
            mark = ", required" if (suite, behaviour, variant) in required else ""
            lines.append(f"  {variant:<{width}}  {_rate(rows[variant])}{mark}")
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


def _cost(trials: Sequence[TrialRecord]) -> str:
    """Tell what was spent now apart from what the replayed trials once took."""
    return _took("spent now", [one for one in trials if not one.replayed]) + _took(
        "replayed, nothing spent; recording took", [one for one in trials if one.replayed]
    )


def _took(what: str, trials: Sequence[TrialRecord]) -> str:
    if not trials:
        return ""
    used = added(usage(one.evidence.events) for one in trials)
    return f"{what}: {tokens(used)} tokens, {priced(total(one.cost for one in trials))}\n"


def _absences(trials: Sequence[TrialRecord], command: str) -> str:
    """Group what cannot be played, with the command that records it."""
    absent = [record.fault.kind for record in trials if record.fault and _is_absent(record)]
    lines = []
    for kind, (told, (one, many), mode) in _ABSENT.items():
        if number := absent.count(kind):
            counted = _trials([kind] * number)
            said = told.format(counted, one if number == 1 else many)
            lines.append(f"{said}; record: {command} --record {mode}\n")
    return "".join(lines)


def _more(trials: Sequence[TrialRecord], *, compared: bool) -> str:
    """Say where to go on: the page, and the verdict where two variants ran in one suite."""
    ran = {(record.suite, record.variant) for record in trials}
    several = len({suite for suite, _ in ran}) < len(ran)
    compare = "compare: promptverdict compare   " if several and not compared else ""
    return f"{compare}as a page: promptverdict report --open\n"


def _told(one: Shortcoming) -> str:
    return (
        f"{one.status} {one.node}\n  {safe(one.reason)}\n"
        f"  read it: promptverdict show '{one.node}'\n"
    )


def _trials(listed: Sequence[object]) -> str:
    return "1 trial" if len(listed) == 1 else f"{len(listed)} trials"
