"""Interrupts stop at once, and leave alone what somebody else handles."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from promptverdict.core.signals import handle_interrupts

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows sends no such signals")

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def unhandled() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in SIGNALS[1:]:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_each_of_them_stops_first_and_then_interrupts(number: int) -> None:
    before, stopped = signal.getsignal(number), []
    with pytest.raises(KeyboardInterrupt), handle_interrupts(lambda: stopped.append(number)):
        signal.raise_signal(number)
    assert stopped == [number]
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_handler_of_somebody_else_stays(number: int) -> None:
    def handler(*_: Any) -> None:
        """Do nothing."""

    signal.signal(number, handler)
    with handle_interrupts(lambda: pytest.fail("somebody else handles it")):
        signal.raise_signal(number)
    assert signal.getsignal(number) is handler


def test_a_closed_terminal_stays_ignored_where_nohup_ignores_it() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with handle_interrupts(lambda: pytest.fail("it is ignored")):
        signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_another_thread_than_the_main_one_changes_nothing() -> None:
    handlers: list[Any] = []

    def work() -> None:
        with handle_interrupts(lambda: None):
            handlers.extend(map(signal.getsignal, SIGNALS))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert handlers == [signal.default_int_handler, signal.SIG_DFL, signal.SIG_DFL]
