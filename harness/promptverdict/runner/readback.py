"""Records of what was recorded, made without a request and without a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from promptverdict.core.errors import (
    BrokenRecording,
    EvidenceError,
    ProviderError,
    StaleProbes,
    TimeLimitReached,
)
from promptverdict.core.paths import display_path
from promptverdict.core.threads import run_without_waiting
from promptverdict.judging.gather import read_judgements
from promptverdict.judging.rubrics import inquire_trial, list_questions
from promptverdict.providers.interface import Api
from promptverdict.providers.registry import load_api
from promptverdict.recording.files import Sealed
from promptverdict.recording.player import open_player
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.decisions import decide
from promptverdict.runner.integrity import inspect_record
from promptverdict.runner.loop import run_loop
from promptverdict.runner.probes import read_reports
from promptverdict.runner.records import identify_trial, record_absence
from promptverdict.runner.users import PlayedUser, ScriptedUser
from promptverdict.runner.world.replayed import (
    OUT_OF_TIME,
    ReplayedTools,
    has_ended_in_time,
)
from promptverdict.settings import Settings
from promptverdict.trials.evidence import Evidence, FinalState
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Block, Event, Transcript, list_answer_notices

_CURE = "  restore it from version control, or record it again with --record all"


def read_back_cells(here: Iterable[Cell], settings: Settings) -> Iterator[TrialRecord]:
    """Make the records of all trials of some cells from their recordings, without a request."""
    for cell in here:
        for number in range(settings.trials or cell.scenario.suite.suite.trials):
            decision = decide(cell.get_trial(number), "none")
            if decision.sealed:
                yield read_back(decision.trial, decision.sealed)
            elif decision.error:
                yield record_absence(decision.trial, decision.error)


def read_back(trial: Trial, sealed: Sealed) -> TrialRecord:
    """Make the record that a replay of a trial would make, without a request."""
    try:
        evidence, notices = _read_gradable(trial.cell, sealed)
    except EvidenceError as error:
        return record_absence(trial, error)
    record = TrialRecord(
        **identify_trial(trial),
        provenance=sealed.head.provenance,
        compatible=sealed.head.compatible,
        replayed=True,
        seconds=0.0,
        evidence=evidence,
        grades=trial.cell.grade(evidence),
        notices=notices,
    )
    return inspect_record(trial.cell, record)


def _read_gradable(cell: Cell, sealed: Sealed) -> tuple[Evidence, tuple[str, ...]]:
    try:
        evidence = read_evidence(cell, sealed)
        return evidence, list_answer_notices(evidence.events)
    except StaleProbes as error:
        # What needs no probe can be graded all the same.
        evidence = read_events(cell, sealed)
        return evidence, (*list_answer_notices(evidence.events), str(error))


def read_events(cell: Cell, sealed: Sealed) -> Evidence:
    """Read what happened out of a recording, without a request and without the SDK.

    The same loop runs as when it was recorded, so the events are the same. The probes' reports are
    left to `read_evidence`. Raises EvidenceError.
    """
    world = sealed.read_world()
    transcript = Transcript()
    in_time = has_ended_in_time(sealed)
    tools = ReplayedTools(world, display_path(sealed.location.world), ended_in_time=in_time)
    # Requests are neither built nor matched, which takes most of a replay's time: the digest says
    # already that the same would be asked.
    where = display_path(sealed.location.http)
    answers = _Answers(open_player(sealed).list_answers(), where, ended_in_time=in_time)
    script, user = ScriptedUser(cell.task.turns), cell.task.user
    player = _RepeatedModel(answers, _load_api(cell.user_model, where)) if user else None
    turns = PlayedUser(script, player, user.turns) if user and player else script
    model = _RepeatedModel(answers, _load_api(cell.model, where))
    try:
        run_without_waiting(run_loop(cell.task, model, tools, turns, transcript))
    except ProviderError as error:
        # No provider is at fault here: an answer that cannot be read is never recorded.
        problem = str(error).partition("\n")[0]
        raise BrokenRecording(f"{where}: {problem}\n{_CURE}") from error
    tools.check_all_played()
    answers.check_all_given()
    outcome = FinalState(start=world.start, notes=world.notes)
    return Evidence(task=cell.task, events=transcript.events, outcome=outcome)


def _load_api(model: str, where: str) -> Api:
    """Return the API of a model that a recording names. Raises BrokenRecording if it is none."""
    try:
        return load_api(model)
    except KeyError as error:
        found = f"there is no provider of its model {model!r:.80}"
        raise BrokenRecording(f"{where}: {found}\n{_CURE}") from error


def read_evidence(cell: Cell, sealed: Sealed) -> Evidence:
    """Read the whole evidence of a trial, with what probes and judges found.

    Raises EvidenceError.
    """
    evidence = read_events(cell, sealed)
    reports = {
        "probes": read_reports(cell.scenario, sealed.location, sealed.seal),
        "judged": read_judgements(
            inquire_trial(sealed.location, sealed.seal),
            list_questions(cell.scenario.scenario.grades.values(), evidence),
            cell.judge,
        ),
    }
    outcome = (evidence.outcome or FinalState()).model_copy(update=reports)
    return evidence.model_copy(update={"outcome": outcome})


class _Answers:
    """The answers that a cassette holds, whoever gave them, in their order."""

    def __init__(self, answers: list[bytes], where: str, *, ended_in_time: bool) -> None:
        self._answers, self._where, self._ended_in_time = answers, where, ended_in_time

    def take(self) -> bytes:
        """Return the next one. Raises BrokenRecording or TimeLimitReached when there is none."""
        if not self._answers and self._ended_in_time:
            raise TimeLimitReached(OUT_OF_TIME)
        if not self._answers:
            raise BrokenRecording(
                f"{self._where} ends before its trial does\n"
                "  promptverdict changed since; record it again with --record stale"
            )
        return self._answers.pop(0)

    def check_all_given(self) -> None:
        """Raise BrokenRecording if answers are left over."""
        if self._answers:
            raise BrokenRecording(
                f"{self._where}: {len(self._answers)} answers are left over at the end\n"
                "  promptverdict changed since; record it again with --record stale"
            )


class _RepeatedModel:
    """A model that repeats what it said when it was recorded."""

    def __init__(self, answers: _Answers, api: Api) -> None:
        self._answers, self._api = answers, api

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:  # noqa: ARG002
        return self._api.read_answer(self._answers.take())
