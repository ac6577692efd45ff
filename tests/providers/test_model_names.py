"""A server that names its model's file by a path tells a machine: the file's name is enough."""

from __future__ import annotations

import json

import httpx2
from promptverdict.providers.model_names import shorten_model_path
from promptverdict.providers.openai.chat import read_answer

from tests.cases import try_cases


def answer(model: str) -> dict[str, object]:
    args = json.dumps({"model": model, "path": model})
    call = {"id": "c", "function": {"name": "Bash", "arguments": args}}
    message = {"content": f"I am {model}", "tool_calls": [call]}
    return {"model": model, "choices": [{"message": message, "finish_reason": "stop"}]}


def shortened(content: bytes) -> bytes:
    return shorten_model_path(httpx2.Response(200, content=content)).content


@try_cases(
    ("path", "name"),
    [
        ("/home/ada/models/qwen-0.5b.gguf", "qwen-0.5b.gguf"),
        ("/models/ü b.gguf", "ü b.gguf"),
        ("~/m/x.gguf", "x.gguf"),
        ("C:\\Users\\ada\\x.gguf", "x.gguf"),
        ("file:///srv/x.gguf", "x.gguf"),
        ("/home/ada/models/qwen/", "qwen"),
    ],
)
@try_cases("ascii_", [True, False])
def test_a_path_becomes_the_files_name_and_nothing_else_changes(
    path: str, name: str, ascii_: bool
) -> None:
    content = json.dumps(answer(path), ensure_ascii=ascii_).encode()
    blocks, answered = read_answer(shortened(content))
    assert answered.model == name
    assert blocks == read_answer(content)[0]


@try_cases("model", ["gpt-x", "meta-llama/Llama-3.1-8B", "relay/claude", "a:b", ""])
def test_other_names_are_left_alone(model: str) -> None:
    content = json.dumps(answer(model)).encode()
    assert shortened(content) is content or shortened(content) == content


def test_each_chunk_of_a_stream_names_the_file_alone() -> None:
    chunks = [
        {"model": "/home/ada/x.gguf", "choices": [{"index": 0, "delta": {"content": "Hi"}}]},
        {"model": "/home/ada/x.gguf", "choices": [{"index": 0, "finish_reason": "stop"}]},
    ]
    content = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    assert b"/home/ada" not in shortened(content.encode())
    assert read_answer(shortened(content.encode()))[1].model == "x.gguf"


@try_cases("key", ["message", "response"])
def test_the_streams_of_other_apis_name_it_deeper(key: str) -> None:
    content = f"data: {json.dumps({'type': 'x', key: {'model': '/home/ada/x.gguf'}})}\n\n".encode()
    assert b'"model": "x.gguf"' in shortened(content)


@try_cases("content", [b"", b"{", b"<html>", b"[]", b'{"model": 3}', b"data: x\n\n"])
def test_what_names_no_model_is_left_alone(content: bytes) -> None:
    assert shortened(content) == content
