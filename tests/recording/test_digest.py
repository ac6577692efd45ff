"""A digest names its parts in words that people know, and knows no part without words."""

from __future__ import annotations

import pytest
from promptverdict.providers.registry import MODULES, load_api
from promptverdict.recording.digest import PARTS, build_digest, describe_parts, hash_workspace
from promptverdict.trials.transcript import User
from promptverdict.trials.tree import Node

from tests.cases import try_cases


def test_a_part_without_words_is_refused() -> None:
    with pytest.raises(KeyError, match="weather"):
        build_digest({"system": "x", "weather": "rain"}, {})


def test_a_part_that_is_absent_has_no_entry() -> None:
    assert set(build_digest({"system": "x", "turns": None}, {})) == {"system"}
    assert set(build_digest({}, {"a": Node("file")})) == {"workspace"}


@try_cases("provider", MODULES)
def test_every_part_of_a_request_has_words(provider: str) -> None:
    api = load_api(f"{provider}/x")
    tool = {"name": "Read", "description": "Reads", "input_schema": {"type": "object"}}
    parts = api.split_request(api.build_request("x", "Be kind.", (tool,), (User(text="Hi."),)))
    assert set(parts) == {"system", "message", "tools", "model", "parameters"}
    assert set(build_digest(parts, {})) <= set(PARTS)


def test_a_part_that_a_newer_version_recorded_keeps_its_name() -> None:
    assert describe_parts(["system", "weather"]) == "the prompt, weather"


PLAIN = {
    "a.txt": Node("file", b"a\n"),
    "b/c.sh": Node("file", b"#!/bin/sh\n"),
    "l": Node("link", b"a.txt", 0o777),
}


def test_a_workspace_without_an_executable_file_keeps_the_digest_it_always_had() -> None:
    """A change here makes recordings of every user stale: it must be meant."""
    assert hash_workspace(PLAIN) == "10b0d39971f8ec90"
    assert hash_workspace({"l": PLAIN["l"]}) == "f99b28dff6cfe03f"


def test_the_executable_bit_of_a_file_is_part_of_the_digest() -> None:
    executable = {**PLAIN, "b/c.sh": Node("file", b"#!/bin/sh\n", 0o755)}
    assert hash_workspace(executable) != hash_workspace(PLAIN)
    assert hash_workspace(executable) == "d6587eff0f3a11a0"
