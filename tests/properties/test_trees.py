"""Any tree is built again from the changes that lead to it, and named alike inside and outside."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promptverdict.guest.treehash import digest_of, entries_below
from promptverdict.recording import yaml_format
from promptverdict.recording.expansion import check_trees
from promptverdict.recording.files import World
from promptverdict.sandbox.workspace import Workspace
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import Node, Tree, apply, digest, list_changes

from tests.properties.profile import PROFILE

__all__ = ["PROFILE"]

LINES = st.sampled_from(
    ["a", "b", "\n", "\n", "\r\n", "\r", "\x0c", "\u2028", "\0", "é", "\x85", " ", "\t", "\ufeff"]
)
CONTENTS = st.lists(LINES, max_size=12).map("".join).map(str.encode) | st.binary(max_size=8)
MODES = st.sampled_from([0o644, 0o755, 0o600, 0o7777, 0])
NODES = st.one_of(
    st.builds(Node, st.just("file"), CONTENTS, MODES),
    st.builds(Node, st.just("file"), CONTENTS, MODES),
    st.builds(Node, st.just("link"), CONTENTS.filter(lambda content: b"\0" not in content)),
    st.builds(Node, st.just("folder"), st.just(b""), MODES),
    st.builds(Node, st.just("special"), st.just(b""), MODES),
)
PATHS = st.sampled_from(["a", "b", "c", "d/e", "d/f", "a\nb", "\\xff", "é", ".git/x", " "])


@st.composite
def draw_trees(draw: st.DrawFn) -> Tree:
    tree = draw(st.dictionaries(PATHS, NODES, max_size=6))
    if any(path.startswith("d/") for path in tree):
        tree["d"] = Node("folder")
    return tree


def store(trees: list[Tree]) -> list[Tree]:
    """Write the changes from tree to tree as a recording has them, and build all of them again."""
    steps = [list_changes(*pair) for pair in zip([{}, *trees], trees, strict=False)]
    results = tuple(
        Result(call=str(number), text="", changes=step) for number, step in enumerate(steps[1:])
    )
    world = World(start=steps[0], results=results)
    text = yaml_format.dump(world.model_dump(mode="json", exclude_defaults=True))
    read = World.model_validate(yaml_format.load(text, "x"))
    assert read == world
    check_trees(read.steps, "x")
    built: list[Tree] = []
    for changes in read.steps:
        built.append(apply(built[-1] if built else {}, changes))
    return built


@given(st.lists(draw_trees(), min_size=1, max_size=3))
def test_stored_changes_lead_to_the_trees_that_they_were_stored_of(trees: list[Tree]) -> None:
    assert store(trees) == trees


NAMES = st.sampled_from(
    [b"a", b"b", b"\xff", b"\\xff", b"\\\\xff", b"a\nb", b" ", b"\xc3\xbc", b"\xed\xa0\x80"]
)
ENTRIES = st.one_of(
    st.tuples(st.just("file"), CONTENTS),
    st.tuples(st.just("exec"), CONTENTS),
    st.tuples(st.just("link"), CONTENTS.filter(lambda content: content and b"\0" not in content)),
    st.tuples(st.just("pipe"), st.just(b"")),
)
FOLDERS = st.dictionaries(NAMES, ENTRIES | st.dictionaries(NAMES, ENTRIES, max_size=3), max_size=4)


def make(folder: Path, entries: Mapping[bytes, object]) -> None:
    folder.mkdir()
    for name, entry in entries.items():
        path = folder / os.fsdecode(name)
        if isinstance(entry, dict):
            make(path, entry)
            continue
        kind, content = entry  # type: ignore[misc]
        if kind == "link":
            path.symlink_to(os.fsdecode(content))
        elif kind == "pipe":
            os.mkfifo(path)
        else:
            path.write_bytes(content)
            path.chmod(0o755 if kind == "exec" else 0o644)


@pytest.mark.skipif(os.name != "posix", reason="runs inside the sandbox only")
@given(states=st.lists(FOLDERS, min_size=1, max_size=3))
def test_a_folder_with_any_names_is_stored_laid_out_and_named_as_it_was(
    states: list[dict[bytes, object]],
) -> None:
    with tempfile.TemporaryDirectory() as place:
        roots = [Path(place, str(number)) for number in range(len(states))]
        for root, entries in zip(roots, states, strict=True):
            make(root, entries)
        trees = [Workspace(root).snapshot().tree for root in roots]
        built = store(list(trees))
        assert built == trees
        for root, tree in zip(roots, built, strict=True):
            assert digest(tree) == digest_of(entries_below(str(root)))
            again = Path(place, f"{root.name}-again")
            again.mkdir()
            Workspace(again).lay_out(tree)
            assert digest(Workspace(again).snapshot().tree) == digest(tree)
