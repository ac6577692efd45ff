"""Where a trial happens, as the tool loop sees it: a way to the model, and tools."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from promptverdict.providers.plain_client import Player
from promptverdict.providers.throttle import Throttle
from promptverdict.recording.files import Head
from promptverdict.runner.budget import Budget
from promptverdict.runner.start_reports import StartReports
from promptverdict.trials.evidence import FinalState
from promptverdict.trials.prices import Price
from promptverdict.trials.protocols import Tools
from promptverdict.trials.transcript import Event

if TYPE_CHECKING:
    import httpx2

    from promptverdict.sandbox import Sandbox


async def _close_nothing() -> None:
    """Close nothing: a network that is not shared is closed by who opened it."""


@dataclass(frozen=True)
class RunContext:
    """What the trials of one run share."""

    sandbox: Callable[[], Sandbox]
    """Returns the sandbox; opened when the first trial needs one."""
    network: Callable[[], httpx2.AsyncBaseTransport]
    """Opens a connection to the provider; only called while recording."""
    relay: str = "http://127.0.0.1:8765"
    """Base URL of the relay."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Model, as `provider/name` -> what it costs."""
    given_up: threading.Event = field(default_factory=threading.Event)
    """Once set, no command in the sandbox goes on."""
    budget: Budget = field(default_factory=Budget)
    """How much they may cost."""
    throttle: Throttle = field(default_factory=Throttle)
    """How their requests share a provider."""
    judges: Throttle = field(default_factory=Throttle)
    """How questions to judges share one; a judge that is refused stops no trial."""
    starts: StartReports = field(default_factory=StartReports)
    """What probes found on the trees that its scenarios begin with."""
    journals: Path | None = None
    """Where paid answers of trials that have not ended are kept; None: nowhere."""
    close_network: Callable[[], Awaitable[None]] = _close_nothing
    """Closes the connections that trials have left open to the next, at the end of the run."""


class TrialWorld(Protocol):
    """One trial's surroundings."""

    @property
    def transport(self) -> httpx2.AsyncBaseTransport | Player:
        """What requests go through: the SDK's, or a recording that needs none."""
        ...

    @property
    def tools(self) -> Tools:
        """What carries out the agent's calls."""
        ...

    @property
    def seal(self) -> str:
        """The recording's seal; of a new one, empty until it is stored."""
        ...

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, FinalState]:
        """End a trial that ended well; return its head, and how the workspace began."""
        ...
