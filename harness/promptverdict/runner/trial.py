"""One trial, from an empty workspace to its record; the only place where faults become data."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from promptverdict.core.errors import BrokenRecording, HarnessError, shown
from promptverdict.core.threads import to_the_end
from promptverdict.judging.ask import Judge
from promptverdict.judging.gather import gather, questions, stored_judgements
from promptverdict.providers.connection import Line
from promptverdict.providers.registry import Api, api, asked_name, is_by_hand
from promptverdict.recording.cassette import open_tape
from promptverdict.recording.files import Sealed, open_sealed
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.loop import run_loop
from promptverdict.runner.probes import stored_reports
from promptverdict.runner.users import PlayedUser, ScriptedUser, instructions
from promptverdict.runner.world.base import Session, TrialWorld
from promptverdict.runner.world.replayed import ReplayedTools, SealedKeeper, replayed_world
from promptverdict.trials.evidence import Evidence, Outcome
from promptverdict.trials.prices import Cost, cost, total
from promptverdict.trials.protocols import Model, UserTurns
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.transcript import Answered, Block, Event, Simulated, Transcript, added


async def run_trial(trial: Trial, session: Session, sealed: Sealed | None) -> TrialRecord:
    """Conduct one trial: replayed where a recording is given, else live and recorded.

    What goes wrong on the way is in the record's fault; a bug in the harness surfaces as itself.
    """
    began = time.monotonic()
    transcript, outcome, head, fault = Transcript(), None, None, None
    try:
        async with _world(trial, session, sealed) as world:
            line = Line(world.transport, session.relay, replay=sealed is not None)
            async with _talk(trial.cell, line) as (model, user):
                await run_loop(trial.cell.task, model, world.tools, user, transcript)
            head, outcome = world.finish(transcript.events)
        outcome = await _with_probes(trial, session, transcript, outcome, sealed)
        outcome = await _with_judgements(trial, session, transcript, outcome, sealed)
    except HarnessError as error:
        fault = Fault.of(error)
        # What could not be recorded to its end is evidence of nothing.
        head = head if sealed else None
    evidence = Evidence(task=trial.cell.task, events=transcript.events, outcome=outcome)
    return TrialRecord(
        **identity(trial),
        provenance=head.provenance if head else None,
        compatible=head.compatible if head else {},
        replayed=sealed is not None,
        seconds=round(time.monotonic() - began, 3),
        evidence=evidence,
        grades=() if fault else await to_the_end(trial.cell.grade, evidence),
        cost=_cost(trial.cell, evidence, session),
        fault=fault,
        notices=_notices(trial, outcome, live=sealed is None),
    )


def no_trial(trial: Trial, error: HarnessError) -> TrialRecord:
    """Record that a trial did not take place, and why: none goes missing in silence."""
    return TrialRecord(
        **identity(trial),
        provenance=None,
        replayed=False,
        seconds=0.0,
        evidence=Evidence(task=trial.cell.task, events=(), outcome=None),
        fault=Fault.of(error),
    )


def _cost(cell: Cell, evidence: Evidence, session: Session) -> Cost | None:
    """Reckon what agent, simulated user and judges took, each at the price of its own model."""
    events, judged = evidence.events, evidence.outcome.judged if evidence.outcome else ()
    each = [(cell.model, added(e.usage for e in events if isinstance(e, Answered)))]
    each += [(one.model, one.usage) for one in judged if one.usage]
    if played := [event.usage for event in events if isinstance(event, Simulated)]:
        each.append((cell.user_model, added(played)))
    return total(cost(used, session.prices.get(model)) for model, used in each)


def identity(trial: Trial) -> dict[str, Any]:
    """Give the fields of a record that say which trial it is of."""
    task = trial.cell.task
    return {
        "key": trial.key,
        "suite": task.suite,
        "scenario": task.scenario,
        "variant": task.variant,
        "trial": trial.number,
        "digest": trial.cell.digest,
        "behaviours": tuple(trial.cell.scenario.scenario.grades),
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
        answers = _Answers(tape.answers(), shown(sealed.location.http))
    script, user = ScriptedUser(cell.task.turns), cell.task.user
    player = _Read(answers, api(cell.user_model)) if user else None
    turns = PlayedUser(script, player, user.turns) if user and player else script
    await run_loop(cell.task, _Read(answers, api(cell.model)), tools, turns, transcript)
    tools.check_all_played()
    answers.check_all_given()
    outcome = Outcome(start=world.start, notes=world.notes)
    return Evidence(task=cell.task, events=transcript.events, outcome=outcome)


async def read_back(cell: Cell, sealed: Sealed) -> Evidence:
    """Read the whole evidence of a trial, with what probes and judges found.

    Raises EvidenceError.
    """
    evidence = await read_events(cell, sealed)
    found = {
        "probes": stored_reports(cell.scenario, sealed.location, sealed.seal),
        "judged": stored_judgements(
            questions(cell.scenario.scenario.grades.values(), evidence),
            sealed.location,
            sealed.seal,
            cell.judge,
        ),
    }
    outcome = (evidence.outcome or Outcome()).model_copy(update=found)
    return evidence.model_copy(update={"outcome": outcome})


class _Answers:
    """The answers that a cassette holds, whoever gave them, in their order."""

    def __init__(self, answers: list[bytes], where: str) -> None:
        self._answers, self._where = answers, where

    def next(self) -> bytes:
        """Give the next one. Raises BrokenRecording when there is none."""
        if not self._answers:
            raise BrokenRecording(f"{self._where} ends before its trial does")
        return self._answers.pop(0)

    def check_all_given(self) -> None:
        """Raise BrokenRecording if answers are left over."""
        if self._answers:
            raise BrokenRecording(f"{self._where}: {len(self._answers)} answers were not asked for")


class _Read:
    """A model that says again what it said when it was recorded."""

    def __init__(self, answers: _Answers, spoken: Api) -> None:
        self._answers, self._api = answers, spoken

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:  # noqa: ARG002
        return self._api.read(self._answers.next())


def _world(
    trial: Trial, session: Session, sealed: Sealed | None
) -> AbstractAsyncContextManager[TrialWorld]:
    if sealed:
        return replayed_world(sealed)
    from promptverdict.runner.world.live import live_world

    return live_world(trial, session)


def _notices(trial: Trial, outcome: Outcome | None, *, live: bool) -> tuple[str, ...]:
    model = trial.cell.model
    asks = live and not is_by_hand(model)
    ending = api(model).deprecation(asked_name(model)) if asks else None
    return (*(outcome.notes if outcome else ()), *([ending] if ending else []))


@asynccontextmanager
async def _talk(cell: Cell, line: Line) -> AsyncIterator[tuple[Model, UserTurns]]:
    """Open the agent's conversation, and the simulated user's where there is one."""
    script, user = ScriptedUser(cell.task.turns), cell.task.user
    async with line.open(cell.model, cell.variant.prompt, cell.tools, cell.parameters) as model:
        if user is None:
            yield model, script
            return
        async with line.open(cell.user_model, instructions(user)) as player:
            yield model, PlayedUser(script, player, user.turns)


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
        from promptverdict.runner.probe_runner import run_probes

        probed = (scenario, trial.location, seal, evidence, session.sandbox(), session.given_up)
        reports = await to_the_end(run_probes, *probed)
    return outcome.model_copy(update={"probes": reports})


async def _with_judgements(
    trial: Trial,
    session: Session,
    transcript: Transcript,
    outcome: Outcome,
    sealed: Sealed | None,
) -> Outcome:
    """Add what judges answered: stored answers to a replay, new ones to a new recording."""
    cell = trial.cell
    evidence = Evidence(task=cell.task, events=transcript.events, outcome=outcome)
    wanted = questions(cell.scenario.scenario.grades.values(), evidence)
    if sealed:
        judged = stored_judgements(wanted, sealed.location, sealed.seal, cell.judge)
    elif model := cell.asks:
        judge, seal = _judge_of(model, session), open_sealed(trial.location).seal
        judged = (await gather(judge, wanted, trial.location, seal)).all
    else:
        return outcome
    return outcome.model_copy(update={"judged": judged})


def _judge_of(model: str, session: Session) -> Judge:
    """Give the way of a session to the model that judges, `provider/name`."""
    from promptverdict.providers.network import patient

    return Judge(model, session.relay, lambda: patient(model, session.network(), session.judges))
