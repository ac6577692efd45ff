"""One candidate against one baseline, as the page and the comment show it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.ids import format_scenario_id
from promptverdict.report.evidence import describe_sides
from promptverdict.report.fingerprint import (
    Fingerprint,
    build_fingerprint,
    list_notable_measures,
)
from promptverdict.report.flip_evidence import FlipEvidence, gather_evidence
from promptverdict.report.flips import Flip, count_flips, find_strongest_flip
from promptverdict.report.headline import Headline, build_headline
from promptverdict.report.table import Table
from promptverdict.report.transcript.lines import Line
from promptverdict.report.verdict_table import build_verdict_table
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import TrialSummary

MOST_FLIPS = 1_000
"""Of a whole report that are shown with both of their sides, comparison by comparison."""
_RECENT = 64
"""Records that are held while flips are gathered: a trial may show several."""
_DIFF_STYLES = {"+": "added", "-": "removed", "@": "note"}


@dataclass(frozen=True)
class ComparisonSection:
    """One candidate against one baseline."""

    comparison: Comparison
    headline: Headline
    section: str
    """Id of the part of the page that tells more."""
    title: str
    """Who against whom."""
    evidence: str
    """What the two sides rest on."""
    table: Table | None
    """Of the verdicts; None where nothing was compared."""
    strongest: FlipEvidence | None
    flips: tuple[FlipEvidence, ...]
    """What flipped, what was lost most first."""
    flip_count: str
    """How much flipped in all: `2 gained, 6 lost in 5 scenarios`."""
    flips_left_out: int
    """Of all that flipped, what is not among `flips`."""
    fingerprint: Fingerprint | None
    """What the agents did that no grader asked for."""
    notable: tuple[str, ...]
    """Of that, what differs clearly, in a line each."""
    prompt_diff: tuple[Line, ...]
    unpaired: tuple[str, ...]
    """What could not be compared, and why."""


def build_comparison_sections(
    comparisons: Sequence[Comparison],
    flips: Sequence[Sequence[Flip]],
    trials: Sequence[TrialSummary],
    read: Callable[[TrialSummary], TrialRecord],
    run: str,
    now: datetime,
) -> tuple[ComparisonSection, ...]:
    """Lay out comparisons, in their order.

    flips: of each comparison, what was lost most first. trials: of both sides. read: reads the
    record of one. run: name of the report's.
    """
    find = _find_records(trials, read)
    sections: list[ComparisonSection] = []
    room = MOST_FLIPS
    for number, (comparison, own) in enumerate(zip(comparisons, flips, strict=True), start=1):
        section = f"compared:{number}"
        sections.append(_build_section(comparison, own, room, find, run, section, now))
        room -= len(sections[-1].flips)
    return tuple(sections)


def _find_records(
    trials: Sequence[TrialSummary], read: Callable[[TrialSummary], TrialRecord]
) -> Callable[[str], TrialRecord | None]:
    """Return what finds the record of a trial by its key, where the run has one."""
    by_key = {trial.key: trial for trial in trials}

    @lru_cache(maxsize=_RECENT)
    def find(key: str) -> TrialRecord | None:
        trial = by_key.get(key)
        return read(trial) if trial else None

    return find


def _build_section(
    comparison: Comparison,
    flips: Sequence[Flip],
    room: int,
    find: Callable[[str], TrialRecord | None],
    run: str,
    section: str,
    now: datetime,
) -> ComparisonSection:
    # The strongest has a place of its own, and stands among the rest where there is room.
    listed = flips[:room]
    strongest = find_strongest_flip(comparison)
    wanted = listed if strongest in listed or strongest is None else [*listed, strongest]
    evidence = list(gather_evidence(wanted, comparison, find, run))
    return ComparisonSection(
        comparison=comparison,
        headline=build_headline(comparison),
        section=section,
        title=f"{comparison.candidate.label} against {comparison.baseline.label}",
        evidence=describe_sides(comparison, now),
        table=build_verdict_table(comparison),
        strongest=next((each for each in evidence if each.flip == strongest), None),
        flips=tuple(evidence[: len(listed)]),
        flip_count=count_flips(flips),
        flips_left_out=len(flips) - len(listed),
        fingerprint=build_fingerprint(comparison),
        notable=tuple(list_notable_measures(comparison.fingerprint)),
        prompt_diff=tuple(map(_build_diff_line, comparison.prompt_diff.splitlines())),
        unpaired=tuple(
            f"{format_scenario_id(unpaired.suite, unpaired.scenario)}: {unpaired.why}"
            for unpaired in comparison.unpaired
        ),
    )


def _build_diff_line(line: str) -> Line:
    return Line(line, _DIFF_STYLES.get(line[:1], "said"))
