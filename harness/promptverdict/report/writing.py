"""The report of a run on disk: report.html and report.md beside its records."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_files
from promptverdict.core.paths import display_path

PAGE, COMMENT = "report.html", "report.md"


def write_report(
    run: Path, page: Path | None = None, comment: Path | None = None
) -> tuple[Path, Path]:
    """Write both forms of a run's report, and return their places.

    page, comment: where they are written instead of into the run's folder. Raises InputError for
    what is no run, has no records, a comparison that cannot be read or one whose records are gone,
    and StorageError.
    """
    from promptverdict.comparison.storage import check_evidence, read_comparisons
    from promptverdict.report.markdown.comment import render_comment
    from promptverdict.report.model import build_report
    from promptverdict.report.other_side import read_again, read_other_side
    from promptverdict.report.page.html import render_page
    from promptverdict.report.trend import read_trend
    from promptverdict.trials.store import read_manifest
    from promptverdict.trials.stored_records import read_records
    from promptverdict.trials.summary import summarise_trial

    places = (page or run / PAGE, comment or run / COMMENT)
    if os.path.realpath(places[0]) == os.path.realpath(places[1]):
        cure = "give each a file of its own"
        raise InputError([Problem("--markdown", "the page would be written there too", cure)])
    manifest = read_manifest(run)
    # One record at a time: their transcripts may not fit into memory together.
    trials = list(map(summarise_trial, read_records(run)))
    if not trials:
        cure = "run again: pytest evals/"
        raise InputError([Problem(display_path(run), "holds no records", cure)])
    if compared := read_comparisons(run):
        check_evidence(run, compared)
    older = read_other_side(run, compared.comparisons if compared else ())
    report = build_report(
        manifest,
        trials,
        compared,
        datetime.now(UTC),
        partial(read_again, run),
        list(map(summarise_trial, older)),
        read_trend(run),
    )
    texts = (render_page(report), render_comment(report))
    write_files(dict(zip(places, texts, strict=True)))
    return places
