"""Glob and Grep find what is there, once each, and say in words what cannot be searched."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from promptverdict.guest import search
from promptverdict.guest.search import (
    expand_braces,
    find_matched_lines,
    grep,
    list_files,
    list_matching_files,
    render_matches,
)

from tests.cases import try_cases
from tests.fakes import write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs inside the sandbox only")

SOURCE = Path(search.__file__).read_text(encoding="utf-8")
WANTED = {
    "tool": "Grep",
    "glob": None,
    "output_mode": "content",
    "before": 0,
    "after": 0,
    "around": 0,
    "numbers": True,
    "ignore_case": False,
    "head_limit": None,
    "multiline": False,
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write(
        tmp_path / "w",
        {
            "b.py": "import os\n",
            "a/x.py": "one\ntwo\n\nthree\n",
            "a/deep/y.md": "# One\n",
            "a/.env": "KEY=one\n",
            ".git/x.py": "one\n",
            "a/__pycache__/x.py": "one\n",
            "node_modules/x.py": "one\n",
        },
    )


def found(root: Path, pattern: str) -> list[str]:
    return [os.path.relpath(path, root) for path in list_matching_files(str(root), pattern)]


def grepped(root: Path, pattern: str, **more: Any) -> list[str]:
    lines = grep({**WANTED, "path": str(root), "pattern": pattern, **more})
    return [line.removeprefix(f"{root}/") for line in lines]


def answer(root: Path, **more: Any) -> tuple[int, str]:
    """Run it as the harness does, with what it prints and complains in one."""
    wanted = json.dumps({**WANTED, "path": str(root), **more})
    done = subprocess.run(
        [sys.executable, "-I", "-c", SOURCE, wanted],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=20,
        check=False,
    )
    return done.returncode, done.stdout.decode()


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [
        ("*.py", ["a/x.py", "b.py"]),
        ("**/*.py", ["a/x.py", "b.py"]),
        ("**/**/*.py", ["a/x.py", "b.py"]),
        ("a/*", ["a/.env", "a/x.py"]),
        ("a/**", ["a/.env", "a/deep/y.md", "a/x.py"]),
        ("**", ["a/.env", "a/deep/y.md", "a/x.py", "b.py"]),
        ("./b.py", ["./b.py"]),
        ("?.{md,py}", ["a/deep/y.md", "a/x.py", "b.py"]),
        ("a", []),
        ("a/", []),
        ("[x", []),
        ("", []),
        (".git/*", []),
        ("node_modules/**", []),
    ],
)
def test_a_pattern_finds_each_file_once_sorted_and_without_hidden_folders(
    root: Path, pattern: str, paths: list[str]
) -> None:
    listed = [os.path.normpath(path) for path in found(root, pattern)]
    assert listed == [os.path.normpath(path) for path in paths]


def test_an_absolute_pattern_is_one_from_the_root(root: Path) -> None:
    assert found(root, f"{root}/a/*.py") == ["a/x.py"]


def test_a_hidden_folder_is_searched_when_the_path_leads_into_it(root: Path) -> None:
    assert found(root / ".git", "*") == ["x.py"]
    assert list(list_files(str(root / ".git"), None)) == [f"{root}/.git/x.py"]


@try_cases(
    ("pattern", "plain"),
    [
        ("*.py", ["*.py"]),
        ("*.{py,md}", ["*.py", "*.md"]),
        ("{a,b}/{c,d}", ["a/c", "a/d", "b/c", "b/d"]),
        ("{a,{b,c}}", ["a", "b", "a", "c"]),
        ("{a}", ["{a}"]),
        ("x{,y}", ["x", "xy"]),
    ],
)
def test_braces_are_spelled_out(pattern: str, plain: list[str]) -> None:
    assert list(expand_braces(pattern)) == plain


def test_what_lies_behind_a_link_to_a_folder_is_not_listed(root: Path, tmp_path: Path) -> None:
    write(tmp_path, {"outside/z.py": "one\n"})
    (root / "a/loop").symlink_to(".")
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "link.py").symlink_to("b.py")
    assert found(root, "*.py") == ["a/x.py", "b.py", "link.py"]
    assert [line.partition(":")[0] for line in grepped(root, "one")] == ["a/.env", "a/x.py"]
    assert list_matching_files(str(root / "out"), "*.py") == [f"{root}/out/z.py"]


def test_folders_behind_links_are_never_looked_at(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "lmn":
        (root / name).symlink_to(".")
    (root / "all").symlink_to("/")
    looked: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(str(path)) or scandir(path))
    assert found(root, "**/*.py") == ["a/x.py", "b.py"]
    assert found(root, "**/deep/**/*.md") == ["a/deep/y.md"]
    assert found(root, "a/../**/x.*") == ["a/x.py"]
    assert looked
    assert not [path for path in looked if {*"lmn", "all"} & {*Path(path).parts}]


def test_files_are_searched_in_the_same_order_on_every_disk(root: Path) -> None:
    listed = [os.path.relpath(path, root) for path in list_files(str(root), None)]
    assert listed == ["b.py", "a/.env", "a/x.py", "a/deep/y.md"]
    assert list(list_files(str(root / "b.py"), "*.md")) == [f"{root}/b.py"]


def test_a_pipe_is_not_waited_for(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "alias").symlink_to("pipe")
    assert grepped(root, "import") == ["b.py:1:import os"]
    assert list(list_files(str(root / "pipe"), None)) == []


def test_what_is_not_text_is_not_searched(root: Path) -> None:
    (root / "image").write_bytes(b"import\xff")
    (root / "zeros").write_bytes(b"import\0")
    assert grepped(root, "import", output_mode="files_with_matches") == ["b.py"]


@pytest.mark.parametrize("text", ["a\n\nb", "a\n\nb\n"])
def test_after_the_last_line_end_there_is_no_further_line(root: Path, text: str) -> None:
    (root / "t").write_text(text)
    assert grepped(root / "t", "^", output_mode="count") == [f"{root}/t:3"]
    assert grepped(root / "t", "^$") == [f"{root}/t:2:"]
    assert grepped(root / "t", "b", after=5) == [f"{root}/t:3:b"]
    assert grepped(root / "t", "b\\s*", multiline=True) == [f"{root}/t:3:b"]
    assert grepped(root / "t", "$", multiline=True, output_mode="count") == [f"{root}/t:3"]


@try_cases(
    ("pattern", "touched"),
    [
        ("two", [1]),
        ("one\n", [0]),
        ("one\ntwo", [0, 1]),
        ("o.*o", [0, 1]),
        ("\n\n", [1, 2]),
        ("e$", [0, 3]),
        ("^", [0, 1, 2, 3]),
        ("none", []),
    ],
)
def test_a_match_over_lines_touches_the_lines_it_has_characters_of(
    pattern: str, touched: list[int]
) -> None:
    expression = re.compile(pattern, re.MULTILINE | re.DOTALL)
    assert find_matched_lines("one\ntwo\n\nthree\n", expression, multiline=True) == touched


def test_a_match_is_one_of_a_single_line_unless_several_are_asked_for(root: Path) -> None:
    assert grepped(root, "one\ntwo") == []
    assert grepped(root, "one.two", multiline=True) == ["a/x.py:1:one", "a/x.py:2:two"]


def test_many_matches_over_lines_take_no_longer_than_their_text() -> None:
    text = "x\n" * 200_000
    began = time.monotonic()
    assert len(find_matched_lines(text, re.compile("x"), multiline=True)) == 200_000
    assert time.monotonic() - began < 5


@try_cases(
    ("before", "after", "around", "lines"),
    [
        (0, 0, 0, [":2:hit", ":7:hit", ":8:hit"]),
        (1, 0, 0, ["-1-1", ":2:hit", "--", "-6-6", ":7:hit", ":8:hit"]),
        (0, 1, 0, [":2:hit", "-3-3", "--", ":7:hit", ":8:hit", "-9-9"]),
        (
            *(0, 0, 2),
            ["-1-1", ":2:hit", "-3-3", "-4-4", "-5-5", "-6-6", ":7:hit", ":8:hit", "-9-9"],
        ),
    ],
)
def test_a_line_is_shown_once_however_many_matches_it_surrounds(
    before: int, after: int, around: int, lines: list[str]
) -> None:
    text = "1\nhit\n3\n4\n5\n6\nhit\nhit\n9\n"
    wanted = {"before": before, "after": after, "around": around, "numbers": True}
    assert list(render_matches("", text, [1, 6, 7], wanted)) == lines


def test_a_long_line_is_cut(root: Path) -> None:
    (root / "wide").write_text("x" * 2001)
    assert grepped(root, "x{9}", numbers=False) == ["wide:" + "x" * 2000]


def test_an_answer_is_printed_whole_or_as_far_as_its_limit(root: Path) -> None:
    assert answer(root, pattern="o", path=str(root / "a/x.py"), numbers=False) == (
        0,
        f"{root}/a/x.py:one\n{root}/a/x.py:two\n",
    )
    assert answer(root, pattern=".", head_limit=1) == (0, f"{root}/b.py:1:import os\n")
    assert answer(root, tool="Glob", pattern="*.md") == (0, f"{root}/a/deep/y.md\n")
    assert answer(root, pattern="zzz") == (0, "nothing found\n")


@pytest.mark.parametrize("pattern", ["(", "*", "[", "a{99999999999}", "(" * 3000 + ")" * 3000])
def test_what_is_no_regular_expression_is_told_in_one_line(root: Path, pattern: str) -> None:
    code, said = answer(root, pattern=pattern)
    assert code == 2
    assert re.fullmatch("the pattern is not a regular expression: .+\n", said)


def test_a_pattern_that_python_warns_of_is_searched_without_a_word(root: Path) -> None:
    (root / "lock").write_text("[[package]]\n[p]]\n")
    code, said = answer(root, pattern="^[[p]+ackage]]", path=str(root / "lock"))
    assert (code, said) == (0, f"{root}/lock:1:[[package]]\n")


def test_a_path_that_is_not_there_or_no_text_is_told_in_one_line(root: Path) -> None:
    for path in (f"{root}/none", f"{root}/\ud800", f"{root}/\0"):
        code, said = answer(root, pattern="x", path=path)
        assert code == 2
        assert re.fullmatch("there is no .+\n", said)


def test_a_name_that_is_not_text_is_printed_escaped(root: Path) -> None:
    (root / "\udcff.py").write_text("import sys\n")
    code, said = answer(root, pattern="sys")
    assert (code, said) == (0, f"{root}/\\udcff.py:1:import sys\n")
