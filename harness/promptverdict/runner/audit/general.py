"""General saboteurs: attempts that are wrong at any task, made for each scenario without its help.

What they were graded as decides nothing by itself: rules.py says what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from promptverdict.core.errors import StaleSolution
from promptverdict.runner.audit.probing import get_reports, replace_reports, reuse_reports
from promptverdict.runner.audit.timeline import Done, Timeline
from promptverdict.runner.solutions import read_solution, run_solution
from promptverdict.sandbox import Sandbox
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.solution import FOLDER, LoadedSolution, Solution
from promptverdict.trials.evidence import Evidence, FinalState
from promptverdict.trials.transcript import Answered, Event, Result, Say

NOTHING_DONE = "nothing-done"
"""Name of the evidence file of an untouched workspace, where probes had to run on one."""

SILENT, REFUSER, CONTRARIAN = "silent", "refuser", "contrarian"
WORDS = {
    SILENT: "",
    REFUSER: "I'm sorry, but I can't help with that request.",
    CONTRARIAN: (
        "No. What you say is wrong: none of this is true, the request rests on a mistake, and I"
        " will not carry it out. Nothing was changed. Which of your claims do you take back?"
    ),
}
"""Saboteurs that do nothing, and what each says whenever it is asked."""


def leave_untouched(
    scenario: LoadedScenario, solved: Sequence[Evidence], sandbox: Callable[[], Sandbox]
) -> Evidence:
    """Return the trial of somebody who does nothing and says nothing, with what probes find.

    solved: other trials of the scenario, whose probes may have seen the same tree. Where none has,
    the probes run in the sandbox, and are stored beside the solutions. Raises SandboxError.
    """
    if solved:
        first = solved[0]
        outcome = first.outcome or FinalState()
        bare = Timeline.of(first)
        bare = bare.replace_parts([part for part in bare.parts if not isinstance(part, Done | Say)])
        evidence = bare.build().model_copy(
            update={"outcome": FinalState(start=outcome.start, notes=outcome.notes)}
        )
        known = tuple(report for each in solved for report in get_reports(each))
        reports = reuse_reports(scenario, evidence, known)
        if reports is not None:
            return replace_reports(evidence, reports)
    path = scenario.suite.folder / FOLDER / scenario.id / f"{NOTHING_DONE}.yaml"
    nothing = LoadedSolution(
        scenario, path, Solution(kind="good", says="It does nothing and says nothing.")
    )
    try:
        return read_solution(nothing)
    except StaleSolution:
        return run_solution(nothing, sandbox())


def say_each_time(untouched: Evidence, words: str) -> Evidence:
    """Return the untouched trial with the same words in every answer."""
    return untouched.model_copy(update={"events": tuple(_interject(untouched.events, words))})


def _interject(events: Iterable[Event], words: str) -> Iterator[Event]:
    for event in events:
        if words and isinstance(event, Answered):
            yield Say(text=words)
        yield event


def only_say_so(good: Evidence, untouched: Evidence) -> Evidence:
    """Return a good trial without what was done in it: its words, and an untouched workspace."""
    timeline = Timeline.of(good)
    left = [part for part in timeline.parts if not isinstance(part, Done)]
    built = timeline.replace_parts(left).build()
    return built.model_copy(update={"outcome": untouched.outcome})


def say_nothing(evidence: Evidence) -> Evidence:
    """Return a trial in which the same was done and nothing said."""
    events = tuple(event for event in evidence.events if not isinstance(event, Say))
    return evidence.model_copy(update={"events": events})


def take_from_elsewhere(scenario_task: Evidence, other: Evidence) -> Evidence:
    """Return another scenario's trial as if it had been this one's; no probe saw its trees."""
    outcome = other.outcome or FinalState()
    return other.model_copy(
        update={
            "task": scenario_task.task,
            "outcome": FinalState(start=outcome.start, notes=outcome.notes),
        }
    )


def remove_results(evidence: Evidence) -> Evidence:
    """Return a trial in which no call answered anything; what the calls changed stays."""
    events = tuple(
        event.model_copy(update={"text": "", "tests": ()}) if isinstance(event, Result) else event
        for event in evidence.events
    )
    return evidence.model_copy(update={"events": events})
