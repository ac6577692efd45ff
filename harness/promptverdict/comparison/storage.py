"""Comparisons on disk: derived/comparison.json below a run, and as other programs get them."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from promptverdict.comparison.verdicts import Comparisons
from promptverdict.comparison.wording import describe_comparison
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_file
from promptverdict.core.paths import display_path

FILE = "derived/comparison.json"
"""Below a run's folder."""


def format_json(comparisons: Comparisons) -> str:
    """Write comparisons as JSON, each with the word and the sentence that reports show."""
    content = comparisons.model_dump(mode="json")
    content["comparisons"] = [
        {"word": comparison.word, "sentence": describe_comparison(comparison), **fields}
        for comparison, fields in zip(comparisons.comparisons, content["comparisons"], strict=True)
    ]
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def write_comparisons(run: Path, comparisons: Comparisons) -> Path:
    """Write the comparisons of a run below its folder, and return where. Raises StorageError."""
    write_file(run / FILE, format_json(comparisons))
    return run / FILE


def read_comparisons(run: Path) -> Comparisons | None:
    """Read the comparisons of a run; None where there are none. Raises InputError."""
    path = run / FILE
    if not path.is_file():
        return None
    try:
        return Comparisons.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        cure = "compare again: promptverdict compare"
        raise InputError([Problem(display_path(path), "not a comparison of ours", cure)]) from error
