"""Measures whether an edit of an agent's prompt made its behaviour better or worse."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from promptverdict.version import __version__

if TYPE_CHECKING:
    from promptverdict.trials.evidence import Evidence
    from promptverdict.trials.frames import load_run
    from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded
    from promptverdict.trials.transcript import (
        Answered,
        Call,
        End,
        Event,
        Opaque,
        Result,
        Say,
        Simulated,
        User,
        final_text,
    )

__all__ = [
    "Answered",
    "Call",
    "End",
    "Event",
    "Evidence",
    "Finding",
    "Opaque",
    "Point",
    "Result",
    "Say",
    "Simulated",
    "User",
    "__version__",
    "failed",
    "final_text",
    "load_run",
    "passed",
    "ungraded",
]

_MODULES = {
    "trials.evidence": ("Evidence",),
    "trials.frames": ("load_run",),
    "trials.grade": ("Finding", "Point", "failed", "passed", "ungraded"),
    "trials.transcript": (
        *("Answered", "Call", "End", "Event", "Opaque", "Result", "Say", "Simulated", "User"),
        "final_text",
    ),
}
"""Module below this package -> the public names that it defines."""


def __getattr__(name: str) -> Any:
    """Import a public name when it is used: every process that runs pytest imports this file."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"promptverdict.{module}"), name)
    raise AttributeError(f"module 'promptverdict' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, for completion at a prompt."""
    return sorted(__all__)
