"""SIGTERM, treated as Ctrl-C."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def interrupt_on_sigterm() -> Iterator[None]:
    """Raise KeyboardInterrupt in the main thread on SIGTERM, by which CI cancels a job.

    Does nothing if SIGTERM is handled already, and in any thread but the main one.
    """
    # Python lets only the main thread set handlers.
    is_unhandled = signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if not is_unhandled or threading.current_thread() is not threading.main_thread():
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
