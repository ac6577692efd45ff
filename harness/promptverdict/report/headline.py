"""The verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promptverdict.comparison.verdicts import BehaviourVerdict, Comparison, Side, Word
from promptverdict.comparison.wording import describe_comparison
from promptverdict.core.numbers import count_decimals, format_percent, format_points
from promptverdict.core.text import format_count
from promptverdict.report.words import spanned
from promptverdict.trials.record import TrialRecord

Style = Literal["improved", "regressed", "mixed", "unknown"]
SYMBOLS: dict[Style, str] = {"improved": "▲", "regressed": "▼", "mixed": "◆", "unknown": "○"}
STYLES: dict[str | None, Style] = {
    "improved": "improved",
    "regressed": "regressed",
    "improved and regressed": "mixed",
    "blocked": "regressed",
    "improved in part": "mixed",
}
_WORST_FIRST: tuple[Word, ...] = (
    "regressed",
    "improved and regressed",
    "blocked",
    "stale",
    "unrecorded",
    "invalid",
    "improved in part",
    "improved",
    "inconclusive",
    "too few scenarios",
    "unchanged",
)
"""No evidence comes before an improvement: what is stale is never green."""
PART = " in part"
MOST = 4
"""Reasons that are told beside a verdict; the figures tell the rest."""


@dataclass(frozen=True)
class Reason:
    """One thing that a verdict rests on."""

    told: str
    about: str = ""
    """The behaviour, theme or gate, where it is one's."""


@dataclass(frozen=True)
class Headline:
    """What a reader should know if they read nothing else."""

    word: str
    style: Style
    sentence: str
    reasons: tuple[Reason, ...]

    @property
    def symbol(self) -> str:
        """The word as a sign."""
        return SYMBOLS[self.style]


def verdict(comparison: Comparison) -> Headline:
    """Say what a comparison comes to, for whom against whom, and why."""
    return Headline(
        word=comparison.word.capitalize(),
        style=STYLES.get(comparison.word, "unknown"),
        sentence=describe_comparison(comparison),
        reasons=tuple(_reasons(comparison)),
    )


def all_in_all(verdicts: Sequence[Headline]) -> Headline:
    """Say what several comparisons come to; one alone speaks for itself."""
    if len(verdicts) == 1:
        return verdicts[0]
    words = [one.word for one in verdicts]
    counts = [f"{words.count(word)} {word.lower()}" for word in dict.fromkeys(words)]
    told = ", ".join(counts) if len(counts) > 1 else f"{words[0].lower()} in each"
    order = [word.capitalize() for word in _WORST_FIRST]
    worst = min(verdicts, key=lambda one: order.index(one.word))
    word, style = worst.word, worst.style
    if len(set(words)) > 1 and style != "unknown":
        word = f"{word.removesuffix(PART)}{PART}"
        # Blue is for what is improved and nothing else.
        style = "mixed" if style == "improved" else style
    return Headline(
        word=word,
        style=style,
        sentence=f"{len(verdicts)} comparisons: {told}.",
        reasons=(),
    )


def _reasons(comparison: Comparison) -> Iterator[Reason]:
    judged = sorted(comparison.judged, key=lambda one: one.verdict not in STYLES)
    yield from (_reason(one) for one in judged[:MOST])
    if len(judged) > MOST:
        yield Reason(f"{len(judged) - MOST} more below.")
    for gate in comparison.gates:
        why = "; ".join((*gate.reasons, *gate.warnings))
        told = {"pass": "does not block", "fail": "blocks"}.get(gate.outcome, gate.outcome)
        about = f"gate of {gate.suite}"
        yield Reason(f"({gate.mode}) {told}{f': {why}' if why else ''}.", about)
    if steps := [one.next_step for one in judged if one.next_step]:
        yield Reason(f"{steps[0]}.", "next")
    yield from map(Reason, comparison.notes)


def _reason(one: BehaviourVerdict) -> Reason:
    sides = [one.baseline_rate.estimate, one.candidate_rate.estimate]
    rates = "" if None in sides else f"from {' to '.join(map(share, sides))}, "
    noun = "paired scenario" if one.unit == "scenario" else "paired unit"
    total, unasked = lost(one)
    gaps = f", {format_count(total, 'result')} missing{unasked}" if total else ""
    why = f"; {one.reason}" if one.reason else ""
    told = f"{rates}{change(one)}, {format_count(one.n, noun)}{gaps}{why}"
    if one.verdict == "inconclusive" and (size := missed(one)):
        told += f"; a change below {size} points would usually be missed"
    return Reason(f"{told}.", one.behaviour)


def lost(one: BehaviourVerdict) -> tuple[int, str]:
    """Count the missing results of both sides, and say of how many nobody asked."""
    unasked = one.unasked_baseline + one.unasked_candidate
    total = one.missing_baseline + one.missing_candidate + unasked
    return total, f" ({unasked} never asked)" if unasked else ""


def missed(one: BehaviourVerdict) -> str:
    """Write the points below which a change would usually be missed; empty without a verdict."""
    if one.kind == "too few scenarios" or one.verdict == "invalid" or one.mde80 is None:
        return ""
    # No change is larger than 100 points, however wide the interval.
    size = min(100 * one.mde80, 100)
    return f"{size:.{count_decimals(size)}f}"


def change(one: BehaviourVerdict) -> str:
    """Write a difference with its interval, in points."""
    if one.estimate is None:
        return "no difference known"
    if one.kind == "too few scenarios":
        return f"{format_points(one.estimate)} points"
    low, high = format_points(one.low), format_points(one.high)
    return f"{format_points(one.estimate)} points ({low} to {high})"


def share(value: float | None) -> str:
    """Write a share; where no scenario has a grade on both sides there is none."""
    return "none paired" if value is None else format_percent(value)


def evidence(side: Side, role: str, now: datetime) -> str:
    """Say what one side rests on: how it came about, with which model, how much, how old."""
    if side.oldest is None or side.newest is None:
        return f"{role} {side.label}: none"
    revision = f" at {side.revision[:10]}" if side.revision else ""
    age = spanned(side.newest, side.oldest, now)
    return (
        f"{role} {side.label}{revision}: {format_count(side.trials, 'trial')},"
        f" {', '.join(side.provenance)}, model {side.model}, {age}"
    )


def uncompared(records: Sequence[TrialRecord]) -> Headline:
    """Say what a run found that nobody compared, and why that is no verdict."""
    outcomes = [grade.finding.outcome for record in records for grade in record.grades]
    scenarios = {(record.suite, record.scenario) for record in records}
    variants = {record.variant for record in records}
    kinds = ", ".join(f"{outcomes.count(kind)} {kind}" for kind in ("pass", "fail", "ungraded"))
    return Headline(
        word="Not compared",
        style="unknown",
        sentence=(
            f"{format_count(len(variants), 'variant')} in"
            f" {format_count(len(scenarios), 'scenario')}:"
            f" what they did is here, but not whether one is better than another."
        ),
        reasons=(
            Reason(
                f"{format_count(len(records), 'trial')},"
                f" {format_count(len(outcomes), 'grade')}: {kinds}."
            ),
            Reason(_why(records)),
        ),
    )


def _why(records: Sequence[TrialRecord]) -> str:
    from promptverdict.stats.compare import FLOOR

    found: dict[str, dict[str, set[str]]] = {}
    for record in records:
        found.setdefault(record.suite, {}).setdefault(record.scenario, set()).add(record.variant)
    most = max(
        sum(len(variants) > 1 for variants in scenarios.values()) for scenarios in found.values()
    )
    if not most:
        return "A verdict compares two variants of a suite; here each suite ran with one."
    if most < FLOOR:
        return (
            f"A verdict needs at least {FLOOR} scenarios of a suite with two variants;"
            f" no suite here has more than {most}."
        )
    return "Nothing compared this run yet: promptverdict compare does."
