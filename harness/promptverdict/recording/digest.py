"""What makes a recording stale: the named parts of what was asked, and a hash of each.

A part that a trial does not have adds no entry, so that new kinds of part leave old digests alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from promptverdict.guest.treehash import digest_of
from promptverdict.trials.tree import Tree

PARTS = {
    "system": "the prompt",
    "message": "the task",
    "tools": "the tools on offer",
    "workspace": "a workspace file",
    "turns": "a later user turn",
    "user": "the simulated user",
    "script": "the scripted answers",
    "mcp": "the scripted MCP tools",
    "setup": "the set-up",
    "limits": "the limits",
    "model": "the model",
    "parameters": "the request's parameters",
}
"""Every part that a digest can have, with what a person calls it."""

UNDER_TEST = frozenset({"system", "tools"})
"""Parts in which two variants of a comparison may differ."""


def build_digest(parts: Mapping[str, Any], workspace: Tree) -> dict[str, str]:
    """Return part -> hash for what is asked, and for the files it is asked about.

    parts: name -> plain data; one that is None, and a workspace without files, has no entry. Raises
    KeyError for a part that PARTS has no words for: no reader could be told that it changed.
    """
    hashes = {}
    for name, part in parts.items():
        if name not in PARTS:
            raise KeyError(name)
        if part is not None:
            hashes[name] = hash_part(part)
    if workspace:
        hashes["workspace"] = hash_workspace(workspace)
    return hashes


def list_changed_parts(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Name the parts in which two digests differ, sorted."""
    return tuple(sorted(part for part in {*old, *new} if old.get(part) != new.get(part)))


def describe_parts(parts: Iterable[str]) -> str:
    """Return parts in the words of PARTS; one of a newer version's recording keeps its name."""
    return ", ".join(PARTS.get(part, part) for part in parts)


def hash_workspace(tree: Tree) -> str:
    """Hash every byte of the files an agent finds, those that Git ignores among them.

    The executable bit counts where it is set: without one, digests are what they were before it
    counted.
    """
    return digest_of((path, node.hashed_kind, node.content) for path, node in tree.items())


def differs_in_line_ends_alone(digest: str, tree: Tree) -> bool:
    """Whether a workspace would have a digest if none of its lines ended in CRLF."""
    plain = {
        path: replace(node, content=node.content.replace(b"\r\n", b"\n"))
        for path, node in tree.items()
    }
    return hash_workspace(plain) == digest


def hash_part(part: Any) -> str:
    """Return 16 hexadecimal digits of SHA-256 over the JSON of a part, keys sorted."""
    text = json.dumps(part, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
