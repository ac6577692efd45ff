"""The verdict in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from harness.records import TrialRecord
from harness.report.cells import counted
from harness.report.facts import spanned
from harness.verdicts import BehaviourVerdict, Comparison, Side, Word

Style = Literal["improved", "regressed", "mixed", "unknown"]
SYMBOLS: dict[Style, str] = {"improved": "▲", "regressed": "▼", "mixed": "◆", "unknown": "○"}
STYLES: dict[str | None, Style] = {
    "improved": "improved",
    "regressed": "regressed",
    "mixed": "mixed",
}
WORDS: dict[Word, str] = {
    "improved": "Improved",
    "regressed": "Regressed",
    "mixed": "Improved and regressed",
    "inconclusive": "Cannot tell",
    "invalid": "Invalid evidence",
    "rates only": "No verdict",
    "unchanged": "Unchanged",
    "stale": "No evidence",
}
_WORST_FIRST: tuple[Word, ...] = (
    "regressed",
    "mixed",
    "stale",
    "invalid",
    "improved",
    "inconclusive",
    "rates only",
    "unchanged",
)
"""No evidence comes before an improvement: what is stale is never green."""
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
        word=WORDS[comparison.word],
        style=STYLES.get(comparison.word, "unknown"),
        sentence=_sentence(comparison),
        reasons=tuple(_reasons(comparison)),
    )


def all_in_all(verdicts: Sequence[Headline]) -> Headline:
    """Say what several comparisons come to; one alone speaks for itself."""
    if len(verdicts) == 1:
        return verdicts[0]
    words = [one.word for one in verdicts]
    counts = [f"{words.count(word)} {word.lower()}" for word in dict.fromkeys(words)]
    told = ", ".join(counts) if len(counts) > 1 else f"{words[0].lower()} in each"
    order = [WORDS[word] for word in _WORST_FIRST]
    worst = min(verdicts, key=lambda one: order.index(one.word))
    partly = " in part" * (len(set(words)) > 1 and worst.style != "unknown")
    return Headline(
        word=f"{worst.word}{partly}",
        style=worst.style,
        sentence=f"{len(verdicts)} comparisons: {told}.",
        reasons=(),
    )


def _sentence(comparison: Comparison) -> str:
    baseline, candidate = comparison.baseline.label, comparison.candidate.label
    if comparison.status == "unchanged":
        return f"{candidate} is the same prompt as {baseline}: there is nothing to compare."
    if comparison.status == "stale":
        return (
            f"{candidate} was edited and nothing is recorded of it: whether it is better or worse"
            f" than {baseline} is not known."
        )
    judged = _judged(comparison)
    more, less = (
        _listed([one.behaviour for one in judged if one.verdict == verdict])
        for verdict in ("improved", "regressed")
    )
    if more or less:
        told = " and ".join(
            [f"{more} more often"] * bool(more) + [f"{less} less often"] * bool(less)
        )
        return f"{candidate} shows {told} than {baseline}."
    if comparison.word == "invalid":
        return f"The evidence on {candidate} against {baseline} cannot be used."
    if comparison.word == "rates only":
        return f"{candidate} against {baseline}: rates only, too little for a verdict."
    return f"Whether {candidate} is better or worse than {baseline} cannot be told from this."


def _judged(comparison: Comparison) -> Sequence[BehaviourVerdict]:
    """Give what the verdict is about: primary themes, and whatever regressed; else behaviours."""
    primary = [theme for theme in comparison.themes if theme.role == "primary"]
    if not primary:
        return comparison.behaviours
    worse = [one for one in comparison.themes if one.role == "control"]
    return [*primary, *(one for one in worse if one.verdict == "regressed")]


def _reasons(comparison: Comparison) -> Iterator[Reason]:
    judged = sorted(_judged(comparison), key=lambda one: one.verdict not in STYLES)
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
    before, after = share(one.baseline_rate.estimate), share(one.candidate_rate.estimate)
    noun = "paired scenario" if one.unit == "scenario" else "paired unit"
    told = f"from {before} to {after}, {change(one)}, {counted(one.n, noun)}"
    missing = one.missing_baseline + one.missing_candidate
    lost = f", {counted(missing, 'result')} missing" if missing else ""
    return Reason(f"{told}{lost}{f'; {one.reason}' if one.reason else ''}.", one.behaviour)


def chance(p: float) -> str:
    """Write a p-value; one that three digits would show as 0 is not 0."""
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def change(one: BehaviourVerdict) -> str:
    """Write a difference with its interval, in points."""
    if one.estimate is None:
        return "no difference known"
    if one.kind == "rates only":
        return f"{100 * one.estimate:+.0f} points"
    ends = f"{100 * one.low:+.0f} to {100 * one.high:+.0f}"
    return f"{100 * one.estimate:+.0f} points ({ends})"


def share(value: float | None) -> str:
    """Write a share; what was never graded has none."""
    return "nothing graded" if value is None else f"{value:.0%}"


def _listed(names: Sequence[str]) -> str:
    if len(names) > MOST:
        return f"{', '.join(names[:MOST])} and {len(names) - MOST} other behaviours"
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + list(names[-1:]))


def evidence(side: Side, role: str, now: datetime) -> str:
    """Say what one side rests on: how it came about, with which model, how much, how old."""
    if side.oldest is None or side.newest is None:
        return f"{role} {side.label}: none"
    revision = f" at {side.revision[:10]}" if side.revision else ""
    age = spanned(side.newest, side.oldest, now)
    return (
        f"{role} {side.label}{revision}: {counted(side.trials, 'trial')},"
        f" {', '.join(side.provenance)}, model {side.model}, {age}"
    )


def uncompared(records: Sequence[TrialRecord]) -> Headline:
    """Say what a run found that nobody compared, and why that is no verdict."""
    outcomes = [grade.finding.outcome for record in records for grade in record.grades]
    scenarios = {(record.suite, record.scenario) for record in records}
    variants = {record.variant for record in records}
    kinds = ", ".join(f"{outcomes.count(kind)} {kind}" for kind in ("pass", "fail", "ungraded"))
    return Headline(
        word="No verdict",
        style="unknown",
        sentence=(
            f"{counted(len(variants), 'variant')} in {counted(len(scenarios), 'scenario')}:"
            f" what they did is here, but not whether one is better than another."
        ),
        reasons=(
            Reason(
                f"{counted(len(records), 'trial')}, {counted(len(outcomes), 'grade')}: {kinds}."
            ),
            Reason(_why(records)),
        ),
    )


def _why(records: Sequence[TrialRecord]) -> str:
    from harness.stats.compare import FLOOR

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
