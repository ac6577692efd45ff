"""Each fault of a provider through a whole trial, over a real SDK and a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import httpx2
from promptverdict.providers.throttle import Patience, Throttle
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cells import Cell
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.trials.prices import Price
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import End

from tests.fakes import open_network
from tests.faulty import FaultServer, FlyingTime, Reply, faulty, throttle
from tests.runner.test_trial import scenario_of, variant
from tests.tables.api_faults import SPEECHES, Fault, Messages, list_faults, list_messages_faults
from tests.tables.outcome import Outcome

MODEL = Messages.model
PATIENCE = Patience(retries=3)
_LARGE = "a body too long"
_SLOW = frozenset({"no answer in time", "stalled amid the body", "a stream of pings"})
"""Faults that take seconds, since what never comes is waited for."""


def open_session(shared: Throttle) -> RunContext:
    """Open what trials share."""
    sandbox = open_sandbox("none")
    price = Price(as_of=date(2026, 1, 1), input=3, output=15)
    return RunContext(lambda: sandbox, open_network, prices={MODEL: price}, throttle=shared)


def reply_in_order(replies: Sequence[Reply]) -> Callable[[int, dict[str, Any]], Reply]:
    """Make a plan that gives the replies in order, and the last for ever."""
    rest = list(replies)
    return lambda _times, _body: rest.pop(0) if len(rest) > 1 else rest[0]


@contextlib.contextmanager
def set_variables(**variables: str) -> Iterator[None]:
    """Set variables of the environment until the block ends."""
    old = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in old.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


def conduct(root: Path, fault: Fault, model: str = MODEL) -> tuple[Cell, TrialRecord, FaultServer]:
    """Run one trial against a provider that has the fault."""
    cell = Cell(scenario_of(root), variant(), model)
    with (
        faulty(reply_in_order(fault.replies)) as server,
        set_variables(ANTHROPIC_BASE_URL=server.url, OPENAI_BASE_URL=f"{server.url}/v1"),
        set_variables(ANTHROPIC_API_KEY="sk-none", OPENAI_API_KEY="sk-none"),
    ):
        shared = throttle(FlyingTime(), replace(PATIENCE, answer=fault.patience))
        record = asyncio.run(run_trial(cell.get_trial(0), open_session(shared), None))
    return cell, record, server


def list_recording(cell: Cell, number: int = 0) -> list[Path]:
    """List the files of a recording that are there."""
    place = cell.get_trial(number).location
    return [path for path in (place.http, place.world) if path.exists()]


def check_fault(root: Path, fault: Fault, model: str = MODEL) -> Iterator[str]:
    """Run a trial that meets a fault, and list what is not as specified."""
    cell, record, server = conduct(root, fault, model)
    if (kind := record.fault.kind if record.fault else None) != fault.kind:
        yield f"fault {kind}, expected {fault.kind}: {record.fault}"
    if len(server.requests) != fault.requests:
        yield f"{len(server.requests)} requests, expected {fault.requests}"
    found = list_recording(cell)
    if record.fault:
        words = record.fault.message
        if fault.told not in words:
            yield f"not said: {fault.told!r} in {words!r}"
        if len(words.splitlines()) > 3 or len(words) > 700 or "Traceback" in words:
            yield f"too long: {words!r}"
        if found:
            yield f"half recorded: {found}"
        return
    ended = record.evidence.events[-1]
    if not isinstance(ended, End) or ended.reason != fault.end or fault.told not in ended.words:
        yield f"ended with {ended}, expected {fault.end} and {fault.told!r}"
    if len(found) != 2:
        yield f"recorded: {found}"
        return
    nothing = RunContext(lambda: open_sandbox("none"), _refuse_network)
    sealed = open_sealed(cell.get_trial(0).location)
    replayed = asyncio.run(run_trial(cell.get_trial(0), nothing, sealed))
    if replayed.fault or replayed.evidence != record.evidence:
        yield f"the replay differs: {replayed.fault}"


def _refuse_network() -> httpx2.AsyncBaseTransport:
    raise AssertionError("a replay asked for the network")


def run_api(*, whole: bool) -> list[Outcome]:
    """Run the table with each of the three APIs; whole: with the faults that are waited for."""
    outcomes = []
    for speech in SPEECHES:
        faults = list_faults(speech)
        if isinstance(speech, Messages):
            faults |= list_messages_faults()
        for name, fault in faults.items():
            if not whole and (name in _SLOW or (name == _LARGE and speech.model != MODEL)):
                continue
            with tempfile.TemporaryDirectory() as folder:
                try:
                    mistakes = tuple(check_fault(Path(folder), fault, speech.model))
                except Exception:
                    mistakes = (f"traceback: {traceback.format_exc().splitlines()[-1]}",)
            outcomes.append(Outcome(f"{speech.model}: {name}", mistakes))
    return outcomes
