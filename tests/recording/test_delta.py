"""A few bytes of a cassette may name what was said before: not again and again without end."""

from __future__ import annotations

import json
from typing import Any

import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.recording import expansion
from promptverdict.recording.delta import DeltaSerializer
from promptverdict.recording.yaml_format import dump

WHERE = "cassettes/c/0.http.yaml"
SAID = "x" * 10_000


def exchange(**request: Any) -> dict[str, Any]:
    answer = {"type": "message", "content": [{"type": "text", "text": SAID}]}
    return {
        "request": {"method": "POST", "encoding": "compact", **request},
        "response": {"body": {"json": answer, "encoding": "compact"}},
    }


def delta(base: int, *add: Any, keep: int = 1_000_000) -> dict[str, Any]:
    return exchange(delta={"list": "messages", "base": base, "keep": keep, "add": list(add)})


FIRST = exchange(json={"messages": [{"role": "user", "content": "go on"}]})
ANSWER = {"$answer": 0}

BOMBS = {
    "an answer named again and again": [FIRST, delta(0, *[ANSWER] * 300)],
    "requests that keep the last one and add to it": [
        FIRST,
        *(delta(number, *[ANSWER] * 10) for number in range(20)),
    ],
    "a long prompt in every request": [
        exchange(json={"system": SAID * 10, "messages": []}),
        *[delta(0)] * 200,
    ],
    "another list than the one that grows": [
        exchange(json={"input": [SAID] * 10, "messages": []}),
        *[delta(0)] * 200,
    ],
    "messages of one digit": [exchange(json={"messages": [0] * 20_000}), *[delta(0)] * 30],
}


def read(exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    text = dump({"version": 1, "interactions": exchanges})
    restored: list[dict[str, Any]] = DeltaSerializer(WHERE).deserialize(text)["interactions"]
    return restored


@pytest.mark.parametrize("exchanges", BOMBS.values(), ids=BOMBS)
def test_what_would_fill_the_memory_is_refused_with_its_place_and_a_cure(
    exchanges: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "MAX_BODY", 2 * 2**20)
    monkeypatch.setattr(expansion, "MAX_IN_ALL", 16 * 2**20)
    with pytest.raises(BrokenRecording, match=r"beyond (2 MB|16 MB in all)") as told:
        read(exchanges)
    lines = str(told.value).split("\n")
    assert lines[0].startswith(f"{WHERE}: request ")
    assert "--record all" in lines[1]
    assert len(lines) == 2


def test_a_request_that_no_api_takes_is_refused() -> None:
    with pytest.raises(BrokenRecording, match="64 MB"):
        read([FIRST, delta(0, *[ANSWER] * 7_000)])


def test_an_answer_may_be_named_often() -> None:
    _, second = read([FIRST, delta(0, *[ANSWER] * 100)])
    assert second["request"]["body"].count(SAID) == 100


def test_an_answer_with_half_a_character_comes_back_exactly() -> None:
    body = json.dumps({"type": "message", "content": [{"type": "text", "text": "half \ud83d"}]})
    request = {"method": "POST", "uri": "/v1/messages", "body": '{"messages": []}', "headers": {}}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": body}}
    cassette = {"version": 1, "interactions": [{"request": request, "response": response}]}
    text = DeltaSerializer(WHERE).serialize(cassette)
    text.encode()
    assert DeltaSerializer(WHERE).deserialize(text) == cassette
