"""All that a report shows, computed; the page and the comment only write it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.report.evidence import describe_evidence, describe_sides, list_tainted
from promptverdict.report.fingerprint import (
    Fingerprint,
    build_fingerprint,
    list_notable_measures,
)
from promptverdict.report.flip_evidence import FlipEvidence, gather_evidence
from promptverdict.report.flips import find_strongest_flip, list_flips
from promptverdict.report.grid import Grid, build_grids, count_flags
from promptverdict.report.headline import (
    Headline,
    build_headline,
    combine_headlines,
    describe_uncompared_run,
    rank_word,
)
from promptverdict.report.other_side import list_lost_runs
from promptverdict.report.rates import ShownRate, build_rate_table, count_rates
from promptverdict.report.sections import (
    ScenarioSection,
    build_provenance_table,
    build_sections,
)
from promptverdict.report.table import Table
from promptverdict.report.transcript.lines import Line
from promptverdict.report.trend import Trend
from promptverdict.report.verdict_table import build_verdict_table
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Manifest
from promptverdict.version import __version__

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
    fingerprint: Fingerprint | None
    """What the agents did that no grader asked for."""
    notable: tuple[str, ...]
    """Of that, what differs clearly, in a line each."""
    prompt_diff: tuple[Line, ...]
    unpaired: tuple[str, ...]
    """What could not be compared, and why."""


@dataclass(frozen=True)
class Report:
    """A run's report."""

    run: str
    version: str
    summary: str
    """What was run, and when."""
    headline: Headline
    evidence: tuple[str, ...]
    notes: tuple[str, ...]
    """What was not compared at all, and why."""
    comparisons: tuple[ComparisonSection, ...]
    """The worst first, without those of unchanged prompts."""
    unchanged: tuple[str, ...]
    """Variants whose prompt is the same on both sides."""
    rates: tuple[ShownRate, ...]
    """Where nothing was compared: how often each behaviour was shown."""
    rate_table: Table | None
    grids: tuple[Grid, ...]
    flags: Mapping[str, int]
    """What rows of the grids can be filtered by, and how many each finds."""
    scenarios: tuple[ScenarioSection, ...]
    records: tuple[TrialRecord, ...]
    """Of both sides, for their transcripts."""
    provenance: Table
    trend: Trend | None
    """How the last runs went."""


def build_report(
    manifest: Manifest,
    records: Sequence[TrialRecord],
    compared: Comparisons | None,
    now: datetime,
    other_side: Sequence[TrialRecord] = (),
    trend: Trend | None = None,
) -> Report:
    """Compute the report of a run. There must be at least one record.

    other_side: of what it was compared with, as `read_other_side` reads it. trend: as `read_trend`
    reads it.
    """
    comparisons = sorted(
        compared.comparisons if compared else (),
        key=lambda comparison: rank_word(comparison.word),
    )
    changed = [comparison for comparison in comparisons if comparison.status != "unchanged"]
    both_sides = (*records, *other_side)
    by_key = {record.key: record for record in both_sides}
    pairs = [
        (comparison.baseline.label, comparison.candidate.label)
        for comparison in comparisons
        if comparison.status == "compared"
    ]
    sections = tuple(
        _build_section(comparison, by_key, manifest.run, f"compared:{number}", now)
        for number, comparison in enumerate(changed, start=1)
    )
    flips = [
        (comparison.candidate.label, flip)
        for comparison in changed
        for flip in list_flips(comparison)
    ]
    rates = [] if comparisons else count_rates(records)
    grids = tuple(build_grids(both_sides, manifest.planned, pairs, flips, now))
    return Report(
        run=manifest.run,
        version=__version__,
        summary=_summarise(manifest, records),
        headline=_build_headline(comparisons, changed, records),
        evidence=(
            (sections[0].evidence,)
            if len(sections) == 1
            else tuple(describe_evidence(both_sides, now))
        ),
        notes=(
            *list_tainted(both_sides),
            *(compared.notes if compared else ()),
            *list_lost_runs(comparisons, other_side),
        ),
        comparisons=sections,
        unchanged=tuple(
            comparison.candidate.label
            for comparison in comparisons
            if comparison.status == "unchanged"
        ),
        rates=tuple(rates),
        rate_table=build_rate_table(rates),
        grids=grids,
        flags=count_flags(grids),
        scenarios=tuple(build_sections(both_sides, pairs, manifest.run, now)),
        records=both_sides,
        provenance=build_provenance_table(both_sides, now),
        trend=trend,
    )


def _build_headline(
    comparisons: Sequence[Comparison],
    changed: Sequence[Comparison],
    records: Sequence[TrialRecord],
) -> Headline:
    """Build the headline of all that changed; of all, where nothing did."""
    if not comparisons:
        return describe_uncompared_run(records)
    return combine_headlines(changed or comparisons)


def _build_section(
    comparison: Comparison,
    records: Mapping[str, TrialRecord],
    run: str,
    section: str,
    now: datetime,
) -> ComparisonSection:
    flips = list(gather_evidence(list_flips(comparison), comparison, records, run))
    strongest = find_strongest_flip(comparison)
    return ComparisonSection(
        comparison=comparison,
        headline=build_headline(comparison),
        section=section,
        title=f"{comparison.candidate.label} against {comparison.baseline.label}",
        evidence=describe_sides(comparison, now),
        table=build_verdict_table(comparison),
        strongest=next((flip for flip in flips if flip.flip == strongest), None),
        flips=tuple(flips),
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


def _summarise(manifest: Manifest, records: Sequence[TrialRecord]) -> str:
    ended = f"ended {manifest.finished}" if manifest.finished else "did not end by itself"
    planned = format_count(len(manifest.planned), "planned trial")
    merged = (
        f"; merged from {format_count(len(shards), 'shard')}" if (shards := manifest.shards) else ""
    )
    part = f"; shard {manifest.shard} of its plan" if manifest.shard else ""
    return f"started {manifest.started}, {ended}; {len(records)} of {planned}{merged}{part}"
