"""Texts of models and people, harmless in Markdown and on a forge.

They are escaped as entities, so that they stay texts: no mention, no reference, no link, no image,
no HTML, no table cell of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from promptverdict.core.text import escape_text

_REFERENCE = re.compile(r"\b(GH-(?=\d)|(?=[0-9a-f]*\d)[0-9a-f]{4}(?=[0-9a-f]{3,36}\b))(\w)", re.I)
"""What a forge takes for a number of an issue or for a commit."""
# A forge looks for mentions and references after it has read the entities: only a comment between
# @ or # and the next word keeps them apart.
_ENTITIES = {char: f"&#{ord(char)};" for char in "&<>@#|`*_[]~!\\$"} | {
    char: f"&#{ord(char)};<!-- -->" for char in "@#"
}


def escape_markdown(text: str) -> str:
    """Escape a text so that it means nothing to Markdown or to a forge; always one line."""
    line = " ".join(text.split())
    escaped = "".join(_ENTITIES.get(char, char) for char in escape_text(line))
    escaped = escaped.replace("://", ":&#47;&#47;").replace("www.", "www&#46;")
    return _REFERENCE.sub(r"\1<!-- -->\2", escaped)


def fence_lines(lines: Iterable[str], language: str = "") -> str:
    """Put lines into a fence that none of them can close."""
    body = "\n".join(escape_text(line) for line in lines)
    fence = "`" * max(3, _find_longest_ticks(body) + 1)
    return f"{fence}{language}\n{body}\n{fence}\n"


def _find_longest_ticks(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
