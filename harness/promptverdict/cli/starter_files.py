"""The files that `promptverdict init` writes: a suite or packs, the schemas, .gitattributes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from promptverdict.cli.first_steps import EVALS
from promptverdict.cli.schema import SCHEMAS, render_schema
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_files
from promptverdict.scenarios.packs import Pack
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.trials.tree import Node

STARTER = Path(__file__).parents[1] / "starter"
"""What is written to evals/."""

ATTRIBUTES = """\
# Recordings are sealed and workspace files hashed, so Git must not change their line ends.
* -text
"""
"""Content of evals/.gitattributes, if there is no such file yet."""


def list_missing_files(packs: Iterable[Pack]) -> dict[Path, Node]:
    """List the files to write: those of the packs, or else the starter's, that do not exist yet.

    Raises InputError for files that exist with other content.
    """
    files = {
        EVALS / pack.name / path: node for pack in packs for path, node in pack.read_files().items()
    }
    files = files or {EVALS / path: node for path, node in read_tree(STARTER).items()}
    files |= _build_common_files()
    existing = {path for path in files if os.path.lexists(path)}
    if problems := [
        Problem(str(path), "exists already, with other content", _suggest_cure(path))
        for path in files
        if path in existing and _read_bytes(path) != files[path].content
    ]:
        raise InputError(problems)
    return {path: node for path, node in files.items() if path not in existing}


def write_missing_files(files: Mapping[Path, Node]) -> None:
    """Write files with their modes. Raises StorageError."""
    write_files({path: node.content for path, node in files.items()})
    for path, node in files.items():
        # The owner's right to execute is part of a workspace, and of what solutions were run on.
        if node.mode & 0o100:
            path.chmod(0o755)


def _build_common_files() -> dict[Path, Node]:
    texts = {EVALS / f"{kind}.schema.json": render_schema(kind) for kind in SCHEMAS}
    attributes = EVALS / ".gitattributes"
    # Any file of this name is the project's own, whatever it says.
    if not os.path.lexists(attributes):
        texts[attributes] = ATTRIBUTES
    return {path: Node("file", text.encode()) for path, text in texts.items()}


def _suggest_cure(path: Path) -> str:
    if path.parent == EVALS:
        return f"if it is an old schema, renew it: promptverdict schema --write {EVALS}"
    return "rename or remove it to get promptverdict's own; nothing was written"


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
