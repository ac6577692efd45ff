"""A judge is asked through the SDK of its provider, and made to answer by one call."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import Any

import pytest
from promptverdict.core.errors import InputError, ProviderError
from promptverdict.judging.ask import Judge
from promptverdict.judging.prompt import SYSTEM, TOOL, build_question
from promptverdict.judging.rubrics import ask, read_judgement
from promptverdict.providers.relay import client
from promptverdict.providers.relay.pages import render_turn

from tests.cases import try_cases
from tests.fakes import open_network, provider, say
from tests.judging.made import QUESTION, ScriptedJudge, trial, verdict
from tests.providers.relay.running import running

ASKED = build_question(QUESTION, "answer", trial("It was the import."))


def test_the_answer_is_kept_as_it_came_with_who_gave_it() -> None:
    scripted = ScriptedJudge(lambda _: verdict("no", "the import", "It says so."), operator="Ann")
    found = asyncio.run(ask(scripted.judge, ASKED))
    assert found.key == ASKED.derive_key("relay/judge")
    assert (found.question, found.about, found.model) == (QUESTION, "answer", "relay/judge")
    assert (found.answered, found.evidence, found.operator) == ("relay/judge", "relay", "Ann")
    body = json.loads(found.response)
    assert body["content"][0]["input"]["verdict"] == "no"
    assert read_judgement(found).answer == "no"
    assert read_judgement(found).quote == "the import"
    assert found.request.startswith("sha256:")


def test_a_request_holds_one_message_one_tool_and_the_force_to_call_it() -> None:
    scripted = ScriptedJudge(lambda _: verdict())
    first = asyncio.run(ask(scripted.judge, ASKED))
    second = asyncio.run(ask(scripted.judge, ASKED))
    one, other = scripted.requests
    assert one == other
    assert first.request == second.request
    assert one["system"] == SYSTEM
    assert one["messages"] == [{"role": "user", "content": ASKED.message}]
    assert one["tool_choice"] == {"type": "tool", "name": "answer"}
    assert len(one["tools"]) == 1


@pytest.mark.parametrize(
    ("model", "key", "choice"),
    [
        ("anthropic/x", "ANTHROPIC_API_KEY", {"type": "tool", "name": "answer"}),
        ("openai/x", "OPENAI_API_KEY", {"type": "function", "name": "answer"}),
        (
            "openai-chat/x",
            "OPENAI_API_KEY",
            {"type": "function", "function": {"name": "answer"}},
        ),
    ],
)
def test_every_api_is_told_in_its_own_words_which_call_is_due(
    model: str, key: str, choice: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(key, "k")
    scripted = ScriptedJudge(lambda _: b"{}", model=model)
    found = asyncio.run(ask(scripted.judge, ASKED))
    (request,) = scripted.requests
    assert request["tool_choice"] == choice
    assert "include" not in request
    assert found.evidence == "live"
    assert read_judgement(found).fault


def test_a_relay_that_does_not_say_who_answers_is_a_script() -> None:
    found = asyncio.run(ask(ScriptedJudge(lambda _: verdict()).judge, ASKED))
    assert (found.evidence, found.operator) == ("simulated", None)


@try_cases("body", [b"", b"yes", b"{}", b'{"type": "message"}', b"\xff"])
def test_an_answer_that_is_none_is_kept_as_a_fault(body: bytes) -> None:
    found = asyncio.run(ask(ScriptedJudge(lambda _: body).judge, ASKED))
    assert found.response == body.decode("utf-8", "replace")
    assert read_judgement(found).answer is None
    assert (read_judgement(found).fault or "").startswith("judge-error")


@try_cases("status", [400, 401, 429, 500])
def test_a_refusal_is_no_answer(status: int) -> None:
    with pytest.raises(ProviderError):
        asyncio.run(ask(ScriptedJudge(lambda _: status).judge, ASKED))


def test_without_a_key_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    scripted = ScriptedJudge(lambda _: verdict(), model="anthropic/x")
    with pytest.raises(InputError, match="ANTHROPIC_API_KEY: no key is set"):
        asyncio.run(ask(scripted.judge, ASKED))
    assert scripted.requests == []


def test_a_judge_on_a_real_connection_hears_what_was_asked() -> None:
    with provider(lambda _: verdict("cannot tell")) as server:
        judge = Judge("relay/judge", server.url, open_network)
        found = asyncio.run(ask(judge, ASKED))
    assert read_judgement(found).answer == "cannot tell"
    assert server.requests[0]["messages"][0]["content"] == ASKED.message


@try_cases("provider_name", ["relay", "relay-openai", "relay-openai-chat"])
def test_whoever_answers_a_relay_by_hand_may_judge(provider_name: str) -> None:
    pages: list[str] = []
    with running() as relay:

        def answer() -> None:
            view = relay.take()
            pages.append(render_turn(view))
            text = "@call answer\nreason = It names it.\nquote = the import\nverdict = yes"
            client.answer(relay.url, view.conversation, text)

        by_hand = threading.Thread(target=answer)
        by_hand.start()
        judge = Judge(f"{provider_name}/claude", relay.url, open_network)
        found = asyncio.run(ask(judge, ASKED))
        by_hand.join()
    assert (read_judgement(found).answer, read_judgement(found).quote) == ("yes", "the import")
    assert (found.evidence, found.operator) == ("relay", "a test")
    assert 'TOOL CHOICE {"type": "tool", "name": "answer"}' in pages[0]
    assert QUESTION in pages[0]


ARGUMENTS = {"reason": "It names it.", "quote": "the import", "verdict": "yes"}


def completion(content: str) -> bytes:
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    return json.dumps({"model": "qwen", "choices": [choice]}).encode()


def unforced(body: dict[str, Any]) -> bytes:
    """Answer as a server that enforces a schema, and does not heed `tool_choice`."""
    if "response_format" in body:
        assert body["response_format"]["json_schema"]["schema"] == TOOL["input_schema"]
        assert "tools" not in body
        return completion(json.dumps(ARGUMENTS))
    return completion(f"<tool_call>{json.dumps(ARGUMENTS)}</tool_call>")


def untaught(body: dict[str, Any]) -> bytes | int:
    """Answer as a server that refuses `tool_choice` and enforces a schema."""
    return unforced(body) if "response_format" in body else 400


@pytest.mark.parametrize("answer", [unforced, untaught])
def test_a_server_that_enforces_no_call_is_asked_for_its_arguments_as_text(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    words = "tool_choice is not supported"
    scripted = ScriptedJudge(answer, model="openai-chat/qwen", words=words)
    judge = scripted.judge
    first, second = (asyncio.run(ask(judge, ASKED)) for _ in range(2))
    assert len(scripted.requests) == 3, "once it is known, the schema is asked for at once"
    for stored in (first, second):
        assert stored.form == "schema"
        assert read_judgement(stored).answer == "yes"
        assert read_judgement(stored).fault is None
    edited = first.model_copy(update={"verdict": first.verdict.model_copy(update={"answer": "no"})})
    assert "not what was answered" in (read_judgement(edited).fault or "")
    as_call = first.model_copy(update={"form": None})
    assert read_judgement(as_call).answer is None, "words count only where they were asked for"


@pytest.mark.parametrize(
    "content", ["Yes.", '{"verdict": "yes"}', f"It is {json.dumps(ARGUMENTS)}", "[]"]
)
def test_text_that_is_not_the_arguments_and_nothing_else_is_a_fault(
    content: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")
    scripted = ScriptedJudge(lambda _: completion(content), model="openai-chat/qwen")
    judgement = read_judgement(asyncio.run(ask(scripted.judge, ASKED)))
    assert judgement.answer is None
    assert (judgement.fault or "").startswith("judge-error")


@pytest.mark.parametrize("model", ["relay-openai-chat/judge", "anthropic/judge"])
def test_who_cannot_be_given_a_schema_is_asked_once(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "any")
    body = completion("Yes.") if "openai" in model else None
    scripted = ScriptedJudge(lambda _: body or [say("Yes.")], model=model)
    assert read_judgement(asyncio.run(ask(scripted.judge, ASKED))).answer is None
    assert len(scripted.requests) == 1
