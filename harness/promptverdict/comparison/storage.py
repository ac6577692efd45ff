"""Comparisons on disk: derived/comparison.json below a run, and as other programs get them."""

from __future__ import annotations

import json
import os
from pathlib import Path

from promptverdict.comparison.verdicts import Comparisons
from promptverdict.comparison.wording import describe_comparison
from promptverdict.core.files import write_file
from promptverdict.core.json_files import read_json

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
    # lexists: what is there and cannot be read is no reason to say that there was no comparison.
    if not os.path.lexists(path):
        return None
    cure = "compare again: promptverdict compare"
    return read_json(Comparisons, path, "not a comparison of ours", cure)
