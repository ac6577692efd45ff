"""What a file may hold: any bytes, any tree of YAML or JSON, and edits of files that are right."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

HAZARDS = [
    b"\0", b"\r\n", b"\xff", b"\xef\xbb\xbf", b"\t", b": ", b"- ", b"{", b"}", b"]", b"[" * 150,
    b"&a ", b"*a", b"!!python/object:os.system ", b"!lines\n", b"<<: ", b"'", b'"', b"|\n", b">",
    b"9" * 5000, b"-1", b"0", b"1e999", b".nan", b"---\n", b"...\n", b"<<<<<<< HEAD\n",
    b"null", b"~", b"[]", b"{}", b"\\ud800", b"../", b"\xe2\x80\xa8", b"\x1b[31m", b"true",
    b"((a+)+)+$", b"# ", b"\n", b"\xed\xa0\x80", b"0.1", b"\\u0000", b"99999999999999999999", b"::",
    b"#", b"/",
]  # fmt: skip
"""Bytes that some reader, somewhere, has taken badly."""

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", " ", "no", "1", "..", "a/b", "2026-01-01", "\0", "*", "(", "😀", "\x85"]),
)


def trees(words: Sequence[str]) -> st.SearchStrategy[Any]:
    """Trees whose keys and texts are often those that a reader knows."""
    known = st.sampled_from(sorted(words)) if words else st.text(max_size=5)
    return st.recursive(
        SCALARS | known,
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(known | st.text(max_size=6), inner, max_size=5)
        ),
        max_leaves=12,
    )


@st.composite
def edit_bytes(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Cut, repeat and replace parts of a file."""
    content = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = start + draw(st.integers(0, 30))
        again = draw(st.integers(0, len(content)))
        part = draw(
            st.sampled_from(HAZARDS) | st.binary(max_size=6) | st.just(content[again : again + 40])
        )
        content = content[:start] + part + content[end:]
    return content


@st.composite
def edit_trees(draw: st.DrawFn, seeds: Sequence[Any], words: Sequence[str]) -> Any:
    """Replace, drop or repeat parts of a tree that is right."""
    tree = json.loads(json.dumps(draw(st.sampled_from(seeds))))
    for _ in range(draw(st.integers(1, 3))):
        places = list(_list_places(tree))
        if not places:
            return tree
        holder, key = draw(st.sampled_from(places))
        action = draw(st.sampled_from(["replace", "replace", "drop", "repeat", "add"]))
        if action == "drop":
            del holder[key]
        elif action == "repeat" and isinstance(holder, list):
            holder.append(holder[key])
        elif action == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from(sorted(words)))] = draw(trees(words))
        else:
            holder[key] = draw(trees(words))
    return tree


def _list_places(tree: Any) -> list[tuple[Any, Any]]:
    places: list[tuple[Any, Any]] = []
    pending = [tree]
    while pending:
        holder = pending.pop()
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else range(len(holder))
            places += [(holder, key) for key in keys]
            pending += [holder[key] for key in keys]
    return places


def list_words(tree: Any) -> set[str]:
    """List the keys and short texts of a tree."""
    words: set[str] = set()
    for holder, key in _list_places(tree):
        value = holder[key]
        words |= {word for word in (key, value) if isinstance(word, str) and 0 < len(word) < 40}
    return words


def contents(
    seeds: Sequence[bytes],
    parse: Callable[[bytes], Any] = yaml.safe_load,
    write: Callable[[Any], bytes] = lambda tree: yaml.safe_dump(tree, allow_unicode=True).encode(),
) -> st.SearchStrategy[bytes]:
    """Draw what a file may hold whose right contents are known by their seeds.

    parse, write: how its trees are read and written.
    """
    parsed = [parse(seed) for seed in seeds]
    words = sorted(set().union(*map(list_words, parsed)) or {"a"})
    return st.one_of(
        edit_trees(parsed, words).map(write),
        edit_bytes(seeds),
        trees(words).map(write),
        st.binary(max_size=60),
    )
