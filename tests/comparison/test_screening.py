"""What no grader asked for is compared in pairs, traced to scenarios, and decides nothing."""

from __future__ import annotations

import tracemalloc
from datetime import date

import pytest
from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.fingerprint import MEASURES
from promptverdict.comparison.measured import Measured
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.screening import screen_measures
from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Event, Result, Say, Usage, User

from tests.compared import BASE, TERSE, samples, suite, trial

USD = Cost(amount=0.25, currency="USD", as_of=date(2026, 1, 1))


def tried(variant: str, scenario: str, calls: int, number: int = 0, **more: object) -> TrialRecord:
    """Make a record of a trial with so many calls of Bash."""
    each: list[Event] = []
    for place in range(calls):
        each += [
            Call(id=f"t{place}", tool="Bash", args={"command": "ls"}),
            Answered(model="m", stop="calls", usage=Usage(input=100, output=10)),
            Result(call=f"t{place}", text="", seconds=0.5),
        ]
    end = (
        Say(text="Done."),
        Answered(model="m", stop="done", usage=Usage(input=100, output=10)),
        End(reason="done"),
    )
    record = trial(variant, scenario, number, {"kind": "+"}, **more)
    evidence = record.evidence.model_copy(update={"events": (User(text="Go."), *each, *end)})
    return record.model_copy(update={"evidence": evidence})


def compared(*records: TrialRecord) -> Comparison:
    return compare_variants(samples(records), {"manners": suite()}, BASE, TERSE)


def runs(before: list[int], after: list[int], **more: object) -> list[TrialRecord]:
    return [
        tried(variant, f"s{place}", calls, **more)
        for variant, side in ((BASE, before), (TERSE, after))
        for place, calls in enumerate(side)
    ]


def measure(found: Comparison, name: str) -> Measured:
    (one,) = [one for one in found.fingerprint if one.name == name]
    return one


def test_what_differs_clearly_comes_first_and_leads_to_its_scenarios() -> None:
    found = compared(*runs([2] * 8, [4] * 7 + [9]))
    first = found.fingerprint[0]
    assert first.worth_a_look
    bash = measure(found, "calls of Bash")
    assert (bash.baseline, bash.candidate, bash.difference, bash.n) == (2.0, 4.625, 2.625, 8)
    assert bash.p == pytest.approx(1 / 256)
    assert (bash.unit, bash.says) == ("calls", "Calls of Bash")
    assert bash.scenarios[0].model_dump() == {
        "suite": "manners",
        "scenario": "s7",
        "baseline": 2.0,
        "candidate": 9.0,
    }
    assert len(bash.scenarios) == 8
    same = measure(found, "commits")
    assert (same.worth_a_look, same.scenarios, same.reason) == (False, (), "the same on both sides")


def test_a_fingerprint_changes_neither_word_nor_exit_code_nor_gates() -> None:
    gated = suite(gate={"mode": "no_regression"})
    records = samples(runs([2] * 8, [9] * 8))
    found = compare_variants(records, {"manners": gated}, BASE, TERSE)
    bare = found.model_copy(update={"fingerprint": ()})
    assert any(one.worth_a_look for one in found.fingerprint)
    assert (found.word, found.exit_code, found.gates) == (bare.word, bare.exit_code, bare.gates)
    assert (found.word, found.exit_code) == ("inconclusive", 0)


def test_below_six_scenarios_differences_are_listed_without_a_claim() -> None:
    found = compared(*runs([2] * 5, [9] * 5))
    bash = measure(found, "calls of Bash")
    assert (bash.difference, bash.p, bash.reason) == (
        7.0,
        None,
        "fewer than 6 paired scenarios (5)",
    )
    assert not any(one.worth_a_look for one in found.fingerprint)


def test_a_trial_that_broke_is_missing_and_no_zero() -> None:
    records = [*runs([2] * 20, [2] * 20), trial(TERSE, "s3", 1, None)]
    bash = measure(compared(*records), "calls of Bash")
    assert (bash.candidate, bash.missing_baseline, bash.missing_candidate) == (2.0, 0, 1)


def test_a_scenario_that_one_side_never_ran_is_no_part_of_it() -> None:
    found = compared(*runs([2] * 7 + [90], [2] * 7))
    bash = measure(found, "calls of Bash")
    assert (bash.n, bash.baseline, bash.missing_candidate) == (7, 2.0, 0)


def test_what_nobody_knows_is_left_out() -> None:
    found = compared(*runs([2] * 6, [2] * 6))
    assert [one.name for one in found.fingerprint] == [name for name in MEASURES if name != "price"]


def test_a_price_has_its_currency_and_those_of_other_days_are_not_compared() -> None:
    found = compared(*runs([2] * 6, [2] * 6, cost=USD))
    assert (measure(found, "price").unit, measure(found, "price").baseline) == ("USD", 0.25)
    later = USD.model_copy(update={"as_of": date(2026, 2, 1)})
    records = runs([2] * 6, [2] * 5, cost=USD)
    found = compared(*records, tried(TERSE, "s5", 2, cost=later))
    assert "price" not in {one.name for one in found.fingerprint}


def test_quantities_have_a_ratio_from_twenty_scenarios_on() -> None:
    found = compared(*runs([2, 3] * 10, [5, 7] * 10))
    seconds = measure(found, "seconds in tools")
    assert seconds.ratio is not None
    assert seconds.ratio.low <= seconds.ratio.ratio <= seconds.ratio.high
    assert seconds.ratio.ratio == pytest.approx((5 / 2 * 7 / 3) ** 0.5)
    assert measure(found, "calls of Bash").ratio is None
    assert measure(compared(*runs([2] * 19, [5] * 19)), "seconds in tools").ratio is None


def test_a_fingerprint_is_kept_whole() -> None:
    kept = Comparisons(comparisons=(compared(*runs([2] * 8, [9] * 8)),))
    text = kept.model_dump_json()
    assert "NaN" not in text
    assert Comparisons.model_validate_json(text) == kept


def test_the_measures_of_all_trials_are_not_held_at_once() -> None:
    sides = [Sample.of(trial(variant, "s0", 0, {"kind": "+"})) for variant in (BASE, TERSE)]
    before, after = ((sample,) * 100 for sample in sides)
    screen_measures([PairedScenario("small", "s", before, after)], {})  # imports SciPy
    pairs = [PairedScenario("small", f"s{number}", before, after) for number in range(20)]
    tracemalloc.start()
    try:
        screen_measures(pairs, {})
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Lists of all 40 measures at once took 490 bytes a trial.
    assert peak / 4000 < 200
