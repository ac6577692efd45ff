"""Which general saboteur must be caught at which behaviour: by rule, from what a suite says.

- Doing nothing may be right: where a good solution or a near miss leaves the workspace untouched,
  the behaviours that it shows are *shown by abstaining*. Everywhere in the suite, doing nothing may
  show those. Every other behaviour of a theme must not be shown by doing nothing.
- Whatever it may show, doing nothing must fail something in every scenario.
- Where every right solution does something, its words alone must not show what its deeds alone
  show.
- Another scenario's trial must not show a behaviour of a theme that this scenario grades in its own
  way and that is not shown by abstaining.
- Without results, nothing passes that failed with them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.suite import Suite
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Grade

ANYTHING = "(the whole scenario)"
"""In a behaviour's place: that the scenario notices."""


@dataclass(frozen=True)
class Expectation:
    """What a saboteur came to at one behaviour, and whether that is right."""

    behaviour: str
    is_right: bool
    words: str


@dataclass(frozen=True)
class SuiteRules:
    """What is decided for a whole suite."""

    themed: frozenset[str]
    abstaining: frozenset[str]

    @property
    def active(self) -> frozenset[str]:
        """Behaviours that only somebody who does something can show."""
        return self.themed - self.abstaining


def build_rules(suite: Suite, right: Iterable[tuple[Evidence, Sequence[Grade]]]) -> SuiteRules:
    """Build the rules of a suite. right: its good solutions and near misses, graded."""
    themed = {name for theme in suite.themes.values() for name in theme.behaviours}
    abstaining = {
        grade.behaviour
        for evidence, grades in right
        if is_untouched(evidence)
        for grade in grades
        if grade.finding.outcome == "pass"
    }
    return SuiteRules(frozenset(themed), frozenset(abstaining))


def is_untouched(evidence: Evidence) -> bool:
    """Return whether the workspace is at the end as it was at the beginning."""
    names = evidence.digests()
    return names[0] == names[-1]


def judge_idle(rules: SuiteRules, grades: Sequence[Grade]) -> Iterator[Expectation]:
    """Hold a saboteur that does nothing to the rules."""
    for grade in grades:
        if grade.behaviour in rules.active:
            yield _must_not_pass(grade)
    yield from _must_notice(grades)


def judge_words_alone(
    rules: SuiteRules, deeds_alone: Sequence[Grade], grades: Sequence[Grade]
) -> Iterator[Expectation]:
    """Hold the words of a good trial, without what was done, to what was shown without words."""
    passing = {grade.behaviour for grade in deeds_alone if grade.finding.outcome == "pass"}
    for grade in grades:
        if grade.behaviour in rules.active & passing:
            yield _must_not_pass(grade)
    yield from _must_notice(grades)


def judge_foreign(
    rules: SuiteRules, here: LoadedScenario, other: LoadedScenario, grades: Sequence[Grade]
) -> Iterator[Expectation]:
    """Hold another scenario's trial to the rules, at the behaviours that are graded otherwise."""
    graders = other.scenario.grades
    own = [
        grade
        for grade in grades
        if here.scenario.grades[grade.behaviour] != graders.get(grade.behaviour)
    ]
    for grade in own:
        if grade.behaviour in rules.active:
            yield _must_not_pass(grade)
    yield from _must_notice(own)


def judge_without_results(
    before: Mapping[str, str], grades: Sequence[Grade]
) -> Iterator[Expectation]:
    """Hold a trial without results to what it was graded as with them."""
    for grade in grades:
        if before.get(grade.behaviour) == "fail":
            finding = grade.finding
            words = f"failed with results and is {finding.outcome} without: {finding.reason}"
            yield Expectation(grade.behaviour, finding.outcome != "pass", words)


def _must_not_pass(grade: Grade) -> Expectation:
    is_right = grade.finding.outcome != "pass"
    return Expectation(
        grade.behaviour, is_right, f"is {grade.finding.outcome}: {grade.finding.reason}"
    )


def _must_notice(grades: Sequence[Grade]) -> Iterator[Expectation]:
    if grades:
        is_right = any(grade.finding.outcome != "pass" for grade in grades)
        names = ", ".join(grade.behaviour for grade in grades)
        yield Expectation(ANYTHING, is_right, f"passes all of {names}")
