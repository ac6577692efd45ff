"""The figures of a report, as a plot and as the table that says the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptverdict.comparison.verdicts import BehaviourVerdict, Comparison, Rate
from promptverdict.core.numbers import format_interval, format_p_value, format_percent
from promptverdict.report.headline import STYLES, change, missed, share
from promptverdict.report.page.forest import Estimate, Plot, plot
from promptverdict.report.page.rates import Shown

Table = tuple[tuple[str, ...], ...]
"""Names first, then a row each."""


@dataclass(frozen=True)
class Figures:
    """A plot, and its table."""

    title: str
    told: str
    """How to read it."""
    plot: Plot
    table: Table


def of_rates(found: Sequence[Shown]) -> Figures | None:
    """Lay out rates by behaviour and variant; None where nothing was graded."""
    if not found:
        return None
    rows: list[Estimate] = []
    last = None
    for one in found:
        if (one.suite, one.behaviour) != last:
            last = (one.suite, one.behaviour)
            rows.append(Estimate(f"{one.behaviour} ({one.suite})", "", None, heading=True))
        rows.append(Estimate(one.variant, one.told, one.estimate, one.low, one.high))
    title = "How often each behaviour was shown"
    return Figures(
        title,
        "Mean over scenarios, with 95 % intervals; the scenario is the unit.",
        plot(title, rows, change=False),
        (
            ("behaviour", "suite", "variant", "shown", "trials", "ungraded"),
            *(
                (one.behaviour, one.suite, one.variant, one.share, one.basis, str(one.unknown))
                for one in found
            ),
        ),
    )


def of_comparison(comparison: Comparison) -> Figures | None:
    """Lay out differences, themes first; rates where there are too few scenarios for those."""
    judged = (*comparison.themes, *comparison.behaviours)
    if not judged:
        return None
    against = f"{comparison.candidate.label} against {comparison.baseline.label}"
    if not any(map(_is_told, judged)):
        title = f"Rates: {against}"
        told = "Too few paired scenarios for a difference; rates with their 95 % intervals."
        drawn = plot(title, list(_rates(comparison, judged)), change=False)
    else:
        title = f"Differences: {against}"
        told = (
            "Candidate minus baseline in points (hundredths of a rate), with 95 % intervals. Right"
            " of 0 is shown more often; an interval that holds 0 leaves open which way. The table"
            " tells how small a change would usually be missed."
        )
        drawn = plot(title, list(_differences(comparison)), change=True)
    return Figures(title, told, drawn, tuple(_table(judged)))


def _is_told(one: BehaviourVerdict) -> bool:
    """Whether its difference means anything: there are scenarios enough, and evidence of them."""
    return one.kind == "verdict" and one.verdict != "invalid"


def _differences(comparison: Comparison) -> Iterable[Estimate]:
    suites = {one.suite for one in comparison.behaviours}
    for name, group in (("Themes", comparison.themes), ("Behaviours", comparison.behaviours)):
        if comparison.themes and group:
            yield Estimate(name, "", None, heading=True)
        for one in group:
            of_suite = f" ({one.suite})" if len(suites) > 1 else ""
            yield Estimate(
                f"{one.behaviour}{of_suite}",
                f"{change(one)}, n = {one.n}, {_word(one)}",
                one.estimate if _is_told(one) else None,
                one.low,
                one.high,
                STYLES.get(one.verdict, "unknown"),
            )


def _rates(comparison: Comparison, judged: Iterable[BehaviourVerdict]) -> Iterable[Estimate]:
    for one in judged:
        yield Estimate(f"{one.behaviour} ({one.suite})", "", None, heading=True)
        for side, rate in (
            (comparison.baseline, one.baseline_rate),
            (comparison.candidate, one.candidate_rate),
        ):
            yield Estimate(side.label, _rate(rate), rate.estimate, rate.low, rate.high)


def _table(judged: Sequence[BehaviourVerdict]) -> Iterable[tuple[str, ...]]:
    head = (
        *("behaviour", "verdict", "baseline", "candidate", "change", "usually missed", "n"),
        *("missing", "p (Holm)"),
    )
    repeated = any(map(repeats, judged))
    yield (*head, "pass^k") if repeated else head
    for one in judged:
        row = (
            one.behaviour,
            f"{_word(one)}{', fragile' if one.fragile else ''}",
            _rate(one.baseline_rate),
            _rate(one.candidate_rate),
            change(one),
            f"below {size} points" if (size := missed(one)) else "",
            str(one.n),
            f"{_missing(one.missing_baseline, one.unasked_baseline)} and"
            f" {_missing(one.missing_candidate, one.unasked_candidate)}",
            _p(one),
        )
        yield (*row, repeats(one)) if repeated else row


def _missing(results: int, unasked: int) -> str:
    """Count what a side lacks, and how much of it because it never ran the scenario."""
    return f"{results + unasked} ({unasked} never asked)" if unasked else str(results)


def repeats(one: BehaviourVerdict) -> str:
    """Tell how likely all of k trials show it, on both sides; empty where none was repeated."""
    sides = (one.baseline_rate.repeats, one.candidate_rate.repeats)
    if not any(sides):
        return ""
    each = {side.k if side else None for side in sides}
    if len(each) == 1:
        return f"{' -> '.join(format_percent(side.all) for side in sides if side)} (k={each.pop()})"
    return " -> ".join(
        f"{format_percent(side.all)} (k={side.k})" if side else "not known" for side in sides
    )


def _p(one: BehaviourVerdict) -> str:
    if one.p is None or not _is_told(one):
        return ""
    return (
        format_p_value(one.p)
        if one.p_holm is None
        else f"{format_p_value(one.p)} ({format_p_value(one.p_holm)})"
    )


def _word(one: BehaviourVerdict) -> str:
    return one.word


def _rate(rate: Rate) -> str:
    if rate.estimate is None:
        return share(None)
    ends = format_interval(rate.low, rate.high)
    return f"{share(rate.estimate)} ({ends}), {rate.passed} of {rate.graded}"
