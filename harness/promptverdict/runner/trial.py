"""One trial, from an empty workspace to its record; the only place where faults become data."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import NamedTuple

from promptverdict.core.errors import HarnessError
from promptverdict.core.secrets import hide_secrets_within
from promptverdict.core.threads import run_to_end, run_without_waiting
from promptverdict.judging.ask import Judge
from promptverdict.judging.gather import gather, read_judgements
from promptverdict.judging.rubrics import inquire_trial, list_questions
from promptverdict.providers.connection import Connection
from promptverdict.providers.registry import is_by_hand, load_api, resolve_requested_name
from promptverdict.recording.files import Head, Location, Sealed
from promptverdict.recording.offline import forbid_connections
from promptverdict.runner.budget import Purse
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.integrity import inspect_record
from promptverdict.runner.loop import run_loop
from promptverdict.runner.probes import read_reports
from promptverdict.runner.records import identify_trial
from promptverdict.runner.users import PlayedUser, ScriptedUser, write_instructions
from promptverdict.runner.world.base import RunContext, TrialWorld
from promptverdict.runner.world.replayed import open_replayed_world
from promptverdict.trials.evidence import Evidence, Judgement, ProbeReport
from promptverdict.trials.prices import Cost, add_costs, compute_cost
from promptverdict.trials.protocols import Model, UserTurns
from promptverdict.trials.record import Fault, TrialRecord, describe_lost_tools
from promptverdict.trials.transcript import (
    Answered,
    Simulated,
    Transcript,
    add_usages,
    list_answer_notices,
)


class _Recording(NamedTuple):
    """What is stored of a trial, by its seal."""

    location: Location
    seal: str


@dataclass(frozen=True)
class _Course:
    """What happened in a trial, before it is graded."""

    began: float
    """On the monotonic clock."""
    head: Head | None
    evidence: Evidence
    fault: Fault | None
    resumed: int
    """How many answers an earlier run had paid for."""


async def run_trial(
    trial: Trial,
    context: RunContext,
    sealed: Sealed | None,
    *,
    probes: bool = False,
    purse: Purse | None = None,
    through_sdk: bool = False,
) -> TrialRecord:
    """Run one trial: replayed where a recording is given, else live and recorded.

    probes: whether probes are run on a recording that is given; on a new one they always are.
    purse: what it may spend. through_sdk: whether a replay asks through the SDK, too; the requests
    are the same. What goes wrong on the way is in the record's fault; a bug in promptverdict
    surfaces as itself.
    """
    course = await _hold_trial(
        trial, context, sealed, probes=probes, purse=purse, through_sdk=through_sdk
    )
    return await run_to_end(_build_record, trial, context, course, sealed is None)


def replay_trial(trial: Trial, context: RunContext, sealed: Sealed) -> TrialRecord:
    """Replay a recording here and now: the record is that of `run_trial`, without an event loop.

    Nothing in a replay waits for anything, and threads would cost more than the trial.
    """
    with forbid_connections():
        course = run_without_waiting(_hold_trial(trial, context, sealed))
    return _build_record(trial, context, course, is_live=False)


async def _hold_trial(
    trial: Trial,
    context: RunContext,
    sealed: Sealed | None,
    *,
    probes: bool = False,
    purse: Purse | None = None,
    through_sdk: bool = False,
) -> _Course:
    """Hold the conversation, and collect what probes and judges say; arguments as in run_trial."""
    began = time.monotonic()
    transcript, outcome, head, fault = Transcript(), None, None, None
    try:
        async with _open_world(trial, context, sealed, purse, through_sdk=through_sdk) as world:
            connection = Connection(world.transport, context.relay, replay=sealed is not None)
            watch = _watch_spending(purse, context)
            async with _open_conversations(trial.cell, connection, watch) as (model, user):
                await run_loop(trial.cell.task, model, world.tools, user, transcript)
            head, outcome = world.finish(transcript.events)
        # Not opened again: it was read back before it was stored.
        recording = _Recording(sealed.location if sealed else trial.location, world.seal)
        evidence = Evidence(task=trial.cell.task, events=transcript.events, outcome=outcome)
        reports = await _collect_reports(
            trial.cell, context, evidence, recording, run=probes or sealed is None
        )
        outcome = outcome.model_copy(update={"probes": reports})
        judged = await _collect_judgements(
            trial.cell, context, evidence, recording, ask=sealed is None
        )
        outcome = outcome.model_copy(update={"judged": judged})
    except HarnessError as error:
        fault = Fault.of(error)
        # What could not be recorded to its end is evidence of nothing.
        head = head if sealed else None
    evidence = Evidence(task=trial.cell.task, events=transcript.events, outcome=outcome)
    return _Course(began, head, evidence, fault, purse.answers_resumed if purse else 0)


def _build_record(trial: Trial, context: RunContext, course: _Course, is_live: bool) -> TrialRecord:
    """Grade a trial and inspect it: the record of what happened."""
    head, evidence, fault = course.head, course.evidence, course.fault
    record = TrialRecord(
        **identify_trial(trial),
        provenance=head.provenance if head else None,
        compatible=head.compatible if head else {},
        replayed=not is_live,
        seconds=round(time.monotonic() - course.began, 3),
        evidence=evidence,
        grades=() if fault else trial.cell.grade(evidence),
        cost=_compute_cost(trial.cell, evidence, context),
        resumed=course.resumed,
        fault=fault,
        notices=_list_notices(trial, evidence, live=is_live),
    )
    # A recording is screened before it is stored; what was not recorded never was.
    record = _hide_secrets(record) if fault and is_live else record
    return inspect_record(trial.cell, record)


def _hide_secrets(record: TrialRecord) -> TrialRecord:
    return TrialRecord.model_validate(hide_secrets_within(record.model_dump(mode="json")))


def _compute_cost(cell: Cell, evidence: Evidence, context: RunContext) -> Cost | None:
    """Add up what agent, simulated user and judges took, each at the price of its own model."""
    events, judged = evidence.events, evidence.outcome.judged if evidence.outcome else ()
    each = [(cell.model, add_usages(e.usage for e in events if isinstance(e, Answered)))]
    each += [(judgement.model, judgement.usage) for judgement in judged if judgement.usage]
    if played := [event.usage for event in events if isinstance(event, Simulated)]:
        each.append((cell.user_model, add_usages(played)))
    return add_costs(compute_cost(used, context.prices.get(model)) for model, used in each)


def _open_world(
    trial: Trial,
    context: RunContext,
    sealed: Sealed | None,
    purse: Purse | None,
    *,
    through_sdk: bool,
) -> AbstractAsyncContextManager[TrialWorld]:
    if sealed:
        return open_replayed_world(sealed, through_sdk=through_sdk)
    # Replay works without a sandbox, on every system: what records is imported where it is used.
    from promptverdict.runner.world.live import open_live_world

    return open_live_world(trial, context, purse)


def _list_notices(trial: Trial, evidence: Evidence, *, live: bool) -> tuple[str, ...]:
    model = trial.cell.model
    asks = live and not is_by_hand(model)
    ending = load_api(model).find_deprecation(resolve_requested_name(model)) if asks else None
    notes = evidence.outcome.notes if evidence.outcome else ()
    bare = [describe_lost_tools(trial.cell.variant.id)] if trial.cell.has_lost_tools else []
    return (*bare, *notes, *list_answer_notices(evidence.events), *([ending] if ending else []))


def _watch_spending(purse: Purse | None, context: RunContext) -> Callable[[str, Model], Model]:
    """Return what puts a model, by its name, under the eyes of the budget."""

    def watch(name: str, model: Model) -> Model:
        return purse.watch(model, context.prices.get(name)) if purse else model

    return watch


@asynccontextmanager
async def _open_conversations(
    cell: Cell, connection: Connection, watch: Callable[[str, Model], Model]
) -> AsyncIterator[tuple[Model, UserTurns]]:
    """Open the agent's conversation, and the simulated user's where there is one."""
    script, user = ScriptedUser(cell.task.turns), cell.task.user
    async with connection.open_model(
        cell.model,
        cell.variant.prompt,
        cell.tools,
        cell.parameters,
        cell.task.limits.output_tokens,
    ) as model:
        if user is None:
            yield watch(cell.model, model), script
            return
        async with connection.open_model(cell.user_model, write_instructions(user)) as player:
            user_model = watch(cell.user_model, player)
            yield watch(cell.model, model), PlayedUser(script, user_model, user.turns)


async def _collect_reports(
    cell: Cell, context: RunContext, evidence: Evidence, recording: _Recording, *, run: bool
) -> tuple[ProbeReport, ...]:
    """Run the probes on a recording, or read what they found before."""
    if not (run and cell.scenario.scenario.probes):
        return read_reports(cell.scenario, recording.location, recording.seal)
    from promptverdict.runner.probe_runner import run_probes

    sandbox = await run_to_end(context.sandbox)
    return await run_to_end(
        run_probes,
        cell.scenario,
        recording.location,
        recording.seal,
        evidence,
        sandbox,
        context.given_up,
        context.starts,
    )


async def _collect_judgements(
    cell: Cell, context: RunContext, evidence: Evidence, recording: _Recording, *, ask: bool
) -> tuple[Judgement, ...]:
    """Ask the judge about a new recording, or read what judges answered before."""
    questions = list_questions(cell.scenario.scenario.grades.values(), evidence)
    inquiry = inquire_trial(recording.location, recording.seal)
    if not ask:
        return read_judgements(inquiry, questions, cell.judge)
    if (model := cell.asks) is None:
        return ()
    return (await gather(_build_judge(model, context), inquiry, questions)).all


def _build_judge(model: str, context: RunContext) -> Judge:
    """Return the judge that is asked in a run. model: as `provider/name`."""
    from promptverdict.providers.network import open_route

    return Judge(model, context.relay, lambda: open_route(model, context.network(), context.judges))
