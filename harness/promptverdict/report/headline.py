"""What a reader should know who reads nothing else: the word, the sentence and the reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict
from promptverdict.comparison.verdicts import Comparison, Word
from promptverdict.comparison.wording import describe_comparison, format_next_step
from promptverdict.core.text import format_count
from promptverdict.report.figures import (
    count_missing,
    describe_gate,
    format_change,
    format_share,
    format_smallest_change,
)
from promptverdict.report.styles import SIGNS, get_style
from promptverdict.report.table import Style
from promptverdict.report.verdict_table import rank_verdict
from promptverdict.trials.grade import Outcome
from promptverdict.trials.summary import TrialSummary

WORST_FIRST: tuple[Word, ...] = (
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
"""What is stale or invalid comes before an improvement: it is never green."""
PART = " in part"
OUTCOMES: tuple[Outcome, ...] = ("pass", "fail", "ungraded")
MOST_REASONS = 4
"""Verdicts that are told beside a headline; the table tells the rest."""


@dataclass(frozen=True)
class Reason:
    """One thing that a headline rests on."""

    text: str
    subject: str = ""
    """The behaviour, theme or gate that it is about, if it is about one."""


@dataclass(frozen=True)
class Headline:
    """A comparison, several or a run in a word and a sentence."""

    word: str
    """As a sentence begins with it: `Regressed`."""
    style: Style
    sentence: str
    reasons: tuple[Reason, ...] = ()

    @property
    def sign(self) -> str:
        """The word as a sign."""
        return SIGNS[self.style]


def build_headline(comparison: Comparison) -> Headline:
    """Build the headline of one comparison."""
    return Headline(
        word=comparison.word.capitalize(),
        style=get_style(comparison.word),
        sentence=describe_comparison(comparison),
        reasons=tuple(_list_reasons(comparison)),
    )


def rank_word(word: Word) -> int:
    """Return the place of a word among all, the worst first."""
    return WORST_FIRST.index(word)


def combine_headlines(comparisons: Sequence[Comparison]) -> Headline:
    """Build the headline of several comparisons: the worst word, and how many came to which.

    One comparison alone has its own.
    """
    if len(comparisons) == 1:
        return build_headline(comparisons[0])
    words = [comparison.word for comparison in comparisons]
    counts = ", ".join(f"{words.count(word)} {word}" for word in dict.fromkeys(words))
    worst = min(words, key=rank_word)
    word, style = worst.capitalize(), get_style(worst)
    # "Stale in part" would read as if the rest were evidence of the same edit.
    if len(set(words)) > 1 and style != "unknown":
        word = f"{word.removesuffix(PART)}{PART}"
        # The colour of an improvement is for what improved and nothing else.
        style = "mixed" if style == "improved" else style
    if len(set(words)) == 1:
        return Headline(word, style, f"All {len(comparisons)} comparisons: {worst}.")
    return Headline(word, style, f"{len(comparisons)} comparisons: {counts}.")


def describe_uncompared_run(trials: Sequence[TrialSummary]) -> Headline:
    """Build the headline of a run that nobody compared: what it holds, and why no verdict."""
    outcomes = Counter(outcome for trial in trials for _, outcome in trial.outcomes)
    scenarios = {(trial.suite, trial.scenario) for trial in trials}
    variants = {trial.variant for trial in trials}
    kinds = ", ".join(f"{outcomes[kind]} {kind}" for kind in OUTCOMES)
    return Headline(
        word="Not compared",
        style="unknown",
        sentence=(
            f"{format_count(len(variants), 'variant')} in"
            f" {format_count(len(scenarios), 'scenario')}: the results are here, but nothing was"
            " compared."
        ),
        reasons=(
            Reason(
                f"{format_count(len(trials), 'trial')},"
                f" {format_count(outcomes.total(), 'grade')}: {kinds}."
            ),
            Reason(_explain_uncompared(trials)),
        ),
    )


def _list_reasons(comparison: Comparison) -> Iterator[Reason]:
    judged = sorted(comparison.judged, key=rank_verdict)
    ranked = [verdict for verdict in judged if verdict.word != "too few scenarios"] or judged
    yield from (_build_reason(verdict) for verdict in ranked[:MOST_REASONS])
    if left_out := len(judged) - len(ranked[:MOST_REASONS]):
        few = len(judged) - len(ranked)
        of_them = f", {few} of them" if few < left_out else ""
        yield Reason(f"{left_out} more below{f'{of_them} with too few scenarios' * bool(few)}.")
    for gate in comparison.gates:
        why = "; ".join((*gate.reasons, *gate.warnings))
        yield Reason(f"{describe_gate(gate)}{f': {why}' if why else ''}.", f"gate of {gate.suite}")
    if step := format_next_step(judged):
        yield Reason(f"{step}.", "next")
    yield from map(Reason, comparison.notes)


def _build_reason(verdict: BehaviourVerdict) -> Reason:
    sides = [verdict.baseline_rate.estimate, verdict.candidate_rate.estimate]
    rates = "" if None in sides else f"from {' to '.join(map(format_share, sides))}, "
    change = format_change(verdict, " points")
    noun = "paired scenario" if verdict.unit == "scenario" else "paired unit"
    missing, unasked = count_missing(verdict)
    gaps = f", {format_count(missing, 'result')} missing" if missing else ""
    gaps += f" ({unasked} never asked)" if unasked else ""
    why = f"; {verdict.reason}" if verdict.reason else ""
    text = f"{verdict.word}, {rates}{change}, {format_count(verdict.n, noun)}{gaps}{why}"
    if verdict.verdict == "inconclusive" and (size := format_smallest_change(verdict)):
        text += f"; a change below {size} points would usually be missed"
    return Reason(f"{text}.", verdict.behaviour)


def _explain_uncompared(trials: Sequence[TrialSummary]) -> str:
    """Write why a run has no verdict, and what would give it one."""
    from promptverdict.stats.paired_test import FLOOR

    suites: dict[str, dict[str, set[str]]] = {}
    for trial in trials:
        scenarios = suites.setdefault(trial.suite, {})
        scenarios.setdefault(trial.scenario, set()).add(trial.variant)
    most = max(
        sum(len(variants) > 1 for variants in scenarios.values()) for scenarios in suites.values()
    )
    if not most:
        return "A verdict compares two variants of a suite; here each suite ran with one."
    if most < FLOOR:
        return (
            f"A verdict needs at least {FLOOR} scenarios of a suite with two variants;"
            f" no suite here has more than {most}."
        )
    return "Compare its variants: promptverdict compare."
