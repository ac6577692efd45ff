"""The files that `promptverdict init` writes: the starter suite, the schemas, .gitattributes."""

from __future__ import annotations

import os
from pathlib import Path

from promptverdict.cli.first_steps import EVALS
from promptverdict.cli.schema import SCHEMAS, render_schema
from promptverdict.core.errors import InputError, Problem
from promptverdict.scenarios.workspace_files import read_tree

STARTER = Path(__file__).parents[1] / "starter"
"""What is written to evals/."""

ATTRIBUTES = """\
# Recordings are sealed and workspace files hashed, so Git must not change their line ends.
* -text
"""
"""Content of evals/.gitattributes, if there is no such file yet."""


def list_missing_files() -> dict[Path, str]:
    """List the files to write, each with its text: those that do not exist yet.

    Raises InputError for files that exist with other content.
    """
    texts = _read_starter()
    existing = {path for path in texts if os.path.lexists(path)}
    if problems := [
        Problem(str(path), "exists already, with other content", _suggest_cure(path))
        for path in texts
        if path in existing and _read_bytes(path) != texts[path].encode()
    ]:
        raise InputError(problems)
    return {path: text for path, text in texts.items() if path not in existing}


def _read_starter() -> dict[Path, str]:
    texts = {EVALS / path: node.content.decode() for path, node in read_tree(STARTER).items()}
    texts |= {EVALS / f"{kind}.schema.json": render_schema(kind) for kind in SCHEMAS}
    attributes = EVALS / ".gitattributes"
    # Any file of this name is the project's own, whatever it says.
    return texts if os.path.lexists(attributes) else texts | {attributes: ATTRIBUTES}


def _suggest_cure(path: Path) -> str:
    if path.parent == EVALS:
        return f"if it is an old schema, renew it: promptverdict schema --write {EVALS}"
    return "rename or remove it to get the starter's; nothing was written"


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
