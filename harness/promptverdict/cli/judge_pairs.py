"""What `promptverdict judge` does about pairs of trials: find them, have them judged, sum up."""

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
from promptverdict.stats.compare import FLOOR

PairWork = tuple[Pair, list[PairQuestion]]
"""Two recordings, and what their suite asks about both."""


def paired(sides: Iterable[tuple[LoadedSuite, JudgedTrial]]) -> list[PairWork]:
    """Pair the trials of suites that ask pairwise questions; what has no partner is told."""
    suites: dict[Path, LoadedSuite] = {}
    found: dict[Path, list[JudgedTrial]] = defaultdict(list)
    for loaded, side in sides:
        suites[loaded.folder] = loaded
        found[loaded.folder].append(side)
    works = []
    for folder, loaded in suites.items():
        questions, baseline = loaded.suite.pairwise, loaded.suite.baseline
        if not questions or baseline is None:
            continue
        pairs, alone = match_pairs(found[folder], baseline)
        for side in alone:
            task, number = side.evidence.task, side.sealed.location.number
            of = format_trial_id(task.suite, task.scenario, task.variant, number)
            print(f"{of}: no comparable trial to pair it with, left alone")
        works += [(pair, list_pair_questions(questions, pair)) for pair in pairs]
    return works


async def ask_pairs(
    judge: Judge, works: list[PairWork], gate: asyncio.Semaphore, *, again: bool
) -> list[Gathered[PairJudgement]]:
    """Have pairs judged, as many at once as a gate lets through; say what comes."""

    async def one(work: PairWork) -> Gathered[PairJudgement]:
        pair, wanted = work
        async with gate:
            found = await gather(judge, inquire_pair(pair), wanted, again=again)
        for judged in found.new:
            print(_told(judged))
        return found

    return list(await asyncio.gather(*(one(work) for work in works)))


def tell_standings(model: str, gathered: list[Gathered[PairJudgement]]) -> bool:
    """Say what all judgements come to, and whether a question was left without an answer."""
    new = [one for found in gathered for one in found.new]
    if new:
        counts = Counter(one.outcome or "ungraded" for one in new)
        told = ", ".join(f"{number} {outcome}" for outcome, number in sorted(counts.items()))
        print(f"{model} was asked {len(new)} questions about pairs: {told}")
    each: dict[tuple[str, str, str, str], list[PairJudgement]] = defaultdict(list)
    for found in gathered:
        for one in found.all:
            each[one.question, one.about, one.candidate, one.baseline].append(one)
    for (question, about, candidate, baseline), judged in each.items():
        print(f"{question} (about the {about}): {candidate} against {baseline}")
        print("\n".join(_lines(tally(judged))))
    return any(one.fault for judged in new for one in judged.choices)


def _told(one: PairJudgement) -> str:
    better = {"baseline": one.baseline, "candidate": one.candidate, "tie": "tie"}
    told = better[one.outcome] if one.outcome else f"ungraded ({one.why_ungraded})"
    told += " (the orders disagree)" if one.disagree else ""
    which = f"{one.candidate} against {one.baseline}"
    return f"{one.scenario}#{one.trial}: {which}: {one.question} -> {told}"


def _lines(one: Tally) -> Iterator[str]:
    yield (
        f"  {one.wins} won, {one.losses} lost, {one.ties} tied, {one.ungraded} ungraded"
        f" in {format_count(one.scenarios, 'scenario')}"
    )
    decided = format_count(one.share.scenarios, "scenario")
    if not one.share.valid:
        yield "  wins among the decided: unknown, none is decided"
    elif one.rates_only:
        sure = f"rates only: {decided} decided, {FLOOR} are needed"
        yield f"  wins among the decided: {one.share.estimate:.0%} ({sure})"
    else:
        limits = f"{one.share.low:.0%} to {one.share.high:.0%}, {decided}"
        yield f"  wins among the decided: {one.share.estimate:.0%} ({limits})"
    if one.judged:
        share = f"{one.disagreed / one.judged:.0%}"
        yield f"  position bias: the orders disagreed in {one.disagreed} of {one.judged} ({share})"
