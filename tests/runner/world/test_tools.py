"""What each tool answers in real folders: what it did, or what an agent did wrong, in words."""

from __future__ import annotations

import os
import shutil
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from promptverdict.runner.world.tools import LiveTools, ToolAnswer
from promptverdict.runner.world.workspace_tools import WorkspaceTools
from promptverdict.sandbox import (
    Sandbox,
    TrialFolders,
    make_trial_folders,
    open_sandbox,
    remove_trial_folders,
)
from promptverdict.sandbox.workspace import Workspace
from promptverdict.scenarios.mcp import list_mcp_tools
from promptverdict.scenarios.scenario import (
    Page,
    QuestionAnswer,
    Scenario,
    Script,
    SearchAnswer,
    TaskAnswer,
)
from promptverdict.trials.toolset import NAMES
from promptverdict.trials.transcript import Call

from tests.sandboxes import open_bubblewrap

pytestmark = pytest.mark.skipif(os.name != "posix", reason="agents' commands need POSIX")

BUBBLEWRAP = shutil.which("bwrap") is not None and sys.platform == "linux"

Do = Callable[..., ToolAnswer]

FILES = {
    "README.md": "# Shop\n\nSells things.\n",
    "app/cart.py": "class Cart:\n    def add(self, sku):\n        self.skus.append(sku)\n",
    "app/api.py": "from app.cart import Cart\n\ncart = Cart()\n",
    "tests/test_cart.py": "from app.cart import Cart\n",
    ".git/HEAD": "ref: Cart\n",
}


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(
            "bubblewrap", marks=pytest.mark.skipif(not BUBBLEWRAP, reason="needs bubblewrap")
        ),
        "none",
    ],
)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Each of the sandboxes in turn: for what executes something."""
    return open_bubblewrap() if request.param == "bubblewrap" else open_sandbox("none")


@pytest.fixture(scope="module")
def unprotected() -> Sandbox:
    """One that protects nothing: for what executes nothing."""
    return open_sandbox("none")


@pytest.fixture
def folders() -> Iterator[TrialFolders]:
    made = make_trial_folders()
    yield made
    remove_trial_folders(made)


@pytest.fixture
def workspace(folders: TrialFolders) -> Workspace:
    made = Workspace(folders.workspace, folders.owner)
    for path, text in FILES.items():
        made.write(path, text.encode())
    return made


@pytest.fixture
def do(unprotected: Sandbox, folders: TrialFolders, workspace: Workspace) -> Do:
    """Carries out a call that executes nothing."""
    return tools(unprotected, folders)


@pytest.fixture
def execute(sandbox: Sandbox, folders: TrialFolders, workspace: Workspace) -> Do:
    """Carries out a call that executes something, once in each sandbox."""
    return tools(sandbox, folders)


def tools(
    sandbox: Sandbox,
    folders: TrialFolders,
    script: Script | None = None,
    names: tuple[str, ...] = NAMES,
) -> Do:
    opened = WorkspaceTools(sandbox, folders)
    live = LiveTools(lambda: opened, script or Script(), names)
    return lambda tool, **arguments: live.run(Call(id="toolu_1", tool=tool, args=arguments))


class Hurried:
    """A sandbox whose patience ends sooner than the tools ask for."""

    def __init__(self, inner: Sandbox, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds
        self.kind, self.python, self.pytest = inner.kind, inner.python, inner.pytest
        self.asked: list[float] = []

    def run(
        self, argv: Sequence[str], folders: TrialFolders, *, timeout: float, **options: Any
    ) -> Any:
        self.asked.append(timeout)
        return self._inner.run(argv, folders, timeout=min(timeout, self._seconds), **options)


# Read


def test_read_numbers_the_lines_from_1(do: Do) -> None:
    assert do("Read", file_path="/workspace/README.md") == ToolAnswer(
        "     1\t# Shop\n     2\t\n     3\tSells things."
    )


def test_read_shows_the_same_lines_whether_or_not_the_last_one_is_closed(do: Do) -> None:
    for content in ("a\nb", "a\nb\n"):
        do("Write", file_path="/workspace/x", content=content)
        assert do("Read", file_path="/workspace/x").text == "     1\ta\n     2\tb"


def test_read_gives_the_lines_that_were_asked_for_and_tells_how_many_are_left(do: Do) -> None:
    lines = "".join(f"line {number}\n" for number in range(1, 2501))
    do("Write", file_path="/workspace/long", content=lines)
    part = do("Read", file_path="/workspace/long", offset=2, limit=2)
    assert part.text == "     2\tline 2\n     3\tline 3\n(2497 more lines)"
    whole = do("Read", file_path="/workspace/long").text.split("\n")
    assert whole[1999:] == ["  2000\tline 2000", "(500 more lines)"]
    last = do("Read", file_path="/workspace/long", offset=2500, limit=9)
    assert last.text == "  2500\tline 2500"


def test_read_takes_line_0_for_the_first(do: Do) -> None:
    read = do("Read", file_path="/workspace/README.md", offset=0, limit=1)
    assert read.text == "     1\t# Shop\n(2 more lines)"


def test_read_cuts_a_long_line(do: Do) -> None:
    do("Write", file_path="/workspace/wide", content="x" * 2001 + "\n")
    assert do("Read", file_path="/workspace/wide").text == "     1\t" + "x" * 2000


def test_read_past_the_end_tells_where_the_end_is(do: Do) -> None:
    answer = do("Read", file_path="/workspace/README.md", offset=4)
    assert answer == ToolAnswer("The file has only 3 lines", error=True)


def test_read_tells_an_empty_file_from_an_empty_line(do: Do) -> None:
    do("Write", file_path="/workspace/empty", content="")
    assert do("Read", file_path="/workspace/empty") == ToolAnswer("(the file is empty)")
    do("Write", file_path="/workspace/empty", content="\n")
    assert do("Read", file_path="/workspace/empty") == ToolAnswer("     1\t")


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/workspace/none.py", "does not exist"),
        ("/workspace/app", "is a folder"),
        ("/etc/passwd", "outside /workspace"),
        ("/workspace/../etc/passwd", "outside /workspace"),
        ("../../etc/passwd", "outside /workspace"),
        ("/workspace/link", "symbolic link"),
        ("/workspace/image", "is not a text file"),
        ("/workspace/zeros", "is not a text file"),
        ("", "is a folder"),
    ],
)
def test_read_of_what_is_no_text_below_the_workspace_says_why(
    do: Do, folders: TrialFolders, path: str, told: str
) -> None:
    (folders.workspace / "link").symlink_to("/etc/passwd")
    (folders.workspace / "image").write_bytes(b"\x89PNG\r\n")
    (folders.workspace / "zeros").write_bytes(b"SQLite format 3\0\0\0")
    answer = do("Read", file_path=path)
    assert answer.error
    assert told in answer.text
    assert path in answer.text


# Write


def test_write_makes_the_folders_that_are_missing(do: Do, workspace: Workspace) -> None:
    answer = do("Write", file_path="/workspace/a/b/c.txt", content="grün\n")
    assert answer == ToolAnswer("Wrote /workspace/a/b/c.txt")
    assert workspace.read("a/b/c.txt") == "grün\n".encode()


def test_write_replaces_what_was_there(do: Do, workspace: Workspace) -> None:
    do("Write", file_path="/workspace/README.md", content="new")
    assert workspace.read("README.md") == b"new"


def test_write_replaces_half_a_character_which_no_file_can_hold(
    do: Do, workspace: Workspace
) -> None:
    assert not do("Write", file_path="/workspace/odd", content="a\ud800b").error
    assert workspace.read("odd") == b"a?b"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/tmp/x", "outside /workspace"),
        ("/workspace/../x", "outside /workspace"),
        ("/workspace/app", "is a folder"),
        ("/workspace/README.md/x", "not a folder"),
        ("/workspace/link", "symbolic link"),
        ("/workspace/up/x", "symbolic link"),
    ],
)
def test_write_elsewhere_than_to_a_file_of_the_workspace_changes_nothing(
    do: Do, folders: TrialFolders, tmp_path: Path, path: str, told: str
) -> None:
    outside = tmp_path / "secret"
    outside.write_text("secret")
    (folders.workspace / "link").symlink_to(outside)
    (folders.workspace / "up").symlink_to(tmp_path)
    answer = do("Write", file_path=path, content="x")
    assert answer.error
    assert told in answer.text
    assert [file.read_text() for file in tmp_path.iterdir()] == ["secret"]


# Edit and MultiEdit


def test_edit_replaces_the_one_place_where_the_text_stands(do: Do, workspace: Workspace) -> None:
    answer = do("Edit", file_path="/workspace/README.md", old_string="Sells", new_string="Buys")
    assert answer == ToolAnswer("Changed /workspace/README.md")
    assert workspace.read("README.md") == b"# Shop\n\nBuys things.\n"


def test_edit_of_a_text_that_stands_in_several_places_wants_to_know_which(
    do: Do, workspace: Workspace
) -> None:
    edit = {"file_path": "/workspace/app/api.py", "old_string": "Cart", "new_string": "Bag"}
    answer = do("Edit", **edit)
    assert answer.error
    assert "2 times" in answer.text
    assert "Nothing was changed." in answer.text
    assert workspace.read("app/api.py").decode() == FILES["app/api.py"]
    assert not do("Edit", **edit, replace_all=True).error
    assert workspace.read("app/api.py") == b"from app.cart import Bag\n\ncart = Bag()\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("Lends", "Buys", "old_string is not in the file."),
        ("", "Buys", "old_string is empty; use Write for a new file."),
        ("Sells", "Sells", "old_string and new_string are the same."),
        ("sells", "Buys", "old_string is not in the file."),
    ],
)
def test_edit_that_cannot_be_made_changes_nothing(
    do: Do, workspace: Workspace, old: str, new: str, told: str
) -> None:
    answer = do("Edit", file_path="/workspace/README.md", old_string=old, new_string=new)
    assert answer == ToolAnswer(f"{told} Nothing was changed.", error=True)
    assert workspace.read("README.md").decode() == FILES["README.md"]


@pytest.mark.parametrize("path", ["/workspace/none", "/workspace/app", "/etc/passwd"])
def test_edit_of_no_file_of_the_workspace_is_refused(do: Do, path: str) -> None:
    assert do("Edit", file_path=path, old_string="a", new_string="b").error


def test_edits_that_double_a_text_are_refused_before_the_host_builds_it(
    do: Do, workspace: Workspace
) -> None:
    do("Write", file_path="/workspace/a", content="a")
    double = {"old_string": "a", "new_string": "aa", "replace_all": True}
    tracemalloc.start()
    answer = do("MultiEdit", file_path="/workspace/a", edits=[double] * 40)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.error
    assert answer.text.startswith("Edit 24: the file would have 16777216 characters")
    assert most < 100_000_000
    assert workspace.read("a") == b"a"


def test_an_edit_that_makes_a_file_too_large_changes_nothing(do: Do, workspace: Workspace) -> None:
    content = "a" * 8_000_000
    do("Write", file_path="/workspace/a", content=content)
    answer = do(
        "Edit", file_path="/workspace/a", old_string="a", new_string="b" * 1000, replace_all=True
    )
    assert answer.error
    assert "Nothing was changed." in answer.text
    assert workspace.read("a") == content.encode()


def test_edit_keeps_line_ends_and_mode(do: Do, folders: TrialFolders, workspace: Workspace) -> None:
    workspace.write("run.sh", b"#!/bin/sh\r\necho a\r\n")
    (folders.workspace / "run.sh").chmod(0o755)
    do("Edit", file_path="/workspace/run.sh", old_string="echo a", new_string="echo b")
    assert workspace.read("run.sh") == b"#!/bin/sh\r\necho b\r\n"
    assert (folders.workspace / "run.sh").stat().st_mode & 0o777 == 0o755


def test_multi_edit_makes_each_replacement_on_the_result_of_the_one_before(
    do: Do, workspace: Workspace
) -> None:
    edits = [
        {"old_string": "Shop", "new_string": "Store"},
        {"old_string": "Store", "new_string": "Storehouse"},
        {"old_string": "s", "new_string": "z", "replace_all": True},
    ]
    answer = do("MultiEdit", file_path="/workspace/README.md", edits=edits)
    assert answer == ToolAnswer("Changed /workspace/README.md")
    assert workspace.read("README.md") == b"# Storehouze\n\nSellz thingz.\n"


def test_multi_edit_makes_all_replacements_or_none(do: Do, workspace: Workspace) -> None:
    edits = [
        {"old_string": "Shop", "new_string": "Store"},
        {"old_string": "Shop", "new_string": "Mall"},
    ]
    answer = do("MultiEdit", file_path="/workspace/README.md", edits=edits)
    assert answer == ToolAnswer(
        "Edit 2: old_string is not in the file. Nothing was changed.", error=True
    )
    assert workspace.read("README.md").decode() == FILES["README.md"]


# Glob and Grep


def test_glob_lists_files_by_path_without_what_nobody_looks_for(execute: Do) -> None:
    answer = execute("Glob", pattern="**/*")
    paths = ["README.md", "app/api.py", "app/cart.py", "tests/test_cart.py"]
    assert answer == ToolAnswer("\n".join(f"/workspace/{path}" for path in paths))


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        ({"pattern": "*.md"}, ["README.md"]),
        ({"pattern": "app/*.py"}, ["app/api.py", "app/cart.py"]),
        ({"pattern": "/workspace/app/a*"}, ["app/api.py"]),
        ({"pattern": "*.py", "path": "/workspace/tests"}, ["tests/test_cart.py"]),
        ({"pattern": "*.py", "path": "tests"}, ["tests/test_cart.py"]),
        ({"pattern": "{api,cart}.{py,md}"}, ["app/api.py", "app/cart.py"]),
        ({"pattern": "HEAD", "path": ".git"}, [".git/HEAD"]),
    ],
)
def test_glob_finds_by_folder_and_by_name(
    execute: Do, arguments: dict[str, str], found: list[str]
) -> None:
    assert execute("Glob", **arguments).text.split("\n") == [f"/workspace/{path}" for path in found]


def test_a_search_that_finds_nothing_says_so_and_is_no_error(execute: Do) -> None:
    assert execute("Glob", pattern="*.rs") == ToolAnswer("nothing found")
    assert execute("Grep", pattern="Basket") == ToolAnswer("nothing found")


def test_a_search_in_a_folder_that_is_not_there_says_so(execute: Do) -> None:
    for tool in ("Glob", "Grep"):
        answer = execute(tool, pattern="x", path="/workspace/none")
        assert answer == ToolAnswer("there is no /workspace/none", error=True)
        assert execute(tool, pattern="x", path="/workspace/\ud800").text.startswith("there is no")


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        ({}, ["app/api.py", "app/cart.py", "tests/test_cart.py"]),
        ({"output_mode": "count"}, ["app/api.py:2", "app/cart.py:1", "tests/test_cart.py:1"]),
        (
            {"output_mode": "content", "path": "app"},
            [
                "app/api.py:1:from app.cart import Cart",
                "app/api.py:3:cart = Cart()",
                "app/cart.py:1:class Cart:",
            ],
        ),
        (
            {"output_mode": "content", "path": "/workspace/app/cart.py", "-n": False},
            ["app/cart.py:class Cart:"],
        ),
        (
            {"output_mode": "content", "path": "app/cart.py", "-A": 1},
            ["app/cart.py:1:class Cart:", "app/cart.py-2-    def add(self, sku):"],
        ),
        (
            {"output_mode": "content", "path": "app/api.py", "-B": 1},
            [
                "app/api.py:1:from app.cart import Cart",
                "app/api.py-2-",
                "app/api.py:3:cart = Cart()",
            ],
        ),
        (
            {"output_mode": "content", "path": "app/cart.py", "-C": 9},
            [
                "app/cart.py:1:class Cart:",
                "app/cart.py-2-    def add(self, sku):",
                "app/cart.py-3-        self.skus.append(sku)",
            ],
        ),
        ({"glob": "test_*.py"}, ["tests/test_cart.py"]),
        ({"glob": "app/*.{md,py}", "head_limit": 1}, ["app/api.py"]),
    ],
)
def test_grep_shows_what_was_asked_for(
    execute: Do, arguments: dict[str, Any], lines: list[str]
) -> None:
    answer = execute("Grep", pattern="Cart", **arguments)
    assert answer == ToolAnswer("\n".join(f"/workspace/{line}" for line in lines))


def test_grep_tells_apart_matches_that_are_far_from_each_other(
    execute: Do, workspace: Workspace
) -> None:
    workspace.write("far", b"hit\n2\n3\n4\n5\nhit\n")
    answer = execute("Grep", pattern="hit", path="far", output_mode="content", **{"-C": 1})
    assert [line.rpartition("far")[2] for line in answer.text.split("\n")] == [
        ":1:hit",
        "-2-2",
        "--",
        "-5-5",
        ":6:hit",
    ]


def test_grep_ignores_case_only_when_asked(execute: Do) -> None:
    assert execute("Grep", pattern="CLASS") == ToolAnswer("nothing found")
    assert execute("Grep", pattern="CLASS", **{"-i": True}).text == "/workspace/app/cart.py"


def test_grep_matches_over_several_lines_only_when_asked(execute: Do) -> None:
    search = {"pattern": "class.*add", "output_mode": "content", "-n": False}
    assert execute("Grep", **search) == ToolAnswer("nothing found")
    assert execute("Grep", **search, multiline=True).text.split("\n") == [
        "/workspace/app/cart.py:class Cart:",
        "/workspace/app/cart.py:    def add(self, sku):",
    ]


@pytest.mark.parametrize("pattern", ["(", "a{99999999999}", "(" * 3000 + ")" * 3000, "*"])
def test_grep_with_what_is_no_regular_expression_says_so_in_one_line(
    execute: Do, pattern: str
) -> None:
    answer = execute("Grep", pattern=pattern)
    assert answer.error
    assert answer.text.startswith("the pattern is not a regular expression: ")
    assert "\n" not in answer.text


def test_grep_whose_regular_expression_never_ends_is_stopped(
    sandbox: Sandbox, folders: TrialFolders, workspace: Workspace
) -> None:
    workspace.write("evil", b"a" * 60 + b"!")
    hurried = Hurried(sandbox, 0.5)
    answer = tools(hurried, folders)("Grep", pattern="(a+)+$")
    assert answer == ToolAnswer("The search was stopped: timeout", error=True, stopped="timeout")
    assert hurried.asked == [20.0]


def test_a_pattern_too_long_for_a_command_is_an_answer(execute: Do) -> None:
    answer = execute("Grep", pattern="x" * 140_000)
    assert answer.error
    assert "is the limit" in answer.text


# Bash


def test_bash_returns_output_and_errors_together(execute: Do) -> None:
    assert execute("Bash", command="echo out; echo err >&2") == ToolAnswer("out\nerr")
    assert execute("Bash", command="true") == ToolAnswer("(no output)")
    assert execute("Bash", command="printf '\\n\\n  a\\n\\n'").text == "\n\n  a"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("exit 3", "(exit code 3)"),
        ("echo before; exit 3", "before\n(exit code 3)"),
        ("false", "(exit code 1)"),
        ("set -e; false; echo no", "(exit code 1)"),
        ("kill -9 $$", "(exit code 137)"),
        ("cat < /workspace/none", None),
        ("if then", None),
        ("echo 'unclosed", None),
    ],
)
def test_bash_tells_the_exit_code_where_it_is_not_0(
    execute: Do, command: str, text: str | None
) -> None:
    answer = execute("Bash", command=command)
    assert answer.error
    assert answer.stopped is None
    assert "(exit code " in answer.text
    if text:
        assert answer.text == text


def test_bash_tells_where_the_syntax_is_wrong_and_goes_on_with_the_next_command(
    execute: Do,
) -> None:
    answer = execute("Bash", command="if then")
    assert "syntax error near unexpected token `then'" in answer.text
    assert execute("Bash", command="echo on") == ToolAnswer("on")


def test_bash_stops_a_command_that_takes_too_long(execute: Do) -> None:
    began = time.monotonic()
    answer = execute("Bash", command="echo begun; sleep 30", timeout=300)
    assert answer == ToolAnswer(
        "begun\n(stopped: it took longer than 0.3 s)", error=True, stopped="timeout"
    )
    assert time.monotonic() - began < 10


def test_bash_does_not_wait_for_a_process_in_the_background(execute: Do) -> None:
    began = time.monotonic()
    assert execute("Bash", command="sleep 30 & echo started") == ToolAnswer("started")
    assert time.monotonic() - began < 10


def test_bash_cuts_long_output_in_the_middle(execute: Do) -> None:
    answer = execute("Bash", command="seq 1 20000")
    assert not answer.error
    assert answer.text.startswith("1\n2\n3\n")
    assert answer.text.endswith("\n19999\n20000\n(output cut)")
    assert "characters left out" in answer.text
    assert len(answer.text) < 30_200


def test_bash_shows_output_that_is_not_text_as_far_as_it_can(execute: Do) -> None:
    assert execute("Bash", command="printf 'a\\xffb'") == ToolAnswer("a\ufffdb")


def test_bash_has_nothing_to_read_and_no_variables_of_ours(execute: Do) -> None:
    assert execute("Bash", command="cat; read line") == ToolAnswer("(exit code 1)", error=True)
    execute("Bash", command="X=1; export Y=2")
    assert execute("Bash", command='echo "[$X$Y]"') == ToolAnswer("[]")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("cd app", "/workspace/app"),
        ("cd app; exit 3", "/workspace/app"),
        ("cd app && cd ..", "/workspace"),
        ("cd /tmp", "/workspace"),
        ("cd /", "/workspace"),
        ("mkdir 'a b' && cd 'a b'", "/workspace/a b"),
        ("mkdir gone && cd gone && rmdir ../gone", "/workspace"),
        ("ln -s app to-app && cd to-app", "/workspace/app"),
        ("ln -s /tmp out && cd out", "/workspace"),
        ("mkdir -p a/b && cd a/b && chmod 000 .", "/workspace"),
        ("mkdir -p a/b && cd a/b && chmod 000 ..", "/workspace"),
        ("chmod 000 .", "/workspace"),
        ("(cd app)", "/workspace"),
        ("set -C; cd app", "/workspace/app"),
    ],
)
def test_the_next_command_starts_where_the_last_one_ended_if_that_is_in_the_workspace(
    execute: Do, before: str, after: str
) -> None:
    assert execute("Bash", command=before).text in ("(no output)", "(exit code 3)")
    assert execute("Bash", command="pwd") == ToolAnswer(after)


def test_a_command_that_could_not_tell_where_it_ended_leaves_the_folder_as_it_was(
    execute: Do,
) -> None:
    execute("Bash", command="cd app")
    execute("Bash", command="cd ../tests && sleep 30", timeout=300)
    assert execute("Bash", command="pwd") == ToolAnswer("/workspace/app")


def test_what_bash_does_to_files_the_other_tools_see(execute: Do, workspace: Workspace) -> None:
    assert execute("Bash", command="echo 'x = 1' > new.py && cat new.py") == ToolAnswer("x = 1")
    assert execute("Read", file_path="/workspace/new.py") == ToolAnswer("     1\tx = 1")
    execute("Edit", file_path="/workspace/new.py", old_string="1", new_string="2")
    assert execute("Bash", command="cat new.py") == ToolAnswer("x = 2")
    assert workspace.read("new.py") == b"x = 2\n"


def test_bash_takes_no_command_that_the_kernel_would_not(execute: Do) -> None:
    for command in ("echo \0", "echo " + "x" * 140_000):
        answer = execute("Bash", command=command)
        assert answer.error
        assert "(exit code 126)" in answer.text


# What no workspace answers


def test_the_list_is_kept_and_counted(do: Do) -> None:
    todos = [
        {"content": "a", "status": "completed", "activeForm": "Doing a"},
        {"content": "b", "status": "in_progress"},
    ]
    assert do("TodoWrite", todos=todos) == ToolAnswer("The list is kept: 1 of 2 done")
    assert do("TodoWrite", todos=[]) == ToolAnswer("The list is kept: 0 of 0 done")


@pytest.fixture
def scripted(unprotected: Sandbox, folders: TrialFolders, workspace: Workspace) -> Do:
    script = Script(
        pages=(Page(url="https://example.org/docs", text="The docs."),),
        searches=(
            SearchAnswer(contains="fastapi", text="1. FastAPI"),
            SearchAnswer(contains="api", text="2. An API"),
        ),
        tasks=(TaskAnswer(contains="Review", text="Looks fine."),),
        questions=(QuestionAnswer(contains="database", text="SQLite."),),
    )
    return tools(unprotected, folders, script)


def test_a_scripted_world_answers_what_was_written_for_it(scripted: Do) -> None:
    for url in ("https://example.org/docs", "https://example.org/docs/"):
        assert scripted("WebFetch", url=url, prompt="x") == ToolAnswer("The docs.")
    assert scripted("WebSearch", query="How does FastAPI do it?") == ToolAnswer("1. FastAPI")
    assert scripted("WebSearch", query="an API") == ToolAnswer("2. An API")
    task = {"description": "review", "prompt": "review the code"}
    assert scripted("Task", **task) == ToolAnswer("Looks fine.")


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("WebFetch", {"url": "https://example.org/x"}, "there is no network here"),
        ("WebSearch", {"query": "weather"}, "there is no network here"),
        ("Task", {"description": "Review", "prompt": "mend it"}, "No subagent is available"),
    ],
)
def test_what_is_not_scripted_is_honestly_absent(
    scripted: Do, do: Do, tool: str, arguments: Mapping[str, str], told: str
) -> None:
    for world in (scripted, do):
        answer = world(tool, **arguments)
        assert answer.error
        assert told in answer.text


def ask(do: Do, *questions: str) -> ToolAnswer:
    choices = [{"label": "Yes", "description": "It is so"}]
    asked = [{"question": text, "header": "Choice", "options": choices} for text in questions]
    return do("AskUserQuestion", questions=asked)


def test_the_user_answers_what_is_scripted_and_leaves_the_rest_unanswered(scripted: Do) -> None:
    both = ask(scripted, "Which Database?", "Which port?")
    assert both == ToolAnswer("Which Database?\nSQLite.\n\nWhich port?\n(not answered)")


def test_a_user_who_is_not_there_is_told_as_not_there(scripted: Do, do: Do) -> None:
    assert ask(scripted, "Which port?") == ToolAnswer(
        "Nobody answered: no user is here", error=True
    )
    assert ask(do, "Which database?").error


MCP = {
    "wiki": {
        "find": (
            {"contains": "Cart", "text": "A cart."},
            {"contains": "x", "text": "", "error": True},
        ),
        "list": "one page",
    },
    "db": {
        "run": {"description": "Runs SQL", "arguments": {"sql": "The query"}, "replies": ["ok"]}
    },
}


def refuse_workspace() -> WorkspaceTools:
    raise AssertionError("nothing here needs a workspace")


def test_mcp_tools_answer_as_their_scenario_says() -> None:
    scenario = Scenario.model_validate({"title": "t", "task": "t", "tools": [], "mcp": MCP})
    offered = list_mcp_tools(scenario.mcp, lambda server, tool: (server, tool) != ("wiki", "list"))
    names = tuple(tool["name"] for tool in offered)
    assert names == ("mcp__wiki__find", "mcp__db__run")
    assert offered[1]["description"] == "Runs SQL"
    assert offered[1]["input_schema"]["required"] == ["sql"]
    live = LiveTools(refuse_workspace, Script(), names, scenario.mcp)

    def call(tool: str, **args: Any) -> ToolAnswer:
        return live.run(Call(id="1", tool=tool, args=args))

    assert call("mcp__wiki__find", query="the cart") == ToolAnswer("A cart.")
    assert call("mcp__wiki__find", query="x") == ToolAnswer("", error=True)
    assert "no answer to these arguments" in call("mcp__wiki__find", query="y").text
    assert call("mcp__db__run", sql="select 1") == ToolAnswer("ok")
    assert "There is no tool mcp__wiki__list" in call("mcp__wiki__list").text


def test_ls_lists_a_folder_as_it_stands(execute: Do) -> None:
    assert execute("LS", path="/workspace").text == "README.md\napp/\ntests/"
    assert execute("LS", path="/workspace/app", ignore=["*api*"]).text == "cart.py"
    assert execute("LS", path="/workspace/README.md").error
    assert execute("LS", path="/workspace/none").error


# Calls that are none


def test_a_tool_that_does_not_exist_is_told_with_the_one_that_was_meant(do: Do) -> None:
    answer = do("Raed", file_path="/workspace/README.md")
    assert answer.error
    assert answer.text.startswith("There is no tool Raed. Did you mean Read? Tools: Read, Write,")


def test_a_tool_that_is_not_offered_is_not_there(
    unprotected: Sandbox, folders: TrialFolders, workspace: Workspace
) -> None:
    offered = tools(unprotected, folders, names=("Read", "Write"))
    for tool in ("Bash", "bash", "Reads"):
        answer = offered(tool, command="touch x")
        assert answer.error
        assert answer.text.endswith("Tools: Read, Write")
        assert ("Did you mean" in answer.text) == (tool == "Reads")
    assert not (folders.workspace / "x").exists()
    none = tools(unprotected, folders, names=())
    assert none("Read", file_path="x").text == "There is no tool Read. Tools: none"


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("Read", {}, ["file_path: this key is missing"]),
        ("Read", {"file_path": 3}, ["file_path: text is expected"]),
        ("Read", {"file_path": "x", "limit": 0}, ["limit: 1 or more is expected"]),
        ("Read", {"file_path": "x", "limit": "9"}, ["limit: a whole number is expected"]),
        ("Read", {"path": "x"}, ["file_path: this key is missing", "path: unknown key"]),
        ("MultiEdit", {"file_path": "x", "edits": []}, ["edits: too few are listed"]),
        (
            "MultiEdit",
            {"file_path": "x", "edits": [{"old_string": "a"}]},
            ["edits.0.new_string: this key is missing"],
        ),
        ("Grep", {"pattern": "x", "before": 1}, ["before: unknown key"]),
        ("Grep", {"pattern": "x", "-A": -1}, ["-A: 0 or more is expected"]),
        ("Grep", {"pattern": "x", "output_mode": "lines"}, ["output_mode: 'content'"]),
        ("Bash", {"command": "x", "timeout": 600_001}, ["timeout: 600000 or less is expected"]),
        (
            "TodoWrite",
            {"todos": [{"content": "a", "status": "done"}]},
            ["todos.0.status: 'pen"],
        ),
    ],
)
def test_wrong_arguments_are_named_one_by_one(
    do: Do, tool: str, arguments: dict[str, Any], told: list[str]
) -> None:
    answer = do(tool, **arguments)
    assert answer.error
    assert answer.text.startswith(f"{tool} was called with arguments it does not take: ")
    for words in told:
        assert words in answer.text
