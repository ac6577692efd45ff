"""Many trials at once need more open files than a shell allows by default."""

from __future__ import annotations

import pytest
from promptverdict.core.errors import InputError
from promptverdict.core.open_files import check_open_file_limit, raise_open_file_limit

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


def test_a_limit_that_is_too_low_for_so_many_at_once_is_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    check_open_file_limit(2)
    with pytest.raises(InputError) as caught:
        check_open_file_limit(50)
    assert str(caught.value) == (
        "open files: 64 are allowed, and 50 trials at once may need 540\n"
        "  allow more (ulimit -Hn), or record fewer at once: --concurrency 2"
    )
