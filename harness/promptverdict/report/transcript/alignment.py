"""Two transcripts beside each other: how long both do the same, and where they part.

What counts is what is done: the tools called, with their arguments. Words beside a call differ
every time and say little; a turn without calls is its words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from promptverdict.report.transcript.marks import in_one_line
from promptverdict.trials.transcript import Answered, Call, End, Event, Say, User

HEAD = 80
"""Characters that tell what a turn does."""


@dataclass(frozen=True)
class Turn:
    """One answer of the model with the results of its calls, or what the user said."""

    first: int
    """Number of its first event."""
    after: int
    """Number of the first event that no longer belongs to it."""
    done: str
    """Names what was done: equal where two turns did the same."""
    told: str
    """What was done, in one line."""


def turns_of(events: Sequence[Event]) -> tuple[Turn, ...]:
    """Divide a transcript: results belong to the turn that asked for them, the end is a turn."""
    starts: list[int] = []
    over = True
    for number, event in enumerate(events):
        if isinstance(event, User | End):
            starts.append(number)
            over = True
        elif isinstance(event, Answered):
            over = True
        elif event.type in ("say", "call", "opaque") and over:
            starts.append(number)
            over = False
    ends = [*starts[1:], len(events)]
    return tuple(_turn(events, first, end) for first, end in zip(starts, ends, strict=True))


def parting(left: Sequence[Turn], right: Sequence[Turn]) -> int:
    """Give how many turns from the first are alike; the next is where they part."""
    alike = 0
    for one, other in zip(left, right, strict=False):
        if one.done != other.done:
            break
        alike += 1
    return alike


def _turn(events: Sequence[Event], first: int, after: int) -> Turn:
    inside = events[first:after]
    calls = [event for event in inside if isinstance(event, Call)]
    said = [event.text for event in inside if isinstance(event, Say | User)]
    ends = [f"{event.reason} {event.detail}".rstrip() for event in inside if isinstance(event, End)]
    if calls:
        done: list[object] = [[call.tool, call.args] for call in calls]
        told = ", then ".join(_told(call) for call in calls)
    else:
        done = [*said, *ends]
        told = ("ends: " + ends[0]) if ends else "says: " + in_one_line(" ".join(said))
    written = json.dumps(done, sort_keys=True).encode()
    return Turn(first, after, hashlib.sha256(written).hexdigest()[:12], _short(told))


def _told(call: Call) -> str:
    what = call.args.get("command") or call.args.get("file_path") or call.args.get("pattern") or ""
    return f"{call.tool} {in_one_line(str(what))}".rstrip()


def _short(text: str) -> str:
    return text if len(text) <= HEAD else text[: HEAD - 1].rstrip() + "…"
