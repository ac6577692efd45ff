"""Scores are checked and paired, and what is missing is neither a zero nor forgotten."""

from __future__ import annotations

import math

import pytest
from promptverdict.stats.samples import (
    MissingResults,
    count_missing,
    derive_seed,
    explain_unusable,
    fill_missing,
    list_present,
    pair_scores,
)

from tests.cases import try_cases
from tests.stats.made import arm


def test_trials_are_averaged_inside_their_scenario_before_anything_else() -> None:
    paired = pair_scores(arm([0, 0, 0], [1]), arm([1, 0, 1], [0]))
    assert list(paired.differences) == pytest.approx([2 / 3, -1])
    assert paired.trials == (1, 2.0, 3)


def test_a_missing_result_is_left_out_of_the_mean() -> None:
    paired = pair_scores(arm([0, None]), arm([1, math.nan, None]))
    assert list(paired.differences) == [1]


def test_a_scenario_without_a_score_in_one_variant_is_named() -> None:
    baseline = {"both": [1.0], "old": [1.0], "lost": [1.0], "dead": [None]}
    candidate = {"both": [1.0], "new": [1.0], "lost": [None], "dead": [None]}
    paired = pair_scores(baseline, candidate)
    assert paired.scenarios == ("both",)
    assert paired.unpaired == ("dead", "lost", "new", "old")


def test_a_family_counts_once_and_other_scenarios_count_alone() -> None:
    baseline = arm([0], [0], [0], [0])
    candidate = arm([1], [0], [1], [0])
    paired = pair_scores(baseline, candidate, {"s0": "dates", "s1": "dates"})
    assert list(paired.differences) == [0.5, 1, 0]
    assert paired.scenarios == ("s0", "s1", "s2", "s3")


def test_a_family_may_bear_the_name_of_a_scenario_outside_it() -> None:
    paired = pair_scores(arm([0], [0]), arm([1], [0]), {"s0": "s1"})
    assert list(paired.differences) == [1, 0]


def test_nothing_paired_is_no_error() -> None:
    paired = pair_scores({}, arm([1]))
    assert paired.differences.size == 0
    assert paired.trials == (0, 0.0, 0)


def test_missing_results_are_counted_among_the_trials_asked_for() -> None:
    assert count_missing(arm([1, None], [math.nan, 0, 1])) == MissingResults(2, 5)
    assert count_missing({}).share == 0


def test_booleans_are_scores() -> None:
    assert list_present([True, False, None]) == [1.0, 0.0]


def test_filling_reaches_scenarios_that_are_absent_or_empty() -> None:
    scores = {"a": [1.0, None], "b": []}
    assert fill_missing(scores, ["a", "b", "c"], 0.0) == {"a": [1.0, 0.0], "b": [0.0], "c": [0.0]}


@try_cases(
    ("baseline", "candidate", "told"),
    [
        (MissingResults(0, 100), MissingResults(11, 100), "11 of 100 results of the candidate"),
        (MissingResults(3, 20), MissingResults(0, 20), "3 of 20 results of the baseline"),
        (MissingResults(0, 100), MissingResults(8, 100), "missing results are unequal"),
    ],
)
def test_too_many_or_unequally_missing_results_are_told(
    baseline: MissingResults, candidate: MissingResults, told: str
) -> None:
    assert told in explain_unusable(baseline, candidate)


@try_cases(
    ("baseline", "candidate"),
    [
        (MissingResults(0, 0), MissingResults(0, 0)),
        (MissingResults(10, 100), MissingResults(10, 100)),
        (MissingResults(0, 100), MissingResults(6, 100)),  # Fisher p=0.029
    ],
)
def test_few_and_equally_missing_results_can_be_borne(
    baseline: MissingResults, candidate: MissingResults
) -> None:
    assert explain_unusable(baseline, candidate) == ""


def test_the_seed_depends_on_the_scenarios_and_not_on_their_order() -> None:
    assert derive_seed(["b", "a"]) == derive_seed(["a", "b"]) == 0x7E18F737311B2DC3
    assert derive_seed(["a", "b"]) != derive_seed(["a", "c"])
