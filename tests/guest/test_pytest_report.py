from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator

import pytest
from promptverdict.guest.pytest_report import SOCKET
from promptverdict.sandbox import (
    Reported,
    Sandbox,
    TrialFolders,
    make_trial_folders,
    remove_trial_folders,
)
from promptverdict.sandbox.workspace import Workspace
from promptverdict.trials.tree import Node, TestNode, TestReport, digest

from tests.sandboxes import open_bubblewrap

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.e2e,
]

Run = Callable[..., str]
Reports = Callable[[], list[TestReport]]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_bubblewrap()


@pytest.fixture
def folders() -> Iterator[TrialFolders]:
    made = make_trial_folders()
    yield made
    remove_trial_folders(made)


@pytest.fixture
def workspace(folders: TrialFolders) -> Workspace:
    return Workspace(folders.workspace, folders.owner)


@pytest.fixture
def reported() -> list[Reported]:
    return []


@pytest.fixture
def run(
    sandbox: Sandbox, folders: TrialFolders, workspace: Workspace, reported: list[Reported]
) -> Run:
    """Put files into the workspace, run a command, give its output."""

    def do(command: str, **files: str) -> str:
        for name, content in files.items():
            workspace.write(name.replace("__", "/") + ".py", content.encode())
        argv = ["bash", "--noprofile", "--norc", "-c", command]
        done = sandbox.run(argv, folders, timeout=20)
        reported.extend(done.reports)
        return done.output

    return do


@pytest.fixture
def reports(reported: list[Reported]) -> Reports:
    """Read what was reported, in order."""
    return lambda: [TestReport.model_validate_json(sent.content) for sent in reported]


PASSING = "def test_it(): pass\n"
FAILING = "def test_it(): assert 1 == 2\n"

EVERYTHING = """
import unittest
import pytest

def test_passes(): pass
def test_fails(): assert 1 == 2, "one is not two"
def test_raises(): raise NotImplementedError("not yet \\udc80")
def test_no_fixture(nothing): pass
@pytest.mark.skip(reason="not today")
def test_skipped(): pass
@pytest.mark.xfail(reason="known")
def test_expected(): assert 0
@pytest.mark.xfail(strict=True)
def test_unexpected(): pass
def test_long(): raise ValueError("x" * 2000)
class Rude(Exception):
    def __str__(self): raise RuntimeError
def test_rude(): raise Rude
@pytest.fixture
def untidy():
    yield
    raise OSError("untidy")
def test_untidy(untidy): pass
def test_subtests(subtests):
    with subtests.test("good"): pass
    with subtests.test("bad"): raise KeyError("bad")
@pytest.mark.parametrize("n", [1, 2])
def test_numbers(n): assert n == 1
class TestOld(unittest.TestCase):
    def test_old(self): self.assertEqual(1, 2)
    def test_inner(self):
        with self.subTest(i=1): self.fail("inner")
"""


def test_every_outcome_is_told_with_its_exception(run: Run, reports: Reports) -> None:
    run("pytest -q", test_all=EVERYTHING)
    (report,) = reports()
    told = {
        (node.id.removeprefix("test_all.py::"), node.phase): (node.outcome, node.exception)
        for node in report.nodes
    }
    assert told == {
        ("test_passes", "call"): ("passed", None),
        ("test_fails", "call"): ("failed", "AssertionError"),
        ("test_raises", "call"): ("failed", "NotImplementedError"),
        ("test_no_fixture", "setup"): ("failed", "FixtureLookupError"),
        ("test_skipped", "setup"): ("skipped", None),
        ("test_expected", "call"): ("skipped", None),
        ("test_unexpected", "call"): ("failed", None),
        ("test_long", "call"): ("failed", "ValueError"),
        ("test_rude", "call"): ("failed", "Rude"),
        ("test_untidy", "call"): ("passed", None),
        ("test_untidy", "teardown"): ("failed", "OSError"),
        ("test_subtests", "call"): ("failed", "KeyError"),
        ("test_numbers[1]", "call"): ("passed", None),
        ("test_numbers[2]", "call"): ("failed", "AssertionError"),
        ("TestOld::test_old", "call"): ("failed", "AssertionError"),
        ("TestOld::test_inner", "call"): ("failed", "AssertionError"),
    }
    assert report.exit_code == 1
    message = {node.id.partition("::")[2]: node.message or "" for node in report.nodes}
    assert message["test_fails"] == "one is not two\nassert 1 == 2"
    assert message["test_raises"] == "not yet \\udc80"
    assert message["test_no_fixture"].startswith("fixture 'nothing' not found")
    assert message["test_skipped"] == "Skipped: not today"
    assert message["test_expected"] == "xfail: known"
    assert message["test_long"] == "x" * 500
    assert "cannot be shown" in message["test_rude"]


@pytest.mark.parametrize(
    ("command", "root"),
    [
        ("pytest", "."),
        ("pytest sub", "sub"),
        ("pytest test_b.py sub", "."),
        ("cd sub && pytest", "sub"),
        ("cp -r sub /tmp/x && cd /tmp/x && pytest", "../tmp/x"),
        ("pytest --rootdir sub sub", "sub"),
    ],
)
def test_a_report_says_from_where_its_tests_are_named(
    run: Run, reports: Reports, workspace: Workspace, command: str, root: str
) -> None:
    for path in ("pytest.ini", "sub/pytest.ini"):
        workspace.write(path, b"[pytest]\n")
    run(command, sub__test_a=PASSING, test_b=PASSING)
    assert [report.root for report in reports()] == [root]


def test_two_runs_in_one_command_give_two_reports_in_order(run: Run, reports: Reports) -> None:
    run("pytest -q test_a.py; pytest -q test_b.py", test_a=FAILING, test_b=PASSING)
    assert [report.exit_code for report in reports()] == [1, 0]
    assert [report.nodes[0].id for report in reports()] == [
        "test_a.py::test_it",
        "test_b.py::test_it",
    ]


def test_two_runs_at_the_same_time_give_two_reports(run: Run, reports: Reports) -> None:
    run("pytest -q test_a.py & pytest -q test_b.py; wait", test_a=FAILING, test_b=PASSING)
    assert sorted(report.exit_code for report in reports()) == [0, 1]


@pytest.mark.parametrize(
    "command",
    [
        "pytest | tail -1",
        "pytest > /dev/null 2>&1; true",
        "python -m pytest -p no:cacheprovider -p no:terminal",
        "pytest --junitxml=own.xml -o addopts=",
        "cd sub && pytest ..",
        "python -c 'import pytest; pytest.main()'",
        "python -m unittest discover > /dev/null; python3 -I -m pytest --rootdir sub",
        "env -i /opt/py/bin/pytest",
        "pytest -x --tb=no --capture=no -rN --no-header --no-summary -W error",
    ],
)
def test_the_outcome_is_told_however_pytest_is_run(
    run: Run, reports: Reports, command: str
) -> None:
    ini = "import sys\n"
    run(command, test_a=FAILING, sub__x=ini)
    (report,) = reports()
    assert report.exit_code == 1
    assert [node.outcome for node in report.nodes] == ["failed"]


def test_options_of_the_project_do_not_matter(
    run: Run, reports: Reports, workspace: Workspace
) -> None:
    workspace.write("pytest.ini", b"[pytest]\naddopts = --junitxml=own.xml -p no:cacheprovider\n")
    run("pytest; pytest --strict-config --strict-markers", test_a=PASSING)
    assert [report.exit_code for report in reports()] == [0, 0]


def test_a_file_that_cannot_be_imported_is_a_failed_collection(run: Run, reports: Reports) -> None:
    run(
        "pytest --continue-on-collection-errors",
        test_a="import nothing_here\n",
        test_b="def test_x(:\n",
        test_c=PASSING,
        test_d="raise ValueError('at import')\n",
    )
    (report,) = reports()
    assert report.exit_code == 1
    assert [(node.id, node.phase, node.exception) for node in report.nodes] == [
        ("test_a.py", "collect", "ModuleNotFoundError"),
        ("test_b.py", "collect", "SyntaxError"),
        ("test_d.py", "collect", "ValueError"),
        ("test_c.py::test_it", "call", None),
    ]
    assert report.nodes[0].message == "No module named 'nothing_here'"


def test_a_broken_conftest_is_a_failed_collection(run: Run, reports: Reports) -> None:
    output = run("pytest", conftest="import nothing_here\n", test_a=PASSING)
    assert "ImportError while loading conftest" in output
    (report,) = reports()
    assert report.exit_code == 4
    assert report.nodes == (
        TestNode(
            id="conftest.py",
            phase="collect",
            outcome="failed",
            exception="ModuleNotFoundError",
            message="No module named 'nothing_here'",
        ),
    )


def test_a_broken_conftest_further_down_is_a_failed_collection(run: Run, reports: Reports) -> None:
    run("pytest", sub__conftest="1 / 0\n", sub__test_a=PASSING)
    (report,) = reports()
    assert [(node.id, node.phase, node.exception) for node in report.nodes] == [
        ("sub", "collect", "ZeroDivisionError")
    ]


def test_an_error_inside_pytest_is_told(run: Run, reports: Reports) -> None:
    broken = "def pytest_collection_modifyitems(items): raise LookupError('hook')\n"
    run("pytest", conftest=broken, test_a=PASSING)
    (report,) = reports()
    assert report.exit_code == 3
    assert [(node.phase, node.exception, node.message) for node in report.nodes] == [
        ("collect", "LookupError", "hook")
    ]


def test_a_run_without_tests_is_told(run: Run, reports: Reports) -> None:
    run("pytest; pytest --collect-only test_a.py", test_a=PASSING, test_b="")
    run("pytest nothing.py; pytest --version; pytest --no-such-option", test_a="")
    told = [(report.exit_code, len(report.nodes)) for report in reports()]
    assert told == [(0, 1), (0, 0), (4, 0)]


def test_a_run_that_is_interrupted_is_told(run: Run, reports: Reports) -> None:
    code = "def test_a(): pass\ndef test_b(): raise KeyboardInterrupt\n"
    run("pytest", test_a=code)
    (report,) = reports()
    assert report.exit_code == 2
    assert [node.outcome for node in report.nodes] == ["passed"]


def test_a_test_that_forks_is_reported_once(run: Run, reports: Reports) -> None:
    run("pytest", test_a="import os\ndef test_it():\n    if os.fork() == 0: raise ValueError\n")
    (report,) = reports()
    assert [node.outcome for node in report.nodes] == ["passed"]


def test_a_run_inside_a_run_has_its_own_report(run: Run, reports: Reports) -> None:
    code = "import pytest\ndef test_it(): assert pytest.main(['inner.py']) == 1\n"
    run("pytest test_a.py", test_a=code, inner=FAILING)
    assert [(report.exit_code, report.nodes[0].id) for report in reports()] == [
        (1, "inner.py::test_it"),
        (0, "test_a.py::test_it"),
    ]


def test_the_digest_is_of_the_tree_before_the_run(
    run: Run, reports: Reports, workspace: Workspace
) -> None:
    changing = "open('/workspace/made', 'w').close()\n"
    workspace.lay_out(
        {
            "run.sh": Node("file", b"#!/bin/sh\n", 0o755),
            "link": Node("link", b"run.sh", 0o777),
            "nowhere": Node("link", b"/nowhere", 0o777),
            "empty": Node("folder", b"", 0o755),
            "binary": Node("file", bytes(range(256)), 0o644),
            "closed": Node("file", b"1", 0o000),
            "test_a.py": Node("file", b"def test_it(): open('/workspace/late', 'w').close()\n"),
            "conftest.py": Node("file", changing.encode()),
        }
    )
    run("git init -q . && touch $(printf 'caf\\xe9') && mkfifo pipe && mkdir -p .pytest_cache/x")
    before = digest(workspace.snapshot().tree)
    run("pytest")
    after = digest(workspace.snapshot().tree)
    run("pytest")
    assert [report.tree for report in reports()] == [before, after]
    assert before != after


def test_nothing_is_printed(run: Run, reports: Reports) -> None:
    command = "pytest -q --color=no"
    files = {"test_a": FAILING, "test_b": "import nothing_here\n"}
    quiet = run(f"{command} -p no:session-report", **files)
    told = run(command)
    assert re.sub(r"in [\d.]+s", "", told) == re.sub(r"in [\d.]+s", "", quiet)
    assert len(reports()) == 1


EACH_IN_ITS_PROCESS = """
import os, sys
import pytest

for path in sys.argv[1:]:
    print("socket:", path, flush=True)
    if not (process := os.fork()):
        os.environ["SESSION_REPORT_SOCKET"] = path
        code = pytest.main(["-q", "test_a.py"])
        sys.stdout.flush()
        os._exit(code)
    print("exit code:", os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


def test_without_a_socket_tests_run_all_the_same(run: Run, reports: Reports) -> None:
    # With the last, it is seen that such a run would report.
    paths = ["/nowhere", "/usr", "/workspace/test_a.py", "x" * 200, "", SOCKET]
    command = shlex.join(["python3", "each.py", *paths])
    output = run(command, test_a=PASSING, each=EACH_IN_ITS_PROCESS)
    runs = output.split("socket: ")[1:]
    assert [ran.partition("\n")[0] for ran in runs] == paths
    for ran in runs:
        assert "1 passed" in ran
        assert ran.endswith("exit code: 0\n")
    assert len(reports()) == 1


def test_a_tree_that_cannot_be_read_leaves_the_digest_empty(run: Run, reports: Reports) -> None:
    deep = "import os\nfor _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
    output = run("python3 deep.py; pytest -q test_a.py", deep=deep, test_a=PASSING)
    assert "1 passed" in output
    assert [(report.tree, report.exit_code) for report in reports()] == [("", 0)]
