"""Strict YAML gives plain data with lines, or one error with a line and a cure."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from promptverdict.core import strict_yaml
from promptverdict.core.errors import InputError
from promptverdict.core.strict_yaml import MAX_BYTES, MAX_NODES, decode, parse, read_text

from tests.cases import try_cases


@pytest.fixture(params=["C", "Python", "C, other words", "Python, other words"])
def parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both parsers of PyYAML, as the fast one is missing on some platforms; each with words of no
    release, as those change.
    """
    name, _, words = request.param.partition(", ")
    if name == "Python":
        monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    if words:
        monkeypatch.setattr(yaml, "parse", partial(reworded, yaml.parse))
    return str(request.param)


def reworded(
    parse_events: Callable[..., Iterator[Any]], *args: Any, **kwargs: Any
) -> Iterator[Any]:
    try:
        yield from parse_events(*args, **kwargs)
    except yaml.MarkedYAMLError as error:
        error.context, error.problem = error.context and "im Zusammenhang", "ein Fehler"
        raise


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(InputError) as caught:
        parse(text, "x.yaml")
    (problem,) = caught.value.problems
    assert problem.cure
    return problem.where, problem.found


def unreadable(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_text(path)
    (problem,) = caught.value.problems
    assert problem.where.startswith(str(path))
    assert problem.cure
    return problem.found


BAD = {
    "alias": ("a: 1\nb: *x", 2, "an alias (*x)"),
    "anchor": ("a: &x 1", 1, "an anchor (&x)"),
    "anchor of a list": ("a:\n  &x\n  - 1", 2, "an anchor (&x)"),
    "billion laughs": ("a: &a [x, x]\nb: &b [*a, *a]", 1, "an anchor (&a)"),
    "merge key": ("a: 1\n<<: {b: 2}", 2, "a merge key (<<)"),
    "deep flow": ("[" * 50_000, 1, "nested more than 100 deep"),
    "deep block": ("- " * 101 + "x", 1, "nested more than 100 deep"),
    "duplicate key": ("a: 1\nb: 2\na: 3", 3, "`a` is already given in line 1"),
    "duplicate key below": ("a:\n  - b: 1\n    b: 2", 3, "`b` is already given in line 2"),
    "tab": ("a:\n\tb: 1", 2, "tabs are not allowed for indentation"),
    "tab after a value": ("a: 1\n\tb: 2", 2, "tabs are not allowed for indentation"),
    "NUL": ("a: x\nb: \x00", 2, "U+0000 in column 4"),
    "escape": ("a: \x1b[31m", 1, "U+001B"),
    "C1 control": ("a: \x9f", 1, "U+009F"),
    "line separator": ("a: x\u2028b: y", 1, "U+2028"),
    "half a character": ("a: \ud800", 1, "U+D800"),
    "python tag": ("a: !!python/object/apply:os.system [ls]", 1, "a tag (!!python/object"),
    "own tag": ("a: !mine x", 1, "a tag (!mine)"),
    "usual tag": ("a: !!str 1", 1, "a tag (!!str)"),
    "two documents": ("a: 1\n---\nb: 2", 2, "a second document begins"),
    "empty": ("", 1, "there is nothing in it"),
    "comments only": ("# a\n\n# b\n", 1, "there is nothing in it"),
    "bare marker": ("---\n", 1, "there is nothing in it"),
    "conflict": ("a: 1\n<<<<<<< HEAD\nb: 2\n=======\n", 2, "unresolved merge conflict"),
    "conflict's end": ("a: 1\n>>>>>>> main\n", 2, "unresolved merge conflict"),
    "unquoted colon": ("a: 1\nb: see: this", 2, "a colon with a space inside a value"),
    "open quote": ('a: "x\nb: 1\n', 1, "a quote that is not closed"),
    "open bracket": ("a: [1, 2\nb: 3", 1, "a [ or { that is not closed"),
    "template braces": ("a: {{ x }}", 1, "a key that is itself a list or mapping"),
    "bare star": ("tools: *\n", 1, "a value that begins with *"),
    "at sign": ("a: @x", 1, "a value that begins with @"),
    "line without colon": ("a: 1\nb\n", 2, "text that is neither"),
    "text after a quote": ('a: "x" y', 1, ""),
    "unknown escape": (r'a: "\q"', 1, "an escape that YAML does not know"),
    "Windows path": ('a: 1\nb: "C:\\Users"\n', 2, "an escape that YAML does not know"),
    "escape in a later line": ('a: "x\n\n  y\\q"\n', 3, "an escape that YAML does not know"),
    "quoted line without colon": ('a: 1\n"b\\n"\nc: 2', 2, "text that is neither"),
    "deep flow after quotes": (
        'a: "["\nb: \'"\'\nc: ' + "[" * 5000,
        3,
        "nested more than 100 deep",
    ),
    "deep flow without end": ("{a: " * 5000, 1, "nested more than 100 deep"),
    "indented unlike its neighbours": ("a:\n    b: 1\n  c: 2", 3, "indented unlike its neighbours"),
    "item and key": ("- a\nb: 1", 2, "indented unlike its neighbours"),
    "text after a bar": ("a: |x\n b", 1, "a value that begins with |"),
    "closing bracket": ("a: ]", 1, "a value that begins with @"),
    "item as a value": ("a: - x", 1, "not valid YAML"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.usefixtures("parser")
def test_what_would_surprise_is_refused_at_its_line(name: str) -> None:
    text, line, words = BAD[name]
    started = time.monotonic()
    where, found = refusal(text)
    assert where == f"x.yaml:{line}"
    assert words in found
    assert time.monotonic() - started < 10


def test_more_than_100000_keys_and_values_are_refused() -> None:
    where, found = refusal("a:\n" + "- b\n" * MAX_NODES)
    assert (where, found) == (f"x.yaml:{MAX_NODES - 1}", "more than 100000 keys and values")


@pytest.mark.usefixtures("parser")
def test_too_many_nodes_are_refused_at_the_first_above_the_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strict_yaml, "MAX_NODES", 1000)
    where, found = refusal("a:\n" + "- b\n" * 1000)
    assert (where, found) == ("x.yaml:999", "more than 1000 keys and values")


@pytest.mark.usefixtures("parser")
def test_an_error_is_explained_in_time_that_grows_with_the_text() -> None:
    started = time.monotonic()
    assert refusal("a: 'b' " + '\\"' * 500_000 + ": @\\")[0] == "x.yaml:1"
    assert time.monotonic() - started < 10


@pytest.mark.usefixtures("parser")
def test_an_escaped_half_character_is_refused() -> None:
    assert refusal(r'a: "\ud800"')[0] == "x.yaml:1"


@pytest.mark.usefixtures("parser")
def test_untyped_every_scalar_stays_the_text_that_was_written() -> None:
    text = "[no, on, yes, 010, 12:30, 2024-01-01, .inf, 1e999, null, ~, 1.10, 'x', true]"
    written = text[1:-1].replace("'", "").split(", ")
    assert parse(text, "x").data == written
    assert parse("a:\nb: ''", "x").data == {"a": "", "b": ""}


@pytest.mark.usefixtures("parser")
def test_untyped_a_number_of_5000_digits_is_text() -> None:
    assert parse(f"a: {'9' * 5000}", "x").data == {"a": "9" * 5000}


@pytest.mark.usefixtures("parser")
def test_typed_only_what_nobody_mistakes_becomes_more_than_text() -> None:
    text = "[no, on, 010, 12:30, 2024-01-01, '1', \"true\", ~, null, true, False, 3, -4, 0x1F, 1.5]"
    data = parse(text, "x", typed=True).data
    texts = ["no", "on", "010", "12:30", "2024-01-01", "1", "true"]
    assert data == [*texts, None, None, True, False, 3, -4, 31, 1.5]
    assert parse("a:\n1: yes", "x", typed=True).data == {"a": None, "1": "yes"}


@try_cases("number", [".inf", "-.inf", ".nan", "1e999", "9" * 5000])
def test_typed_a_number_that_json_cannot_hold_is_refused(number: str) -> None:
    with pytest.raises(InputError, match=r"x:2: .* is not a number that can be used"):
        parse(f"a: 1\nb: {number}", "x", typed=True)


@pytest.mark.usefixtures("parser")
def test_every_key_and_item_has_its_line() -> None:
    document = parse("# top\na: 1\nb:\n  - c: x\n    d:\n      - y\n  - z\n", "x")
    assert document.data == {"a": "1", "b": [{"c": "x", "d": ["y"]}, "z"]}
    assert dict(document.lines) == {
        (): 2,
        ("a",): 2,
        ("b",): 3,
        ("b", 0): 4,
        ("b", 0, "c"): 4,
        ("b", 0, "d"): 5,
        ("b", 0, "d", 0): 6,
        ("b", 1): 7,
    }


@pytest.mark.usefixtures("parser")
def test_blocks_keep_tabs_and_lines_that_look_like_marks() -> None:
    text = "a: |\n  all:\n  \tx: y\n  ---\n  <<<<<<< HEAD\n  *\n"
    assert parse(text, "x").data == {"a": "all:\n\tx: y\n---\n<<<<<<< HEAD\n*\n"}


@try_cases("text", ["word", "- a\n- b"])
def test_a_document_need_not_be_a_mapping(text: str) -> None:
    assert parse(text, "x").data == (["a", "b"] if "-" in text else "word")


def test_depth_100_is_still_read() -> None:
    assert parse("[" * 100 + "]" * 100, "x").data


def test_a_byte_order_mark_is_dropped_and_line_ends_become_lf(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\rc: 3\n")
    assert read_text(file) == "a: 1\nb: 2\nc: 3\n"
    assert parse("\ufeffa: 1\r\nb: 2", "x").data == {"a": "1", "b": "2"}


def test_a_byte_that_is_no_utf8_is_told_with_its_offset_and_line() -> None:
    with pytest.raises(InputError, match="x:2: byte 0xe9 at offset 8 is not UTF-8") as caught:
        decode(b"a: 1\nb: \xe9\n", "x")
    assert caught.value.problems[0].cure == "save the file as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf16_is_refused_in_words(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes("name: agent\n".encode(encoding))
    assert unreadable(file) == "UTF-16 or not text at all"


def test_a_file_over_2_mb_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_bytes(b"#" * MAX_BYTES)
    assert len(read_text(file)) == MAX_BYTES
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    assert unreadable(file) == "larger than 2 MB"


def test_a_folder_a_missing_file_and_an_impossible_path_are_refused(tmp_path: Path) -> None:
    assert "folder" in unreadable(tmp_path)
    for path in (tmp_path / "none.yaml", Path(__file__) / "x", Path("a\0b")):
        assert unreadable(path).startswith("cannot be read: ")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are of POSIX")
def test_a_pipe_without_a_writer_does_not_hang(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert unreadable(pipe) == "it is no regular file"
    assert unreadable(Path(os.devnull)) == "it is no regular file"


@pytest.mark.skipif(
    getattr(os, "geteuid", lambda: 0)() == 0, reason="root may read every file, Windows has none"
)
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("a: 1")
    file.chmod(0)
    assert unreadable(file).startswith("cannot be read: ")
