"""The rubric reads what a judge answered, finds its quote, and asks nobody."""

from __future__ import annotations

from typing import Any

import pytest
from promptverdict.graders import AnyGrader
from promptverdict.graders.rubric import Rubric, find_rubrics
from promptverdict.trials.evidence import Evidence, FinalState, Judgement, Task
from promptverdict.trials.transcript import Call, End, Event, Result, Say, User
from pydantic import TypeAdapter, ValidationError

from tests.cases import try_cases

QUESTION = "Does the answer say why?"
EVENTS: tuple[Event, ...] = (
    User(text="Fix it."),
    Say(text="I will look. Because of the import."),
    Call(id="c", tool="Bash", args={"command": "pytest"}),
    Result(call="c", text="E   ImportError: no module"),
    Say(text="The first run\nfailed because of\u200b the import."),
    End(reason="done"),
)


def judgement(answer: str | None = "yes", **more: Any) -> Judgement:
    given = {"question": QUESTION, "about": "answer", "answer": answer, "model": "relay/judge"}
    return Judgement.model_validate({**given, **more})


def evidence(*judged: Judgement) -> Evidence:
    task = Task(suite="s", scenario="s", variant="a/v", message="Fix it.")
    return Evidence(task=task, events=EVENTS, outcome=FinalState(judged=judged))


def rubric(**more: Any) -> Rubric:
    return Rubric.model_validate({"question": QUESTION, **more})


@try_cases(
    ("answer", "pass_if", "outcome"),
    [("yes", "yes", "pass"), ("no", "yes", "fail"), ("yes", "no", "fail"), ("no", "no", "pass")],
)
def test_the_answer_decides_as_the_rubric_wants_it(answer: str, pass_if: str, outcome: str) -> None:
    found = rubric(pass_if=pass_if).grade(evidence(judgement(answer, reason="It does.")))
    assert found.outcome == outcome
    assert found.reason == f"The judge relay/judge says {answer}: It does."


def test_without_a_judge_it_is_ungraded_and_says_how_to_ask() -> None:
    other = judgement(question="Is it kind?"), judgement(about="transcript")
    for seen in (evidence(), evidence(*other), evidence().model_copy(update={"outcome": None})):
        found = rubric().grade(seen)
        assert (found.outcome, found.reason) == (
            "ungraded",
            "no judge was asked (promptverdict judge)",
        )


@try_cases("pass_if", ["yes", "no"])
def test_what_cannot_be_told_is_ungraded_with_its_reason(pass_if: str) -> None:
    found = rubric(pass_if=pass_if).grade(evidence(judgement("cannot tell", reason="It is cut.")))
    assert found.outcome == "ungraded"
    assert "It is cut." in found.reason


@try_cases("pass_if", ["yes", "no"])
def test_a_fault_of_the_judge_is_ungraded_and_never_a_fail(pass_if: str) -> None:
    found = rubric(pass_if=pass_if).grade(evidence(judgement(None, fault="judge-error: text")))
    assert found.outcome == "ungraded"
    assert "judge-error: text" in found.reason


def test_judges_that_disagree_are_ungraded_and_named() -> None:
    found = rubric().grade(evidence(judgement("yes"), judgement("no", model="openai/x")))
    assert found.outcome == "ungraded"
    assert "relay/judge says yes, openai/x says no" in found.reason


def test_judges_that_agree_decide_and_one_without_an_answer_does_not_count() -> None:
    broken = judgement(None, model="openai/x", fault="judge-error: none")
    again = judgement("no", model="openai/y")
    assert rubric().grade(evidence(broken, judgement("no"), again)).outcome == "fail"


@try_cases(
    ("quote", "about", "event", "text"),
    [
        ("failed because of", "answer", 4, "failed because of"),
        ("first run failed", "answer", 4, "first run\nfailed"),
        ("because of<U+200B> the", "answer", 4, "because of\u200b the"),
        ("ImportError: no", "transcript", 3, "ImportError: no"),
        ("I will look.", "transcript", 1, "I will look."),
        ("Fix it.", "answer", 0, "Fix it."),
    ],
)
def test_a_quote_is_found_where_it_stands(quote: str, about: Any, event: int, text: str) -> None:
    seen = evidence(judgement(quote=quote, about=about))
    (point,) = rubric(about=about).grade(seen).points
    said = seen.events[point.event]
    assert isinstance(said, User | Say | Result)
    assert (point.event, said.text[point.start : point.end]) == (event, text)


@try_cases("quote", ["of the export", "I will look.", "ImportError", "<U+FFFFFF>"])
def test_a_quote_that_was_not_shown_is_said_to_be_missing_and_points_nowhere(quote: str) -> None:
    found = rubric().grade(evidence(judgement(quote=quote)))
    assert (found.outcome, found.points) == ("pass", ())
    assert "what it quotes does not occur" in found.reason


def test_an_empty_quote_points_nowhere_and_is_no_matter() -> None:
    for quote in ("", " \n"):
        found = rubric().grade(evidence(judgement("no", quote=quote)))
        assert found.points == ()
        assert "quotes" not in found.reason


def test_a_reason_of_a_page_is_shortened_to_a_line() -> None:
    found = rubric().grade(evidence(judgement(reason="so\n" * 5000)))
    assert "\n" not in found.reason
    assert len(found.reason) < 400


@try_cases(
    "wrong",
    [
        {"question": " \n"},
        {"question": ""},
        {"question": "x" * 2001},
        {"pass_if": "maybe"},
        {"pass_if": True},
        {"about": "tree"},
        {"votes": 3},
    ],
)
def test_what_is_no_rubric_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        rubric(**wrong)


def test_a_question_over_several_lines_is_one_question() -> None:
    assert rubric(question="Does the\n  answer say why?\n") == rubric()


def test_rubrics_are_found_within_other_graders_and_each_question_once() -> None:
    asks = {"type": "rubric", "question": "Is it kind?", "about": "transcript"}
    nested = TypeAdapter(AnyGrader).validate_python(
        {
            "type": "all",
            "of": [
                {"type": "not", "of": asks},
                {"type": "any", "of": [{**asks, "pass_if": "no"}, {"type": "asks"}]},
                {"type": "rubric", "question": QUESTION},
            ],
        }
    )
    assert [one.question for one in find_rubrics([rubric(), nested])] == [QUESTION, "Is it kind?"]
