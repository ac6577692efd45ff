"""Any tree of a trial can be built again from the first one and the changes."""

from __future__ import annotations

import random

import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.trials.tree import Change, Node, apply, decode_text, digest, list_changes


def file(text: str | bytes, mode: int = 0o644) -> Node:
    return Node("file", text.encode() if isinstance(text, str) else text, mode)


def test_applying_a_difference_gives_the_other_tree() -> None:
    before = {"a.py": file("one\ntwo\nthree\n"), "gone.txt": file("x"), "b": Node("folder")}
    after = {
        "a.py": file("one\n2\nthree\nfour"),
        "link": Node("link", b"a.py", 0o777),
        "odd link": Node("link", b"a\xff", 0o777),
        "run.sh": file("#!/bin/sh\n", 0o755),
        "data.bin": file(b"\x00\xff"),
        "odd.txt": file(b"a\r\nb"),
    }
    assert apply(before, list_changes(before, after)) == after


def test_a_small_edit_of_a_long_text_is_stored_small() -> None:
    text = "".join(f"line {number}\n" for number in range(2000))
    changed = text.replace("line 1000\n", "line 1000!\n")
    (change,) = list_changes({"a": file(text)}, {"a": file(changed)})
    assert change.splices == (1000, -1, "line 1000!\n", 999 + 1)
    assert len(change.model_dump_json()) < 200


def test_random_edits_come_back_byte_for_byte() -> None:
    chance = random.Random(7)
    text = "a\n"
    tree = {"f": file(text)}
    for _ in range(300):
        lines = text.split("\n")
        at = chance.randrange(len(lines) + 1)
        new = chance.choice(["", "x\x0cy", "z\u2028", "tab\t", " lead"])
        lines[at : at + chance.randrange(3)] = [new]
        text = "\n".join(lines)
        after = {"f": file(text)}
        assert apply(tree, list_changes(tree, after)) == after
        tree = after


def test_only_the_mode_changed() -> None:
    before, after = {"a": file("x\n")}, {"a": file("x\n", 0o755)}
    (change,) = list_changes(before, after)
    assert change.splices == (2,)
    assert apply(before, [change]) == after


def test_a_change_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BrokenRecording, match="does not fit"):
        apply({"a": file("x\n")}, [Change(path="a", splices=(9,))])
    with pytest.raises(BrokenRecording, match="before it was made"):
        apply({}, [Change(path="a", kind="deleted")])


def test_the_digest_leaves_out_what_no_agent_wrote() -> None:
    tree = {"a.py": file("x")}
    noise = {
        ".git/HEAD": file("ref"),
        "b/__pycache__/a.pyc": file("x"),
        ".pytest_cache/v": file("x"),
        "empty": Node("folder", b"", 0o755),
    }
    assert digest(tree) == digest({**tree, **noise})
    assert digest(tree) != digest({"a.py": file("y")})
    assert digest(tree) != digest({"a.py": file("x", 0o755)})
    assert digest(tree) != digest({"b.py": file("x")})


def test_text_is_only_what_comes_back_the_same() -> None:
    assert decode_text(b"a\nb\n") == "a\nb\n"
    for content in (b"\xff", b"a\0b", b"a\r\nb"):
        assert decode_text(content) is None
