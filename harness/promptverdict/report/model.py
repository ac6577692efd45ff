"""All that a report shows, computed; the page and the comment only write it down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.core.text import format_count
from promptverdict.report.comparison_section import ComparisonSection, build_comparison_sections
from promptverdict.report.evidence import describe_evidence, list_lost_tools, list_tainted
from promptverdict.report.flips import list_flips
from promptverdict.report.grid import Grid, build_grids, count_flags
from promptverdict.report.headline import (
    Headline,
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
from promptverdict.report.selection import describe_selection, select_trials
from promptverdict.report.table import Table
from promptverdict.report.trend import Trend
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Manifest
from promptverdict.trials.summary import TrialSummary
from promptverdict.version import __version__


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
    trials: tuple[TrialSummary, ...]
    """Of both sides: those that the page has."""
    read: Callable[[TrialSummary], TrialRecord]
    """Reads the record of a trial again, for its transcript."""
    left_out: str
    """What the page lacks, and where it is; empty where it has all."""
    provenance: Table
    trend: Trend | None
    """How the last runs went."""


def build_report(
    manifest: Manifest,
    trials: Sequence[TrialSummary],
    compared: Comparisons | None,
    now: datetime,
    read: Callable[[TrialSummary], TrialRecord],
    other_side: Sequence[TrialSummary] = (),
    trend: Trend | None = None,
) -> Report:
    """Compute the report of a run. There must be at least one trial.

    read: reads the record of a trial of either side. other_side: of what it was compared with, as
    `read_other_side` reads it. trend: as `read_trend` reads it.
    """
    comparisons = sorted(
        compared.comparisons if compared else (),
        key=lambda comparison: rank_word(comparison.word),
    )
    changed = [comparison for comparison in comparisons if comparison.status != "unchanged"]
    both_sides = (*trials, *other_side)
    pairs = [
        (comparison.baseline.label, comparison.candidate.label)
        for comparison in comparisons
        if comparison.status == "compared"
    ]
    flips = [list_flips(comparison) for comparison in changed]
    sections = build_comparison_sections(changed, flips, both_sides, read, manifest.run, now)
    flipped = (
        evidence.flip
        for section in sections
        for evidence in (section.strongest, *section.flips)
        if evidence
    )
    keys = (key for flip in flipped for key in (flip.baseline_trial, flip.candidate_trial))
    selection = select_trials(both_sides, keys, pairs)
    rates = [] if comparisons else count_rates(trials)
    by_candidate = (
        (comparison.candidate.label, flip)
        for comparison, own in zip(changed, flips, strict=True)
        for flip in own
    )
    grids = tuple(build_grids(both_sides, manifest.planned, pairs, by_candidate, now, selection))
    left_out = " ".join(describe_selection(selection, both_sides, manifest.run))
    on_page = tuple(selection.pick(both_sides))
    return Report(
        run=manifest.run,
        version=__version__,
        summary=_summarise(manifest, trials),
        headline=_build_headline(comparisons, changed, trials),
        evidence=(
            (sections[0].evidence,)
            if len(sections) == 1
            else tuple(describe_evidence(both_sides, now))
        ),
        notes=(
            *([left_out] if left_out else []),
            *list_lost_tools(both_sides),
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
        scenarios=tuple(build_sections(both_sides, pairs, manifest.run, now, selection)),
        trials=on_page,
        read=read,
        left_out=left_out,
        provenance=build_provenance_table(on_page, now),
        trend=trend,
    )


def _build_headline(
    comparisons: Sequence[Comparison],
    changed: Sequence[Comparison],
    trials: Sequence[TrialSummary],
) -> Headline:
    """Build the headline of all that changed; of all, where nothing did."""
    if not comparisons:
        return describe_uncompared_run(trials)
    return combine_headlines(changed or comparisons)


def _summarise(manifest: Manifest, trials: Sequence[TrialSummary]) -> str:
    ended = f"ended {manifest.finished}" if manifest.finished else "did not end by itself"
    planned = format_count(len(manifest.planned), "planned trial")
    merged = (
        f"; merged from {format_count(len(shards), 'shard')}" if (shards := manifest.shards) else ""
    )
    part = f"; shard {manifest.shard} of its plan" if manifest.shard else ""
    return f"started {manifest.started}, {ended}; {len(trials)} of {planned}{merged}{part}"
