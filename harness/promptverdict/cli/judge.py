"""`promptverdict judge`: ask a model what is to be known of recorded trials, or check it."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.cli.recorded_trials import recorded_trials
from promptverdict.core.errors import InputError, Problem, ProviderError
from promptverdict.graders.rubric import find_rubrics

if TYPE_CHECKING:
    from promptverdict.cli.judge_pairs import PairWork
    from promptverdict.judging.ask import Judge
    from promptverdict.judging.pairwise.pairs import JudgedTrial
    from promptverdict.judging.prompt import TrialQuestion
    from promptverdict.runner.cells import Trial
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.settings import Settings
    from promptverdict.trials.evidence import Judgement

Work = tuple["Trial", "JudgedTrial", list["TrialQuestion"]]
"""A trial, its recording with what it is evidence of, and what rubrics ask about it."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("judge", help="ask a model about trials and pairs of them")
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
    from promptverdict.settings import resolve

    settings = resolve(Path.cwd(), {"judge": asked.model})
    paths = [Path(path) for path in asked.paths]
    if asked.labels:
        from promptverdict.cli.judge_labels import compare

        return compare(Path(asked.labels), list(recorded_trials(paths, settings, _has_rubric)))
    trials = list(recorded_trials(paths, settings, _has_question))
    if settings.judge is None:
        cure = "name one: --model provider/name, or relay/NAME to answer by hand"
        raise InputError([Problem("judge", "no model is named that could be asked", cure)])
    return asyncio.run(_judge(settings, settings.judge, trials, again=asked.all))


def _has_rubric(scenario: LoadedScenario) -> bool:

    return any(find_rubrics(scenario.scenario.grades.values()))


def _has_question(scenario: LoadedScenario) -> bool:
    return _has_rubric(scenario) or bool(scenario.suite.suite.pairwise)


async def _judge(settings: Settings, model: str, trials: list[Trial], *, again: bool) -> int:
    from promptverdict.cli.judge_pairs import ask_pairs, paired, tell_standings
    from promptverdict.judging.gather import Gathered, gather
    from promptverdict.judging.rubrics import inquire_trial

    # Everything is read before anything is spent.
    every = [work for trial in trials if (work := await _work(trial))]
    pairs = paired((trial.cell.scenario.suite, side) for trial, side, _ in every)
    works = [work for work in every if work[2]]
    if not _announce(model, works, pairs, again=again) and not pairs:
        return 0
    judge, gate = _way(settings, model), asyncio.Semaphore(settings.concurrency)

    async def one(work: Work) -> Gathered[Judgement]:
        trial, side, wanted = work
        async with gate:
            inquiry = inquire_trial(trial.location, side.sealed.seal)
            found = await gather(judge, inquiry, wanted, again=again)
        _tell(trial, found.new)
        return found

    gathered = await asyncio.gather(*(one(work) for work in works))
    judged = await ask_pairs(judge, pairs, gate, again=again)
    failed = _summed(model, [new for found in gathered for new in found.new])
    failed |= tell_standings(model, judged)
    return ProviderError.exit_code if failed else 0


def _announce(model: str, works: list[Work], pairs: list[PairWork], *, again: bool) -> bool:
    """Say what will be asked and how long it is, and whether there is anything."""
    from promptverdict.judging.gather import list_unanswered
    from promptverdict.judging.pairwise.inquiry import inquire_pair
    from promptverdict.judging.rubrics import inquire_trial

    messages = [
        one.message
        for trial, side, wanted in works
        for one in list_unanswered(
            inquire_trial(trial.location, side.sealed.seal), wanted, model, again=again
        )
    ]
    told = f"{len(messages)} questions"
    due = [
        one
        for pair, wanted in pairs
        for one in list_unanswered(inquire_pair(pair), wanted, model, again=again)
    ]
    messages += [message for one in due for message in one.messages]
    if due:
        told += f" and {len(due)} about pairs, each in both orders,"
    if messages:
        tokens = sum(map(len, messages)) // 4
        print(f"{told} to {model}, ~{tokens:,} tokens of evidence")
        return True
    told = f"{len(works)} recordings with rubrics"
    told += f" and {len(pairs)} pairs of recordings" if pairs else ""
    print(f"nothing to ask {model}: {told}, all answered")
    return False


def _way(settings: Settings, model: str) -> Judge:
    """Give the way to the model that judges, `provider/name`."""
    import httpx2

    from promptverdict.judging.ask import Judge
    from promptverdict.providers.network import open_route
    from promptverdict.providers.throttle import Throttle

    throttle = Throttle()
    return Judge(
        model, settings.relay, lambda: open_route(model, httpx2.AsyncHTTPTransport(), throttle)
    )


async def _work(trial: Trial) -> Work | None:
    """Read what is to be asked about; a stale recording is told and left alone."""
    from promptverdict.judging.pairwise.pairs import JudgedTrial
    from promptverdict.judging.rubrics import list_questions
    from promptverdict.recording.digest import describe_parts, list_changed_parts
    from promptverdict.recording.files import open_sealed
    from promptverdict.runner.readback import read_events

    sealed = open_sealed(trial.location)
    if parts := list_changed_parts(sealed.head.digest, trial.cell.digest):
        print(f"{trial.id}: stale ({describe_parts(parts)} changed), left alone")
        return None
    evidence = await read_events(trial.cell, sealed)
    wanted = list_questions(trial.cell.scenario.scenario.grades.values(), evidence)
    return trial, JudgedTrial(sealed, evidence), wanted


def _tell(trial: Trial, new: tuple[Judgement, ...]) -> None:
    for one in new:
        told = one.answer or f"no answer ({one.fault})"
        print(f"{trial.id}: {one.question} -> {told}")


def _summed(model: str, new: list[Judgement]) -> bool:
    """Say what came, and whether something was left without an answer."""
    counts = Counter(one.answer or "no answer" for one in new)
    told = ", ".join(f"{number} {answer}" for answer, number in sorted(counts.items()))
    if new:
        print(f"{model} was asked {len(new)} questions: {told}")
    return bool(counts["no answer"])
