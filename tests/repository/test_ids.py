"""The committed trials with ids that begin anew in each answer, as some services give them."""

from __future__ import annotations

from promptverdict.comparison.fingerprint import measure_trial
from promptverdict.runner.readback import read_back
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.transcript import Answered, Call, Event, Result, pair_calls

from tests.cases import try_cases
from tests.repository.test_recordings import TRIALS, open_recording


def renumber(read: Evidence) -> Evidence:
    """Call each call by its tool and its place in its answer: `Bash:0`."""
    names: dict[int, str] = {}
    place = 0
    for number, event in enumerate(read.events):
        if isinstance(event, Call):
            names[number] = f"{event.tool}:{place}"
            place += 1
        elif isinstance(event, Answered):
            place = 0
    pairs = pair_calls(read.events)

    def rename(number: int, event: Event) -> Event:
        match event:
            case Call():
                return event.model_copy(update={"id": names[number]})
            case Result():
                return event.model_copy(update={"call": names[pairs[number]]})
        return event

    events = tuple(rename(number, event) for number, event in enumerate(read.events))
    return read.model_copy(update={"events": events})


@try_cases("trial_id", TRIALS)
def test_grades_and_measures_do_not_depend_on_the_ids_of_calls(trial_id: str) -> None:
    trial = TRIALS[trial_id]
    record = read_back(trial, open_recording(trial.location))
    again = renumber(record.evidence)
    results = sum(isinstance(event, Result) for event in again.events)
    assert len(pair_calls(again.events)) == results
    assert trial.cell.grade(again) == record.grades
    assert measure_trial(record.model_copy(update={"evidence": again})) == measure_trial(record)
