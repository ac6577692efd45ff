"""Where a trial happens, as the tool loop sees it: a way to the model, and tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import httpx2

from harness.evidence import Outcome
from harness.model import Tools
from harness.recording.files import Head
from harness.transcript import Event

if TYPE_CHECKING:
    from harness.sandbox import Sandbox


@dataclass(frozen=True)
class Session:
    """What the trials of one run share."""

    sandbox: Callable[[], Sandbox]
    """Gives the sandbox; opened when the first trial needs one."""
    network: Callable[[], httpx2.AsyncBaseTransport]
    """Gives the way to the provider; only ever asked while recording."""
    relay: str = "http://127.0.0.1:8765"
    """Where the relay answers."""


class TrialWorld(Protocol):
    """One trial's surroundings."""

    @property
    def transport(self) -> httpx2.AsyncBaseTransport:
        """What the SDK's client sends its requests through."""
        ...

    @property
    def tools(self) -> Tools:
        """What carries out the agent's calls."""
        ...

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, Outcome]:
        """End a trial that ended well: say what it is evidence of, and how the workspace began."""
        ...
