"""The summary that ends a run in the terminal."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import BrokenRecording, MissingRecording, StaleRecording
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text, format_count
from promptverdict.report.words import age, priced, tokens
from promptverdict.trials.metrics import (
    count_calls,
    count_files_changed,
    count_test_runs,
    count_turns,
    describe_ending,
    sum_usage,
)
from promptverdict.trials.prices import add_costs
from promptverdict.trials.provenance import Provenance, describe_isolation, describe_origin
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import add_usages

if TYPE_CHECKING:
    from promptverdict.runner.decisions import Decision

COLUMNS = ("turns", "calls", "test runs", "files", "tokens", "ended")

_ABSENT = {
    MissingRecording.__name__: ("no evidence: {} {} never recorded", ("was", "were"), "once"),
    StaleRecording.__name__: ("stale: {} no longer {}", ("fits", "fit"), "stale"),
}
"""Kind of fault -> how it is told, and the mode that records only what is absent."""
_MOST_CELLS = 5
"""Cells that one command names."""


@dataclass(frozen=True)
class Called:
    """How pytest was called, to be called again with `--record`."""

    arguments: tuple[str, ...] = ("evals/",)
    """Without how it recorded and was distributed."""
    options: tuple[str, ...] = ()
    """Those of the arguments that name nothing to collect."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Every cell of the run, `suite/scenario::agent/variant` -> its node id as seen from here."""

    def again(self, mode: str) -> str:
        """Give the command that looks at all there is."""
        return shlex.join(["pytest", *self.arguments, "--record", mode])

    def anew(self, cells: Sequence[str]) -> str:
        """Give the command that records these cells and no others, however good what lies there."""
        nodes = [self.nodes[cell] for cell in dict.fromkeys(cells)]
        if len(nodes) == len(self.nodes):
            return self.again("all")
        more = f" (and {len(nodes) - _MOST_CELLS} more)" if len(nodes) > _MOST_CELLS else ""
        named = [*self.options, *nodes[:_MOST_CELLS]]
        return shlex.join(["pytest", *named, "--record", "all"]) + more


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
    called: Called = Called(),
    short: Sequence[Shortcoming] = (),
    baselines: Mapping[str, str] | None = None,
) -> str:
    """Show each cell's facts, the evidence they rest on, what is not there and what fell short.

    baselines: of the suites that have one; None where a comparison follows.
    """
    there = [record for record in trials if not _is_absent(record)]
    parts = []
    if there:
        parts = [_table(there), "\n", *_behaviours(there), _evidence(there), _cost(there)]
    parts.append(_absences(trials, called))
    parts += [_told(one) for one in short]
    if run and there:
        parts.append(f"records: {display_path(run)}   read one: promptverdict show NODE-ID\n")
        parts.append(_more(there, baselines or {}))
    return "".join(parts)


def unrecorded(left: Sequence[Decision], called: Called) -> str:
    """Tell which trials were to be recorded and are not, by what lies there instead."""
    by_state: dict[str, list[str]] = {}
    for one in left:
        by_state.setdefault(one.state, []).append(one.trial.cell.id)
    missing, stale = by_state.pop("missing", []), by_state.pop("stale", [])
    kept = [cell for cells in by_state.values() for cell in cells]
    told = ""
    if missing:
        told += f"not recorded: {_trials(missing)}; the rest: {called.again('once')}\n"
    if stale:
        still = "not recorded again, and the older recording no longer fits"
        told += f"{still}: {_trials(stale)}; the rest: {called.again('stale')}\n"
    if kept:
        still = "not recorded again, and the older recording stays"
        told += f"{still}: {_trials(kept)}; to replace it: {called.anew(kept)}\n"
    return told


def _is_absent(record: TrialRecord) -> bool:
    """Whether there was nothing to play; a recording that broke off while playing is shown."""
    absent = {*_ABSENT, BrokenRecording.__name__}
    return record.fault is not None and record.fault.kind in absent and not record.evidence.events


def _table(trials: Sequence[TrialRecord]) -> str:
    """Lay out scenarios with their variants below them; narrow enough for a small terminal."""
    rows: list[tuple[str, ...]] = []
    for record in sorted(trials, key=lambda one: (one.suite, one.scenario, one.variant, one.trial)):
        name = format_scenario_id(record.suite, record.scenario)
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
    events, used = record.evidence.events, sum_usage(record.evidence.events)
    number = f" #{record.trial}" if record.trial else ""
    counts = (
        count_turns(events),
        count_calls(events),
        count_test_runs(events),
        count_files_changed(events),
    )
    return (
        f"  {record.variant}{number}",
        *map(str, counts),
        tokens(used),
        escape_text(describe_ending(record)),
    )


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
            how = "replayed" if record.replayed else "recorded now"
            origin = escape_text(describe_origin(record.provenance))
            kind = f"{origin}{describe_isolation(record.compatible)}; {how}"
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
    used = add_usages(sum_usage(one.evidence.events) for one in trials)
    return f"{what}: {tokens(used)} tokens, {priced(add_costs(one.cost for one in trials))}\n"


def _absences(trials: Sequence[TrialRecord], called: Called) -> str:
    """Group what cannot be played, with the command that records it."""
    gone = [record for record in trials if _is_absent(record)]
    absent = [record.fault.kind for record in gone if record.fault]
    lines = []
    for kind, (told, (one, many), mode) in _ABSENT.items():
        if number := absent.count(kind):
            counted = _trials([kind] * number)
            said = told.format(counted, one if number == 1 else many)
            lines.append(f"{said}; record: {called.again(mode)}\n")
    broken = [one for one, kind in zip(gone, absent, strict=True) if kind not in _ABSENT]
    if broken:
        lines.append(_broken(broken, called))
    return "".join(lines)


def _broken(trials: Sequence[TrialRecord], called: Called) -> str:
    """Name the cells to record: the mode that replaces what is broken replaces all else too."""
    cells = [record.cell for record in trials]
    it = "it" if len(trials) == 1 else "them"
    told = f"broken: {_trials(trials)} cannot be played; put {it} back from version control"
    if not all(cell in called.nodes for cell in cells):
        return f"{told}\n"
    return f"{told}, or record {it}: {called.anew(cells)}\n"


def _more(trials: Sequence[TrialRecord], baselines: Mapping[str, str]) -> str:
    """Say where to go on: the page, and the verdict where a variant ran beside the baseline."""
    ran = {(record.suite, record.variant) for record in trials}
    several = any(
        (suite, baseline) in ran and len([one for one, _ in ran if one == suite]) > 1
        for suite, baseline in baselines.items()
    )
    compare = "compare: promptverdict compare   " if several else ""
    return f"{compare}as a page: promptverdict report --open\n"


def _told(one: Shortcoming) -> str:
    return (
        f"{one.status} {one.node}\n  {escape_text(one.reason)}\n"
        f"  read it: promptverdict show '{one.node}'\n"
    )


def _trials(listed: Sequence[object]) -> str:
    return format_count(len(listed), "trial")
