"""Rates count scenarios, keep apart what nobody could grade, and forget no trial."""

from __future__ import annotations

import pytest
from promptverdict.report.rates import build_rate_table, count_rates
from promptverdict.trials.grade import failed, passed, ungraded
from promptverdict.trials.record import Fault

from tests.report.made import graded, summary

BROKE = Fault(kind="ProviderError", message="it failed", exit_code=4)


def test_trials_are_averaged_in_their_scenario_first() -> None:
    kind, rude = (graded(passed("a")),), (graded(failed("b")),)
    (shown,) = count_rates(
        [
            summary(scenario="one", grades=kind),
            *(summary(scenario="two", grades=rude, trial=number) for number in range(3)),
        ]
    )
    assert shown.estimate.estimate == pytest.approx(0.5)
    assert (shown.passed, shown.graded, shown.estimate.scenarios) == (1, 4, 2)
    assert shown.basis == "1 of 4 trials in 2 scenarios"


def test_a_trial_that_broke_off_is_unknown_and_no_failure() -> None:
    (shown,) = count_rates([summary(grades=(graded(passed("a")),)), summary(trial=1, fault=BROKE)])
    assert (shown.passed, shown.graded, shown.unknown) == (1, 1, 1)
    assert shown.basis == "1 of 1 trial in 1 scenario"


def test_what_nobody_could_grade_has_no_rate() -> None:
    (shown,) = count_rates([summary(grades=(graded(ungraded("a")),))])
    assert not shown.estimate.valid
    assert (shown.share, shown.unknown) == ("nothing graded", 1)


def test_without_grades_there_are_no_rates() -> None:
    assert count_rates([summary(), summary(trial=1, fault=BROKE)]) == []
    assert build_rate_table([]) is None
