"""Moments are written in UTC and to the second, wherever the clock stands."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from promptverdict.core.clock import SECOND, format_now, format_second


def test_a_moment_is_written_in_utc() -> None:
    there = datetime(2026, 1, 31, 14, 0, 0, 900_000, tzinfo=timezone(timedelta(hours=2)))
    assert format_second(there) == "2026-01-31T12:00:00Z"


def test_now_is_now() -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    written = format_now()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", written)
    now = datetime.strptime(written, SECOND).replace(tzinfo=UTC)
    assert before <= now <= datetime.now(UTC)
