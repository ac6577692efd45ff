"""What a suite's gate says of a comparison: of each thing it is about, and in all.

A gate is about the suite's themes and, where there are none, about each behaviour. Beside themes,
no behaviour of one may have regressed: what a theme averages away is seen all the same.
Where the gate is about exactly the suite's scenarios, all of this is judged anew by their trials.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptverdict.comparison.verdicts import (
    GateResult,
    ScenarioPair,
    SideName,
    SuiteGate,
    worst_exit_code,
)
from promptverdict.scenarios.gate import Gate
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.corrections import adjust_verdicts
from promptverdict.stats.fixed import FixedTest, Trials, compare_fixed
from promptverdict.stats.gates import answer_gate
from promptverdict.stats.paired_test import PairedTest
from promptverdict.stats.terms import GateOutcome

FEW = 3
"""A critical scenario with fewer trials than this says little about never failing."""


MOST = 3
"""Cells that are named where more than so many did not run."""


@dataclass(frozen=True)
class TestedBehaviour:
    """One behaviour or theme of a suite: its trials, and what the statistics say of them."""

    name: str
    pairs: tuple[ScenarioPair, ...]
    found: PairedTest
    """As it is, one test of its own."""
    adjusted: PairedTest
    """With the verdict that is left after adjusting for there being several."""
    alone: bool = False
    """Named beforehand as what the suite is about, so that there is nothing to adjust for."""


@dataclass(frozen=True)
class _Tested:
    """What a gate goes by: one test of its own, and what is left of it beside the others."""

    found: PairedTest | FixedTest
    adjusted: PairedTest | FixedTest

    def gated(self, gate: Gate, *, only_fails: bool = False) -> GateResult:
        """Judge by a gate; only_fails: in the mode that blocks nothing else."""
        mode = "no_regression" if only_fails else gate.mode
        told = self.found if mode == "non_inferiority" else self.adjusted
        said = answer_gate(told, mode, gate.margin)
        return GateResult(
            outcome=said.outcome,
            mode=mode,
            estimand=said.estimand,
            margin=gate.margin,
            needed=said.needed,
            refused=said.refused,
            warning=said.warning,
            reason=said.reason,
            exit_code=said.exit_code,
        )


def _tested(gate: Gate, judged: Sequence[TestedBehaviour]) -> dict[str, _Tested]:
    """Test what was compared as the gate asks: about scenarios like these, or exactly these."""
    if gate.estimand == "population":
        return {one.name: _Tested(one.found, one.adjusted) for one in judged}
    found = {
        one.name: compare_fixed(
            _trials(one.pairs, "baseline"), _trials(one.pairs, "candidate"), look=one.found.look
        )
        for one in judged
    }
    left = adjust_verdicts({one.name: found[one.name] for one in judged if not one.alone})
    return {name: _Tested(one, left.get(name, one)) for name, one in found.items()}


def _trials(pairs: Iterable[ScenarioPair], side: SideName) -> Trials:
    """Put the grades of each trial together, of all behaviours that the pairs are of."""
    found: dict[str, list[list[float | None]]] = {}
    for pair in pairs:
        outcomes = pair.baseline if side == "baseline" else pair.candidate
        trials = found.setdefault(pair.scenario, [[] for _ in outcomes])
        for grades, outcome in zip(trials, outcomes, strict=True):
            grades.append({"pass": 1.0, "fail": 0.0}.get(outcome))
    return found


def answer_suite_gate(
    suite: str, gate: Gate, themes: Sequence[TestedBehaviour], behaviours: Sequence[TestedBehaviour]
) -> tuple[dict[str, GateResult], SuiteGate]:
    """Judge one suite: what the gate says of each theme and behaviour, by name, and in all.

    themes: those of the suite, none where it has none; behaviours: all that were compared.
    """
    about = themes or behaviours
    inside = {pair.behaviour for one in about for pair in one.pairs}
    beside = [one for one in behaviours if themes and one.name in inside]
    tested = _tested(gate, behaviours)
    results = {name: one.gated(gate) for name, one in _tested(gate, about).items()}
    watched = {one.name: tested[one.name].gated(gate, only_fails=True) for one in beside}
    failing = {name: one for name, one in watched.items() if one.outcome == "fail"}
    said = [
        (one.outcome, one.exit_code, f"{name}: {one.reason}")
        for name, one in (*results.items(), *failing.items())
    ]
    warnings = [
        f"{name}: {one.warning}"
        for name, one in (*results.items(), *watched.items())
        if one.warning
    ]
    pairs = [pair for one in behaviours for pair in one.pairs]
    waits = any(one.found.look and not one.found.look.last for one in about)
    for outcome, told in _critical(gate, pairs, waits=waits):
        if outcome is None:
            warnings.append(told)
        else:
            said.append((outcome, 1 if outcome == "fail" else 7, told))
    if not said:
        said.append(("invalid", 7, "nothing that the gate is about was compared"))
    code = worst_exit_code(one[1] for one in said)
    of_code = [one for one in said if one[1] == code]
    doubtful = [one for one in of_code if one[0] == "inconclusive"]
    return {**watched, **results}, SuiteGate(
        suite=suite,
        outcome=(doubtful or of_code)[0][0],
        mode=gate.mode,
        estimand=gate.estimand,
        reasons=tuple(told for _, _, told in of_code),
        warnings=tuple(warnings),
        exit_code=code,
    )


def find_lacking_cells(expected: Iterable[str], ran: Iterable[str]) -> dict[str, str]:
    """Say of each suite which cells did not run, if any; cells by id, those of a run and all."""
    found: dict[str, list[str]] = {}
    for cell in sorted(set(expected) - set(ran)):
        suite, _, rest = cell.partition("/")
        found.setdefault(suite, []).append(rest)
    return {
        suite: f"{len(cells)} of its cells did not run: {', '.join(cells[:MOST])}"
        + ", ..." * (len(cells) > MOST)
        for suite, cells in found.items()
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


def _critical(
    gate: Gate, pairs: Sequence[ScenarioPair], *, waits: bool
) -> Iterator[tuple[GateOutcome | None, str]]:
    """Judge the scenarios that must not fail; None: reported, and blocks nothing.

    waits: more looks are to come, and scenarios with them.
    """
    for scenario in gate.critical:
        there = [pair for pair in pairs if pair.scenario == scenario]
        if not there and not waits:
            yield "invalid", f"critical scenario {scenario} was not compared"
        for pair in {pair.behaviour: pair for pair in there}.values():
            yield from _must_pass(pair)
        if there and (trials := max(len(pair.candidate) for pair in there)) < FEW:
            times = "once" if trials == 1 else f"{trials} times"
            yield None, f"critical scenario {scenario} was tried {times}, fewer than {FEW} times"


def _must_pass(pair: ScenarioPair) -> Iterator[tuple[GateOutcome | None, str]]:
    failed, tried = pair.candidate.count("fail"), len(pair.candidate)
    told = f"critical scenario {pair.scenario}: {pair.behaviour}"
    if failed and "fail" in pair.baseline:
        before = f"{pair.baseline.count('fail')} of {len(pair.baseline)}"
        yield None, f"{told} failed in {failed} of {tried} trials, in the baseline in {before}"
    elif failed:
        yield "fail", f"{told} failed in {failed} of {tried} trials"
    elif tried == 0 or set(pair.candidate) != {"pass"}:
        yield "invalid", f"{told} has trials without a grade"
