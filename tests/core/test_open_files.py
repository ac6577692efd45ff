"""Many trials at once need more open files than a shell allows by default."""

from __future__ import annotations

import pytest
from promptverdict.core.open_files import raise_open_file_limit

resource = pytest.importorskip("resource", reason="limits are of POSIX")


def test_a_low_limit_is_raised_as_far_as_it_may_and_a_high_one_stays() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    high = before[1] if before[1] != resource.RLIM_INFINITY else 9000
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        raise_open_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (min(high, 8192), before[1])
        resource.setrlimit(resource.RLIMIT_NOFILE, (high, before[1]))
        raise_open_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (high, before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
