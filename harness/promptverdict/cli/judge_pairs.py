"""The pairwise part of `promptverdict judge`: pair trials, ask about pairs, sum up."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from promptverdict.core.ids import format_trial_id
from promptverdict.core.text import format_count
from promptverdict.judging.ask import Judge
from promptverdict.judging.gather import Gathered, gather
from promptverdict.judging.pairwise.inquiry import inquire_pair, list_pair_questions
from promptverdict.judging.pairwise.pairs import JudgedTrial, Pair, PairJudgement, match_pairs
from promptverdict.judging.pairwise.prompt import PairQuestion
from promptverdict.judging.tally import Tally, tally
from promptverdict.scenarios.loading import LoadedSuite
from promptverdict.stats.paired_test import FLOOR

PairQuestions = tuple[Pair, list[PairQuestion]]
"""Two recordings, and what their suite asks about both."""


def pair_trials(trials: Iterable[tuple[LoadedSuite, JudgedTrial]]) -> list[PairQuestions]:
    """Pair the trials of suites with pairwise questions; report trials without a partner."""
    suites: dict[Path, LoadedSuite] = {}
    by_suite: dict[Path, list[JudgedTrial]] = defaultdict(list)
    for loaded, trial in trials:
        suites[loaded.folder] = loaded
        by_suite[loaded.folder].append(trial)
    asking = []
    for folder, loaded in suites.items():
        questions, baseline = loaded.suite.pairwise, loaded.suite.baseline
        if not questions or baseline is None:
            continue
        pairs, alone = match_pairs(by_suite[folder], baseline)
        for trial in alone:
            task, number = trial.evidence.task, trial.sealed.location.number
            name = format_trial_id(task.suite, task.scenario, task.variant, number)
            print(f"{name}: there is no comparable trial to pair it with, skipped")
        asking += [(pair, list_pair_questions(questions, pair)) for pair in pairs]
    return asking


async def ask_pairs(
    judge: Judge, asking: list[PairQuestions], limit: asyncio.Semaphore, *, again: bool
) -> list[Gathered[PairJudgement]]:
    """Ask the open questions about pairs, as many at once as the limit allows; print answers."""

    async def ask_pair(pair: Pair, questions: list[PairQuestion]) -> Gathered[PairJudgement]:
        async with limit:
            gathered = await gather(judge, inquire_pair(pair), questions, again=again)
        for judgement in gathered.new:
            print(_format_judgement(judgement))
        return gathered

    return list(await asyncio.gather(*(ask_pair(*each) for each in asking)))


def print_standings(model: str, gathered: list[Gathered[PairJudgement]]) -> bool:
    """Print what all judgements come to; return whether a question has no answer."""
    new = [judgement for each in gathered for judgement in each.new]
    if new:
        counts = Counter(judgement.outcome or "ungraded" for judgement in new)
        outcomes = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
        print(f"{model} was asked {format_count(len(new), 'question')} about pairs: {outcomes}")
    groups: dict[tuple[str, str, str, str], list[PairJudgement]] = defaultdict(list)
    for judgement in (judgement for each in gathered for judgement in each.all):
        group = judgement.question, judgement.about, judgement.candidate, judgement.baseline
        groups[group].append(judgement)
    for (question, about, candidate, baseline), judged in groups.items():
        print(f"{question} (about the {about}): {candidate} against {baseline}")
        print("\n".join(_render_tally(tally(judged))))
    return any(choice.fault for judgement in new for choice in judgement.choices)


def _format_judgement(judgement: PairJudgement) -> str:
    names = {"baseline": judgement.baseline, "candidate": judgement.candidate, "tie": "tie"}
    better = f"ungraded ({judgement.why_ungraded})"
    if judgement.outcome:
        better = names[judgement.outcome]
    better += " (the orders disagree)" if judgement.disagree else ""
    pair = f"{judgement.candidate} against {judgement.baseline}"
    return f"{judgement.scenario}#{judgement.trial}: {pair}: {judgement.question} -> {better}"


def _render_tally(counts: Tally) -> Iterator[str]:
    yield (
        f"  {counts.wins} won, {counts.losses} lost, {counts.ties} tied, {counts.ungraded} ungraded"
        f" in {format_count(counts.scenarios, 'scenario')}"
    )
    decided = format_count(counts.share.scenarios, "scenario")
    if not counts.share.valid:
        yield "  wins among the decided: unknown, none is decided"
    elif counts.rates_only:
        few = f"rates only: {decided} decided, {FLOOR} are needed"
        yield f"  wins among the decided: {counts.share.estimate:.0%} ({few})"
    else:
        limits = f"{counts.share.low:.0%} to {counts.share.high:.0%}, {decided}"
        yield f"  wins among the decided: {counts.share.estimate:.0%} ({limits})"
    if counts.judged:
        disagreed = f"{counts.disagreed} of {counts.judged}"
        share = f"{counts.disagreed / counts.judged:.0%}"
        yield f"  position bias: the orders disagreed in {disagreed} ({share})"
