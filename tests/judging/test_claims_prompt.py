"""The list of claims is asked for once, kept as it came, and read again from the answer's body."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from promptverdict.graders.extracted_claims import EXTRACTION, ExtractedTestClaims
from promptverdict.graders.rubric import Rubric
from promptverdict.judging.claims_prompt import build_extraction
from promptverdict.judging.gather import gather, read_judgements
from promptverdict.judging.prompt import build_question
from promptverdict.judging.rubrics import inquire_trial, list_questions
from promptverdict.recording.files import Location
from promptverdict.trials.evidence import FinalState

from tests.fakes import Blocks, use
from tests.judging.made import QUESTION, ScriptedJudge, trial, verdict

TRIAL = trial("Alle 12 Tests laufen durch.")
CLAIM = {"quote": "Alle 12 Tests laufen durch.", "kind": "all passed", "passed": 12}


def scripted(claims: object) -> ScriptedJudge:
    def answer(body: dict[str, Any]) -> Blocks:
        if body["tools"][0]["name"] == "list_claims":
            return [use("list_claims", claims=claims)]
        return verdict()

    return ScriptedJudge(answer)


def test_it_is_asked_for_beside_rubrics_with_its_own_words_and_tool(tmp_path: Path) -> None:
    questions = list_questions([Rubric(question=QUESTION), ExtractedTestClaims()], TRIAL)
    assert [question.question for question in questions] == [QUESTION, EXTRACTION]
    judge, inquiry = scripted([CLAIM]), inquire_trial(Location(tmp_path, 0), "seal")
    gathered = asyncio.run(gather(judge.judge, inquiry, questions))
    assert [judgement.answer for judgement in gathered.all] == ["yes", "claims"]
    assert [request["tools"][0]["name"] for request in judge.requests] == ["answer", "list_claims"]
    again = asyncio.run(gather(judge.judge, inquiry, questions))
    assert (len(again.known), len(again.new), len(judge.requests)) == (2, 0, 2)
    stored = read_judgements(inquiry, questions, None)
    seen = TRIAL.model_copy(update={"outcome": FinalState(judged=stored)})
    finding = ExtractedTestClaims().grade(seen)
    assert finding.outcome == "fail"
    assert finding.reason.startswith("No test run stands behind")


def test_a_list_that_was_edited_or_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    questions = list_questions([ExtractedTestClaims()], TRIAL)
    location = Location(tmp_path, 0)
    inquiry = inquire_trial(location, "seal")
    asyncio.run(gather(scripted([CLAIM]).judge, inquiry, questions))
    text = location.judge.read_text(encoding="utf-8")
    location.judge.write_text(text.replace("kind: all passed", "kind: prediction"), "utf-8")
    (judgement,) = read_judgements(inquiry, questions, None)
    assert judgement.claims is None
    assert judgement.fault
    for wrong in ("none", [{"quote": "x"}], [{"quote": "x", "kind": "maybe"}]):
        gathered = asyncio.run(gather(scripted(wrong).judge, inquiry, questions, again=True))
        assert gathered.all[0].claims is None
        assert gathered.all[0].fault


def test_the_keys_of_other_questions_do_not_change_and_its_own_names_its_words() -> None:
    asked = build_question(QUESTION, "answer", TRIAL)
    extraction = build_extraction(TRIAL)
    assert asked.version != extraction.version
    assert asked.derive_key("x/y") != extraction.derive_key("x/y")
    assert extraction.derive_key("x/y") != build_extraction(trial("Other.")).derive_key("x/y")
