"""The agents of a place, or the error with all that keeps them from being used."""

from __future__ import annotations

from pathlib import Path

from promptverdict.agents.discovery import find_agents
from promptverdict.agents.variant import Variant
from promptverdict.core.errors import InputError


def load_agents(path: Path) -> tuple[Variant, ...]:
    """Read the agents of a folder, or of one file; raise InputError where one cannot be used."""
    found = find_agents([path])
    if found.problems:
        raise InputError(found.problems)
    return found.variants
