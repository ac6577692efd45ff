"""Answers lie beside the recording they are about, and count while what was asked is the same."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import StorageError
from promptverdict.graders.rubric import Rubric
from promptverdict.judging.ask import Judge
from promptverdict.judging.gather import Gathered, gather, read_judgements
from promptverdict.judging.prompt import TrialQuestion
from promptverdict.judging.rubrics import TrialAnswer, inquire_trial, list_questions
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Location
from promptverdict.trials.evidence import Evidence, Judgement

from tests.fakes import Blocks
from tests.judging.made import QUESTION, ScriptedJudge, ran, trial, verdict

WHY = Rubric(question=QUESTION)
KIND = Rubric(question="Is it kind?", about="transcript")
TRIAL = trial("It was the import.", *ran("pytest", "E  ImportError"))
SEAL = "sha256:1"


@pytest.fixture
def location(tmp_path: Path) -> Location:
    return Location(tmp_path / "cell", 3)


def by_question(body: dict[str, Any]) -> Blocks:
    asked = body["messages"][0]["content"]
    return verdict("yes" if QUESTION in asked else "no", "ImportError", "So.")


def wanted(*rubrics: Rubric, evidence: Evidence = TRIAL) -> list[TrialQuestion]:
    return list_questions(rubrics or (WHY, KIND), evidence)


def collect(
    scripted: ScriptedJudge, asks: list[TrialQuestion], location: Location, **more: Any
) -> Gathered[Judgement]:
    seal = more.pop("seal", SEAL)
    return asyncio.run(gather(scripted.judge, inquire_trial(location, seal), asks, **more))


def stored_judgements(
    asks: list[TrialQuestion], location: Location, seal: str, model: str | None
) -> tuple[Judgement, ...]:
    return read_judgements(inquire_trial(location, seal), asks, model)


def read_answers(location: Location) -> tuple[TrialAnswer, ...]:
    return inquire_trial(location, SEAL).file.read()


def test_each_answer_is_stored_as_it_comes_for_a_process_may_be_killed(location: Location) -> None:
    def answer(body: dict[str, Any]) -> Blocks:
        if QUESTION not in body["messages"][0]["content"]:
            for _ in range(1000):
                if read_answers(location):
                    break
                time.sleep(0.01)
            raise asyncio.CancelledError
        return by_question(body)

    class Patient(ScriptedJudge):
        @property
        def judge(self) -> Judge:
            async def reply(request: httpx2.Request) -> httpx2.Response:
                return await asyncio.to_thread(self._reply, request)

            return Judge(self.model, "http://127.0.0.1:1", lambda: httpx2.MockTransport(reply))

    with pytest.raises(asyncio.CancelledError):
        collect(Patient(answer), wanted(), location)
    assert [stored.question for stored in read_answers(location)] == [QUESTION]


def told(judged: tuple[Judgement, ...]) -> dict[str, str | None]:
    return {one.question: one.answer for one in judged}


def test_what_was_answered_is_read_again_without_asking(location: Location) -> None:
    gathered = collect(ScriptedJudge(by_question), wanted(), location)
    assert told(gathered.new) == {QUESTION: "yes", "Is it kind?": "no"}
    assert gathered.known == ()
    assert stored_judgements(wanted(), location, SEAL, None) == gathered.all
    again = ScriptedJudge(by_question)
    assert collect(again, wanted(), location).known == gathered.all
    assert again.requests == []


def test_the_file_is_named_after_the_recording_and_is_plain_yaml(location: Location) -> None:
    collect(ScriptedJudge(by_question, operator="Ann"), wanted(WHY), location)
    path = location.folder / "3.judge.yaml"
    stored = yaml_format.load(path.read_text(encoding="utf-8"), "x")
    (answer,) = stored["answers"]
    assert (stored["format"], stored["seal"]) == (1, SEAL)
    assert answer["verdict"] == {"answer": "yes", "quote": "ImportError", "reason": "So."}
    assert (answer["evidence"], answer["operator"]) == ("relay", "Ann")
    assert json.loads(answer["response"])["content"][0]["name"] == "answer"
    assert "!!" not in path.read_text(encoding="utf-8")


def test_a_changed_question_is_asked_anew_and_no_other(location: Location) -> None:
    collect(ScriptedJudge(by_question), wanted(), location)
    changed = wanted(WHY, Rubric(question="Is it polite?"))
    assert told(stored_judgements(changed, location, SEAL, None)) == {QUESTION: "yes"}
    again = ScriptedJudge(by_question)
    gathered = collect(again, changed, location)
    assert len(again.requests) == 1
    assert told(gathered.all) == {QUESTION: "yes", "Is it polite?": "no"}


def test_answers_that_nobody_asks_for_any_more_are_dropped_on_the_next_write(
    location: Location,
) -> None:
    collect(ScriptedJudge(by_question), wanted(), location)
    assert told(stored_judgements(wanted(WHY), location, SEAL, None)) == {QUESTION: "yes"}
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    assert len(read_answers(location)) == 2
    collect(ScriptedJudge(by_question), wanted(WHY), location, again=True)
    assert [one.question for one in read_answers(location)] == [QUESTION]


def test_another_pass_if_needs_no_other_answer(location: Location) -> None:
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    turned = wanted(WHY.model_copy(update={"pass_if": "no"}))
    assert told(stored_judgements(turned, location, SEAL, None)) == {QUESTION: "yes"}


def test_a_new_recording_makes_all_answers_stale(location: Location) -> None:
    collect(ScriptedJudge(by_question), wanted(), location)
    assert stored_judgements(wanted(), location, "sha256:2", None) == ()
    again = ScriptedJudge(by_question)
    collect(again, wanted(), location, seal="sha256:2")
    assert len(again.requests) == 2
    assert stored_judgements(wanted(), location, SEAL, None) == ()


def test_other_evidence_makes_stale_what_it_is_shown_in(location: Location) -> None:
    collect(ScriptedJudge(by_question), wanted(), location)
    other = trial("It was the import.", *ran("pytest -q", "E  ImportError"))
    asks = wanted(evidence=other)
    assert told(stored_judgements(asks, location, SEAL, None)) == {QUESTION: "yes"}


def test_each_judge_keeps_its_answers_and_one_may_be_named(location: Location) -> None:
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    second = ScriptedJudge(lambda _: verdict("no"), model="relay/second")
    gathered = collect(second, wanted(WHY), location)
    assert [one.model for one in gathered.all] == ["relay/second"]
    both = stored_judgements(wanted(WHY), location, SEAL, None)
    assert {one.model: one.answer for one in both} == {"relay/judge": "yes", "relay/second": "no"}
    (one,) = stored_judgements(wanted(WHY), location, SEAL, "relay/second")
    assert one.answer == "no"
    assert stored_judgements(wanted(WHY), location, SEAL, "relay/third") == ()


def test_what_could_not_be_read_is_asked_again_and_replaced(location: Location) -> None:
    gathered = collect(ScriptedJudge(lambda _: b"yes"), wanted(WHY), location)
    assert gathered.new[0].fault
    assert stored_judgements(wanted(WHY), location, SEAL, None) == gathered.new
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    assert len(read_answers(location)) == 1
    assert told(stored_judgements(wanted(WHY), location, SEAL, None)) == {QUESTION: "yes"}


def test_a_question_that_nobody_answers_is_a_fault_and_leaves_no_file(location: Location) -> None:
    gathered = collect(ScriptedJudge(lambda _: 500), wanted(WHY), location)
    (one,) = gathered.new
    assert one.answer is None
    assert one.fault
    assert not location.judge.exists()


def test_one_question_without_an_answer_does_not_lose_another(location: Location) -> None:
    def half(body: dict[str, Any]) -> Blocks | int:
        return by_question(body) if QUESTION in body["messages"][0]["content"] else 500

    gathered = collect(ScriptedJudge(half), wanted(), location)
    assert told(gathered.new) == {QUESTION: "yes", "Is it kind?": None}
    assert told(stored_judgements(wanted(), location, SEAL, None)) == {QUESTION: "yes"}


def test_asking_again_in_vain_keeps_the_stored_answer_and_counts_once(location: Location) -> None:
    kept = collect(ScriptedJudge(by_question), wanted(WHY), location).new
    gathered = collect(ScriptedJudge(lambda _: 500), wanted(WHY), location, again=True)
    assert [one.answer for one in gathered.all] == [None]
    assert stored_judgements(wanted(WHY), location, SEAL, None) == kept


def edit(location: Location, **changed: Any) -> None:
    """Change an answer in the file, as a person with an editor would."""
    stored = yaml_format.load(location.judge.read_text(encoding="utf-8"), "x")
    stored["answers"][0].update(changed)
    location.judge.write_text(yaml_format.dump(stored), encoding="utf-8")


@pytest.mark.parametrize(
    "changed",
    [
        {"verdict": {"answer": "no", "quote": "ImportError", "reason": "So."}},
        {"verdict": {"answer": "yes", "quote": "another", "reason": "So."}},
        {"verdict": {}},
        {"response": "{}"},
    ],
)
def test_a_verdict_that_was_edited_is_a_fault(location: Location, changed: dict[str, Any]) -> None:
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    edit(location, **changed)
    (one,) = stored_judgements(wanted(WHY), location, SEAL, None)
    assert one.answer is None
    assert "the stored answer is not what was answered" in (one.fault or "")


@pytest.mark.parametrize(
    "changed", [{"model": "relay/other"}, {"model": "nobody/judge"}, {"key": "0" * 16}]
)
def test_an_answer_that_was_moved_to_another_question_or_judge_does_not_count(
    location: Location, changed: dict[str, Any]
) -> None:
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    edit(location, **changed)
    assert stored_judgements(wanted(WHY), location, SEAL, None) == ()


def test_a_judge_of_no_known_api_is_a_fault(location: Location) -> None:
    collect(ScriptedJudge(by_question), wanted(WHY), location)
    edit(location, model="nobody/judge", key=wanted(WHY)[0].derive_key("nobody/judge"))
    (one,) = stored_judgements(wanted(WHY), location, SEAL, None)
    assert "nobody/judge names no known provider" in (one.fault or "")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "a: b", "seal: 3", "seal: [", "\x00", "<<<<<<< HEAD\n", "format: 2\nseal: sha256:1"],
)
def test_a_file_that_cannot_be_read_leaves_the_questions_open(
    location: Location, text: str
) -> None:
    location.folder.mkdir()
    location.judge.write_text(text, encoding="utf-8")
    stored = stored_judgements(wanted(), location, SEAL, None)
    assert all(judgement.answer is None and judgement.fault for judgement in stored)
    collect(ScriptedJudge(by_question), wanted(), location)
    assert len(stored_judgements(wanted(), location, SEAL, None)) == 2


def test_a_file_that_cannot_be_read_is_the_reason_that_is_told(location: Location) -> None:
    location.judge.mkdir(parents=True)
    stored = stored_judgements(wanted(), location, SEAL, None)
    assert len(stored) == len(list(wanted()))
    assert {judgement.fault for judgement in stored} == {
        f"{location.judge.as_posix()} cannot be read: is a directory"
    }


def test_a_key_is_never_stored(location: Location, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "hunter2-hunter2")
    leaking = ScriptedJudge(lambda _: verdict("yes", "hunter2-hunter2"))
    with pytest.raises(StorageError, match="SOME_API_KEY"):
        collect(leaking, wanted(WHY), location)
    assert not location.judge.exists()


def test_a_path_of_this_machine_is_never_stored(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.setenv("USERPROFILE", "/home/somebody")
    leaking = ScriptedJudge(lambda _: verdict("yes", "/home/somebody/notes"))
    with pytest.raises(StorageError, match="below the home folder"):
        collect(leaking, wanted(WHY), location)


def test_no_rubric_asks_nothing_and_reads_nothing(location: Location) -> None:
    assert stored_judgements([], location, SEAL, None) == ()
    assert collect(ScriptedJudge(by_question), [], location) == Gathered((), ())
