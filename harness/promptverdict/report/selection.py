"""Which trials of a large run its page has: a page of all would be too large for a browser."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, product

from promptverdict.report.cells import count_shortfalls
from promptverdict.trials.summary import Place, TrialSummary, group_by_scenario

MOST_TRIALS = 3_000
"""Trials of one page. Around their transcripts each takes about 1.7 KB, so that the page stays
below 15 MB."""
Pairs = Sequence[tuple[str, str]]
"""Variants that were compared, baseline and candidate, as the report calls them."""


@dataclass(frozen=True)
class Selection:
    """What a page has of a run."""

    keys: Mapping[str, None] | None = None
    """Of its trials, the most telling first; None: it has all."""
    scenarios: frozenset[Place] = frozenset()
    """Those of which it has at least one trial."""

    def has_trial(self, trial: TrialSummary) -> bool:
        """Return whether the page has a trial."""
        return self.keys is None or trial.key in self.keys

    def pick(self, trials: Sequence[TrialSummary]) -> Sequence[TrialSummary]:
        """Pick the trials that the page has, the most telling first where it lacks some."""
        if self.keys is None:
            return trials
        by_key = {trial.key: trial for trial in trials}
        return [by_key[key] for key in self.keys]

    def has_scenario(self, suite: str, scenario: str) -> bool:
        """Return whether the page has a place for a scenario."""
        return self.keys is None or (suite, scenario) in self.scenarios


EVERYTHING = Selection()


def select_trials(
    trials: Sequence[TrialSummary], flipped: Iterable[str], pairs: Pairs, most: int = MOST_TRIALS
) -> Selection:
    """Select at most so many trials: what flipped, two of each scenario, then the first of each.

    Of the scenarios those come first in which something fell short. flipped: keys of trials that
    show what flipped. pairs: variants that were compared.
    """
    if len(trials) <= most:
        return EVERYTHING
    known = {trial.key for trial in trials}
    chosen = chain(
        (key for key in flipped if key in known),
        (trial.key for trial in _list_chosen(group_by_scenario(trials).values(), pairs)),
        (trial.key for trial in sorted(trials, key=lambda trial: trial.trial)),
    )
    keys = dict.fromkeys(islice(dict.fromkeys(chosen), most))
    scenarios = {(trial.suite, trial.scenario) for trial in trials if trial.key in keys}
    return Selection(keys, frozenset(scenarios))


def describe_selection(
    selection: Selection, trials: Collection[TrialSummary], run: str
) -> Iterator[str]:
    """Describe what a page lacks, and where it is; nothing where it has all."""
    if selection.keys is None:
        return
    scenarios = {(trial.suite, trial.scenario) for trial in trials}
    yield (
        f"The page shows {len(selection.keys):,} of {len(trials):,} trials and"
        f" {len(selection.scenarios):,} of {len(scenarios):,} scenarios: what flipped, two trials"
        " of each scenario, those that fell short first, then the first of each cell. Verdicts,"
        f" rates and cells count all. Read any other: promptverdict show TRIAL --run {run}"
    )


def choose_sides(
    trials: Iterable[TrialSummary], pairs: Pairs
) -> tuple[TrialSummary | None, TrialSummary | None]:
    """Choose the two trials of a scenario, one of each side, that differ most in their grades.

    Where one side is not there, the other stands alone: a third would pass for it.
    """
    played = [trial for trial in trials if trial.has_transcript]
    # Alike trials differ alike from others: the first of them stands for all, or a scenario with
    # many trials would take the square of their number.
    by_variant: dict[str, dict[object, TrialSummary]] = {}
    for trial in played:
        by_variant.setdefault(trial.variant, {}).setdefault(trial.outcomes, trial)
    variants = list(by_variant)
    compared = {name for pair in pairs for name in pair if name in by_variant}
    candidates = [
        (left, right)
        for names in (pairs if compared else product(variants[:1], variants[1:2]))
        for left, right in product(*(by_variant.get(name, {}).values() for name in names))
    ]
    if candidates:
        return max(candidates, key=lambda both: _count_differing_grades(*both))
    alone = [trial for trial in played if trial.variant in compared] or played
    return (alone[0] if alone else None), None


def _list_chosen(
    scenarios: Iterable[Sequence[TrialSummary]], pairs: Pairs
) -> Iterator[TrialSummary]:
    """List the two trials that are laid beside each other, scenario by scenario."""
    for trials in sorted(scenarios, key=lambda trials: not any(map(_fell_short, trials))):
        yield from filter(None, choose_sides(trials, pairs))


def _fell_short(trial: TrialSummary) -> bool:
    return bool(trial.fault or count_shortfalls(trial))


def _count_differing_grades(trial: TrialSummary, other: TrialSummary) -> int:
    outcomes = dict(trial.outcomes)
    return sum(outcomes.get(behaviour) != outcome for behaviour, outcome in other.outcomes)
