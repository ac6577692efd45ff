"""How many files one process may have open."""

from __future__ import annotations

from promptverdict.core.errors import InputError, Problem

_ENOUGH = 8192
"""Hundreds of trials run together (see `_EACH`)."""


_EACH = 10
"""Files that one trial has open: connection, pipes, folders, lock."""
_OTHERS = 40
"""What the process has open besides."""


def check_open_file_limit(together: int) -> None:
    """Raise the limit; raise InputError where it is too low for so many trials at once."""
    raise_open_file_limit()
    try:
        import resource
    except ImportError:
        return
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = together * _EACH + _OTHERS
    if soft != resource.RLIM_INFINITY and soft < wanted:
        found = f"{soft} are allowed, and {together} trials at once may need {wanted}"
        fewer = max(1, (soft - _OTHERS) // _EACH)
        cure = f"allow more (ulimit -Hn), or record fewer at once: --concurrency {fewer}"
        raise InputError([Problem("open files", found, cure)])


def raise_open_file_limit() -> None:
    """Raise the soft limit as far as it needs no privilege, and no further than is of use.

    Shells set 1024 and some 256, for programs that use select(); nothing here does.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
