"""A probe learns what a tree does, whatever the code in it does to the one who asks."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from promptverdict.guest import probekit
from promptverdict.guest.probekit import is_test

from tests.fakes import write

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="runs inside the sandbox only"),
    pytest.mark.e2e,
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A workspace, beside the base it came from and the kit on its own."""
    write(tmp_path, {"base/app.py": "value = 1\n", "w/app.py": "value = 2\n"})
    (tmp_path / "kit").mkdir()
    shutil.copy(probekit.__file__, tmp_path / "kit")
    return tmp_path / "w"


def probe(tree: Path, code: str, **environment: str) -> str:
    """Run a probe as the harness does, and give what it printed."""
    places = {
        "PATH": os.environ["PATH"],
        "HOME": str(tree.parent),
        "PYTHONPATH": str(tree.parent / "kit"),
        "PROBE_WORKSPACE": str(tree),
        "PROBE_BASE": str(tree.parent / "base"),
        **environment,
    }
    done = subprocess.run(
        [sys.executable, "-c", "from probekit import *\n" + code],
        env=places,
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def value(tree: Path, expression: str, **environment: str) -> Any:
    """Give the value of an expression of a probe."""
    printed = probe(tree, f"import json\nprint(json.dumps({expression}))", **environment)
    return json.loads(printed)


def evaluated(tree: Path, code: str, options: str = "") -> Any:
    """Give what the code left in `out`, or why it left nothing as `Crash: ...`."""
    found = f"found if not isinstance(found := evaluate({code!r}{options}), Crash)"
    return value(tree, f"{found} else 'Crash: ' + found.reason")


def test_a_verdict_is_one_line_and_is_returned(tree: Path) -> None:
    code = (
        "print(check('green', True), check('red', False, 'two\\n  lines'))\nnote('seen', ' x ')\n"
    )
    assert probe(tree, code) == "PASS green\nFAIL red: two lines\nTrue False\nNOTE seen: x\n"


def test_changes_are_told_by_path_without_what_nobody_wrote(tree: Path) -> None:
    write(tree.parent, {"base/old.py": "", "base/same.py": "", "w/same.py": ""})
    write(
        tree,
        {
            "new/b.py": "",
            "a.txt": "",
            ".git/HEAD": "",
            "new/__pycache__/b.pyc": "",
            "shop.db": "",
            ".pytest_cache/x": "",
        },
    )
    assert value(tree, "changes()._asdict()") == {
        "added": ["a.txt", "new/b.py"],
        "removed": ["old.py"],
        "changed": ["app.py"],
    }


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("tests/test_a.py", True),
        ("tests/data/prices.json", True),
        ("test_a.py", True),
        ("app/test_a.py", True),
        ("app/cart_test.py", True),
        ("app/conftest.py", True),
        ("app/cart.py", False),
        ("app/tests.py", False),
        ("app/latest_prices.py", False),
        ("contests/a.py", False),
        ("test_data.json", False),
    ],
)
def test_tests_are_told_from_production_code(path: str, told: bool) -> None:
    assert is_test(path) is told


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("out = [1, 'a', None]", [1, "a", None]),
        ("import app\nout = app.value", 2),
        ("import os\nout = os.path.basename(os.getcwd())", "w"),
        ("print('noise')\nout = 1", 1),
        ("out = None", None),
        ("raise KeyError('sku')", "Crash: KeyError: 'sku'"),
        ("import sys\nsys.exit('out of stock')", "Crash: out of stock"),
        ("import sys\nsys.exit(0)", "Crash: exit 0"),
        ("import os\nos._exit(7)", "Crash: exit 7"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "Crash: exit -9"),
        ("import sys\nsys.exit(3)", "Crash: exit 3"),
    ],
)
def test_evaluated_code_gives_its_value_or_why_it_has_none(
    tree: Path, code: str, found: object
) -> None:
    assert evaluated(tree, code) == found


def test_a_value_that_json_cannot_hold_is_a_crash(tree: Path) -> None:
    assert str(evaluated(tree, "out = object()")).startswith("Crash: TypeError: ")


def test_evaluated_code_that_sets_no_value_crashes(tree: Path) -> None:
    assert evaluated(tree, "x = 1").startswith("Crash: NameError: name 'out' is not defined")


def test_evaluated_code_that_does_not_end_is_given_up(tree: Path) -> None:
    hang = "import time\ntime.sleep(60)\nout = 1"
    assert evaluated(tree, hang, ", timeout=0.3") == "Crash: no answer within 0.3 s"


def test_evaluated_code_gets_the_settings_it_is_given_and_not_the_probes_own(tree: Path) -> None:
    code = "import os\nout = [os.environ.get(name) for name in ('APP_DB', 'MODE', 'PYTHONPATH')]"
    expression = f"[evaluate({code!r}), evaluate({code!r}, env=dict(MODE='a', APP_DB='x'))]"
    assert value(tree, expression, APP_DB="/tmp/shop.db") == [[None] * 3, ["x", "a", None]]
    kit = "try:\n    import probekit\n    out = True\nexcept ImportError:\n    out = False"
    assert evaluated(tree, kit) is False


TESTS = """\
import pytest

def test_good(): pass
def test_bad(): assert False
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert False
@pytest.fixture
def broken(): raise RuntimeError
def test_broken(broken): pass
class TestCart:
    @pytest.mark.parametrize("n", [1, 2])
    def test_add(self, n): assert n == 1
"""


def test_a_run_of_the_trees_tests_tells_each_outcome(tree: Path) -> None:
    write(tree, {"tests/test_a.py": TESTS})
    ran = value(tree, "(run := run_pytest()) and [run.outcomes, run.passed, run.failed]")
    assert ran == [
        {
            "tests.test_a::test_good": "passed",
            "tests.test_a::test_bad": "failed",
            "tests.test_a::test_skipped": "skipped",
            "tests.test_a::test_expected": "skipped",
            "tests.test_a::test_broken": "error",
            "tests.test_a.TestCart::test_add[1]": "passed",
            "tests.test_a.TestCart::test_add[2]": "failed",
        },
        2,
        3,
    ]


def test_a_run_tells_the_exit_code_and_what_could_not_be_collected(tree: Path) -> None:
    assert value(tree, "run_pytest().exit_code") == 5
    write(tree, {"tests/test_a.py": "import nothing\n"})
    assert value(tree, "(run := run_pytest()) and [run.outcomes, run.exit_code]") == [
        {"tests.test_a": "error"},
        2,
    ]


def test_a_run_leaves_nothing_behind_and_heeds_arguments_and_the_trees_own_settings(
    tree: Path,
) -> None:
    write(
        tree,
        {
            "tests/test_a.py": "def test_a(): pass\ndef test_b(): pass\n",
            "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--junitxml=own.xml -q"\n',
        },
    )
    before = sorted(tree.rglob("*"))
    assert value(tree, "run_pytest(WORKSPACE, '-k', 'test_b').outcomes") == {
        "tests.test_a::test_b": "passed"
    }
    assert sorted(tree.rglob("*")) == before


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_tells_what_it_said_or_that_it_refused(tree: Path) -> None:
    assert value(tree, "git('status')", GIT_CEILING_DIRECTORIES=str(tree.parent)) is None
    git = ["git", "-c", "user.name=Dev", "-c", "user.email=dev@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=tree, check=True)
    subprocess.run([*git, "add", "app.py"], cwd=tree, check=True)
    subprocess.run([*git, "commit", "-qm", "First"], cwd=tree, check=True)
    assert value(tree, "[git('log', '--format=%s'), git('status', '--short'), git('no')]") == [
        "First",
        "",
        None,
    ]
