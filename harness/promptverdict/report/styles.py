"""How verdicts look: a style and a sign for each word; the words themselves always stand beside."""

from __future__ import annotations

from promptverdict.report.table import Style

SIGNS: dict[Style, str] = {
    "improved": "▲",
    "regressed": "▼",
    "mixed": "◆",
    "unknown": "○",
    "": "",
}
_STYLES: dict[str, Style] = {
    "improved": "improved",
    "regressed": "regressed",
    "improved and regressed": "mixed",
    "blocked": "regressed",
    "improved in part": "mixed",
}


def get_style(word: str) -> Style:
    """Return the style of a verdict's word; what is no verdict looks unknown."""
    return _STYLES.get(word, "unknown")
