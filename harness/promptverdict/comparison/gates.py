"""What a suite's gate says of a comparison: of each thing it is about, and in all.

A gate is about the suite's themes and, where there are none, about each behaviour. Beside themes,
no behaviour of one may have regressed: what a theme averages away is seen all the same.
Where the gate is about exactly the suite's scenarios, all of this is judged anew by their trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from promptverdict.comparison.behaviour_tests import TestedBehaviour
from promptverdict.comparison.behaviour_verdict import GateResult
from promptverdict.comparison.families import map_families
from promptverdict.comparison.scenario_pair import ScenarioPair, SideName
from promptverdict.comparison.verdicts import SuiteGate, find_worst_exit_code
from promptverdict.scenarios.gate import Gate
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.corrections import adjust_verdicts
from promptverdict.stats.fixed import FixedTest, Trials, compare_fixed
from promptverdict.stats.gates import answer_gate
from promptverdict.stats.paired_test import PairedTest
from promptverdict.stats.terms import GateOutcome

FEWEST_CRITICAL_TRIALS = 3
"""A critical scenario with fewer trials than this says little about never failing."""

MOST_CELLS = 3
"""Cells that are named where more than so many did not run."""

_SCORES = {"pass": 1.0, "fail": 0.0}


@dataclass(frozen=True)
class _GateTests:
    """What a gate goes by: one test of its own, and what is left of it beside the others."""

    unadjusted: PairedTest | FixedTest
    adjusted: PairedTest | FixedTest

    def answer(self, gate: Gate, *, only_fails: bool = False) -> GateResult:
        """Judge by a gate; only_fails: in the mode that blocks nothing else."""
        mode = "no_regression" if only_fails else gate.mode
        # Each of several must be shown to be not worse, so that nothing is won by there being many.
        test = self.unadjusted if mode == "non_inferiority" else self.adjusted
        return GateResult.model_validate(asdict(answer_gate(test, mode, gate.margin)))


def answer_suite_gate(
    name: str,
    suite: Suite,
    gate: Gate,
    themes: Sequence[TestedBehaviour],
    behaviours: Sequence[TestedBehaviour],
) -> tuple[dict[str, GateResult], SuiteGate]:
    """Judge one suite: what its gate says of each theme and behaviour, by name, and in all.

    themes: those of the suite, none where it has none; behaviours: all that were compared.
    """
    about = themes or behaviours
    inside = {pair.behaviour for tested in about for pair in tested.pairs}
    beside = [tested for tested in behaviours if themes and tested.name in inside]
    results = {name: tests.answer(gate) for name, tests in _list_tests(suite, gate, about).items()}
    every = _list_tests(suite, gate, behaviours)
    watched = {tested.name: every[tested.name].answer(gate, only_fails=True) for tested in beside}
    failing = {name: result for name, result in watched.items() if result.outcome == "fail"}
    answers: list[tuple[GateOutcome, int, str]] = [
        (result.outcome, result.exit_code, f"{name}: {result.reason}")
        for name, result in (*results.items(), *failing.items())
    ]
    warnings = [
        f"{name}: {result.warning}"
        for name, result in (*results.items(), *watched.items())
        if result.warning
    ]
    pairs = [pair for tested in behaviours for pair in tested.pairs]
    looks = [tested.unadjusted.look for tested in about]
    waits = any(look and not look.last for look in looks)
    for outcome, text in _judge_critical(gate, pairs, waits=waits):
        if outcome is None:
            warnings.append(text)
        else:
            answers.append((outcome, 1 if outcome == "fail" else 7, text))
    if not answers:
        answers.append(("invalid", 7, "nothing that the gate is about was compared"))
    code = find_worst_exit_code(code for _, code, _ in answers)
    deciding = [answer for answer in answers if answer[1] == code]
    doubtful = [answer for answer in deciding if answer[0] == "inconclusive"]
    return {**watched, **results}, SuiteGate(
        suite=name,
        outcome=(doubtful or deciding)[0][0],
        mode=gate.mode,
        estimand=gate.estimand,
        reasons=tuple(text for _, _, text in deciding),
        warnings=tuple(warnings),
        exit_code=code,
    )


def _list_tests(
    suite: Suite, gate: Gate, compared: Sequence[TestedBehaviour]
) -> dict[str, _GateTests]:
    """Test what was compared as the gate asks: about scenarios like these, or exactly these."""
    if gate.estimand == "population":
        return {tested.name: _GateTests(tested.unadjusted, tested.adjusted) for tested in compared}
    fixed = {
        tested.name: compare_fixed(
            _list_trials(tested.pairs, "baseline"),
            _list_trials(tested.pairs, "candidate"),
            map_families(suite, tested.pairs),
            look=tested.unadjusted.look,
        )
        for tested in compared
    }
    several = {tested.name: fixed[tested.name] for tested in compared if not tested.is_alone}
    adjusted = adjust_verdicts(several)
    return {name: _GateTests(test, adjusted.get(name, test)) for name, test in fixed.items()}


def _list_trials(pairs: Iterable[ScenarioPair], side: SideName) -> Trials:
    """Put the grades of each trial together, of all behaviours that the pairs are of."""
    scenarios: dict[str, list[list[float | None]]] = {}
    for pair in pairs:
        outcomes = pair.baseline if side == "baseline" else pair.candidate
        trials = scenarios.setdefault(pair.scenario, [[] for _ in outcomes])
        for grades, outcome in zip(trials, outcomes, strict=True):
            grades.append(_SCORES.get(outcome))
    return scenarios


def _judge_critical(
    gate: Gate, pairs: Sequence[ScenarioPair], *, waits: bool
) -> Iterator[tuple[GateOutcome | None, str]]:
    """Judge the scenarios that must not fail; None: reported, and blocks nothing.

    waits: more looks are to come, and scenarios with them.
    """
    for scenario in gate.critical:
        own = {pair.behaviour: pair for pair in pairs if pair.scenario == scenario}
        if not own and not waits:
            yield "invalid", f"critical scenario {scenario} was not compared"
        for pair in own.values():
            yield from _judge_critical_behaviour(pair)
        trials = max((len(pair.candidate) for pair in own.values()), default=0)
        if own and trials < FEWEST_CRITICAL_TRIALS:
            tried = "once" if trials == 1 else f"{trials} times"
            yield (
                None,
                f"critical scenario {scenario} was tried {tried}, fewer than"
                f" {FEWEST_CRITICAL_TRIALS} times",
            )


def _judge_critical_behaviour(pair: ScenarioPair) -> Iterator[tuple[GateOutcome | None, str]]:
    failed, tried = pair.candidate.count("fail"), len(pair.candidate)
    name = f"critical scenario {pair.scenario}: {pair.behaviour}"
    if failed and "fail" in pair.baseline:
        before = f"{pair.baseline.count('fail')} of {len(pair.baseline)}"
        yield None, f"{name} failed in {failed} of {tried} trials, in the baseline in {before}"
    elif failed:
        yield "fail", f"{name} failed in {failed} of {tried} trials"
    elif tried == 0 or set(pair.candidate) != {"pass"}:
        yield "invalid", f"{name} has trials without a grade"


def find_lacking_cells(expected: Iterable[str], ran: Iterable[str]) -> dict[str, str]:
    """Return for each suite which of its cells did not run, if any.

    Both take ids of cells: of all that a run should hold, and of those that ran.
    """
    lacking: dict[str, list[str]] = {}
    for cell in sorted(set(expected) - set(ran)):
        suite, _, rest = cell.partition("/")
        lacking.setdefault(suite, []).append(rest)
    return {
        suite: f"{len(cells)} of its cells did not run: {', '.join(cells[:MOST_CELLS])}"
        + ", ..." * (len(cells) > MOST_CELLS)
        for suite, cells in lacking.items()
    }


def refuse_gate(suite: str, gate: Gate, lacking: str) -> SuiteGate:
    """Refuse to judge a suite that was not run in full: a gate is never narrowed in silence."""
    return SuiteGate(
        suite=suite,
        outcome="invalid",
        mode=gate.mode,
        estimand=gate.estimand,
        reasons=(f"refused: {lacking}",),
        exit_code=7,
    )


def refuse_gates(suites: Mapping[str, Suite], lacking: Mapping[str, str]) -> Iterator[SuiteGate]:
    """Refuse the gates of suites, by id, that only one of two sides ran, or neither."""
    for name, suite in suites.items():
        if suite.gate:
            yield refuse_gate(name, suite.gate, lacking.get(name, "not both of the two ran it"))
