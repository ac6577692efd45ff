"""Moments in UTC as records hold them: `2026-01-31T12:00:00Z`, and as names of runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, Field

SECOND = "%Y-%m-%dT%H:%M:%SZ"
"""How moments are written, to the second."""


def _check_second(text: str) -> str:
    """Raise ValueError for a moment that there never was, such as the 31st of June."""
    datetime.fromisoformat(text)
    return text


Second = Annotated[
    str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"), AfterValidator(_check_second)
]
"""A moment as records hold it."""


def format_now() -> str:
    """Format this moment, to the second."""
    return format_second(datetime.now(UTC))


def format_second(moment: datetime) -> str:
    """Format a moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime(SECOND)
