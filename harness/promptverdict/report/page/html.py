"""A page as text: one file that opens from disk, asks no network and runs one script of ours.

Everything that a model, a scenario or a person wrote is escaped by jinja2 and made visible by
`core.text.escape_text` on its way into the page; transcripts are put there by the script, as text.
The page's policy names style and script by their hashes, as a second wall.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from promptverdict.core.text import escape_text
from promptverdict.report.flips import group_flips
from promptverdict.report.model import Report
from promptverdict.report.page.plots import plot_comparison, plot_rates
from promptverdict.report.page.sparkline import draw_sparkline
from promptverdict.report.page.trial_texts import read_trial_texts

if TYPE_CHECKING:
    from jinja2 import Environment

SCRIPTS = ("elements", "transcripts", "sections", "labels", "navigation", "results")
"""Parts of the page's one script, in the order in which they need each other."""
MOST_SECTIONS = 12
"""Comparisons that are shown in full; the rest have their headline, and rows among the results."""


def render_page(report: Report) -> str:
    """Render a report as one HTML file."""
    from markupsafe import Markup

    style, script = read_template("page.css"), _join_scripts()
    sections = report.comparisons[:MOST_SECTIONS]
    texts = read_trial_texts(report.trials, report.read)
    return (
        load_templates()
        .get_template("page.html")
        .render(
            report=report,
            sections=sections,
            texts=texts,
            plots={section.section: plot_comparison(section.comparison) for section in sections},
            rate_plot=plot_rates(report.rates),
            group_flips=group_flips,
            draw_sparkline=draw_sparkline,
            # Ours alone, so they need no escaping; none holds what would end its element.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            policy="; ".join(
                [
                    "default-src 'none'",
                    f"script-src '{hash_source(script)}'",
                    f"style-src '{hash_source(style)}'",
                    "base-uri 'none'",
                    "form-action 'none'",
                ]
            ),
        )
    )


@cache
def load_templates() -> Environment:
    """Load the templates once: jinja2 takes longer to compile them than to render a page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("promptverdict.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_make_visible,
    )
    environment.filters["lines"] = _escape_lines
    return environment


def _join_scripts() -> str:
    """Join the parts of the script in one scope, so that nothing of it is global."""
    parts = "\n".join(read_template(f"script/{name}.js") for name in SCRIPTS)
    return f'"use strict";\n(() => {{\n{parts}}})();\n'


def read_template(name: str) -> str:
    """Read a template, style sheet or script of ours."""
    return files("promptverdict.report").joinpath("templates", name).read_text(encoding="utf-8")


def hash_source(text: str) -> str:
    """Hash a script or a style sheet as a content security policy names it."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _make_visible(value: Any) -> Any:
    """Make visible what a reader of the page could not see."""
    # Markup is a str too, and is ours: only texts that jinja2 will escape pass through here.
    return escape_text(value) if type(value) is str else value


def _escape_lines(text: str) -> Any:
    """Escape a text line by line: its line ends stay, which the style sheet shows."""
    from markupsafe import Markup, escape

    return Markup("\n").join(escape(escape_text(line)) for line in text.split("\n"))
