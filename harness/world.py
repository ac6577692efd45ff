"""Where a trial happens: in a live workspace of which everything is noted, or in a recording.

Both give the tool loop the same two things: a transport for the SDK's client, and tools. The
difference between them ends here.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Protocol

import httpx2
from pydantic import ValidationError

import harness
from harness.errors import BrokenRecording, SandboxError
from harness.evidence import Outcome
from harness.model import Tools
from harness.plan import Trial
from harness.recording.cassette import Tape, TapeTransport, open_tape
from harness.recording.files import Head, Location, Sealed, World, save_sealed
from harness.records import Provenance
from harness.sandbox import Place, Sandbox, make_place, remove_place
from harness.scenario import GitSetup
from harness.tools import LiveTools
from harness.toolset import VERSION
from harness.transcript import Answered, Call, End, Event, Result
from harness.tree import TestReport, Tree, difference
from harness.workspace import Workspace


@dataclass(frozen=True)
class Session:
    """What the trials of one run share."""

    sandbox: Callable[[], Sandbox]
    """Gives the sandbox; opened when the first trial needs one."""
    network: Callable[[], httpx2.AsyncBaseTransport]
    """Gives the way to the provider; only ever asked while recording."""
    relay: str = "http://127.0.0.1:8765"
    """Where the relay answers."""


class TrialWorld(Protocol):
    """One trial's surroundings."""

    @property
    def transport(self) -> httpx2.AsyncBaseTransport:
        """What the SDK's client sends its requests through."""
        ...

    @property
    def tools(self) -> Tools:
        """What carries out the agent's calls."""
        ...

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, Outcome]:
        """End a trial that ended well: say what it is evidence of, and how the workspace began."""
        ...


@asynccontextmanager
async def replayed_world(sealed: Sealed) -> AsyncIterator[TrialWorld]:
    """Play a recording; nothing is executed and nothing asked of the network."""
    keeper = SealedKeeper(sealed)
    with open_tape(keeper, replay=True) as tape:
        yield _Replayed(sealed, tape)


@asynccontextmanager
async def live_world(trial: Trial, session: Session) -> AsyncIterator[TrialWorld]:
    """Set up a workspace in the sandbox; the recording is stored if the block ends well."""
    place = await asyncio.to_thread(make_place)
    try:
        sandbox = await asyncio.to_thread(session.sandbox)
        keeper = _Unsealed(trial.location)
        with open_tape(keeper, replay=False) as tape:
            network = TapeTransport(tape, session.network())
            world = _Live(trial, sandbox, place, tape, network)
            await asyncio.to_thread(world.tools.set_up)
            yield world
            keeper.world = world.tools.world()
    finally:
        await asyncio.to_thread(remove_place, place)


class ReplayedTools:
    """Answers calls with the results that were recorded, in their order."""

    def __init__(self, world: World, where: str) -> None:
        self._results, self._where = list(world.results), where

    async def run(self, call: Call) -> Result:
        """Give the next result. Raises BrokenRecording when it belongs to another call."""
        if not self._results or self._results[0].call != call.id:
            raise BrokenRecording(
                f"{self._where}: the next result belongs to another call than {call.id}\n"
                "  the harness no longer does what it did then; record again with --record stale"
            )
        return self._results.pop(0)

    def check_all_played(self) -> None:
        """Raise BrokenRecording if results are left over."""
        if self._results:
            raise BrokenRecording(f"{self._where}: {len(self._results)} results were not asked for")


class _Replayed:
    def __init__(self, sealed: Sealed, tape: Tape) -> None:
        self._sealed, self._tape = sealed, tape
        self._world = sealed.read_world()
        self.transport: httpx2.AsyncBaseTransport = TapeTransport(tape)
        self.tools = ReplayedTools(self._world, str(sealed.location.world))

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, Outcome]:  # noqa: ARG002
        self._tape.finish()
        self.tools.check_all_played()
        return self._sealed.head, Outcome(start=self._world.start, notes=self._world.notes)


class _Live:
    def __init__(
        self, trial: Trial, sandbox: Sandbox, place: Place, tape: Tape, transport: TapeTransport
    ) -> None:
        self._trial, self._sandbox, self._tape = trial, sandbox, tape
        self.transport: httpx2.AsyncBaseTransport = transport
        self.tools = NotedTools(trial, sandbox, place)

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, Outcome]:
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
                "sandbox": self._sandbox.kind,
                "python": self._sandbox.python,
                "pytest": self._sandbox.pytest,
            },
            provenance=_provenance(cell.model, events, self._tape.answers()),
            end=f"{end.reason} {end.detail}".strip(),
        )
        self._tape.finish(head.model_dump(mode="json", exclude_none=True))
        world = self.tools.world()
        return head, Outcome(start=world.start, notes=world.notes)


class NotedTools:
    """Live tools, with everything noted that a replay or a grader needs."""

    def __init__(self, trial: Trial, sandbox: Sandbox, place: Place) -> None:
        scenario = trial.cell.scenario
        owner = place.owner
        self._trial, self._sandbox, self._place = trial, sandbox, place
        self._workspace = Workspace(place.workspace, owner)
        self._reports = Workspace(place.reports, owner)
        self._tools = LiveTools(
            sandbox,
            place,
            self._workspace,
            self._reports,
            scenario.scenario.script,
            trial.cell.task.tools,
        )
        self._tree: Tree = {}
        self._start: tuple[Any, ...] = ()
        self._results: list[Result] = []
        self._notes: dict[str, None] = {}
        self._read: set[str] = set()

    def set_up(self) -> None:
        """Put the scenario's files in place and do its set-up. Raises SandboxError."""
        scenario = self._trial.cell.scenario
        self._workspace.lay_out(scenario.workspace)
        if scenario.scenario.setup.git:
            self._make_repository(scenario.scenario.setup.git)
        self._start = self._changes()

    async def run(self, call: Call) -> Result:
        """Carry out a call outside the event loop, and note what it did."""
        return await asyncio.to_thread(self._run, call)

    def world(self) -> World:
        """Everything noted so far."""
        return World(start=self._start, results=tuple(self._results), notes=tuple(self._notes))

    def _run(self, call: Call) -> Result:
        began = time.monotonic()
        answer = self._tools.run(call)
        result = Result(
            call=call.id,
            text=answer.text,
            error=answer.error,
            stopped=answer.stopped,
            seconds=round(time.monotonic() - began, 2),
            changes=self._changes(),
            tests=self._new_reports(),
        )
        self._results.append(result)
        return result

    def _changes(self) -> tuple[Any, ...]:
        snapshot = self._workspace.snapshot()
        self._notes.update(dict.fromkeys(snapshot.notes))
        changes = difference(self._tree, snapshot.tree)
        self._tree = snapshot.tree
        return changes

    def _new_reports(self) -> tuple[TestReport, ...]:
        found = self._reports.snapshot().tree
        new = sorted(name for name in found if name.endswith(".json") and name not in self._read)
        self._read.update(new)
        reports: list[TestReport] = []
        for name in new:
            try:
                reports.append(TestReport.model_validate_json(found[name].content))
            except ValidationError:
                self._notes[f"a test report could not be read: {name}"] = None
        return tuple(reports)

    def _make_repository(self, git: GitSetup) -> None:
        """Commit all files with a fixed identity and date, so that the first hash is fixed too."""
        script = (
            'git init -q -b "$1" && git config user.name Dev && git config user.email'
            " dev@example.org && git config gc.auto 0 && rm -f .git/hooks/*.sample && git add -A"
            ' && git commit -q -m "$2"'
        )
        date = "2025-01-15T09:00:00+00:00"
        done = self._sandbox.run(
            ["bash", "--noprofile", "--norc", "-c", script, "bash", git.branch, git.message],
            self._place,
            timeout=30,
            environment={"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date},
        )
        if done.exit_code != 0:
            raise SandboxError(f"the repository could not be set up: {done.output.strip()[-200:]}")


class SealedKeeper:
    """Gives a sealed recording to its cassette."""

    def __init__(self, sealed: Sealed) -> None:
        self._sealed = sealed
        self.where = str(sealed.location.http)

    def read(self) -> str:
        """Give the cassette's text."""
        return self._sealed.http

    def write(self, text: str) -> None:  # noqa: ARG002
        """Refuse: nothing is ever added to a sealed recording."""
        raise AssertionError("a replay stores nothing")


class _Unsealed:
    """Stores a new recording when its cassette is complete."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self.where = str(location.http)
        self.world = World()

    def read(self) -> str:
        raise AssertionError("a new recording has nothing to read")

    def write(self, text: str) -> None:
        save_sealed(self._location, text, self.world)


def _provenance(model: str, events: tuple[Event, ...], answers: list[dict[str, Any]]) -> Provenance:
    answered = dict.fromkeys(event.model for event in events if isinstance(event, Answered))
    by_hand = [answer["relay"] for answer in answers if isinstance(answer.get("relay"), dict)]
    provider = model.partition("/")[0]
    kind = "relay" if by_hand else "simulated" if provider == "relay" else "live"
    versions = {"harness": harness.__version__, "vcrpy": version("vcrpy")}
    with contextlib.suppress(Exception):
        versions["anthropic"] = version("anthropic")
    return Provenance.model_validate(
        {
            "evidence": kind,
            "operator": by_hand[0].get("operator") if by_hand else None,
            "model": model,
            "answered": ", ".join(answered),
            "recorded": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "versions": versions,
        }
    )
