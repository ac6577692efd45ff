"""Scenarios against variants: what the trials of each cell showed, and what that rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promptverdict.core.ids import parse_trial_id
from promptverdict.core.text import format_count
from promptverdict.report.words import spanned
from promptverdict.trials.provenance import Provenance, describe_isolation, describe_origin
from promptverdict.trials.record import TrialRecord

Place = tuple[str, str]
"""Suite and scenario."""


@dataclass(frozen=True)
class Cell:
    """One scenario with one variant."""

    variant: str
    style: str
    """How much was shown: all (of whole evidence), some, none, unknown or absent."""
    told: str
    """In words: `3 of 4 shown`."""
    evidence: str
    """Where it comes from and how old it is."""
    trials: int

    @property
    def symbol(self) -> str:
        """The same as a sign, for those who do not tell colours apart."""
        return {"all": "✓", "some": "◐", "none": "✗", "unknown": "?", "absent": "·"}[self.style]


@dataclass(frozen=True)
class Row:
    """One scenario."""

    suite: str
    scenario: str
    cells: tuple[Cell, ...]

    @property
    def anchor(self) -> str:
        """Name of its section of the page."""
        return anchor(self.suite, self.scenario)


@dataclass(frozen=True)
class Heat:
    """One suite."""

    suite: str
    variants: tuple[str, ...]
    rows: tuple[Row, ...]


def anchor(suite: str, scenario: str) -> str:
    """Name the section of a scenario; neither name holds a blank or a colon."""
    return f"scenario:{suite}:{scenario}"


def heats(records: Sequence[TrialRecord], planned: Iterable[str], now: datetime) -> list[Heat]:
    """Gather cells by suite; planned: ids of trials (`suite/scenario::variant#0`) that must show.

    Variants and scenarios are in the order of their names.
    """
    found: dict[tuple[Place, str], list[TrialRecord]] = {}
    for record in records:
        found.setdefault(((record.suite, record.scenario), record.variant), []).append(record)
    wanted = Counter(map(split, planned))
    for cell in wanted:
        found.setdefault(cell, [])
    suites = sorted({place[0] for place, _ in found})
    return [_heat(suite, found, wanted, now) for suite in suites]


def split(trial: str) -> tuple[Place, str]:
    """Take the id of a trial apart: suite and scenario, and the variant."""
    suite, scenario, variant, _ = parse_trial_id(trial)
    return (suite, scenario), variant


def _heat(
    suite: str,
    found: Mapping[tuple[Place, str], list[TrialRecord]],
    wanted: Mapping[tuple[Place, str], int],
    now: datetime,
) -> Heat:
    of_suite = {key: trials for key, trials in found.items() if key[0][0] == suite}
    variants = tuple(sorted({variant for _, variant in of_suite}))
    rows = [
        Row(
            suite,
            name,
            tuple(
                _cell(one, of_suite.get(cell), wanted.get(cell, 0), now)
                for one in variants
                for cell in [((suite, name), one)]
            ),
        )
        for name in sorted({place[1] for place, _ in of_suite})
    ]
    return Heat(suite, variants, tuple(rows))


def _cell(variant: str, trials: Sequence[TrialRecord] | None, wanted: int, now: datetime) -> Cell:
    if not trials:
        told = "not part of this run" if trials is None else "planned, left no record"
        return Cell(variant, "absent", told, "no evidence", 0)
    graded = [grade.finding.outcome for record in trials for grade in record.grades]
    shown, known = graded.count("pass"), len(graded) - graded.count("ungraded")
    words = [f"{shown} of {known} shown"] if known else []
    if unknown := graded.count("ungraded"):
        words.append(f"{unknown} ungraded")
    faults = [record.fault.kind for record in trials if record.fault]
    words += [f"{kind} ({faults.count(kind)})" for kind in dict.fromkeys(faults)]
    if (lost := wanted - len(trials)) > 0:
        words.append(f"{lost} left no record")
    if known:
        whole = not unknown and not faults and lost <= 0
        style = "all" if shown == known and whole else "some" if shown else "none"
    else:
        style = "unknown" if graded else "absent"
    told = ", ".join(words) or "nothing is graded here"
    return Cell(variant, style, told, where_from(trials, now), len(trials))


def where_from(trials: Iterable[TrialRecord], now: datetime) -> str:
    """Tell where the evidence of some trials comes from, and how old it is."""
    there = [record.provenance for record in trials if record.provenance]
    if not there:
        return "no evidence"
    kinds: dict[str, list[Provenance]] = {}
    for one in there:
        kinds.setdefault(one.evidence, []).append(one)
    return "; ".join(f"{kind}, {ages(of_kind, now)}" for kind, of_kind in kinds.items())


def ages(each: Iterable[Provenance], now: datetime) -> str:
    """Tell the age of the newest and of the oldest, or the one that all have."""
    recorded = [one.recorded for one in each]
    return spanned(max(recorded), min(recorded), now)


def evidence(records: Iterable[TrialRecord], now: datetime) -> list[str]:
    """Tell what all trials rest on, a line for each kind of evidence."""
    kinds: dict[str, list[Provenance]] = {}
    for record in records:
        if record.provenance:
            model = f"model {record.provenance.model}{describe_isolation(record.compatible)}"
            kind = f"{describe_origin(record.provenance)}; {model}"
            kinds.setdefault(kind, []).append(record.provenance)
    return [
        f"{format_count(len(each), 'trial')}; {kind}; {ages(each, now)}"
        for kind, each in kinds.items()
    ]
