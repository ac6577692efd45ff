"""Which scenarios two sides share: asked the same in the same place, so that trials compare.

The sides differ in what is under test, the prompt and the tools that it is offered. Whatever else
differs, in what was asked or in what the recordings were made with, keeps a scenario out: by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from promptverdict.comparison.samples import Sample
from promptverdict.comparison.scenario_pair import ScenarioPair, TrialOutcome
from promptverdict.comparison.verdicts import Unpaired
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.ids import format_trial_id
from promptverdict.recording.digest import UNDER_TEST, describe_parts


@dataclass(frozen=True)
class PairedScenario:
    """One scenario's trials on both sides, by number; a side without any never ran it."""

    suite: str
    scenario: str
    baseline: tuple[Sample, ...]
    candidate: tuple[Sample, ...]

    @property
    def behaviours(self) -> tuple[str, ...]:
        """What any of its trials was graded for, in the order of the scenario."""
        both = (*self.baseline, *self.candidate)
        return tuple(dict.fromkeys(behaviour for trial in both for behaviour in trial.outcomes))

    def pair(self, behaviour: str) -> ScenarioPair:
        """Return what each trial came to in one behaviour."""
        return ScenarioPair(
            suite=self.suite,
            scenario=self.scenario,
            behaviour=behaviour,
            baseline=tuple(find_outcome(trial, behaviour) for trial in self.baseline),
            candidate=tuple(find_outcome(trial, behaviour) for trial in self.candidate),
            baseline_trials=tuple(trial.key for trial in self.baseline),
            candidate_trials=tuple(trial.key for trial in self.candidate),
        )


def find_outcome(trial: Sample, behaviour: str) -> TrialOutcome:
    """Return what a trial came to; missing where the machinery broke or nothing graded it."""
    return "missing" if trial.fault else trial.outcomes.get(behaviour, "missing")


def pair_scenarios(
    baseline: Iterable[Sample], candidate: Iterable[Sample]
) -> tuple[list[PairedScenario], list[Unpaired]]:
    """Put two sides' trials together by scenario, and say what does not pair, and why.

    A scenario that only one side ran is told as unpaired and still given: its results are missing
    on the other side, and could be either. Raises InputError for two records of one trial.
    """
    sides = [_group_by_scenario(side) for side in (baseline, candidate)]
    paired, unpaired = [], []
    for suite, scenario in sorted({*sides[0], *sides[1]}):
        both = [side.get((suite, scenario), ()) for side in sides]
        pair = PairedScenario(suite, scenario, *both)
        why, usable = _explain_unlike(pair)
        if why:
            unpaired.append(Unpaired(suite=suite, scenario=scenario, why=why))
        if usable:
            paired.append(pair)
    return paired, unpaired


def _group_by_scenario(
    samples: Iterable[Sample],
) -> Mapping[tuple[str, str], tuple[Sample, ...]]:
    groups: dict[tuple[str, str], dict[int, Sample]] = {}
    for trial in samples:
        trials = groups.setdefault((trial.suite, trial.scenario), {})
        if trial.trial in trials:
            where = format_trial_id(trial.suite, trial.scenario, trial.variant, trial.trial)
            twice = f"two records, {trials[trial.trial].key} and {trial.key}, would count twice"
            raise InputError([Problem(where, twice, "keep one of the two in the run's folder")])
        trials[trial.trial] = trial
    return {
        place: tuple(trials[number] for number in sorted(trials))
        for place, trials in groups.items()
    }


def _explain_unlike(pair: PairedScenario) -> tuple[str, bool]:
    """Return why a scenario does not pair, if so, and whether its results count as missing then."""
    if not (pair.baseline and pair.candidate):
        return f"only the {'baseline' if pair.baseline else 'candidate'} ran it", True
    both = (*pair.baseline, *pair.candidate)
    if all(trial.fault for trial in both):
        return "neither side has evidence", True
    asked = [trial for trial in both if trial.digest]
    if parts := sorted(_find_differing(trial.digest for trial in asked) - UNDER_TEST):
        return f"the two were asked differently: {describe_parts(parts)}", False
    there = [trial for trial in both if trial.provenance]
    models = {trial.provenance.model for trial in there if trial.provenance}
    if len(models) > 1:
        return f"different models: {', '.join(sorted(models))}", False
    if kinds := sorted(_find_differing(trial.compatible for trial in there)):
        differences = ", ".join(
            f"{kind} ({' and '.join(_list_values(there, kind))})" for kind in kinds
        )
        return f"recorded with different {differences}", False
    return "", True


def _find_differing(maps: Iterable[Mapping[str, object]]) -> set[str]:
    first, *rest = [*maps] or [{}]
    return {key for other in rest for key in {*first, *other} if first.get(key) != other.get(key)}


def _list_values(there: Iterable[Sample], kind: str) -> Iterator[str]:
    yield from sorted({str(trial.compatible.get(kind, "unknown")) for trial in there})
