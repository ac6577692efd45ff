"""What to do next: as many more scenarios as bring the verdict, if they go like those seen."""

from __future__ import annotations

import re

from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.verdicts import Comparison
from promptverdict.comparison.wording import format_next_step
from promptverdict.trials.record import TrialRecord

from tests.benchmarks.next_step import simulate
from tests.cases import try_cases
from tests.compared import BASE, TERSE, samples, side, suite, trial


def compared(before: list[str], after: list[str], behaviours: int = 1, **of: object) -> Comparison:
    """Compare scenarios of one trial each that go alike for every behaviour."""
    names = [f"b{number}" for number in range(behaviours)]
    records: list[TrialRecord] = [
        trial(variant, f"s{place}", number, dict.fromkeys(names, sign))
        for variant, signs in ((BASE, before), (TERSE, after))
        for place, trials in enumerate(signs)
        for number, sign in enumerate(trials)
    ]
    suites = {"manners": suite(*names, **of)}
    return compare_variants(samples(records), suites, BASE, TERSE)


def test_one_more_of_the_same_kind_is_enough_where_holm_alone_stands_in_the_way() -> None:
    found = compared(["-"] * 7, ["+"] * 7, behaviours=4)
    assert found.word == "inconclusive"
    step = found.behaviours[0].next_step
    number = int(step.split()[0])
    assert step == (
        f"{number} more scenario{'s' * (number > 1)} ({2 * number} trials), if they go like these"
    ).replace("they go", "it goes" if number == 1 else "they go")
    after = compared(["-"] * (7 + number), ["+"] * (7 + number), behaviours=4)
    assert after.word == "improved"
    if number > 1:
        fewer = compared(["-"] * (6 + number), ["+"] * (6 + number), behaviours=4)
        assert fewer.word == "inconclusive"


@try_cases("behaviours", [1, 2, 3, 8])
def test_what_goes_one_way_takes_just_as_many_as_the_verdict_does(behaviours: int) -> None:
    """Where all go alike nothing is left to chance, so that the count is exact."""
    sizes = range(4, 16)
    words = [compared(["-"] * n, ["+"] * n, behaviours).word for n in sizes]
    first = next(size for size, word in zip(sizes, words, strict=True) if word == "improved")
    for size in range(4, first):
        (step, *_) = [
            verdict.next_step
            for verdict in compared(["-"] * size, ["+"] * size, behaviours).behaviours
        ]
        assert step.startswith(f"{first - size} more scenario")


def test_behaviours_that_have_their_verdict_stand_in_nobodys_way() -> None:
    doubtful = ["+"] * 4 + ["-"] * 6
    signs = {"sure": ["+"] * 10, "doubtful": doubtful}
    records = [
        trial(variant, f"s{place}", 0, {name: sign[place] for name, sign in of.items()})
        for variant, of in ((BASE, dict.fromkeys(signs, ["-"] * 10)), (TERSE, signs))
        for place in range(10)
    ]
    found = compare_variants(samples(records), {"manners": suite("sure", "doubtful")}, BASE, TERSE)
    alone = compared(["-"] * 10, doubtful)
    sure, other = found.behaviours
    assert (sure.verdict, other.verdict) == ("improved", "inconclusive")
    assert other.next_step == alone.behaviours[0].next_step


def test_ties_stay_as_frequent_as_they_are() -> None:
    few = compared(["-"] * 3 + ["+"] * 9, ["+"] * 12).behaviours[0]
    many = compared(["-"] * 3 + ["+"] * 21, ["+"] * 24).behaviours[0]
    first, second = (verdict.next_trials or 0 for verdict in (few, many))
    assert 0 < first < second


def test_families_are_named_and_counted_as_they_are_judged() -> None:
    families = {f"f{number}": [f"s{2 * number}", f"s{2 * number + 1}"] for number in range(4)}
    step = compared(["-"] * 8, ["+"] * 8, families=families).behaviours[0].next_step
    assert re.fullmatch(r"2 more scenarios of other families \(4 trials\), if they .*", step)


def test_missing_results_count_against_the_direction() -> None:
    whole = compared(["-"] * 9, ["+"] * 4 + ["-"] * 5)
    lost = compared([*["-"] * 9, "++++"], [*["+"] * 4, *["-"] * 5, "++?+"])
    counts = [found.behaviours[0].next_trials or 0 for found in (whole, lost)]
    assert 0 < counts[0] < counts[1]


def test_a_direction_that_is_none_is_planned_for_a_change_of_a_size_that_matters() -> None:
    step = compared(["+", "-"] * 5, ["+", "-"] * 5).behaviours[0]
    assert step.next_step.startswith("to find a change of +20 points four times in five: ")
    assert step.next_trials is None


def test_the_cheapest_step_is_named_with_what_it_decides() -> None:
    signs = {"far": ["+"] * 2 + ["-"] * 8, "near": ["+"] * 4 + ["-"] * 6}
    records = [
        trial(variant, f"s{place}", 0, {name: sign[place] for name, sign in of.items()})
        for variant, of in ((BASE, dict.fromkeys(signs, ["-"] * 10)), (TERSE, signs))
        for place in range(10)
    ]
    found = compare_variants(samples(records), {"manners": suite("far", "near")}, BASE, TERSE)
    far, near = found.behaviours
    assert near.next_trials is not None
    assert far.next_trials is None or near.next_trials < far.next_trials
    assert format_next_step(found.behaviours) == f"near: {near.next_step}"


def test_following_it_leads_to_the_verdict_where_the_effect_is_as_seen() -> None:
    """A short form of tests/benchmarks/next_step.py, which follows it 1,000 times."""
    reached = simulate(40, seed=7)
    assert reached["like these"] >= 0.8
    assert reached["rates as seen"] >= 0.7


def test_a_step_of_one_side_with_a_verdict_is_none() -> None:
    found = compare_variants(
        samples([*side(BASE, *["-"] * 12), *side(TERSE, *["+"] * 12)]),
        {"manners": suite()},
        BASE,
        TERSE,
    )
    assert (found.behaviours[0].next_step, found.behaviours[0].next_trials) == ("", None)
