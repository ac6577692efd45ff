"""What a tool says of its arguments is what it takes, and a trial is offered no other tools."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from typing import Any

from promptverdict.recording.digest import hash_part
from promptverdict.trials.tool_arguments import ARGUMENTS
from promptverdict.trials.toolset import (
    NAMES,
    TOOLS,
    find_canonical,
    find_nearest,
    list_offered,
)

from tests.cases import try_cases

TYPES = {"string", "integer", "boolean", "array", "object"}


def names_of(tools: tuple[dict[str, Any], ...]) -> list[str]:
    return [tool["name"] for tool in tools]


def plain(schema: dict[str, Any], defined: dict[str, Any]) -> dict[str, Any]:
    """Reduce a schema to what an agent could get wrong: names, required, types, enums."""
    schema = {**schema, **defined.get(schema.get("$ref", "").rpartition("/")[2], {})}
    for choice in schema.get("anyOf", ()):
        if choice["type"] != "null":
            schema = {**schema, **choice}
    kept: dict[str, Any] = {"type": schema["type"]}
    if "enum" in schema:
        kept["enum"] = schema["enum"]
    if schema["type"] == "array":
        kept["items"] = plain(schema["items"], defined)
    if schema["type"] == "object":
        inner = schema["properties"].items()
        kept["properties"] = {name: plain(one, defined) for name, one in inner}
        kept["required"] = sorted(schema.get("required", []))
        kept["closed"] = schema["additionalProperties"] is False
    return kept


def schemas_within(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield schema
    for inner in [*schema.get("properties", {}).values(), *filter(None, [schema.get("items")])]:
        yield from schemas_within(inner)


def test_every_tool_has_a_model_of_its_arguments_and_every_model_a_tool() -> None:
    assert list(ARGUMENTS) == list(NAMES) == names_of(TOOLS)


@try_cases("tool", TOOLS, ids=NAMES)
def test_schema_and_model_agree_on_names_required_types_and_enums(tool: dict[str, Any]) -> None:
    model = ARGUMENTS[tool["name"]].model_json_schema(by_alias=True)
    assert plain(tool["input_schema"], {}) == plain(model, model.get("$defs", {}))


@try_cases("tool", TOOLS, ids=NAMES)
def test_the_defaults_and_bounds_that_a_schema_tells_are_the_models(tool: dict[str, Any]) -> None:
    model = ARGUMENTS[tool["name"]].model_json_schema(by_alias=True)
    for name, schema in tool["input_schema"]["properties"].items():
        told = schema.get("description", "")
        if default := re.search(r"\(default (\w+)", told):
            assert json.dumps(model["properties"][name]["default"]) == default[1]
        if bound := re.search(r"at most (\d+)", told):
            assert model["properties"][name]["maximum"] == int(bound[1])


@try_cases("tool", TOOLS, ids=NAMES)
def test_every_part_of_a_schema_is_described_and_of_a_known_type(tool: dict[str, Any]) -> None:
    assert set(tool) == {"name", "description", "input_schema"}
    for schema in schemas_within(tool["input_schema"]):
        assert schema["type"] in TYPES
        assert set(schema.get("required", ())) <= set(schema.get("properties", ()))
    for name, argument in tool["input_schema"]["properties"].items():
        assert argument["description"].strip() == argument["description"] != "", name


def test_the_schemas_survive_being_sent() -> None:
    assert json.loads(json.dumps(TOOLS)) == list(TOOLS)


def test_tools_are_offered_in_our_order_whatever_order_they_were_asked_in() -> None:
    for seed in range(5):
        shuffled = random.Random(seed).sample(NAMES, len(NAMES))
        assert list_offered(shuffled, shuffled[::-1]) == TOOLS


@try_cases(
    ("allowed", "listed", "result"),
    [
        (["Bash", "Read"], None, ["Read", "Bash"]),
        (["Bash", "Read"], ["Read", "Write"], ["Read"]),
        (["Bash", "Read"], [], []),
        ([], ["Read"], []),
        ([], None, []),
        (["Read"], ["Read", "mcp__x__y"], ["Read"]),
        (["Read", "Read"], ["Read", "Read"], ["Read"]),
    ],
)
def test_offered_is_what_the_scenario_allows_and_the_agent_lists(
    allowed: list[str], listed: list[str] | None, result: list[str]
) -> None:
    assert names_of(list_offered(allowed, listed)) == result
    assert names_of(list_offered(iter(allowed), listed and iter(listed))) == result


@try_cases("name", NAMES)
def test_a_name_is_known_in_any_case_and_with_space_around_it(name: str) -> None:
    assert (
        find_canonical(name)
        == find_canonical(name.lower())
        == find_canonical(f" {name.upper()}\t")
        == name
    )


@try_cases("name", ["", "Reads", "Multi Edit", "multi_edit", "mcp__x__Read", "*"])
def test_a_name_that_is_none_of_ours_has_no_canonical_form(name: str) -> None:
    assert find_canonical(name) is None


@try_cases(
    ("name", "meant"),
    [
        ("Reed", "Read"),
        ("writ", "Write"),
        ("multi_edit", "MultiEdit"),
        ("BAHS", "Bash"),
        ("WebSerach", "WebSearch"),
        ("TodoRead", "TodoWrite"),
        ("Kubernetes", None),
        ("", None),
    ],
)
def test_the_nearest_tool_is_told_where_one_is_near(name: str, meant: str | None) -> None:
    assert find_nearest(name) == meant


EARLIER = (
    "Read Write Edit MultiEdit Glob Grep Bash TodoWrite WebFetch WebSearch Task".split()  # noqa: SIM905
)
"""The tools of the time when the first recordings were made."""


def test_new_tools_leave_every_earlier_request_as_it_was() -> None:
    assert list(NAMES[: len(EARLIER)]) == EARLIER
    assert hash_part(TOOLS[: len(EARLIER)]) == "8515375c6dfcb152"
    assert list_offered(EARLIER, None) == TOOLS[: len(EARLIER)]
    assert list_offered(EARLIER, NAMES) == TOOLS[: len(EARLIER)]


@try_cases("new", NAMES[len(EARLIER) :])
def test_a_new_tool_enters_a_request_only_where_a_scenario_offers_it(new: str) -> None:
    assert names_of(list_offered(["Read", new], None)) == ["Read", new]
    assert names_of(list_offered(["Read"], ["Read", new])) == ["Read"]
