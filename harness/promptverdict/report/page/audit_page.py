"""An audit as one HTML file, without a script."""

from __future__ import annotations

from collections.abc import Sequence

from promptverdict.report.page.html import hash_source, load_templates, read_template
from promptverdict.report.table import Table
from promptverdict.version import __version__


def render_audit_page(
    headline: str, matrix: Table, misses: Table | None, broken: Sequence[str]
) -> str:
    """Render the matrix, what was graded wrongly, and what proves nothing."""
    from markupsafe import Markup

    style = read_template("page.css")
    policy = f"default-src 'none'; style-src '{hash_source(style)}'; base-uri 'none'"
    return (
        load_templates()
        .get_template("audit.html")
        .render(
            headline=headline,
            matrix=matrix,
            misses=misses,
            broken=broken,
            version=__version__,
            # Ours alone, so it needs no escaping.
            style=Markup(style),  # noqa: S704
            policy=policy,
        )
    )
