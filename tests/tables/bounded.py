"""Runs the command in this process, and measures how long it took and how much memory."""

from __future__ import annotations

import contextlib
import io
import signal
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from promptverdict.cli import main

MOST_LINES = 3
MOST_CHARACTERS = 700
"""Of one line of a message."""


class TookTooLong(BaseException):
    """The time is over; no `except Exception` on the way may keep it."""


@dataclass(frozen=True)
class Ended:
    """How one command ended."""

    code: int | None
    """None where it did not come to an end, or ended with a traceback."""
    out: str
    err: str
    seconds: float
    """Of the processor."""
    megabytes: float
    """By which the memory of the process grew at most."""
    traceback: str = ""
    hung: bool = False

    def list_mistakes(self, seconds: float, megabytes: float) -> Iterator[str]:
        """List what no command may do, whatever it reads."""
        if self.traceback:
            yield f"traceback: {self.traceback.strip().splitlines()[-1]}"
        if "Traceback (most recent call last)" in self.out + self.err:
            yield "a traceback is printed"
        if self.hung or self.seconds > seconds:
            yield f"{self.seconds:.1f} s, at most {seconds:g} are allowed"
        if self.megabytes > megabytes:
            yield f"{self.megabytes:.0f} MB, at most {megabytes:g} are allowed"


def run_bounded(arguments: Sequence[str], seconds: float) -> Ended:
    """Run the command with some arguments, in so many seconds of the processor.

    What takes four times as long by the clock is stopped: it waits for something.
    """
    out, err, began = io.StringIO(), io.StringIO(), time.process_time()
    code, trace, hung = None, "", False
    before = _reset_peak()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            with _alarm(4 * seconds):
                code = main(arguments)
        except TookTooLong:
            hung = True
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException:
            trace = traceback.format_exc()
    grown = _read_memory("VmHWM") - before
    return Ended(
        code, out.getvalue(), err.getvalue(), time.process_time() - began, grown, trace, hung
    )


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TookTooLong

    old = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)


def _reset_peak() -> float:
    """Let the kernel measure the largest memory anew; return the memory of now, in MB."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _read_memory("VmRSS")


def _read_memory(name: str) -> float:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{name}:"))
