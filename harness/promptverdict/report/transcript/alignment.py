"""Two transcripts beside each other: how long both do the same, and where they part.

What counts is what is done: the tools called, with their arguments. Words beside a call differ
every time and say little; a turn without calls is its words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from promptverdict.report.transcript.lines import shorten_reason
from promptverdict.trials.transcript import Answered, Call, End, Event, Say, User

LONGEST_SUMMARY = 80
"""Characters that summarise a turn."""


@dataclass(frozen=True)
class Turn:
    """One answer of the model with the results of its calls, or what the user said."""

    first: int
    """Number of its first event."""
    after: int
    """Number of the first event that no longer belongs to it."""
    digest: str
    """Of what was done: equal where two turns did the same."""
    summary: str
    """What was done, in one line."""


def split_turns(events: Sequence[Event]) -> tuple[Turn, ...]:
    """Divide a transcript: results belong to the turn that asked for them, the end is a turn."""
    starts: list[int] = []
    is_over = True
    for number, event in enumerate(events):
        if isinstance(event, User | End):
            starts.append(number)
            is_over = True
        elif isinstance(event, Answered):
            is_over = True
        # A model says and calls several things in one answer: only the first begins a turn.
        elif event.type in ("say", "call", "opaque") and is_over:
            starts.append(number)
            is_over = False
    ends = [*starts[1:], len(events)]
    return tuple(_build_turn(events, first, end) for first, end in zip(starts, ends, strict=True))


def count_shared_turns(left: Sequence[Turn], right: Sequence[Turn]) -> int:
    """Count the turns from the first on that are alike; the next is where the two part."""
    shared = 0
    for turn, other in zip(left, right, strict=False):
        if turn.digest != other.digest:
            break
        shared += 1
    return shared


def _build_turn(events: Sequence[Event], first: int, after: int) -> Turn:
    inside = events[first:after]
    calls = [event for event in inside if isinstance(event, Call)]
    texts = [event.text for event in inside if isinstance(event, Say | User)]
    ends = [f"{event.reason} {event.detail}".rstrip() for event in inside if isinstance(event, End)]
    if calls:
        done: list[object] = [[call.tool, call.args] for call in calls]
        summary = ", then ".join(_format_call(call) for call in calls)
    else:
        done = [*texts, *ends]
        summary = ("ends: " + ends[0]) if ends else "says: " + shorten_reason(" ".join(texts))
    digest = hashlib.sha256(json.dumps(done, sort_keys=True).encode()).hexdigest()
    return Turn(first, after, digest[:12], _shorten_summary(summary))


def _format_call(call: Call) -> str:
    what = call.args.get("command") or call.args.get("file_path") or call.args.get("pattern") or ""
    return f"{call.tool} {shorten_reason(str(what))}".rstrip()


def _shorten_summary(text: str) -> str:
    if len(text) <= LONGEST_SUMMARY:
        return text
    return text[: LONGEST_SUMMARY - 1].rstrip() + "…"
