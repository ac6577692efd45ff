"""How many files one process may have open."""

from __future__ import annotations

_ENOUGH = 8192
"""A trial has about ten open at once: connection, pipes, folders; and hundreds run together."""


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
