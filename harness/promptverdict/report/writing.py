"""The report of a run on disk: report.html and report.md beside its records."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_files
from promptverdict.core.paths import display_path

PAGE, COMMENT = "report.html", "report.md"


def write_report(
    run: Path, page: Path | None = None, comment: Path | None = None
) -> tuple[Path, Path]:
    """Write both forms of a run's report, and give their places.

    page, comment: where they are written instead of into the run's folder. Raises InputError for
    what is no run, has no records or a comparison that cannot be read, and StorageError.
    """
    from promptverdict.comparison.storage import read_comparisons
    from promptverdict.report.markdown import markdown
    from promptverdict.report.page.html import html
    from promptverdict.report.page.model import page_of
    from promptverdict.report.page.older import older
    from promptverdict.trials.store import read_manifest, read_records

    places = (page or run / PAGE, comment or run / COMMENT)
    if places[0].resolve() == places[1].resolve():
        cure = "give each a file of its own"
        raise InputError([Problem("--markdown", "the page would be written there too", cure)])
    manifest = read_manifest(run)
    found = list(read_records(run))
    if not found:
        raise InputError(
            [Problem(display_path(run), "holds no records", "run again: pytest evals/")]
        )
    compared = read_comparisons(run)
    other = list(older(run, compared.comparisons if compared else ()))
    data = page_of(manifest, found, compared, datetime.now(UTC), other)
    write_files(dict(zip(places, (html(data), markdown(data)), strict=True)))
    return places
