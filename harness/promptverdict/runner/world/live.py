"""A trial in a live workspace, recorded: stored whole when it ended well, and not at all if not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from importlib.metadata import version

import httpx2

from promptverdict.core.clock import format_now
from promptverdict.core.errors import DiskError, ProviderError, StorageError
from promptverdict.core.threads import run_to_end
from promptverdict.providers.failures import (
    is_overflow,
)
from promptverdict.providers.network import open_route
from promptverdict.providers.registry import is_by_hand, load_api
from promptverdict.providers.stopwatch import Stopwatch
from promptverdict.recording.cassette import Tape, TapeTransport, open_tape
from promptverdict.recording.files import Head, Location, World, save_sealed
from promptverdict.recording.journal import Journal
from promptverdict.recording.resuming import JournaledTransport
from promptverdict.runner.budget import Purse
from promptverdict.runner.cells import Trial
from promptverdict.runner.world.base import RunContext, TrialWorld
from promptverdict.runner.world.recorder import RecordingTools
from promptverdict.sandbox import (
    Sandbox,
    describe_sandbox,
    make_trial_folders,
)
from promptverdict.trials.evidence import FinalState
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.toolset import VERSION
from promptverdict.trials.transcript import Answered, Call, End, Event, Result
from promptverdict.version import __version__


@asynccontextmanager
async def open_live_world(
    trial: Trial, context: RunContext, purse: Purse | None = None
) -> AsyncIterator[TrialWorld]:
    """Set up a workspace in the sandbox; the recording is stored if the block ends well.

    What an earlier attempt has paid for is used. purse: is told of answers that cost nothing now.
    """
    journal = Journal(trial.find_journal(context.journals), trial.id)
    sandbox = await run_to_end(context.sandbox)
    make_folders = partial(make_trial_folders, context.given_up)
    tools = RecordingTools(trial, sandbox, make_folders, journal)
    try:
        keeper = _Unsealed(trial.location, journal)
        with open_tape(keeper, replay=False) as tape:
            stopwatch = Stopwatch(trial.cell.task.limits.seconds)
            route = open_route(trial.cell.model, context.network(), context.throttle, stopwatch)
            note_resumed = (purse or Purse(context.budget)).note_resumed
            paid = JournaledTransport(route, journal, stopwatch, is_overflow, note_resumed)
            network = TapeTransport(tape, paid, is_overflow)
            world = _Live(trial, sandbox, tape, network, TimedTools(tools, stopwatch))
            if tools.needs_set_up:
                await run_to_end(tools.set_up)
            yield world
            keeper.world = world.tools.build_world()
        world.seal = keeper.seal
    except ProviderError:
        # The last answer may be what could not be read; the next attempt must ask it again.
        journal.drop_last_answer()
        raise
    finally:
        journal.close()
        # Not in a thread, which a cancellation would leave behind: folders are removed quickly.
        tools.close()


class TimedTools:
    """Carries out calls while the trial has time left, and counts how long they take."""

    def __init__(self, tools: RecordingTools, stopwatch: Stopwatch) -> None:
        self._tools, self._stopwatch = tools, stopwatch

    async def run(self, call: Call) -> Result:
        """Carry out a call. Raises TimeLimitReached where the trial's time is used up."""
        # Only between calls: a command that is cut off would leave a result that no replay knows.
        self._stopwatch.check()
        began = self._stopwatch.clock()
        result = await self._tools.run(call)
        self._stopwatch.add(began)
        return result

    def build_world(self) -> World:
        """Return everything recorded so far."""
        return self._tools.build_world()


class _Live:
    def __init__(
        self,
        trial: Trial,
        sandbox: Sandbox,
        tape: Tape,
        transport: TapeTransport,
        tools: TimedTools,
    ) -> None:
        self._trial, self._sandbox, self._tape = trial, sandbox, tape
        self.transport: httpx2.AsyncBaseTransport = transport
        self.tools = tools
        self.seal = ""

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, FinalState]:
        cell = self._trial.cell
        end = next(event for event in reversed(events) if isinstance(event, End))
        head = Head(
            suite=cell.task.suite,
            scenario=cell.task.scenario,
            variant=cell.task.variant,
            trial=self._trial.number,
            digest=cell.digest,
            compatible={
                "toolset": VERSION,
                **describe_sandbox(self._sandbox),
            },
            provenance=_build_provenance(cell.model, events),
            end=f"{end.reason} {end.detail}".strip(),
        )
        self._tape.finish(head.model_dump(mode="json", exclude_none=True))
        world = self.tools.build_world()
        return head, FinalState(start=world.start, notes=world.notes)


class _Unsealed:
    """Stores a new recording when its cassette is complete."""

    def __init__(self, location: Location, journal: Journal) -> None:
        self._location, self._journal = location, journal
        self.where = str(location.http)
        self.world, self.seal = World(), ""

    def read(self) -> str:
        raise AssertionError("a new recording has nothing to read")

    def write(self, text: str) -> None:
        try:
            self.seal = save_sealed(self._location, text, self.world)
        except DiskError:
            raise  # the next attempt may find a better one
        except StorageError:
            # What no recording may hold, it would hold again.
            self._journal.discard()
            raise
        self._journal.discard()


def _build_provenance(model: str, events: tuple[Event, ...]) -> Provenance:
    answers = [event for event in events if isinstance(event, Answered)]
    operator = next((answer.operator for answer in answers if answer.operator), None)
    kind = "relay" if operator else "simulated" if is_by_hand(model) else "live"
    versions = {name: _find_version(name) for name in (load_api(model).sdk, "vcrpy")}
    versions["promptverdict"] = __version__
    return Provenance.model_validate(
        {
            "evidence": kind,
            "operator": operator,
            "model": model,
            "answered": ", ".join(dict.fromkeys(answer.model for answer in answers)),
            "recorded": format_now(),
            "versions": versions,
        }
    )


@cache
def _find_version(package: str) -> str:
    """Find the version of a package: once, since its metadata are read and parsed each time."""
    return version(package)
