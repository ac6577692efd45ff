"""What the replay of a trial came to, as it is repeated where all of its inputs are the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promptverdict.trials.summary import TrialSummary


@dataclass(frozen=True)
class KnownReplay:
    """A trial that was replayed."""

    summary: TrialSummary
    content: bytes
    """The file of its record, seal and all."""
