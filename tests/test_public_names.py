"""What `promptverdict` offers to a suite's checks.py and to notebooks, and nothing else."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import promptverdict
import pytest

from tests.cases import try_cases
from tests.repository.test_recordings import ROOT

EVENTS = ["Answered", "Call", "End", "Event", "Opaque", "Result", "Say", "Simulated", "User"]
GRADES = ["Evidence", "Finding", "Point", "failed", "passed", "ungraded"]
NAMES = [*EVENTS, *GRADES, "__version__", "final_text", "load_run"]
HEAVY = ("anthropic", "httpx2", "jinja2", "numpy", "openai", "pandas", "pydantic", "pytest")
HEAVY += ("rich", "scipy", "vcr", "yaml")

CHECKS = [*ROOT.glob("evals/*/checks.py"), *ROOT.glob("harness/promptverdict/starter/*/checks.py")]


def test_the_public_names_are_these() -> None:
    assert sorted(promptverdict.__all__) == sorted(NAMES)
    assert dir(promptverdict) == sorted(NAMES)


@try_cases("name", NAMES)
def test_each_public_name_is_there(name: str) -> None:
    assert getattr(promptverdict, name) is not None


def test_no_other_name_is_offered() -> None:
    with pytest.raises(AttributeError, match="no attribute 'TrialRecord'"):
        _ = promptverdict.TrialRecord  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_heavy() -> None:
    program = (
        "import sys, promptverdict; promptverdict.__version__;"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


@try_cases("path", CHECKS, ids=lambda path: path.parent.name)
def test_the_suites_own_checks_use_public_names_alone(path: Path) -> None:
    used = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            used += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            used += [f"{node.module}.{alias.name}" for alias in node.names]
    ours = [name for name in used if name.partition(".")[0] == "promptverdict"]
    assert ours
    assert set(ours) <= {f"promptverdict.{name}" for name in NAMES}
