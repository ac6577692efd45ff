"""SIGTERM interrupts while something is recorded, and only where nobody else has a use for it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from promptverdict.core.signals import interrupt_on_sigterm

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows sends no SIGTERM")


@pytest.fixture(autouse=True)
def default() -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGTERM, before)


def test_termination_is_an_interrupt_and_afterwards_what_it_was() -> None:
    with pytest.raises(KeyboardInterrupt), interrupt_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_a_handler_of_somebody_else_stays() -> None:
    def handler(*_: Any) -> None:
        """Do nothing."""

    signal.signal(signal.SIGTERM, handler)
    with interrupt_on_sigterm():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_another_thread_than_the_main_one_changes_nothing() -> None:
    seen: list[Any] = []

    def work() -> None:
        with interrupt_on_sigterm():
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]
