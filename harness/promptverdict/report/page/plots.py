"""What the page draws: differences of a comparison, or rates where there are none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.numbers import format_interval
from promptverdict.report.figures import format_change, format_share, is_usable
from promptverdict.report.page.forest import Estimate, ForestPlot, draw_forest
from promptverdict.report.rates import ShownRate
from promptverdict.report.styles import get_style
from promptverdict.report.verdict_table import list_verdicts


@dataclass(frozen=True)
class Plot:
    """A drawing and how to read it."""

    title: str
    explanation: str
    drawing: ForestPlot
    is_folded: bool = False
    """Whether it says too little to stand open."""


def plot_rates(rates: Sequence[ShownRate]) -> Plot | None:
    """Draw rates by behaviour and variant; None where nothing was graded."""
    rows: list[Estimate] = []
    last = None
    for rate in rates:
        if (rate.suite, rate.behaviour) != last:
            last = (rate.suite, rate.behaviour)
            rows.append(Estimate(f"{rate.behaviour} ({rate.suite})", "", None, is_heading=True))
        estimate = rate.estimate
        ungraded = f", {rate.unknown} ungraded" if rate.unknown else ""
        rows.append(
            Estimate(
                rate.variant,
                f"{rate.share}, {rate.basis}{ungraded}",
                estimate.estimate if estimate.valid else None,
                estimate.low,
                estimate.high,
            )
        )
    if not rows:
        return None
    title = "How often each behaviour was shown"
    explanation = "Mean over scenarios, with 95 % intervals; the scenario is the unit."
    return Plot(title, explanation, draw_forest(title, rows, is_change=False))


def plot_comparison(comparison: Comparison) -> Plot | None:
    """Draw differences, themes first; rates where there are too few scenarios for those."""
    verdicts = list(list_verdicts(comparison))
    if not verdicts:
        return None
    title = f"{comparison.candidate.label} against {comparison.baseline.label}"
    if not any(map(is_usable, verdicts)):
        title = f"Rates: {title}"
        rows = list(_list_rates(comparison, verdicts))
        return Plot(
            title,
            "Too few paired scenarios for a difference; rates with their 95 % intervals.",
            draw_forest(title, rows, is_change=False),
            is_folded=True,
        )
    title = f"Differences: {title}"
    explanation = (
        "Candidate minus baseline in points (hundredths of a rate), with 95 % intervals. Right of 0"
        " is shown more often. An interval that holds 0 leaves open which way."
    )
    rows = list(_list_differences(comparison))
    return Plot(title, explanation, draw_forest(title, rows, is_change=True))


def _list_differences(comparison: Comparison) -> Iterator[Estimate]:
    suites = {verdict.suite for verdict in comparison.behaviours}
    for name, verdicts in (("Themes", comparison.themes), ("Behaviours", comparison.behaviours)):
        if comparison.themes and verdicts:
            yield Estimate(name, "", None, is_heading=True)
        for verdict in verdicts:
            of_suite = f" ({verdict.suite})" if len(suites) > 1 else ""
            yield Estimate(
                f"{verdict.behaviour}{of_suite}",
                f"{format_change(verdict, ' points')}, n = {verdict.n}, {verdict.word}",
                verdict.estimate if is_usable(verdict) else None,
                verdict.low,
                verdict.high,
                get_style(verdict.word),
            )


def _list_rates(comparison: Comparison, verdicts: Sequence[BehaviourVerdict]) -> Iterator[Estimate]:
    for verdict in verdicts:
        yield Estimate(f"{verdict.behaviour} ({verdict.suite})", "", None, is_heading=True)
        for side, rate in (
            (comparison.baseline, verdict.baseline_rate),
            (comparison.candidate, verdict.candidate_rate),
        ):
            if rate.estimate is None:
                yield Estimate(side.label, format_share(None), None)
                continue
            figures = (
                f"{format_share(rate.estimate)} ({format_interval(rate.low, rate.high)}),"
                f" {rate.passed} of {rate.graded}"
            )
            yield Estimate(side.label, figures, rate.estimate, rate.low, rate.high)
