"""Tells whether an agent's behaviour got better or worse, or that it cannot be told."""

from typing import TYPE_CHECKING, Any

from promptverdict.version import __version__

if TYPE_CHECKING:
    from promptverdict.trials.frames import load_run

__all__ = ["__version__", "load_run"]


def __getattr__(name: str) -> Any:
    """Import what is public when it is used: every process that runs pytest imports this file."""
    if name == "load_run":
        from promptverdict.trials.frames import load_run

        return load_run
    raise AttributeError(f"module 'promptverdict' has no attribute {name!r}")
