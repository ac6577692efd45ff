"""A trial in a live workspace, recorded: stored whole when it ended well, and not at all if not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version

import httpx2

from harness.evidence import Outcome
from harness.plan import Trial
from harness.providers import api, is_by_hand
from harness.providers.shared import is_outcome
from harness.recording.cassette import Tape, TapeTransport, open_tape
from harness.recording.files import Head, Location, World, save_sealed
from harness.records import Provenance
from harness.sandbox import Place, Sandbox, make_place, remove_place
from harness.threads import to_the_end
from harness.toolset import VERSION
from harness.transcript import Answered, End, Event
from harness.version import __version__
from harness.world.base import Session, TrialWorld
from harness.world.network import patient
from harness.world.noted import NotedTools


@asynccontextmanager
async def live_world(trial: Trial, session: Session) -> AsyncIterator[TrialWorld]:
    """Set up a workspace in the sandbox; the recording is stored if the block ends well."""
    # Not in threads, which a cancellation would leave behind: a folder is made and removed quickly.
    place = make_place(session.given_up)
    try:
        sandbox = await to_the_end(session.sandbox)
        keeper = _Unsealed(trial.location)
        with open_tape(keeper, replay=False) as tape:
            way = patient(trial.cell.model, session.network(), session.throttle)
            network = TapeTransport(tape, way, is_outcome)
            world = _Live(trial, sandbox, place, tape, network)
            await to_the_end(world.tools.set_up)
            yield world
            keeper.world = world.tools.world()
    finally:
        remove_place(place)


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
            provenance=_provenance(cell.model, events),
            end=f"{end.reason} {end.detail}".strip(),
        )
        self._tape.finish(head.model_dump(mode="json", exclude_none=True))
        world = self.tools.world()
        return head, Outcome(start=world.start, notes=world.notes)


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


def _provenance(model: str, events: tuple[Event, ...]) -> Provenance:
    answers = [event for event in events if isinstance(event, Answered)]
    operator = next((one.operator for one in answers if one.operator), None)
    kind = "relay" if operator else "simulated" if is_by_hand(model) else "live"
    versions = {name: version(name) for name in (api(model).SDK, "vcrpy")}
    versions["harness"] = __version__
    return Provenance.model_validate(
        {
            "evidence": kind,
            "operator": operator,
            "model": model,
            "answered": ", ".join(dict.fromkeys(one.model for one in answers)),
            "recorded": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "versions": versions,
        }
    )
