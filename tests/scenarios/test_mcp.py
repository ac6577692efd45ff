"""Scripted MCP servers are refused where a model could not call what they have."""

from __future__ import annotations

import pytest
from promptverdict.scenarios.scenario import Scenario


def read(mcp: dict[str, dict[str, str]]) -> Scenario:
    return Scenario.model_validate({"title": "t", "task": "t", "tools": [], "mcp": mcp})


def test_two_tools_that_would_have_one_name_are_refused_with_both() -> None:
    with pytest.raises(ValueError, match="a__b: c and a: b__c are both called mcp__a__b__c"):
        read({"a__b": {"c": "first"}, "a": {"b__c": "second"}})
    assert read({"a__b": {"c": "first"}, "a": {"b_c": "second"}}).mcp is not None
