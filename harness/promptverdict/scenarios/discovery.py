"""What belongs to an evaluation, told by where it lies. Imports little: pytest asks often."""

from __future__ import annotations

from pathlib import Path

SUITE_FILE = "suite.yaml"
DATA_FOLDERS = frozenset({"files", "probes", "cassettes"})
"""Folders beside a suite.yaml that hold agents' and strangers' code: never collected, never run."""


def is_scenario(path: Path) -> bool:
    """Whether a YAML file is a scenario of a suite."""
    return path.name != SUITE_FILE and path.with_name(SUITE_FILE).is_file()


def is_misnamed(path: Path) -> bool:
    """Whether a file would be a suite or a scenario of one if its name ended in .yaml."""
    renamed = path.with_suffix(".yaml")
    return path.suffix == ".yml" and (renamed.name == SUITE_FILE or is_scenario(renamed))


def is_data(path: Path) -> bool:
    """Whether a path lies in one of the data folders of a suite."""
    return any(
        folder.name in DATA_FOLDERS and folder.with_name(SUITE_FILE).is_file()
        for folder in (path, *path.parents)
    )
