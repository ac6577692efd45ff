"""Closing a runner ends what still runs, keeps what is finished and leaves nothing behind."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.runner.decisions import decide
from promptverdict.runner.runner import Runner
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import TrialFolders, open_sandbox
from promptverdict.sandbox.interface import Finished, GivenUp
from promptverdict.trials.record import TrialRecord

from tests.fakes import Blocks, open_network, provider, say, script, use
from tests.runner.test_cells import cell
from tests.sandbox.shells import wait_until


def test_closing_cancels_what_still_runs_and_keeps_what_is_finished(tmp_path: Path) -> None:
    slow, kept = cell(tmp_path / "slow", variant="slow", prompt="You hang."), []
    fast = cell(tmp_path / "fast")

    def keep(record: TrialRecord) -> TrialRecord:
        kept.append(record.key)
        return record

    waiting = asyncio.Event()

    class Hanging(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            if b"You hang." in await request.aread():
                await waiting.wait()
            return await super().handle_async_request(request)

    with provider(script([say("Hi.")])) as server:
        runner = Runner(RunContext(lambda: open_sandbox("none"), Hanging, server.url), 8, keep)
        never = runner.submit(decide(slow.get_trial(0), "once"))
        assert runner.submit(decide(fast.get_trial(0), "once")).result(timeout=30).fault is None
        runner.close()
    assert never.cancelled()
    assert kept == [fast.get_trial(0).key]
    assert not slow.get_trial(0).location.http.exists()


class Slow:
    """A sandbox whose command is long in dying, and looks around when it does."""

    kind, python, pytest = "none", "3", "9"

    def __init__(self) -> None:
        self.running = threading.Event()
        self.places: list[tuple[TrialFolders, bool]] = []

    def run(self, argv: Sequence[str], folders: TrialFolders, **options: object) -> Finished:
        self.running.set()
        folders.given_up.wait()
        time.sleep(0.2)
        self.places.append((folders, folders.root.exists()))
        raise GivenUp


def test_closing_removes_a_trials_folder_after_its_command_has_died(tmp_path: Path) -> None:
    made, slow = cell(tmp_path), Slow()
    with provider(script([use("Bash", command="sleep 600")])) as server:
        session = RunContext(lambda: slow, open_network, server.url)
        kept: list[TrialRecord] = []
        runner = Runner(session, 8, kept.append)
        never = runner.submit(decide(made.get_trial(0), "once"))
        assert slow.running.wait(60)
        runner.close()
    assert never.cancelled()
    assert kept == []
    ((folders, was_there),) = slow.places
    assert was_there
    assert not folders.root.exists()


def test_an_interrupt_stops_asking_before_anybody_closes_the_runner(tmp_path: Path) -> None:
    """pytest may take seconds between the signal and the end of the session."""
    cells = [cell(tmp_path / str(number)) for number in range(8)]

    def go_on(body: dict[str, Any]) -> Blocks:
        time.sleep(0.02)
        return [use("Read", file_path="/workspace/none")]

    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with provider(go_on) as server:
            context = RunContext(lambda: open_sandbox("none"), open_network, server.url)
            runner = Runner(context, 8, lambda _: None)
            started = [runner.submit(decide(made.get_trial(0), "once")) for made in cells]
            wait_until(lambda: len(server.requests) > 20)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
            wait_until(lambda: all(future.done() for future in started))
            asked = len(server.requests)
            time.sleep(0.3)
            assert len(server.requests) == asked
            runner.close()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert all(future.cancelled() for future in started)


def test_closing_gives_interrupts_back() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    context = RunContext(lambda: open_sandbox("none"), open_network)
    replaying = Runner(context, 8, print, offline=True)
    assert [signal.getsignal(number) for number in numbers] == before
    replaying.close()
    recording = Runner(context, 8, print)
    assert len({signal.getsignal(number) for number in numbers} - {*before}) == 1
    recording.close()
    assert [signal.getsignal(number) for number in numbers] == before
