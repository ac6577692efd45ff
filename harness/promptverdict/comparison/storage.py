"""Comparisons on disk: derived/comparison.json below a run, and as other programs get them."""

from __future__ import annotations

import json
from pathlib import Path

from promptverdict.comparison.verdicts import Comparisons
from promptverdict.comparison.wording import describe_comparison
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import find_names, is_there, write_file
from promptverdict.core.json_files import read_json
from promptverdict.core.paths import display_path
from promptverdict.core.text import format_count
from promptverdict.trials.store import BASE, TRIALS

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
    counted = comparisons.model_copy(update={"records": _count_records(run)})
    write_file(run / FILE, format_json(counted))
    return run / FILE


def check_evidence(run: Path, comparisons: Comparisons) -> None:
    """Raise InputError where records of a run are gone since its comparisons were stored."""
    there = _count_records(run)
    gone = {
        folder: number - there.get(folder, 0)
        for folder, number in comparisons.records.items()
        if number > there.get(folder, 0)
    }
    if gone:
        cure = "put them back, or run again: pytest evals/"
        raise InputError(
            Problem(
                display_path(run / folder),
                f"{format_count(number, 'record')} that the comparison rests on"
                f" {'is' if number == 1 else 'are'} gone",
                cure,
            )
            for folder, number in gone.items()
        )


def _count_records(run: Path) -> dict[str, int]:
    counts = {side: sum(1 for _ in find_names(run / side, ".json")) for side in (TRIALS, BASE)}
    return {side: count for side, count in counts.items() if count}


def read_comparisons(run: Path) -> Comparisons | None:
    """Read the comparisons of a run; None where there are none. Raises InputError."""
    path = run / FILE
    # is_there: what is there and cannot be read is no reason to say that there was no comparison.
    if not is_there(path):
        return None
    cure = "compare again: promptverdict compare"
    return read_json(Comparisons, path, "not a comparison of ours", cure)
