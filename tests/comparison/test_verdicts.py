"""A comparison is kept whole, without NaN, and says in a word what it comes to."""

from __future__ import annotations

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict, Rate
from promptverdict.comparison.scenario_pair import ScenarioPair
from promptverdict.comparison.verdicts import Comparison, Comparisons, Side, SuiteGate
from promptverdict.stats.terms import Verdict
from promptverdict.trials.grade import Outcome

from tests.cases import try_cases

RATE = Rate(estimate=None, low=0.0, high=1.0, passed=0, graded=0, ungraded=0, missing=0)


def behaviour(verdict: Verdict | None) -> BehaviourVerdict:
    return BehaviourVerdict(
        suite="manners",
        behaviour="kind",
        says="It is kind",
        kind="verdict" if verdict else "too few scenarios",
        verdict=verdict,
        reason="",
        estimate=None,
        low=-1.0,
        high=1.0,
        p=None,
        p_holm=None,
        mde80=None,
        fragile=False,
        n=0,
        missing_baseline=0,
        missing_candidate=0,
        baseline_rate=RATE,
        candidate_rate=RATE,
        pairs=(),
        next_step="",
    )


def gate(exit_code: int) -> SuiteGate:
    return SuiteGate(
        suite="manners", outcome="pass", mode="no_regression", reasons=(), exit_code=exit_code
    )


def comparison(*verdicts: Verdict | None, gates: tuple[int, ...] = ()) -> Comparison:
    side = Side(label="a/b", variant="a/b", model=None)
    return Comparison(
        baseline=side,
        candidate=side,
        behaviours=tuple(map(behaviour, verdicts)),
        gates=tuple(map(gate, gates)),
        created="2026-01-01T00:00:00Z",
    )


@try_cases(
    ("verdicts", "word", "code"),
    [
        (["improved", "regressed"], "improved and regressed", 1),
        (["inconclusive", "regressed"], "regressed", 1),
        (["inconclusive", "improved", None], "improved", 0),
        (["invalid", "inconclusive"], "inconclusive", 0),
        (["invalid", None], "too few scenarios", 0),
        (["invalid", "invalid"], "invalid", 7),
        ([], "invalid", 7),
    ],
)
def test_behaviours_come_to_a_word_and_a_code(
    verdicts: list[Verdict | None], word: str, code: int
) -> None:
    found = comparison(*verdicts)
    assert (found.word, found.exit_code) == (word, code)


@try_cases(("gates", "code"), [((0,), 0), ((0, 6), 6), ((6, 7), 7), ((7, 1, 6), 1), ((0, 0), 0)])
def test_gates_decide_the_code_where_there_are_any(gates: tuple[int, ...], code: int) -> None:
    found = comparison("regressed", gates=gates)
    assert found.exit_code == code
    assert Comparisons(comparisons=(comparison("improved"), found)).exit_code == code


def test_what_is_stale_is_no_verdict_and_ends_with_seven() -> None:
    found = comparison().model_copy(update={"status": "stale"})
    assert (found.word, found.exit_code) == ("stale", 7)
    same = comparison().model_copy(update={"status": "unchanged"})
    assert (same.word, same.exit_code) == ("unchanged", 0)


@try_cases(
    ("baseline", "candidate", "difference"),
    [
        (("pass", "fail"), ("pass", "pass"), 0.5),
        (("pass", "ungraded"), ("fail", "missing"), -1.0),
        (("pass",), ("missing",), None),
        ((), ("pass",), None),
    ],
)
def test_a_pairs_difference_is_of_what_was_graded(
    baseline: tuple[Outcome, ...], candidate: tuple[Outcome, ...], difference: float | None
) -> None:
    pair = ScenarioPair(
        suite="manners",
        scenario="hello",
        behaviour="kind",
        baseline=baseline,
        candidate=candidate,
        baseline_trials=(),
        candidate_trials=(),
    )
    assert pair.difference == difference
