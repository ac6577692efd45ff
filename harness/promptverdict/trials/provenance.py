"""How a trial's evidence came about, and how that is said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from promptverdict.core.clock import Second
from promptverdict.core.model import Frozen

Origin = Literal["live", "relay", "simulated"]
"""A provider's API, someone who answers by hand, or a script in a test."""


class Provenance(Frozen):
    """How evidence came about. Every report shows it."""

    evidence: Origin
    operator: str | None = None
    """Who answered by hand, in their own words."""
    model: str
    """What was asked, as `provider/name`."""
    answered: str
    """What the answers said they came from."""
    recorded: Second
    """When, in UTC, to the second."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Of the harness, the SDK and vcrpy."""


def describe_origin(provenance: Provenance | None) -> str:
    """How the evidence came about: `relay: claude, answering by relay`.

    Nobody answered where the first request of all was too long already.
    """
    if provenance is None:
        return "none"
    who = provenance.operator or provenance.answered
    return f"{provenance.evidence}: {who}" if who else provenance.evidence


def describe_isolation(compatible: Mapping[str, str | int]) -> str:
    """Return the words for tools that ran without a sandbox; they follow the evidence's origin."""
    return ", without a sandbox" if compatible.get("sandbox") == "none" else ""
