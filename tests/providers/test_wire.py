"""What strangers write is read with care, whichever provider's module reads it."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import pytest
from promptverdict.core.errors import ContextOverflow
from promptverdict.providers.failures import (
    build_failure,
    build_unreadable,
    is_overflow,
    read_error_words,
)
from promptverdict.providers.wire import (
    MAX_DEPTH,
    import_sdk,
    is_stream,
    parse_json,
    read_count,
    read_event_data,
)

from tests.cases import try_cases


@try_cases("depth", [MAX_DEPTH + 2, 900, 100_000])
def test_what_is_nested_deeper_than_a_recording_may_be_is_refused(depth: int) -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * depth + "]" * depth)


def test_what_a_recording_can_hold_is_parsed() -> None:
    text = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert json.dumps(parse_json(text)) == text


def test_halves_of_characters_are_joined_or_replaced_in_keys_and_values() -> None:
    parsed = parse_json(r'{"\ud83d\ude00": ["\ude00", "a\ud83d", "ü", "\u0000"]}')
    assert parsed == {"\U0001f600": ["\ufffd", "a\ufffd", "ü", "\0"]}


@try_cases(
    ("stream", "data"),
    [
        ("data: a\n\ndata: b\n\n", ["a", "b"]),
        ("event: x\r\ndata: a\r\n\r\ndata:b\r\n\r\n", ["a", "b"]),
        ("data: a\rdata: b\r\r", ["a\nb"]),
        ("data:  two \u2028\x85\x0b\n\n", [" two \u2028\x85\x0b"]),
        (": note\n\nevent: x\n\nid: 3\ndata: a\n\n", ["a"]),
        ("data: cut", ["cut"]),
        ("data\n\ndata:\n\ndata: a\n\n", ["a"]),
        ("", []),
    ],
)
def test_the_data_of_each_event_is_given(stream: str, data: list[str]) -> None:
    assert [*read_event_data(stream.encode())] == data


@try_cases(
    "text",
    [
        "event: x",
        "data: {}",
        "\n\n: note\ndata: {}",
        "id: 1\ndata: {}",
        "retry: 9",
        "\ufeffdata: {}",
    ],
)
def test_a_stream_is_known_by_how_it_begins(text: str) -> None:
    assert is_stream(text.encode())


@try_cases("text", ["", "{}", '{"data:": 1}', "<html>data: </html>", "database"])
def test_what_is_no_stream_is_not_taken_for_one(text: str) -> None:
    assert not is_stream(text.encode())


@try_cases("value", [-1, 1.0, float("nan"), "1", None, True, [1]])
def test_what_is_no_number_of_tokens_is_unknown(value: object) -> None:
    assert read_count(value) is None
    assert read_count(0) == 0


@try_cases(
    "error",
    [
        {"message": "prompt is too long: 210000 tokens > 200000 maximum"},
        {"message": "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000"},
        {"message": "Your input exceeds the context window of this model."},
        {"code": "context_length_exceeded", "message": None},
        {"message": "This model's maximum context length is 8192 tokens. However, you requested"},
    ],
)
def test_a_provider_saying_that_it_is_too_long_is_an_outcome(error: dict[str, object]) -> None:
    body = json.dumps({"error": error}).encode()
    assert is_overflow(400, body)
    assert not is_overflow(500, body)
    assert isinstance(build_failure(body, "told"), ContextOverflow)
    assert isinstance(build_unreadable(body, "a message"), ContextOverflow)


@try_cases(
    ("status", "body"),
    [
        (
            400,
            {
                "error": {
                    "message": "The decoder prompt (length 9) is longer than the maximum model"
                    " length of 8."
                }
            },
        ),
        (400, {"message": "The input (9 tokens) is longer than the model's context length (8)."}),
        (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 8. Given: 9 `inputs` ..."}),
        (400, {"error": "Trying to keep the first 9 tokens when context the overflows."}),
        (
            400,
            {
                "message": "Prompt contains 9 tokens, too large for model with 8 maximum context"
                " length"
            },
        ),
        (
            400,
            [{"error": {"message": "The input token count (9) exceeds the maximum number (8)."}}],
        ),
        (400, {"message": "Input is too long for requested model."}),
        (400, {"error": "This model's maximum prompt length is 8 but the request contains 9."}),
        (400, {"error": {"message": "Your request exceeded model token limit: 8"}}),
        (400, {"error": {"message": "Range of input length should be [1, 8]"}}),
        (400, {"error": {"code": "1261", "message": "Prompt exceeds max length"}}),
        (400, {"message": "too many tokens: total number of tokens cannot exceed 8"}),
        (400, {"detail": "Requested tokens (9) exceed context window of 8"}),
    ],
)
def test_servers_of_ones_own_say_it_in_other_words_and_places(status: int, body: object) -> None:
    content = json.dumps(body).encode()
    assert is_overflow(status, content)
    assert read_error_words(content)[:1] not in ("{", "[")


@try_cases(
    "body",
    [
        b"prompt is too long",
        b'{"errors": "prompt is too long"}',
        b"[]",
        b'{"error": {"message": "max_tokens is too large"}}',
        b'{"error": {"message": "unknown model", "prompt": "prompt is too long"}}',
        b"[" * 100_000,
    ],
)
def test_another_refusal_is_no_outcome(body: bytes) -> None:
    assert not is_overflow(400, body)
    assert not isinstance(build_failure(body, "told"), ContextOverflow)


def test_an_sdk_is_loaded_with_the_collector_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "an_sdk.py").write_text("import gc\nCOLLECTS = gc.isenabled()\n")
    (tmp_path / "a_broken_sdk.py").write_text("raise RuntimeError\n")
    monkeypatch.syspath_prepend(tmp_path)
    import_sdk("an_sdk")
    assert sys.modules.pop("an_sdk").COLLECTS is False
    assert gc.isenabled()
    with pytest.raises(RuntimeError):
        import_sdk("a_broken_sdk")
    assert gc.isenabled()
    gc.disable()
    try:
        import_sdk("an_sdk")
        assert not gc.isenabled()
    finally:
        gc.enable()
