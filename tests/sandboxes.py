"""The sandbox of commands, opened once: to open it takes a real command in it as its proof."""

from __future__ import annotations

import functools

from promptverdict.sandbox import Sandbox, open_sandbox


@functools.cache
def open_bubblewrap() -> Sandbox:
    """Open it the first time, and return the same one from then on: it holds no state."""
    return open_sandbox("bubblewrap")
