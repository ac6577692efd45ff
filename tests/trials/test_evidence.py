"""What evidence says of its workspace: one tree after each result, and a name for each."""

from __future__ import annotations

import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.transcript import End, Result, User
from promptverdict.trials.tree import Change, digest

TASK = Task(suite="s", scenario="c", variant="v", message="Do it")
START = (Change(path="a.py", text="a\n"),)


def told(*results: tuple[Change, ...], start: tuple[Change, ...] = START) -> Evidence:
    calls = (Result(call=str(n), text="", changes=one) for n, one in enumerate(results))
    events = (User(text="Do it"), *calls, End(reason="done"))
    return Evidence(task=TASK, events=events, outcome=FinalState(start=start))


def test_there_is_a_tree_as_set_up_and_one_after_each_result() -> None:
    given = told((), (Change(path="b.py", text="b\n"),), (Change(path="a.py", kind="deleted"),))
    assert [(number, sorted(tree)) for number, tree in given.trees()] == [
        (0, ["a.py"]),
        (1, ["a.py"]),
        (2, ["a.py", "b.py"]),
        (3, ["b.py"]),
    ]
    assert sorted(given.final_tree()) == ["b.py"]


def test_each_tree_has_its_name() -> None:
    given = told((), (Change(path="b.py", text="b\n"),))
    assert given.digests() == tuple(digest(tree) for _, tree in given.trees())
    assert given.digests()[0] == given.digests()[1] != given.digests()[2]


def test_a_copy_with_another_outcome_has_its_own_trees() -> None:
    given = told(())
    before = given.digests()
    other = given.model_copy(update={"outcome": FinalState()})
    assert other.final_tree() == {}
    assert set(other.digests()).isdisjoint(before)
    assert given.digests() == before


def test_without_an_outcome_there_is_an_empty_tree() -> None:
    empty = Evidence(task=TASK, events=(), outcome=None)
    assert list(empty.trees()) == [(0, {})]
    assert empty.final_tree() == {}


def test_a_change_that_does_not_fit_is_told_each_time() -> None:
    given = told((Change(path="gone.py", kind="deleted"),))
    for ask in (given.trees, given.digests, given.final_tree):
        with pytest.raises(BrokenRecording, match=r"gone\.py is deleted before it was made"):
            ask()
