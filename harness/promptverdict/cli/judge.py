"""`promptverdict judge`: ask a model about recorded trials, or compare it with people."""

from __future__ import annotations

import argparse
import asyncio
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.cli.recorded_trials import list_recorded_trials, open_current, read_each
from promptverdict.core.errors import InputError, Problem, ProviderError
from promptverdict.core.text import format_count
from promptverdict.graders.extracted_claims import needs_judge
from promptverdict.graders.rubric import find_rubrics
from promptverdict.runner.recording_locks import RecordingLocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promptverdict.cli.judge_pairs import PairQuestions
    from promptverdict.judging.ask import Judge
    from promptverdict.judging.gather import Gathered
    from promptverdict.judging.pairwise.pairs import JudgedTrial
    from promptverdict.judging.prompt import TrialQuestion
    from promptverdict.runner.cells import Trial
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.settings import Settings
    from promptverdict.trials.evidence import Judgement


@dataclass(frozen=True)
class TrialQuestions:
    """A recorded trial, and what rubrics ask about it."""

    trial: Trial
    judged: JudgedTrial
    questions: list[TrialQuestion]


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("judge", help="ask a model about trials and pairs of trials")
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("--model", help="model to ask, as provider/name (default: setting `judge`)")
    parser.add_argument("--all", action="store_true", help="also ask what has an answer already")
    parser.add_argument(
        "--labels",
        metavar="CSV",
        help="ask nothing; compare the stored answers with people's: columns trial, question or"
        " behaviour, label (yes or no)",
    )


def run(asked: argparse.Namespace) -> int:
    """Ask what has no answer yet and print the answers, or compare stored ones with labels."""
    from promptverdict.settings import resolve

    settings = resolve(Path.cwd(), {"judge": asked.model})
    paths = [Path(path) for path in asked.paths]
    if asked.labels:
        from promptverdict.cli.judge_labels import compare_with_labels

        trials = list(list_recorded_trials(paths, settings, _has_rubric))
        return compare_with_labels(Path(asked.labels), trials)
    trials = list(list_recorded_trials(paths, settings, _has_question))
    if settings.judge is None:
        cure = "name one: --model provider/name, or relay/NAME to answer by hand"
        raise InputError([Problem("judge", "no model is named", cure)])
    locks = RecordingLocks()
    scenarios = {trial.cell.scenario.path for trial in trials}
    try:
        # Before anything is read: what another run writes meanwhile would be asked, or lost.
        locks.take(scenarios)
        locks.keep(scenarios)
        # Everything is read before anything is spent: a broken recording stops the run here.
        read = read_each(trials, _read_trial)
        return asyncio.run(_judge_trials(settings, settings.judge, read, again=asked.all))
    finally:
        locks.close()


def _has_rubric(scenario: LoadedScenario) -> bool:
    return any(find_rubrics(scenario.scenario.grades.values()))


def _has_question(scenario: LoadedScenario) -> bool:
    graders = scenario.scenario.grades.values()
    return needs_judge(graders) or bool(scenario.suite.suite.pairwise)


async def _judge_trials(
    settings: Settings, model: str, read: list[TrialQuestions], *, again: bool
) -> int:
    """Ask the model all that is open, and return the exit code."""
    from promptverdict.cli.judge_pairs import ask_pairs, pair_trials, print_standings
    from promptverdict.judging.pairwise.inquiry import inquire_pair

    pairs = pair_trials((each.trial.cell.scenario.suite, each.judged) for each in read)
    read_each((pair for pair, _ in pairs), lambda pair: inquire_pair(pair).file.check())
    asking = [each for each in read if each.questions]
    if not _announce(model, asking, pairs, again=again) and not pairs:
        return 0
    judge, limit = _open_judge(settings, model), asyncio.Semaphore(settings.concurrency)
    answered = await asyncio.gather(
        *(_ask_trial(judge, each, limit, again=again) for each in asking)
    )
    answered_pairs = await ask_pairs(judge, pairs, limit, again=again)
    has_open = _print_summary(model, [new for gathered in answered for new in gathered.new])
    has_open |= print_standings(model, answered_pairs)
    return ProviderError.exit_code if has_open else 0


def _read_trial(trial: Trial) -> TrialQuestions | None:
    """Read a recording and what is asked about it; None for a stale one."""
    from promptverdict.judging.pairwise.pairs import JudgedTrial
    from promptverdict.judging.rubrics import inquire_trial, list_questions
    from promptverdict.runner.readback import read_events

    sealed = open_current(trial)
    if sealed is None:
        return None
    inquire_trial(trial.location, sealed.seal).file.check()
    evidence = read_events(trial.cell, sealed)
    questions = list_questions(trial.cell.scenario.scenario.grades.values(), evidence)
    return TrialQuestions(trial, JudgedTrial(sealed, evidence), questions)


def _announce(
    model: str, trials: Sequence[TrialQuestions], pairs: Sequence[PairQuestions], *, again: bool
) -> bool:
    """Print what will be asked and how long it is; return whether there is anything to ask."""
    from promptverdict.judging.gather import list_unanswered
    from promptverdict.judging.pairwise.inquiry import inquire_pair
    from promptverdict.judging.rubrics import inquire_trial

    messages = [
        question.message
        for each in trials
        for question in list_unanswered(
            inquire_trial(each.trial.location, each.judged.sealed.seal),
            each.questions,
            model,
            again=again,
        )
    ]
    wanted = format_count(len(messages), "question")
    pair_questions = [
        question
        for pair, questions in pairs
        for question in list_unanswered(inquire_pair(pair), questions, model, again=again)
    ]
    messages += [message for question in pair_questions for message in question.messages]
    if pair_questions:
        wanted += f" and {len(pair_questions)} about pairs, each in both orders,"
    if messages:
        tokens = sum(map(len, messages)) // 4  # about four characters make a token
        print(f"{wanted} to {model}, ~{tokens:,} tokens of evidence")
        return True
    known = f"{format_count(len(trials), 'recording')} with rubrics"
    known += f" and {format_count(len(pairs), 'pair')} of recordings" if pairs else ""
    print(f"nothing to ask {model}: {known}, all answered")
    return False


def _open_judge(settings: Settings, model: str) -> Judge:
    from promptverdict.judging.ask import Judge
    from promptverdict.providers.network import open_route
    from promptverdict.providers.places import check_places
    from promptverdict.providers.throttle import Throttle
    from promptverdict.runner.resources import Resources

    check_places([model])
    network, throttle = Resources(settings).open_network, Throttle()
    return Judge(model, settings.relay, lambda: open_route(model, network(), throttle))


async def _ask_trial(
    judge: Judge, asking: TrialQuestions, limit: asyncio.Semaphore, *, again: bool
) -> Gathered[Judgement]:
    """Ask the open questions about one trial, and print each answer."""
    from promptverdict.judging.gather import gather
    from promptverdict.judging.rubrics import inquire_trial

    async with limit:
        inquiry = inquire_trial(asking.trial.location, asking.judged.sealed.seal)
        gathered = await gather(judge, inquiry, asking.questions, again=again)
    for judgement in gathered.new:
        answer = judgement.answer or f"no answer ({judgement.fault})"
        print(f"{asking.trial.id}: {judgement.question} -> {answer}")
    return gathered


def _print_summary(model: str, judgements: list[Judgement]) -> bool:
    """Print how often each answer came; return whether a question has no answer."""
    counts = Counter(judgement.answer or "no answer" for judgement in judgements)
    answers = ", ".join(f"{number} {answer}" for answer, number in sorted(counts.items()))
    if judgements:
        print(f"{model} was asked {format_count(len(judgements), 'question')}: {answers}")
    return bool(counts["no answer"])
