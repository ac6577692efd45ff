"""One conversation through each of the APIs, with the real SDKs: what its answerer meets."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion
from openai.types.responses import Response
from promptverdict.providers.relay.canonical import View
from promptverdict.providers.relay.conversations import Patience
from promptverdict.providers.relay.pages import render_turn

from .running import MODEL, OFFERED, Relay, running

SYSTEM = "Be brief.\n"
CALLS = (
    "I write it.\n@call Write\nfile_path = /w/ä.py\ncontent <<END\nx = 1\nEND\n"
    "@call Bash\ncommand = python3 ä.py\n"
)
PARTS = (
    '[{"type": "text", "text": "One."}, {"type": "text", "text": "Two."},'
    ' {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}]'
)


@dataclass
class Talk:
    """A client that speaks one API and sends back what it got, as that API wants it."""

    relay: Relay
    told: list[Any]

    async def ask(self) -> Any:
        raise NotImplementedError

    def results(self, *texts: str) -> None:
        raise NotImplementedError

    def says(self, text: str) -> None:
        self.told.append({"role": "user", "content": text})

    async def run(self) -> list[Any]:
        """Three answers with their results, then a word of the user, then a last answer."""
        self.says("Add x.")
        replies = [await self.ask()]
        self.results("written", "ran\n\n")
        replies.append(await self.ask())
        self.results("")
        replies.append(await self.ask())
        self.says("And y?")
        return [*replies, await self.ask()]


class Messages(Talk):
    async def ask(self) -> Any:
        order: dict[str, Any] = {"model": MODEL, "max_tokens": 32_000, "tools": OFFERED}
        async with self.relay.api() as api:
            reply = await api.messages.create(system=SYSTEM, messages=self.told, **order)
        self.told.append({"role": "assistant", "content": reply.to_dict()["content"]})
        return reply

    def results(self, *texts: str) -> None:
        calls = [block for block in self.told[-1]["content"] if block["type"] == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": text}
            for call, text in zip(calls, texts, strict=True)
        ]
        self.told.append({"role": "user", "content": results})


class Chat(Talk):
    async def ask(self) -> Any:
        functions = [
            {
                "name": tool["name"],
                "description": tool["description"],
                "parameters": tool["input_schema"],
                "strict": False,
            }
            for tool in OFFERED
        ]
        order: dict[str, Any] = {
            "model": MODEL,
            "max_completion_tokens": 32_000,
            "messages": [{"role": "system", "content": SYSTEM}, *self.told],
            "tools": [{"type": "function", "function": function} for function in functions],
        }
        async with self.relay.openai() as api:
            reply = await api.chat.completions.create(**order)
        self.told.append(reply.choices[0].message.to_dict())
        return reply

    def results(self, *texts: str) -> None:
        for call, text in zip(self.told[-1]["tool_calls"], texts, strict=True):
            self.told.append({"role": "tool", "tool_call_id": call["id"], "content": text})


class Responses(Talk):
    async def ask(self) -> Any:
        order: dict[str, Any] = {
            "model": MODEL,
            "instructions": SYSTEM,
            "input": self.told,
            "store": False,
            "include": ["reasoning.encrypted_content"],
            "max_output_tokens": 32_000,
            "tools": [
                {
                    "type": "function",
                    "name": tool["name"],
                    "description": tool["description"],
                    "parameters": tool["input_schema"],
                    "strict": False,
                }
                for tool in OFFERED
            ],
        }
        async with self.relay.openai() as api:
            reply = await api.responses.create(**order)
        self.told += [item.to_dict() for item in reply.output]
        return reply

    def results(self, *texts: str) -> None:
        calls = [item for item in self.told if item.get("type") == "function_call"][-len(texts) :]
        self.told += [
            {"type": "function_call_output", "call_id": call["call_id"], "output": text}
            for call, text in zip(calls, texts, strict=True)
        ]


TALKS: list[type[Talk]] = [Messages, Chat, Responses]


def converse(talk: type[Talk], *answers: str) -> tuple[list[Any], list[View], list[str]]:
    """Run a conversation: its replies, what its answerer was shown, and what the relay logged."""
    views: list[View] = []

    with running() as relay:

        def work() -> None:
            views.append(relay.take())
            for text in answers[:-1]:
                relay.answer(views[0].conversation, text)
                views.append(relay.take(views[0].conversation))
            relay.answer(views[0].conversation, answers[-1])

        answerer = threading.Thread(target=work)
        answerer.start()
        replies = asyncio.run(talk(relay, []).run())
        answerer.join()
        return replies, views, relay.log


def shown(view: View) -> str:
    """Print a turn without the words that differ between any two conversations."""
    text = render_turn(view) + render_turn(view, whole=True)
    return text.replace(view.conversation, "ID").replace(view.tag, "TAG")


@pytest.fixture(scope="module")
def flows() -> dict[type[Talk], tuple[list[Any], list[View], list[str]]]:
    return {talk: converse(talk, CALLS, PARTS, "Done.", "No.") for talk in TALKS}


Flows = dict[type[Talk], tuple[list[Any], list[View], list[str]]]


def test_an_answerer_cannot_tell_which_api_carries_a_conversation(flows: Flows) -> None:
    through = [[shown(view) for view in flows[talk][1]] for talk in TALKS]
    # An answer of several texts comes back as one where the API has no more: compare before it.
    assert through[0][:2] == through[1][:2]
    assert through[1] == through[2]
    assert "MESSAGE 3, RESULT 2 OF 2: Bash" in through[1][1]
    assert "One.\n\nTwo." in through[1][2]


@pytest.mark.parametrize("talk", TALKS)
def test_what_follows_an_answer_is_recognised_through_every_api(
    flows: Flows, talk: type[Talk]
) -> None:
    _, views, log = flows[talk]
    assert [(view.turn, view.whole, view.fresh) for view in views] == [
        (1, True, 0),
        (2, False, 2),
        (3, False, 4),
        (4, False, 6),
    ]
    assert [line.split()[2:] for line in log][:12] == [
        [str(turn), event] for turn in (1, 2, 3, 4) for event in ("asked", "taken", "answered")
    ]
    assert views[0].system == SYSTEM
    assert list(views[0].tools) == OFFERED


def test_a_chat_completion_has_the_form_of_the_api_and_says_who_gave_it(flows: Flows) -> None:
    first, second, third, _ = flows[Chat][0]
    body = first.to_dict()
    assert ChatCompletion.model_validate(body)
    assert re.fullmatch(r"chatcmpl-\w{24}", body["id"])
    message = body["choices"][0]["message"]
    assert (message["content"], message["role"]) == ("I write it.", "assistant")
    write, bash = message["tool_calls"]
    assert re.fullmatch(r"call_\w{24}", write["id"])
    assert write["id"] != bash["id"]
    assert write["function"]["name"] == "Write"
    assert json.loads(write["function"]["arguments"]) == {
        "file_path": "/w/ä.py",
        "content": "x = 1\n",
    }
    assert [reply.choices[0].finish_reason for reply in (first, second, third)] == [
        "tool_calls",
        "tool_calls",
        "stop",
    ]
    assert third.choices[0].message.content == "Done."
    assert third.choices[0].message.tool_calls is None
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert body["relay"].pop("seconds") >= 0
    assert body["relay"] == {"operator": "a test", "usage": "estimated"}
    assert body["model"] == MODEL


def test_a_response_has_the_form_of_the_api_and_says_who_gave_it(flows: Flows) -> None:
    first, _, third, _ = flows[Responses][0]
    body = first.to_dict()
    repeated = {"tools": [], "tool_choice": "auto", "parallel_tool_calls": True}
    assert Response.model_validate(body | repeated)
    assert re.fullmatch(r"resp_\w{24}", body["id"])
    said, write, bash = body["output"]
    assert re.fullmatch(r"msg_\w{24}", said["id"])
    assert re.fullmatch(r"fc_\w{24}", write["id"])
    assert re.fullmatch(r"call_\w{24}", write["call_id"])
    assert write["call_id"] != bash["call_id"]
    assert (write["name"], write["status"]) == ("Write", "completed")
    assert json.loads(write["arguments"]) == {"file_path": "/w/ä.py", "content": "x = 1\n"}
    assert first.output_text == "I write it."
    assert (third.status, third.output_text, len(third.output)) == ("completed", "Done.", 1)
    usage = body["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
    assert body["relay"].pop("seconds") >= 0
    assert body["relay"] == {"operator": "a test", "usage": "estimated"}
    assert body["model"] == MODEL


def test_the_estimated_tokens_of_an_answer_are_the_same_through_both_openai_apis(
    flows: Flows,
) -> None:
    for one, other in zip(flows[Chat][0], flows[Responses][0], strict=True):
        assert one.usage.prompt_tokens == other.usage.input_tokens > 0
        assert one.usage.completion_tokens == other.usage.output_tokens > 0


def test_equal_conversations_of_all_apis_at_once_do_not_cross() -> None:
    # Patient: six conversations share a machine that may be busy with other things.
    with running(Patience(follow_up=15, after_end=15)) as relay:

        def work() -> None:
            view = relay.take()
            for text in (CALLS, PARTS, f"I am {view.conversation}."):
                relay.answer(view.conversation, text)
                assert relay.take(view.conversation).conversation == view.conversation
            relay.answer(view.conversation, f"Still {view.conversation}.")

        async def everyone() -> list[list[Any]]:
            return list(await asyncio.gather(*(talk(relay, []).run() for talk in TALKS * 2)))

        answerers = [threading.Thread(target=work) for _ in range(6)]
        for answerer in answerers:
            answerer.start()
        talks = asyncio.run(everyone())
        for answerer in answerers:
            answerer.join()
        names = set()
        for replies in talks:
            third, last = (json.dumps(reply.to_dict()) for reply in replies[-2:])
            (name,) = re.findall(r"I am (\w+)\.", third)
            assert f"Still {name}." in last
            names.add(name)
        assert len(names) == 6


Create = Callable[[openai.AsyncOpenAI, dict[str, Any]], Any]
HELLO: list[dict[str, Any]] = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    "create",
    [
        lambda api, more: api.chat.completions.create(**{"model": MODEL, "messages": HELLO} | more),
        lambda api, more: api.responses.create(**{"model": MODEL, "input": HELLO} | more),
    ],
    ids=["chat", "responses"],
)
def test_the_sdk_is_refused_as_by_the_real_api(relay: Relay, create: Create) -> None:
    async def refused(**more: Any) -> openai.APIStatusError:
        async with relay.openai() as api:
            with pytest.raises(openai.APIStatusError) as caught:
                await create(api, more)
        return caught.value

    another = asyncio.run(refused(model="gpt-9"))
    assert isinstance(another, openai.NotFoundError)
    assert (another.code, another.param) == ("model_not_found", "model")
    assert another.type == "invalid_request_error"
    assert str(another.request_id).startswith("req_")
    assert "`gpt-9` does not exist (this relay is relay/claude)" in str(another)
    streamed = asyncio.run(refused(stream=True))
    assert isinstance(streamed, openai.BadRequestError)
    assert streamed.param == "stream"
    page_of_the_web = asyncio.run(refused(extra_headers={"Origin": "http://evil.example"}))
    assert isinstance(page_of_the_web, openai.PermissionDeniedError)
    assert "may not use the relay" in str(page_of_the_web)


def test_a_conversation_cannot_lean_on_a_response_that_was_not_kept(relay: Relay) -> None:
    async def lean() -> None:
        async with relay.openai() as api:
            await api.responses.create(model=MODEL, input="Go on", previous_response_id="resp_1")

    with pytest.raises(openai.BadRequestError, match="keeps nothing between requests") as caught:
        asyncio.run(lean())
    assert caught.value.param == "previous_response_id"
