"""One trial, from an empty workspace to its record; the only place where faults become data."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from promptverdict.core.errors import HarnessError
from promptverdict.core.threads import to_the_end
from promptverdict.judging.ask import Judge
from promptverdict.judging.gather import gather, read_judgements
from promptverdict.judging.rubrics import inquire_trial, list_questions
from promptverdict.providers.connection import Connection
from promptverdict.providers.registry import is_by_hand, load_api, resolve_requested_name
from promptverdict.recording.files import Sealed, open_sealed
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.loop import run_loop
from promptverdict.runner.probes import stored_reports
from promptverdict.runner.records import identify_trial
from promptverdict.runner.users import PlayedUser, ScriptedUser, instructions
from promptverdict.runner.world.base import Session, TrialWorld
from promptverdict.runner.world.replayed import replayed_world
from promptverdict.trials.evidence import Evidence, FinalState
from promptverdict.trials.prices import Cost, add_costs, compute_cost
from promptverdict.trials.protocols import Model, UserTurns
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.transcript import Answered, Simulated, Transcript, add_usages


async def run_trial(trial: Trial, session: Session, sealed: Sealed | None) -> TrialRecord:
    """Conduct one trial: replayed where a recording is given, else live and recorded.

    What goes wrong on the way is in the record's fault; a bug in the harness surfaces as itself.
    """
    began = time.monotonic()
    transcript, outcome, head, fault = Transcript(), None, None, None
    try:
        async with _world(trial, session, sealed) as world:
            connection = Connection(world.transport, session.relay, replay=sealed is not None)
            async with _talk(trial.cell, connection) as (model, user):
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
        **identify_trial(trial),
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


def _cost(cell: Cell, evidence: Evidence, session: Session) -> Cost | None:
    """Reckon what agent, simulated user and judges took, each at the price of its own model."""
    events, judged = evidence.events, evidence.outcome.judged if evidence.outcome else ()
    each = [(cell.model, add_usages(e.usage for e in events if isinstance(e, Answered)))]
    each += [(one.model, one.usage) for one in judged if one.usage]
    if played := [event.usage for event in events if isinstance(event, Simulated)]:
        each.append((cell.user_model, add_usages(played)))
    return add_costs(compute_cost(used, session.prices.get(model)) for model, used in each)


def _world(
    trial: Trial, session: Session, sealed: Sealed | None
) -> AbstractAsyncContextManager[TrialWorld]:
    if sealed:
        return replayed_world(sealed)
    from promptverdict.runner.world.live import live_world

    return live_world(trial, session)


def _notices(trial: Trial, outcome: FinalState | None, *, live: bool) -> tuple[str, ...]:
    model = trial.cell.model
    asks = live and not is_by_hand(model)
    ending = load_api(model).find_deprecation(resolve_requested_name(model)) if asks else None
    return (*(outcome.notes if outcome else ()), *([ending] if ending else []))


@asynccontextmanager
async def _talk(cell: Cell, connection: Connection) -> AsyncIterator[tuple[Model, UserTurns]]:
    """Open the agent's conversation, and the simulated user's where there is one."""
    script, user = ScriptedUser(cell.task.turns), cell.task.user
    async with connection.open_model(
        cell.model, cell.variant.prompt, cell.tools, cell.parameters
    ) as model:
        if user is None:
            yield model, script
            return
        async with connection.open_model(cell.user_model, instructions(user)) as player:
            yield model, PlayedUser(script, player, user.turns)


async def _with_probes(
    trial: Trial,
    session: Session,
    transcript: Transcript,
    outcome: FinalState,
    sealed: Sealed | None,
) -> FinalState:
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
    outcome: FinalState,
    sealed: Sealed | None,
) -> FinalState:
    """Add what judges answered: stored answers to a replay, new ones to a new recording."""
    cell = trial.cell
    evidence = Evidence(task=cell.task, events=transcript.events, outcome=outcome)
    wanted = list_questions(cell.scenario.scenario.grades.values(), evidence)
    if sealed:
        judged = read_judgements(inquire_trial(sealed.location, sealed.seal), wanted, cell.judge)
    elif model := cell.asks:
        inquiry = inquire_trial(trial.location, open_sealed(trial.location).seal)
        judged = (await gather(_judge_of(model, session), inquiry, wanted)).all
    else:
        return outcome
    return outcome.model_copy(update={"judged": judged})


def _judge_of(model: str, session: Session) -> Judge:
    """Give the way of a session to the model that judges, `provider/name`."""
    from promptverdict.providers.network import open_route

    return Judge(model, session.relay, lambda: open_route(model, session.network(), session.judges))
