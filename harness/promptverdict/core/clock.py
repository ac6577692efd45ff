"""Moments in UTC as records hold them: `2026-01-31T12:00:00Z`, and as names of runs."""

from __future__ import annotations

from datetime import UTC, datetime

SECOND = "%Y-%m-%dT%H:%M:%SZ"
"""How moments are written, to the second."""


def format_now() -> str:
    """Format this moment, to the second."""
    return format_second(datetime.now(UTC))


def format_second(moment: datetime) -> str:
    """Format a moment in UTC, to the second."""
    return moment.astimezone(UTC).strftime(SECOND)
