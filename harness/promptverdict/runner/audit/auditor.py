"""Audits suites: every grader against every attempt whose right grade is known."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from promptverdict.core.errors import EvidenceError, StaleSolution
from promptverdict.core.paths import display_path
from promptverdict.graders import AnyGrader
from promptverdict.graders.extracted_claims import needs_judge
from promptverdict.graders.grading import grade_all
from promptverdict.runner.audit import general, rules
from promptverdict.runner.audit.attempts import (
    join_misses,
    list_attempt_misses,
    read_attempt,
    run_attempt,
    sort_scripted_first,
)
from promptverdict.runner.audit.recordings import (
    list_recordings,
    name_recording,
    read_recording,
)
from promptverdict.runner.solutions import find_break
from promptverdict.sandbox import Sandbox
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.solution import LoadedSolution, load_solutions
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Grade

GOOD, NEAR_MISS, SABOTEUR = "good", "near miss", "saboteur"
ONLY_SAYS_SO, FOREIGN, NO_RESULTS = "only says so", "foreign", "no results"
COLUMNS = (
    GOOD,
    NEAR_MISS,
    SABOTEUR,
    general.SILENT,
    general.REFUSER,
    general.CONTRARIAN,
    ONLY_SAYS_SO,
    FOREIGN,
    NO_RESULTS,
)
_KINDS = {"good": GOOD, "near-miss": NEAR_MISS, "saboteur": SABOTEUR}


@dataclass(frozen=True)
class Held:
    """One grade whose right value is known."""

    suite: str
    scenario: str
    behaviour: str
    column: str
    attempt: str
    is_right: bool
    words: str


@dataclass
class Audit:
    """All that an audit found."""

    held: list[Held] = field(default_factory=list)
    graded: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Suite -> the behaviours that code grades somewhere in it."""
    broken: list[str] = field(default_factory=list)
    """Attempts that prove nothing, and why."""
    counts: Counter[str] = field(default_factory=Counter)
    """How many attempts of each kind were graded: solutions, edited trials, recorded trials."""

    def list_misses(self) -> list[Held]:
        """List what was graded wrongly."""
        return [each for each in self.held if not each.is_right]


@dataclass(frozen=True)
class Solved:
    """A solution with its evidence and grades."""

    loaded: LoadedSolution
    evidence: Evidence
    grades: tuple[Grade, ...]

    @property
    def is_right(self) -> bool:
        """Whether everything about it is right."""
        return self.loaded.solution.kind != "saboteur"


def audit_suite(
    scenarios: Sequence[LoadedScenario], sandbox: Callable[[], Sandbox], audit: Audit
) -> None:
    """Audit the scenarios of one suite. Blocking. Raises SandboxError and InputError."""
    suite = scenarios[0].suite
    coded = (name for each in scenarios for name in _list_coded(each))
    audit.graded[suite.id] = tuple(dict.fromkeys(coded))
    solved = {each.id: list(_solve(each, sandbox, audit)) for each in scenarios}
    right = [each for group in solved.values() for each in group if each.is_right]
    known = rules.build_rules(suite.suite, [(each.evidence, each.grades) for each in right])
    for scenario in scenarios:
        _audit_general(scenario, solved[scenario.id], known, sandbox, audit)
        _audit_without_results(scenario, solved[scenario.id], audit)
    _audit_foreign(scenarios, solved, known, audit)


def _solve(
    scenario: LoadedScenario, sandbox: Callable[[], Sandbox], audit: Audit
) -> Iterator[Solved]:
    """Read or run each solution, and hold it to what it says."""
    for loaded in sort_scripted_first(load_solutions(scenario)):
        kind = "edited trials" if loaded.solution.edits else "solutions"
        try:
            try:
                evidence = read_attempt(loaded)
            except StaleSolution:
                evidence = run_attempt(loaded, sandbox())
            broken = find_break(evidence)
            misses = [] if broken else list_attempt_misses(loaded, evidence)
        except StaleSolution as error:
            broken = str(error).partition("\n")[0]
        if broken:
            audit.broken.append(f"{display_path(loaded.path)}: {broken}")
            continue
        audit.counts[kind] += 1
        grades = _grade(scenario, evidence)
        wrong = join_misses(misses)
        for grade in grades:
            name = grade.behaviour
            if loaded.solution.kind != "saboteur" or name in loaded.solution.fails or name in wrong:
                words = wrong.get(name, grade.finding.outcome)
                column = _KINDS[loaded.solution.kind]
                audit.held.append(
                    _hold(scenario, name, column, loaded.name, name not in wrong, words)
                )
        yield Solved(loaded, evidence, grades)


def _audit_general(
    scenario: LoadedScenario,
    solved: Sequence[Solved],
    known: rules.SuiteRules,
    sandbox: Callable[[], Sandbox],
    audit: Audit,
) -> None:
    scripted = [each for each in solved if not each.loaded.solution.edits]
    untouched = general.leave_untouched(scenario, [each.evidence for each in scripted], sandbox)
    for column, words in general.WORDS.items():
        grades = _grade(scenario, general.say_each_time(untouched, words))
        for expectation in rules.judge_idle(known, grades):
            audit.held.append(_hold_rule(scenario, column, column, expectation))
    right = [each for each in scripted if each.is_right]
    if not right or any(rules.is_untouched(each.evidence) for each in right):
        return
    for each in right:
        if each.loaded.solution.kind == "good":
            grades = _grade(scenario, general.only_say_so(each.evidence, untouched))
            deeds = _grade(scenario, general.say_nothing(each.evidence))
            for expectation in rules.judge_words_alone(known, deeds, grades):
                audit.held.append(_hold_rule(scenario, ONLY_SAYS_SO, each.loaded.name, expectation))


def _audit_without_results(
    scenario: LoadedScenario, solved: Sequence[Solved], audit: Audit
) -> None:
    trials = [
        (each.loaded.name, each.evidence, each.grades)
        for each in solved
        if not each.loaded.solution.edits
    ]
    for location in list_recordings(scenario):
        name = name_recording(scenario, location)
        try:
            evidence = read_recording(scenario, location)
        except EvidenceError as error:
            first = str(error).partition("\n")[0]
            audit.broken.append(f"{scenario.suite.id}/{scenario.id} {name}: {first}")
            continue
        audit.counts["recorded trials"] += 1
        trials.append((name, evidence, _grade(scenario, evidence)))
    for name, evidence, before in trials:
        outcomes = {grade.behaviour: grade.finding.outcome for grade in before}
        if "fail" in outcomes.values():
            after = _grade(scenario, general.remove_results(evidence))
            for expectation in rules.judge_without_results(outcomes, after):
                audit.held.append(_hold_rule(scenario, NO_RESULTS, name, expectation))


def _audit_foreign(
    scenarios: Sequence[LoadedScenario],
    solved: dict[str, list[Solved]],
    known: rules.SuiteRules,
    audit: Audit,
) -> None:
    """Grade in each scenario a good trial of the next one."""
    good = {
        name: each
        for name, group in solved.items()
        for each in group
        if each.loaded.solution.kind == "good" and not each.loaded.solution.edits
    }
    order = [each for each in scenarios if each.id in good]
    for here, other in zip(order, order[1:] + order[:1], strict=True):
        if here is other:
            continue
        source = good[other.id]
        evidence = general.take_from_elsewhere(good[here.id].evidence, source.evidence)
        for expectation in rules.judge_foreign(known, here, other, _grade(here, evidence)):
            audit.held.append(
                _hold_rule(here, FOREIGN, f"{other.id}/{source.loaded.name}", expectation)
            )


def _grade(scenario: LoadedScenario, evidence: Evidence) -> tuple[Grade, ...]:
    """Grade what code grades; nobody asks a judge about an attempt."""
    return grade_all(_list_coded(scenario), scenario.suite.checks, evidence)


def _list_coded(scenario: LoadedScenario) -> dict[str, AnyGrader]:
    """List the graders that no judge is asked for."""
    graders = scenario.scenario.grades.items()
    return {name: grader for name, grader in graders if not needs_judge([grader])}


def _hold(
    scenario: LoadedScenario, behaviour: str, column: str, attempt: str, is_right: bool, words: str
) -> Held:
    return Held(scenario.suite.id, scenario.id, behaviour, column, attempt, is_right, words)


def _hold_rule(
    scenario: LoadedScenario, column: str, attempt: str, expectation: rules.Expectation
) -> Held:
    return _hold(
        scenario, expectation.behaviour, column, attempt, expectation.is_right, expectation.words
    )
