"""`promptverdict judge`: ask a model what rubrics want to know of recorded trials, or check it."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.recorded import recorded_trials
from harness.errors import InputError, Problem, ProviderError

if TYPE_CHECKING:
    from harness.evidence import Judgement
    from harness.judging.prompt import Asked
    from harness.loading.suites import LoadedScenario
    from harness.plan import Trial
    from harness.recording.files import Sealed
    from harness.settings import Settings

Work = tuple["Trial", "Sealed", list["Asked"]]
"""A trial, its recording, and what is asked about it."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("judge", help="ask a model the questions of rubrics, or check it")
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("--model", help="who is asked, as provider/name (default: setting `judge`)")
    parser.add_argument("--all", action="store_true", help="also what was answered before")
    parser.add_argument(
        "--labels",
        metavar="CSV",
        help="ask nothing; compare the stored answers with people's: columns trial, question or"
        " behaviour, label (yes or no)",
    )


def run(asked: argparse.Namespace) -> int:
    """Ask what is not answered yet and say what came, or compare what is there with labels."""
    from harness.settings import resolve

    settings = resolve(Path.cwd(), {"judge": asked.model})
    paths = [Path(path) for path in asked.paths]
    trials = list(recorded_trials(paths, settings, _has_rubric))
    if asked.labels:
        from harness.cli.labelled import compare

        return compare(Path(asked.labels), trials)
    if settings.judge is None:
        cure = "name one: --model provider/name, or relay/NAME to answer by hand"
        raise InputError([Problem("judge", "no model is named that could be asked", cure)])
    return asyncio.run(_judge(settings, settings.judge, trials, again=asked.all))


def _has_rubric(scenario: LoadedScenario) -> bool:
    from harness.graders.rubric import rubrics

    return any(rubrics(scenario.scenario.grades.values()))


async def _judge(settings: Settings, model: str, trials: list[Trial], *, again: bool) -> int:
    from harness.judging.asking import Judge
    from harness.judging.gathering import Gathered, gather
    from harness.judging.storage import read_answers, unanswered
    from harness.world.network import patient
    from harness.world.throttle import Throttle

    # Everything is read before anything is spent.
    works = [work for trial in trials if (work := await _work(trial))]
    due = [
        one
        for trial, sealed, wanted in works
        for one in unanswered(wanted, read_answers(trial.location, sealed.seal), model, again=again)
    ]
    if not due:
        print(f"nothing to ask {model}: {len(works)} recordings with rubrics, all answered")
        return 0
    tokens = sum(len(one.message) for one in due) // 4
    print(f"{len(due)} questions to {model}, ~{tokens:,} tokens of evidence")

    import httpx2

    throttle, gate = Throttle(), asyncio.Semaphore(settings.concurrency)
    judge = Judge(
        model,
        settings.relay,
        lambda: patient(model, httpx2.AsyncHTTPTransport(), throttle),
    )

    async def one(work: Work) -> Gathered:
        trial, sealed, wanted = work
        async with gate:
            found = await gather(judge, wanted, trial.location, sealed.seal, again=again)
        _tell(trial, found.new)
        return found

    gathered = await asyncio.gather(*(one(work) for work in works))
    return _summed(model, [new for found in gathered for new in found.new])


async def _work(trial: Trial) -> Work | None:
    """Read what is to be asked about; a stale recording is told and left alone."""
    from harness.judging.gathering import questions
    from harness.plan import changed_parts
    from harness.recording.files import open_sealed
    from harness.trial import read_events

    sealed = open_sealed(trial.location)
    if parts := changed_parts(sealed.head.digest, trial.cell.digest):
        print(f"{trial.id}: stale ({', '.join(parts)}), left alone")
        return None
    evidence = await read_events(trial.cell, sealed)
    return trial, sealed, questions(trial.cell.scenario.scenario.grades.values(), evidence)


def _tell(trial: Trial, new: tuple[Judgement, ...]) -> None:
    for one in new:
        told = one.answer or f"no answer ({one.fault})"
        print(f"{trial.id}: {one.question} -> {told}")


def _summed(model: str, new: list[Judgement]) -> int:
    counts = Counter(one.answer or "no answer" for one in new)
    told = ", ".join(f"{number} {answer}" for answer, number in sorted(counts.items()))
    print(f"{model} was asked {len(new)} questions: {told}")
    return ProviderError.exit_code if counts["no answer"] else 0
