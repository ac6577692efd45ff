"""Edits change what they say and nothing else, and trees follow from what each call wrote."""

from __future__ import annotations

from typing import Any

import pytest
from promptverdict.runner.audit.editing import NothingToEdit, edit_evidence
from promptverdict.runner.audit.timeline import Timeline
from promptverdict.scenarios.edits import Edit
from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.transcript import (
    Answered,
    Call,
    End,
    Event,
    Result,
    Say,
    User,
    final_text,
    pair_calls,
)
from promptverdict.trials.tree import Change, TestNode, TestReport, digest

from tests.cases import try_cases
from tests.repository.test_recordings import TRIALS, evidence

CALLS = Answered(model="m", stop="calls")
DONE = Answered(model="m", stop="done")
START = (Change(path="code.py", text="one\n"),)


def bash(number: int, command: str) -> Call:
    return Call(id=f"c{number}", tool="Bash", args={"command": command})


def wrote(number: int, *changes: Change, text: str = "", tests: Any = ()) -> Result:
    return Result(call=f"c{number}", text=text, changes=changes, tests=tests)


def report(tree: str, *failed: str) -> TestReport:
    nodes = [
        TestNode(
            id=name,
            phase="call",
            outcome="failed" if name in failed else "passed",
            exception="NameError" if name in failed else None,
        )
        for name in ("a", "b")
    ]
    return TestReport(tree=tree, exit_code=1 if failed else 0, nodes=tuple(nodes))


def build() -> Evidence:
    """Build a trial: a test is written and fails, the code is written and it passes."""
    task = Task(suite="s", scenario="x", variant="a/b", message="Go")
    test = Change(path="test.py", text="test\n")
    code = Change(path="code.py", splices=(-1, "two\n"), before="present")
    plain: list[Event] = [
        User(text="Go"),
        Say(text="First a test."),
        bash(1, "write test"),
        CALLS,
        wrote(1, test),
        bash(2, "pytest"),
        CALLS,
        wrote(2, text="1 failed", tests=(report("?", "b"),)),
        bash(3, "write code"),
        bash(4, "pytest"),
        CALLS,
        wrote(3, code),
        wrote(4, text="2 passed", tests=(report("?"),)),
        Say(text="Done. It could not be deployed."),
        DONE,
        End(reason="done"),
    ]
    made = Evidence(task=task, events=tuple(plain), outcome=FinalState(start=START))
    names = made.digests()
    seen = {7: names[2], 12: names[4]}
    events = tuple(
        event.model_copy(
            update={
                "tests": tuple(each.model_copy(update={"tree": seen[n]}) for each in event.tests)
            }
        )
        if isinstance(event, Result) and event.tests
        else event
        for n, event in enumerate(made.events)
    )
    return made.model_copy(update={"events": events})


def edit(*documents: dict[str, Any]) -> Evidence:
    return edit_evidence(build(), tuple(Edit.model_validate(each) for each in documents))


def commands(played: Evidence) -> list[str]:
    return [event.args["command"] for event in played.events if isinstance(event, Call)]


def contents(played: Evidence) -> dict[str, str]:
    return {path: node.content.decode() for path, node in played.final_tree().items()}


@try_cases("trial_id", TRIALS)
def test_a_recorded_trial_taken_apart_and_put_together_is_the_same(trial_id: str) -> None:
    played = evidence(trial_id)
    again = Timeline.of(played).build()
    assert again.digests() == played.digests()
    assert again.events == played.events


def test_calls_that_move_write_the_same_at_another_time() -> None:
    played = edit({"move": {"calls": {"changes": "code"}, "before": {"run": "red"}}})
    assert commands(played) == ["write test", "write code", "pytest", "pytest"]
    assert contents(played) == contents(build())
    results = [event for event in played.events if isinstance(event, Result)]
    assert [change.path for result in results for change in result.changes] == [
        "test.py",
        "code.py",
    ]
    # The run that was red saw the test alone; now it sees the code as well.
    names = played.digests()
    assert [each.tree for result in results for each in result.tests] == [names[3], names[4]]
    assert len(pair_calls(played.events)) == 4


def test_calls_move_after_others_too() -> None:
    played = edit({"move": {"calls": {"changes": "test"}, "after": {"changes": "code"}}})
    assert commands(played) == ["pytest", "write code", "pytest", "write test"]
    assert contents(played) == contents(build())


def test_dropped_calls_leave_nothing_behind_and_no_answer_without_a_call() -> None:
    played = edit({"drop": {"changes": "code"}})
    assert commands(played) == ["write test", "pytest", "pytest"]
    assert contents(played) == {"code.py": "one\n", "test.py": "test\n"}
    emptied = edit({"drop": {"matches": "pytest"}})
    assert [event.stop for event in emptied.events if isinstance(event, Answered)] == [
        "calls",
        "calls",
        "done",
    ]
    assert final_text(emptied.events) == "Done. It could not be deployed."


def test_words_change_where_they_are_asked_to() -> None:
    assert final_text(edit({"rewrite": {"find": " It could.*"}}).events) == "Done."
    said = edit({"rewrite": {"find": "test", "put": "look", "where": "any"}}).events[1]
    assert isinstance(said, Say)
    assert said.text == "First a look."
    assert final_text(edit({"answer": "Other."}).events) == "Other."
    assert final_text(edit({"answer": ""}).events) == ""


def test_an_answer_is_given_where_there_was_none() -> None:
    silent = edit_evidence(build(), (Edit.model_validate({"answer": ""}),))
    said = edit_evidence(silent, (Edit.model_validate({"answer": "Here."}),))
    assert final_text(said.events) == "Here."
    assert isinstance(said.events[-1], End)


def test_a_file_is_other_at_the_end_and_no_test_run_saw_that() -> None:
    played = edit({"file": {"path": "code.py", "find": "two", "put": "three"}})
    assert contents(played)["code.py"] == "three\n"
    added = edit({"file": {"path": "new.py", "text": "new\n"}})
    assert contents(added)["new.py"] == "new\n"
    last = [event for event in added.events if isinstance(event, Result)][-1]
    assert last.tests[0].tree == added.digests()[-2]
    gone = edit({"file": {"path": "test.py", "gone": True}})
    assert "test.py" not in contents(gone)


def test_reports_turn_red_and_green_with_the_text_that_was_printed() -> None:
    red = edit({"report": {"outcome": "red"}})
    last = [event for event in red.events if isinstance(event, Result)][-1]
    assert [node.outcome for node in last.tests[0].nodes] == ["passed", "failed"]
    assert last.tests[0].exit_code == 1
    assert last.text == "FAILED b - AssertionError: assert 1 == 2\n1 failed, 1 passed in 0.02s"
    green = edit({"report": {"outcome": "green", "run": {"run": "red"}}})
    first = next(event for event in green.events if isinstance(event, Result) and event.tests)
    assert first.tests[0].exit_code == 0
    assert {node.outcome for node in first.tests[0].nodes} == {"passed"}
    other = edit({"report": {"outcome": "red", "run": {"run": "red"}, "exception": "KeyError"}})
    first = next(event for event in other.events if isinstance(event, Result) and event.tests)
    assert [node.exception for node in first.tests[0].nodes] == [None, "KeyError"]


@try_cases(
    "document",
    [
        {"drop": {"tool": "Write"}},
        {"drop": {"matches": "mypy"}},
        {"drop": {"changes": "nothing"}},
        {"move": {"calls": {"which": "first"}, "before": {"tool": "Read"}}},
        {"rewrite": {"find": "never said"}},
        {"file": {"path": "none.py", "find": "x"}},
        {"file": {"path": "code.py", "find": "never there"}},
        {"report": {"outcome": "red", "run": {"matches": "write"}}},
    ],
)
def test_an_edit_that_fits_nothing_is_refused(document: dict[str, Any]) -> None:
    with pytest.raises(NothingToEdit):
        edit(document)


def test_trees_of_an_edited_trial_have_the_names_of_their_content() -> None:
    played = edit({"drop": {"changes": "test"}}, {"answer": "Done."})
    for (_, tree), name in zip(played.trees(), played.digests(), strict=True):
        assert digest(tree) == name
