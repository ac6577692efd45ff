"""Rates count scenarios, keep apart what nobody could grade, and forget no trial."""

from __future__ import annotations

import pytest
from promptverdict.report.page.rates import rates
from promptverdict.trials.grade import failed, passed, ungraded
from promptverdict.trials.record import Fault

from tests.report.made import graded, record

BROKE = Fault(kind="ProviderError", message="it failed", exit_code=4)


def test_trials_are_averaged_in_their_scenario_first() -> None:
    kind, rude = (graded(passed("a")),), (graded(failed("b")),)
    (shown,) = rates(
        [
            record(scenario="one", grades=kind),
            *(record(scenario="two", grades=rude, trial=number) for number in range(3)),
        ]
    )
    assert shown.estimate == pytest.approx(0.5)
    assert (shown.passed, shown.graded, shown.scenarios) == (1, 4, 2)
    assert shown.told.endswith("1 of 4 trials")


def test_a_trial_that_broke_off_is_unknown_and_no_failure() -> None:
    (shown,) = rates([record(grades=(graded(passed("a")),)), record(trial=1, fault=BROKE)])
    assert (shown.passed, shown.graded, shown.unknown) == (1, 1, 1)
    assert shown.told.endswith("1 of 1 trials, 1 ungraded")


def test_what_nobody_could_grade_has_no_rate() -> None:
    (shown,) = rates([record(grades=(graded(ungraded("a")),))])
    assert shown.estimate is None
    assert shown.told == "nothing graded, 0 of 0 trials, 1 ungraded"


def test_without_grades_there_are_no_rates() -> None:
    assert rates([record(), record(trial=1, fault=BROKE)]) == []
