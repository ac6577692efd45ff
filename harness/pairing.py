"""Which scenarios two sides share: asked the same in the same place, so that trials compare.

The sides differ in what is under test, the prompt and the tools that it is offered. Whatever else
differs, in what was asked or in what the recordings were made with, keeps a scenario out: by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.records import TrialRecord
from harness.verdicts import Outcome, ScenarioPair, Unpaired

UNDER_TEST = frozenset({"system", "tools"})
"""Parts of a digest in which two variants may differ."""


@dataclass(frozen=True)
class PairedScenario:
    """One scenario's trials on both sides, by number; a side without any never ran it."""

    suite: str
    scenario: str
    baseline: tuple[TrialRecord, ...]
    candidate: tuple[TrialRecord, ...]

    @property
    def behaviours(self) -> tuple[str, ...]:
        """What any of its trials was graded for, in the order of the scenario."""
        both = (*self.baseline, *self.candidate)
        return tuple(dict.fromkeys(one.behaviour for record in both for one in record.grades))

    def pair(self, behaviour: str) -> ScenarioPair:
        """Tell what each trial came to in one behaviour."""
        return ScenarioPair(
            suite=self.suite,
            scenario=self.scenario,
            behaviour=behaviour,
            baseline=tuple(outcome(record, behaviour) for record in self.baseline),
            candidate=tuple(outcome(record, behaviour) for record in self.candidate),
            baseline_trials=tuple(record.key for record in self.baseline),
            candidate_trials=tuple(record.key for record in self.candidate),
        )


def outcome(record: TrialRecord, behaviour: str) -> Outcome:
    """Say what a trial came to; missing where the machinery broke or nothing graded it."""
    found = (one.finding.outcome for one in record.grades if one.behaviour == behaviour)
    return "missing" if record.fault else next(found, "missing")


def pair(
    baseline: Iterable[TrialRecord], candidate: Iterable[TrialRecord]
) -> tuple[list[PairedScenario], list[Unpaired]]:
    """Put two sides' records together by scenario, and say what does not pair, and why.

    A scenario that only one side ran is told as unpaired and still given: its results are missing
    on the other side, and could be either.
    """
    sides = [_by_scenario(side) for side in (baseline, candidate)]
    paired, unpaired = [], []
    for suite, scenario in sorted({*sides[0], *sides[1]}):
        both = [side.get((suite, scenario), ()) for side in sides]
        found = PairedScenario(suite, scenario, *both)
        why, usable = _unlike(found)
        if why:
            unpaired.append(Unpaired(suite=suite, scenario=scenario, why=why))
        if usable:
            paired.append(found)
    return paired, unpaired


def _by_scenario(
    records: Iterable[TrialRecord],
) -> Mapping[tuple[str, str], tuple[TrialRecord, ...]]:
    found: dict[tuple[str, str], list[TrialRecord]] = {}
    for record in records:
        found.setdefault((record.suite, record.scenario), []).append(record)
    return {
        place: tuple(sorted(trials, key=lambda one: one.trial)) for place, trials in found.items()
    }


def _unlike(found: PairedScenario) -> tuple[str, bool]:
    """Say why a scenario does not pair, if so, and whether its results count as missing then."""
    if not (found.baseline and found.candidate):
        return f"only the {'baseline' if found.baseline else 'candidate'} ran it", True
    both = (*found.baseline, *found.candidate)
    if all(record.fault for record in both):
        return "neither side has evidence", True
    if parts := sorted(_differing(record.digest for record in both) - UNDER_TEST):
        return f"the two were asked differently: {', '.join(parts)}", False
    there = [record for record in both if record.provenance]
    models = {record.provenance.model for record in there if record.provenance}
    if len(models) > 1:
        return f"different models: {', '.join(sorted(models))}", False
    if kinds := sorted(_differing(record.compatible for record in there)):
        told = ", ".join(f"{kind} ({' and '.join(_values(there, kind))})" for kind in kinds)
        return f"recorded with different {told}", False
    return "", True


def _differing(maps: Iterable[Mapping[str, object]]) -> set[str]:
    first, *rest = maps
    return {key for one in rest for key in {*first, *one} if first.get(key) != one.get(key)}


def _values(records: Iterable[TrialRecord], kind: str) -> Iterator[str]:
    yield from sorted({str(record.compatible.get(kind, "unknown")) for record in records})
