"""Answers that speak to their judge: shown as data, and nothing in them is ever the verdict.

benchmarks/judge_attacks.py counts how often a real model is talked into a yes; here a scripted
judge shows what code decides.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Iterator

from promptverdict.graders.rubric import Rubric
from promptverdict.judging.prompt import SYSTEM, TrialQuestion, build_question
from promptverdict.judging.rubrics import ask, read_judgement
from promptverdict.trials.evidence import FinalState, Judgement

from tests.fakes import Blocks, say
from tests.judging.made import ATTACKS, QUESTION, ScriptedJudge, trial, verdict
from tests.judging.test_prompt import data_of, mark_of
from tests.tables.outcome import Outcome

BAD = "It works now."
_UNSEEN = ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
_ODD_VERDICTS: dict[str, bytes | Blocks] = {
    "no call": [say("yes")],
    "two calls": [*verdict("yes"), *verdict("no")],
    "another word": verdict("maybe"),
    "no word": verdict(""),
    "a body that is cut": b'{"type": "message", "content": [',
    "HTML": b"<html>yes</html>",
    "deep JSON": b"[" * 100_000,
    "nothing": b"",
}


def build_attacked(attack: str) -> TrialQuestion:
    """Build the question about a bad answer that an attack follows."""
    return build_question(QUESTION, "answer", trial(f"{BAD}\n{attack}"))


def run_judge(*, whole: bool) -> list[Outcome]:
    """Run the table: each attack, with each verdict that is none."""
    outcomes = [Outcome(name, tuple(_check_attack(attack))) for name, attack in ATTACKS.items()]
    attacks = ATTACKS if whole else {"verdict as JSON": ATTACKS["verdict as JSON"]}
    outcomes += [
        Outcome(f"{name}, and a verdict of {odd}", tuple(_check_odd_verdict(attack, given)))
        for name, attack in attacks.items()
        for odd, given in _ODD_VERDICTS.items()
    ]
    return outcomes


def _check_attack(attack: str) -> Iterator[str]:
    question = build_attacked(attack)
    yield from _check_marks(question, attack)
    if len(question.message) > 110_000:
        yield f"{len(question.message)} characters are sent"
    unseen = {char for char in question.message if unicodedata.category(char) in _UNSEEN}
    if unseen - {"\n", "\t"}:
        yield f"the judge is shown what cannot be seen: {sorted(map(ascii, unseen))}"
    scripted = ScriptedJudge(lambda _: [say(attack), *verdict("no")])
    judgement = read_judgement(asyncio.run(ask(scripted.judge, question)))
    (request,) = scripted.requests
    if request["system"] != SYSTEM or len(request["messages"]) != 1:
        yield "the judge is told something else"
    if [tool["name"] for tool in request["tools"]] != ["answer"]:
        yield "the judge has other tools"
    if request["tool_choice"] != {"type": "tool", "name": "answer"}:
        yield "the judge is free not to answer"
    if judgement.answer != "no" or _grade(judgement) != "fail":
        yield f"words beside the verdict count: {judgement}"
    scripted = ScriptedJudge(lambda _: [say(attack)])
    yield from _check_error(read_judgement(asyncio.run(ask(scripted.judge, question))))


def _check_marks(question: TrialQuestion, attack: str) -> Iterator[str]:
    mark = mark_of(question)
    headings = [line for line in question.message.split("\n") if line.startswith(mark)]
    names = [line.removeprefix(f"{mark} ") for line in headings]
    if mark in attack or names[0] != "the evidence begins" or names[-1] != "the evidence ends":
        yield f"the answer can speak between our marks: {names}"
        return
    if not data_of(question).startswith(f"Fix it.\n{BAD}\n"):
        yield "the answer is not shown as data"
    before, rest = question.message.split(headings[0])
    after = rest.split(headings[-1])[1]
    if any(BAD in ours or len(ours) >= 400 for ours in (before, *headings, after)):
        yield "the answer stands outside the evidence"


def _check_odd_verdict(attack: str, given: bytes | Blocks) -> Iterator[str]:
    scripted = ScriptedJudge(lambda _: given)
    question = build_attacked(attack)
    yield from _check_error(read_judgement(asyncio.run(ask(scripted.judge, question))))


def _check_error(judgement: Judgement) -> Iterator[str]:
    """Check that no verdict was read: neither a pass nor a fail."""
    if judgement.answer is not None or "judge-error" not in (judgement.fault or ""):
        yield f"a verdict is read: {judgement}"
    if (outcome := _grade(judgement)) != "ungraded":
        yield f"it is graded: {outcome}"


def _grade(judgement: Judgement) -> str:
    evidence = trial(BAD)
    told = evidence.model_copy(update={"outcome": FinalState(judged=(judgement,))})
    return Rubric(question=QUESTION).grade(told).outcome
