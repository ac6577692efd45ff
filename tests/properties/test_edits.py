"""What Write, Edit and MultiEdit leave in a file is what their words say, and nothing or all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promptverdict.runner.world.tools import LiveTools
from promptverdict.runner.world.workspace_tools import WorkspaceTools
from promptverdict.sandbox import (
    TrialFolders,
    make_trial_folders,
    open_sandbox,
    remove_trial_folders,
)
from promptverdict.sandbox.workspace import Workspace
from promptverdict.scenarios.scenario import Script
from promptverdict.trials.toolset import NAMES
from promptverdict.trials.transcript import Call

from tests.properties.profile import PROFILE

__all__ = ["PROFILE"]

PIECES = st.sampled_from(
    ["a", "aa", "ab", "\n", "\r\n", " ", "é", "😀", "\\1", "$&", "\ufeff", "b"]
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)
EDITS = st.fixed_dictionaries(
    {"old_string": st.lists(PIECES, max_size=2).map("".join), "new_string": TEXTS},
    optional={"replace_all": st.booleans()},
)


@pytest.fixture(scope="module")
def folders() -> Iterator[TrialFolders]:
    made = make_trial_folders()
    yield made
    remove_trial_folders(made)


@pytest.fixture(scope="module")
def workspace(folders: TrialFolders) -> Workspace:
    return Workspace(folders.workspace, folders.owner)


@pytest.fixture(scope="module")
def tools(folders: TrialFolders) -> LiveTools:
    opened = WorkspaceTools(open_sandbox("none"), folders)
    return LiveTools(lambda: opened, Script(), NAMES)


def find_places(text: str, old: str) -> list[int]:
    """Find where a text stands, from the left and without overlap."""
    places, at = [], 0
    while old and at + len(old) <= len(text):
        if text[at : at + len(old)] == old:
            places.append(at)
            at += len(old)
        else:
            at += 1
    return places


def replace_one(text: str, edit: dict[str, Any]) -> str | None:
    """Return the text after one edit; None where it must be refused."""
    old, new = edit["old_string"], edit["new_string"]
    places = find_places(text, old)
    if old == new or not places or (len(places) > 1 and not edit.get("replace_all")):
        return None
    done, at = "", 0
    for place in places:
        done += text[at:place] + new
        at = place + len(old)
    return done + text[at:]


@given(text=TEXTS, edits=st.lists(EDITS, min_size=1, max_size=4))
def test_edits_replace_what_they_name_or_nothing(
    tools: LiveTools, workspace: Workspace, text: str, edits: list[dict[str, Any]]
) -> None:
    run = lambda tool, **args: tools.run(Call(id="t", tool=tool, args=args))  # noqa: E731
    assert not run("Write", file_path="x/f.txt", content=text).error
    assert workspace.read("x/f.txt") == text.encode()
    expected: str | None = text
    for edit in edits:
        expected = None if expected is None else replace_one(expected, edit)
    if len(edits) == 1:
        answer = run("Edit", file_path="/workspace/x/f.txt", **edits[0])
    else:
        answer = run("MultiEdit", file_path="x/f.txt", edits=edits)
    assert answer.error == (expected is None)
    assert answer.text.endswith("Nothing was changed.") == answer.error
    assert workspace.read("x/f.txt") == (text if expected is None else expected).encode()
