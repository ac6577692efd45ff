"""Records as a run leaves them, made by hand."""

from __future__ import annotations

from typing import Any

from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.grade import Finding, Grade
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.summary import TrialSummary, summarise_trial
from promptverdict.trials.transcript import Answered, Call, End, Event, Result, Say, Usage, User
from promptverdict.trials.tree import Change, TestNode, TestReport

PROVENANCE = Provenance(
    evidence="relay",
    operator="Ann, by hand",
    model="relay/claude",
    answered="relay/claude",
    recorded="2026-01-01T12:00:00Z",
)

EVENTS: tuple[Event, ...] = (
    User(text="Say hello,\nin a file."),
    Say(text="I write it."),
    Call(id="t1", tool="Write", args={"file_path": "/workspace/a.txt", "content": "hello\n"}),
    Call(id="t2", tool="Bash", args={"command": "pytest -q"}),
    Answered(model="claude", stop="calls", usage=Usage(input=1000, output=200)),
    Result(
        call="t1",
        text="Wrote /workspace/a.txt",
        seconds=0.014,
        changes=(Change(path="a.txt", text="hello\n"),),
    ),
    Result(
        call="t2",
        text="1 failed\n(exit code 1)",
        error=True,
        seconds=1.5,
        tests=(
            TestReport(
                tree="0123456789abcdef",
                exit_code=1,
                nodes=(
                    TestNode(id="t.py::a", phase="call", outcome="failed"),
                    TestNode(id="t.py::b", phase="call", outcome="passed"),
                ),
            ),
        ),
    ),
    Say(text="Done."),
    Answered(model="claude", stop="done", usage=Usage(input=1300, output=34)),
    End(reason="done"),
)


def record(
    *events: Event,
    provenance: Provenance | None = PROVENANCE,
    fault: Fault | None = None,
    outcome: FinalState | None = None,
    **more: Any,
) -> TrialRecord:
    """Make a record; without events, of a trial in which all went well."""
    named = {"suite": "manners", "scenario": "hello", "variant": "helper/base"} | more
    task = Task(
        suite=named["suite"],
        scenario=named["scenario"],
        variant=named["variant"],
        message="Say hello",
        tools=("Write", "Bash"),
    )
    fields: dict[str, Any] = {
        "key": "0" * 16,
        "trial": 0,
        "digest": {},
        "provenance": provenance,
        "replayed": True,
        "seconds": 1.0,
        "evidence": Evidence(task=task, events=events or EVENTS, outcome=outcome),
        "fault": fault,
    }
    return TrialRecord.model_validate(fields | named)


def summary(*events: Event, **more: Any) -> TrialSummary:
    """Make the summary of such a record."""
    return summarise_trial(record(*events, **more))


def graded(finding: Finding, behaviour: str = "polite") -> Grade:
    """Make a grade of a finding."""
    return Grade(behaviour=behaviour, grader="custom", finding=finding)
