"""Interrupts: Ctrl-C, SIGTERM by which CI cancels a job, SIGHUP of a terminal that is closed."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP
_UNHANDLED = (signal.SIG_DFL, signal.default_int_handler)


@contextlib.contextmanager
def handle_interrupts(stop: Callable[[], object]) -> Iterator[None]:
    """On each of these signals, call stop and then raise KeyboardInterrupt in the main thread.

    stop is called at once: whoever catches KeyboardInterrupt may take seconds before anything else
    hears of it. Leaves alone what somebody else handles or, as nohup does, ignores; does nothing
    in any thread but the main one.
    """
    # Python lets only the main thread set handlers.
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop()
        signal.default_int_handler(number, frame)

    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in numbers}
    before = {number: handler for number, handler in before.items() if handler in _UNHANDLED}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
