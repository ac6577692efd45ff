"""During a replay its thread connects to nothing, and other threads are left alone."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.recording.offline import forbid_connections

from tests.fakes import provider, say, script


def test_the_threads_own_connections_are_refused_and_others_are_not() -> None:
    with provider(script([say("Hi.")])) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        reached: list[bool] = []

        def connect() -> None:
            with socket.socket() as plain:
                plain.connect(address)
                reached.append(True)

        with forbid_connections():
            with pytest.raises(BrokenRecording, match="a replay reaches no network"):
                connect()
            thread = threading.Thread(target=connect)
            thread.start()
            thread.join()
        assert reached == [True]
        connect()
    assert reached == [True, True]


def test_an_event_loop_still_starts() -> None:
    with forbid_connections():
        asyncio.run(asyncio.sleep(0))
