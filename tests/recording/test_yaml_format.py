"""Recordings are plain YAML that comes back exactly and builds nothing else."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.recording import yaml_format
from promptverdict.recording.yaml_format import MAX_BYTES, dump, load, read

from tests.cases import try_cases

TEXTS = [
    "",
    "one line",
    "two\nlines\n",
    " leading\nblank",
    "trailing \nblank",
    "tab\there\nand",
    "\n\nblank lines\n\n",
    "no\n",
    "2026-11-21",
    "null",
    "~",
    "0o17",
    "- a\n- b",
    "key: value\n# comment",
    "emoji \U0001f7e0\nand \u00a0\u2028\x85",
    "bell \x07\nescape \x1b[31m",
    "'''\n\"\"\"",
    "%directive\n---\n...",
    "a" * 5000,
]


@try_cases("text", TEXTS)
def test_a_text_comes_back_exactly(text: str) -> None:
    data = {"a text": text, "list": [text, {"deep": text}], text: {text: 1}}
    assert load(dump(data), "x") == data


def test_random_texts_come_back_exactly() -> None:
    chance = random.Random(3)
    alphabet = "ab \n\t\"'#:-[]{}|>&*!%@`\\é\u00a0\u2028\ufeff\x00\x1b"
    for _ in range(500):
        text = "".join(chance.choice(alphabet) for _ in range(chance.randrange(30)))
        assert load(dump({"t": text}), "x") == {"t": text}


def test_code_is_written_as_a_block_that_can_be_read() -> None:
    assert dump({"code": "def f():\n    return 1\n"}) == "code: |\n  def f():\n      return 1\n"


@try_cases(
    "text",
    [
        "a: !!python/object/apply:os.system [id]",
        "a: !other b",
        "a: [1, 2",
        "a: &x [*x, *x]\nb: " + "[" * 200 + "]" * 200,
        "[" * 50_000,
        "\n".join("  " * depth + "a:" for depth in range(2000)),
        "- " * 5000,
    ],
)
def test_what_is_no_recording_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BrokenRecording, match=r"^x\.yaml"):
        load(text, "x.yaml")


@try_cases("text", ["[ " * 50_000, "{a: " * 50_000, "a: [*b]", "&x a: 1", "? [a]\n: b"])
def test_no_text_ends_the_process_or_builds_what_no_recording_has(text: str) -> None:
    with pytest.raises(BrokenRecording):
        load(text, "x.yaml")


def test_a_text_of_millions_of_empty_lists_is_not_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(yaml_format, "MAX_EVENTS", 100_000)
    began = time.process_time()
    with pytest.raises(BrokenRecording, match="more keys and values than a recording has"):
        load("a: [" + "[]," * 5_000_000 + "[]]", "x.yaml")
    assert time.process_time() - began < 5


def test_a_file_larger_than_any_recording_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "0.judge.yaml"
    path.write_bytes(b"a" * MAX_BYTES)
    assert len(read(path, "x.yaml")) == MAX_BYTES
    path.write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(BrokenRecording, match=r"^x\.yaml is larger than 16 MB.*\n.*record"):
        read(path, "x.yaml")


def test_a_device_without_end_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "0.http.yaml"
    path.symlink_to("/dev/zero")
    with pytest.raises(OSError, match="no regular file"):
        read(path, "x.yaml")
