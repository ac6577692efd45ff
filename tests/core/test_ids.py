"""An id is taken apart into what it was put together from, and nothing else is one."""

from __future__ import annotations

import pytest
from promptverdict.core.errors import InputError
from promptverdict.core.ids import (
    TrialId,
    format_cell_id,
    format_node_id,
    format_scenario_id,
    format_trial_id,
    parse_node_id,
    parse_trial_id,
)

from tests.cases import try_cases

IDS = [
    TrialId("manners", "hello", "helper/base", 0),
    TrialId("a.b-c_d", "x.y", "some/agent/terse", 12),
    TrialId("s", "t", "odd::agent/a#1", 3),
]


@try_cases("trial", IDS)
def test_an_id_is_read_as_it_was_written(trial: TrialId) -> None:
    assert parse_trial_id(format_trial_id(*trial)) == trial


def test_ids_are_written_as_before() -> None:
    assert format_scenario_id("manners", "hello") == "manners/hello"
    assert format_cell_id(*IDS[0][:3]) == "manners/hello::helper/base"
    assert format_trial_id(*IDS[0]) == "manners/hello::helper/base#0"


def test_a_node_id_is_a_place_and_a_variant() -> None:
    node = format_node_id("evals/manners/hello.yaml", "helper/base")
    assert node == "evals/manners/hello.yaml::helper/base"
    assert parse_node_id(node) == ("evals/manners/hello.yaml", "helper/base")
    assert parse_node_id("hello") == ("hello", "")


@try_cases("text", ["", "a/b", "a/b::c/d", "a/b::c/d#", "a/b::c/d#x", "b::c/d#1"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no id of a trial"):
        parse_trial_id(text)
