"""One trial, from an empty workspace to its record; the only place where faults become data."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2

from harness.errors import BrokenRecording, HarnessError, ProviderError, shown
from harness.evidence import Evidence, Outcome
from harness.loop import run_loop
from harness.model import Model
from harness.plan import Cell, Trial
from harness.prices import cost
from harness.probes import stored_reports
from harness.providers import Api, api, asked_name, is_by_hand
from harness.recording.cassette import open_tape
from harness.recording.files import Sealed, open_sealed
from harness.records import Fault, TrialRecord
from harness.threads import to_the_end
from harness.transcript import Answered, Block, Event, Transcript, added
from harness.world.base import Session, TrialWorld
from harness.world.replayed import ReplayedTools, SealedKeeper, replayed_world


async def run_trial(trial: Trial, session: Session, sealed: Sealed | None) -> TrialRecord:
    """Conduct one trial: replayed where a recording is given, else live and recorded.

    What goes wrong on the way is in the record's fault; a bug in the harness surfaces as itself.
    """
    began = time.monotonic()
    transcript, outcome, head, fault = Transcript(), None, None, None
    try:
        async with _world(trial, session, sealed) as world:
            async with _connect(trial, world.transport, session, sealed) as model:
                await run_loop(trial.cell.task, model, world.tools, transcript)
            head, outcome = world.finish(transcript.events)
        outcome = await _with_probes(trial, session, transcript, outcome, sealed)
    except HarnessError as error:
        fault = Fault.of(error)
        # What could not be recorded to its end is evidence of nothing.
        head = head if sealed else None
    evidence = Evidence(task=trial.cell.task, events=transcript.events, outcome=outcome)
    used = added(event.usage for event in evidence.events if isinstance(event, Answered))
    return TrialRecord(
        **_identity(trial),
        provenance=head.provenance if head else None,
        compatible=head.compatible if head else {},
        replayed=sealed is not None,
        seconds=round(time.monotonic() - began, 3),
        evidence=evidence,
        grades=() if fault else trial.cell.grade(evidence),
        cost=cost(used, session.prices.get(trial.cell.model)),
        fault=fault,
        notices=_notices(trial, outcome, live=sealed is None),
    )


def no_trial(trial: Trial, error: HarnessError) -> TrialRecord:
    """Record that a trial did not take place, and why: none goes missing in silence."""
    return TrialRecord(
        **_identity(trial),
        provenance=None,
        replayed=False,
        seconds=0.0,
        evidence=Evidence(task=trial.cell.task, events=(), outcome=None),
        fault=Fault.of(error),
    )


def _identity(trial: Trial) -> dict[str, Any]:
    task = trial.cell.task
    return {
        "key": trial.key,
        "suite": task.suite,
        "scenario": task.scenario,
        "variant": task.variant,
        "trial": trial.number,
        "digest": trial.cell.digest,
        "required": trial.cell.required,
    }


async def read_events(cell: Cell, sealed: Sealed) -> Evidence:
    """Read what happened out of a recording, without a request and without the SDK.

    The same loop runs as when it was recorded, so the events are the same. The probes' reports are
    left to `read_back`. Raises EvidenceError.
    """
    world = sealed.read_world()
    transcript = Transcript()
    tools = ReplayedTools(world, shown(sealed.location.world))
    with open_tape(SealedKeeper(sealed), replay=True) as tape:
        model = _ReadAnswers(api(cell.model), tape.answers(), shown(sealed.location.http))
    await run_loop(cell.task, model, tools, transcript)
    tools.check_all_played()
    model.check_all_given()
    outcome = Outcome(start=world.start, notes=world.notes)
    return Evidence(task=cell.task, events=transcript.events, outcome=outcome)


async def read_back(cell: Cell, sealed: Sealed) -> Evidence:
    """Read the whole evidence of a trial, its probes' reports with it. Raises EvidenceError."""
    evidence = await read_events(cell, sealed)
    reports = stored_reports(cell.scenario, sealed.location, sealed.seal)
    outcome = (evidence.outcome or Outcome()).model_copy(update={"probes": reports})
    return evidence.model_copy(update={"outcome": outcome})


class _ReadAnswers:
    """A model that says again what a cassette holds."""

    def __init__(self, spoken: Api, answers: list[bytes], where: str) -> None:
        self._api, self._answers, self._where = spoken, answers, where

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:  # noqa: ARG002
        if not self._answers:
            raise BrokenRecording(f"{self._where} ends before its trial does")
        return self._api.read(self._answers.pop(0))

    def check_all_given(self) -> None:
        """Raise BrokenRecording if answers are left over."""
        if self._answers:
            raise BrokenRecording(f"{self._where}: {len(self._answers)} answers were not asked for")


def _world(
    trial: Trial, session: Session, sealed: Sealed | None
) -> AbstractAsyncContextManager[TrialWorld]:
    if sealed:
        return replayed_world(sealed)
    from harness.world.live import live_world

    return live_world(trial, session)


def _notices(trial: Trial, outcome: Outcome | None, *, live: bool) -> tuple[str, ...]:
    model = trial.cell.model
    asks = live and not is_by_hand(model)
    ending = api(model).deprecation(asked_name(model)) if asks else None
    return (*(outcome.notes if outcome else ()), *([ending] if ending else []))


@asynccontextmanager
async def _connect(
    trial: Trial, transport: httpx2.AsyncBaseTransport, session: Session, sealed: Sealed | None
) -> AsyncIterator[Model]:
    cell = trial.cell
    spoken, by_hand = api(cell.model), is_by_hand(cell.model)
    key = "none" if by_hand or sealed else os.environ.get(spoken.KEY)
    if not key:
        raise ProviderError(
            f"recording {cell.model} needs a key: set {spoken.KEY}\n"
            "  without one, answer by hand: promptverdict relay serve, and --model relay/NAME"
        )
    # A recording fits wherever it was made: it is played as the provider's own place.
    relay = session.relay.rstrip("/") + urlsplit(spoken.URL).path
    url = relay if by_hand else os.environ.get(spoken.URL_VARIABLE) or spoken.URL
    async with spoken.open_model(
        transport,
        spoken.URL if sealed else url,
        key,
        asked_name(cell.model),
        cell.variant.prompt,
        cell.tools,
        cell.parameters,
    ) as model:
        yield model


async def _with_probes(
    trial: Trial,
    session: Session,
    transcript: Transcript,
    outcome: Outcome,
    sealed: Sealed | None,
) -> Outcome:
    """Add what the probes found: stored reports to a replay, new ones to a new recording."""
    scenario = trial.cell.scenario
    if not scenario.scenario.probes:
        return outcome
    if sealed:
        reports = stored_reports(scenario, sealed.location, sealed.seal)
    else:
        evidence = Evidence(task=trial.cell.task, events=transcript.events, outcome=outcome)
        seal = open_sealed(trial.location).seal
        from harness.probing import run_probes

        probed = (scenario, trial.location, seal, evidence, session.sandbox(), session.given_up)
        reports = await to_the_end(run_probes, *probed)
    return outcome.model_copy(update={"probes": reports})
