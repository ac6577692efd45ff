"""Cells chosen with `-k`, as pytest chooses them: it is asked, and nothing is run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.ids import format_node_id
from promptverdict.core.paths import display_path

if TYPE_CHECKING:
    from promptverdict.runner.cells import Cell

_SELECTED, _NONE_SELECTED = 0, 5
"""Exit codes of pytest."""


def select_by_keyword(cells: Sequence[Cell], keyword: str, paths: Sequence[str]) -> list[Cell]:
    """List the cells that pytest would select with `-k`.

    paths: what it collects. Raises InputError for an expression that is none, and where it selects
    no cell.
    """
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts="]
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    collected = subprocess.run(
        [*command, f"--rootdir={Path.cwd()}", f"-k{keyword}", "--", *paths],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if collected.returncode not in (_SELECTED, _NONE_SELECTED):
        lines = [*collected.stderr.splitlines(), *collected.stdout.splitlines(), "ERROR: no words"]
        # Plugins may warn before it.
        words = next(line for line in lines if line.startswith("ERROR"))
        cure = "write it as pytest takes it, such as -k 'reviewer and not fix-a-bug'"
        raise InputError([Problem("-k", words.removeprefix("ERROR: "), cure)])
    nodes = set(collected.stdout.splitlines())
    chosen = [
        cell
        for cell in cells
        if format_node_id(display_path(cell.scenario.path), cell.variant.id) in nodes
    ]
    if not chosen:
        cure = f"see what there is: pytest --collect-only -q {' '.join(paths)}"
        raise InputError([Problem("-k", f"it selects none of {len(cells)} cells", cure)])
    return chosen
