"""A page as text: one file that opens from disk, asks no network and runs one script of ours.

Everything that a model, a scenario or a person wrote is escaped by jinja2 and made visible by
`escape_text` on its way into the page; transcripts are put there by the script, as text. The
page's policy names style and script by their hashes, as a second wall.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from promptverdict.core.text import escape_text
from promptverdict.report.page.model import Page


def html(page: Page) -> str:
    """Render a page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("promptverdict.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters["lines"] = _lines
    style, script = (_template(name) for name in ("page.css", "page.js"))
    return environment.get_template("page.html").render(
        page=page,
        # Ours alone, so they need no escaping; none holds what would end its element.
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        policy="; ".join(
            [
                "default-src 'none'",
                f"script-src '{_hash(script)}'",
                f"style-src '{_hash(style)}'",
                "base-uri 'none'",
                "form-action 'none'",
            ]
        ),
    )


def _template(name: str) -> str:
    return files("promptverdict.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _finalized(value: Any) -> Any:
    """Make visible what a reader of the page could not see."""
    return escape_text(value) if type(value) is str else value


def _lines(text: str) -> Any:
    """Keep the line ends of a text that the style sheet keeps too."""
    from markupsafe import Markup, escape

    return Markup("\n").join(escape(escape_text(line)) for line in text.split("\n"))
