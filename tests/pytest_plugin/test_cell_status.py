"""What a cell's trials come to: what broke before what fell short, each in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from promptverdict.graders.spoken import Says
from promptverdict.pytest_plugin.cell_status import CellStatus
from promptverdict.trials.grade import Finding, Grade, Outcome
from promptverdict.trials.record import Fault
from promptverdict.trials.summary import summarise_trial
from promptverdict.trials.transcript import User

from tests.fakes import SCENARIO
from tests.report.made import record
from tests.runner.test_cells import cell

FAULT = Fault(kind="ProviderError", message="no answer", exit_code=4)


def status(root: Path, *outcomes: Outcome, require: float = 1.0) -> CellStatus:
    """Make a cell that must be kind, with one trial for each outcome."""
    made = cell(root, SCENARIO)
    suite = made.scenario.suite.suite.model_validate(
        {
            "title": "Manners",
            "behaviours": {"kind": {"says": "It is kind", "control": True}},
            "require": require,
        }
    )
    says = Says(all_of=("Hello",))
    scenario = made.scenario.scenario.model_copy(update={"grades": {"kind": says}})
    loaded = replace(
        made.scenario, scenario=scenario, suite=replace(made.scenario.suite, suite=suite)
    )
    trials = [
        record(key=f"{number:016x}", trial=number, grades=(graded(number, outcome),))
        for number, outcome in enumerate(outcomes)
    ]
    known = {trial.key: trial for trial in trials}
    summaries = list(map(summarise_trial, trials))
    return CellStatus(replace(made, scenario=loaded), summaries, known.__getitem__)


def graded(number: int, outcome: Outcome) -> Grade:
    finding = Finding(outcome=outcome, reason=f"reason {number}")
    return Grade(behaviour="kind", grader="says", finding=finding)


def test_a_shortcoming_tells_how_often_and_why_of_the_trials_that_failed(tmp_path: Path) -> None:
    found = status(tmp_path, "pass", "fail", "ungraded")
    assert found.list_shortcomings() == [
        "kind: shown in 1 of 3 trials, 1 ungraded\n  trial 1: reason 1"
    ]
    assert found.list_faults() == []
    assert found.format_rates() == {"kind": "shown in 1 of 3 trials, 1 ungraded"}


def test_what_could_go_either_way_is_a_fault_and_no_shortcoming(tmp_path: Path) -> None:
    found = status(tmp_path, "pass", "ungraded")
    assert found.list_shortcomings() == []
    (told,) = found.list_faults()
    assert told == "undecided: kind: shown in 1 of 2 trials, 1 ungraded\n  trial 1: reason 1"


def test_enough_passes_leave_an_ungraded_trial_without_a_say(tmp_path: Path) -> None:
    found = status(tmp_path, "pass", "ungraded", require=0.5)
    assert found.list_shortcomings() == found.list_faults() == []


def test_a_fault_is_told_with_its_trial_only_where_there_is_something_to_read(
    tmp_path: Path,
) -> None:
    whole = status(tmp_path, "pass")
    silent = record(fault=FAULT)
    silent = silent.model_copy(
        update={"evidence": silent.evidence.model_copy(update={"events": ()})}
    )
    trials = [record(User(text="x"), trial=2, fault=FAULT), silent]
    broken = replace(whole, trials=list(map(summarise_trial, trials)))
    assert broken.list_faults() == [f"{whole.cell.id}#2: no answer", "no answer"]
    assert not broken.has_evidence
    assert whole.has_evidence


def test_seconds_are_those_of_all_trials(tmp_path: Path) -> None:
    found = status(tmp_path, "pass", "pass")
    assert found.seconds == sum(one.seconds for one in found.trials)
    assert found.seconds > 0
