"""Thinking that stands inside an answer's text, between tags, at its beginning. Pure.

Services that know a model's format take its thinking out and send it apart; others leave it in the
text, where it would be graded as the answer. The text is sent back as it came.
"""

from __future__ import annotations

import re
from typing import Any

from promptverdict.trials.transcript import Opaque, Say

_IN_TEXT = "in_text"
"""Marks the block that shows such thinking. It is never sent: the text after it holds the whole."""

_TAGS = r"think|thinking|thoughts?|reasoning|(?:\w+:)(?:think|thinking)|思考|思维"
_OPENINGS = (
    (re.compile(rf"\s*<({_TAGS})(?:\s[^<>]*)?>", re.IGNORECASE), r"</{0}\s*>"),
    (re.compile(r"\s*\[(THINK|THINKING)\]"), r"\[/{0}\]"),
    (re.compile(r"\s*◁(think)▷"), r"◁/{0}▷"),
    (re.compile(r"\s*<\|begin_of_(thought)\|>"), r"<\|end_of_{0}\|>"),
    (re.compile(r"\s*<\|START_(THINKING)\|>"), r"<\|END_{0}\|>"),
    # OpenAI's harmony as a server leaves it that does not read it, and Gemma's like of it.
    (
        re.compile(r"\s*<\|channel\|>(analysis)<\|message\|>"),
        r"<\|end\|>\s*(?:<\|start\|>assistant)?(?:<\|channel\|>final<\|message\|>)?",
    ),
    (re.compile(r"\s*<\|channel>(thought)\b"), r"<channel\|>"),
)
"""How thinking opens -> how it closes, with the opening's word in place of {0}."""

_LONE_CLOSING = re.compile(r"^[ \t]*</(?:think|thinking)>[ \t]*$", re.MULTILINE)
"""A model whose template opens the tag for it writes the closing one alone."""


def split_thinking(text: str) -> tuple[str, str]:
    """Split a text into the thinking at its beginning, tags among it, and the rest.

    Thinking that is not closed is all of the text. Tags further on are part of the answer.
    """
    # Some models think in several blocks, one after the other.
    end = 0
    while (closed := _find_end(text, end)) is not None:
        end = closed
    if end == 0:
        lone = _LONE_CLOSING.search(text)
        # In a fence the tag is quoted, not meant.
        if lone is not None and text.count("```", 0, lone.start()) % 2 == 0:
            end = lone.end()
    rest = text[end:]
    end += len(rest) - len(rest.lstrip()) if end else 0
    return text[:end], text[end:]


def read_text(text: str, raw: dict[str, Any]) -> tuple[Opaque | Say, ...]:
    """Read a text that begins an answer; thinking at its beginning becomes a block of its own.

    raw: what is sent back in place of a text that was split.
    """
    thinking, rest = split_thinking(text)
    if not thinking:
        return (Say(text=text),)
    return Opaque(block={"type": "thinking", _IN_TEXT: thinking.strip()}), Say(text=rest, raw=raw)


def is_in_text(block: object) -> bool:
    """Return whether a block shows thinking that the text after it holds too."""
    return isinstance(block, Opaque) and _IN_TEXT in block.block


def _find_end(text: str, start: int) -> int | None:
    """Return where thinking ends that opens at a place; None where none opens there."""
    for opening, closing in _OPENINGS:
        if opened := opening.match(text, start):
            pattern = closing.format(re.escape(opened[1]))
            closed = re.compile(pattern, re.IGNORECASE).search(text, opened.end())
            return closed.end() if closed else len(text)
    return None
