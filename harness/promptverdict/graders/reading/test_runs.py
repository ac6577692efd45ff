"""The test runs of a trial, whichever runner made them and however that is known.

A report of pytest's plugin says on which tree it ran. What a runner printed, or left in a file of
JUnit's, is read where its form is known and the command may have started that runner. A command
that may have run tests and left neither is unread: nobody may take it for one that ran none.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from promptverdict.graders.reading.report_runs import read_reports
from promptverdict.graders.reading.run_names import NameBook
from promptverdict.graders.reading.test_run import ResultRuns
from promptverdict.graders.reading.visible_runs import read_visible
from promptverdict.trials.evidence import Evidence, Identity
from promptverdict.trials.transcript import Call, Result, pair_calls


def list_result_runs(evidence: Evidence) -> tuple[ResultRuns, ...]:
    """List what each result shows of tests, in order; graders of one trial share what was read."""
    return _list_result_runs(Identity(evidence))


@lru_cache(maxsize=2)
def _list_result_runs(known: Identity) -> tuple[ResultRuns, ...]:
    evidence = known.evidence
    trees = [tree for _, tree in evidence.trees()]
    calls, names = pair_calls(evidence.events), NameBook()
    found: list[ResultRuns] = []
    for event, result in enumerate(evidence.events):
        if not isinstance(result, Result):
            continue
        number = len(found) + 1
        call = evidence.events[calls.get(event, event)]
        command = str(call.args.get("command", "")) if isinstance(call, Call) else ""
        reports = tuple(read_reports(event, number, result.tests, command))
        around = trees[number - 1], trees[number]
        visible = read_visible(event, number, command, result, around) if command else ResultRuns()
        runs = (*reports, *visible.runs)
        completed = tuple(names.complete(run, trees[number]) for run in runs)
        found.append(replace(visible, runs=completed))
    return tuple(found)
