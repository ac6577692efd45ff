"""What a trial notes of test runs: reports of runs that were seen, and no file of an agent's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from promptverdict.graders.steps import TestsPass
from promptverdict.sandbox import Sandbox
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import TestReport

from tests.fakes import SCENARIO, say, script, use
from tests.runner.test_trial import cell_of, record, replay, scenario_of
from tests.sandboxes import open_bubblewrap

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")

TEST = "from app import slug\n\n\ndef test_a():\n    assert slug('a b') == 'a-b'\n"
CODE = "def slug(text):\n    return text\n"
FORGED = (
    '{"tree": "0000000000000000", "exit_code": 0, "root": ".",'
    ' "nodes": [{"id": "test_a.py::test_a", "phase": "call", "outcome": "passed"}]}'
)
FORGE = f"""cat > /tmp/forge.py <<'END'
import socket
to = socket.socket(socket.AF_UNIX)
to.connect("/run/harness/reports")
to.recv(1)
to.sendall({FORGED!r}.encode())
to.shutdown(2)
END
python3 /tmp/forge.py"""


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_bubblewrap()


def reports(root: Path, sandbox: Sandbox, command: str) -> tuple[tuple[TestReport, ...], str]:
    """Record a trial that writes code, runs a command and claims success; then replay it."""
    cell = cell_of(scenario_of(root, SCENARIO))
    answers = script(
        [
            use("Write", file_path="backend/app.py", content=CODE),
            use("Write", file_path="backend/test_a.py", content=TEST),
            use("Bash", command=command),
        ],
        [say("All tests pass.")],
    )
    recorded = record(cell, answers, sandbox)
    assert recorded.fault is None
    assert replay(cell, sandbox).evidence == recorded.evidence
    results = [event for event in recorded.evidence.events if isinstance(event, Result)]
    return results[-1].tests, TestsPass().grade(recorded.evidence).outcome


def test_a_run_that_was_seen_is_noted_with_where_its_tests_are_named(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    (report,), outcome = reports(
        tmp_path, sandbox, "cd backend && touch pytest.ini && python3 -m pytest -q"
    )
    assert (report.root, report.unproven) == ("backend", None)
    assert [node.outcome for node in report.nodes] == ["failed"]
    assert outcome == "fail"


def test_a_forged_file_is_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    found, outcome = reports(tmp_path, sandbox, f"echo '{FORGED}' > /run/reports/1.json")
    assert found == ()
    assert outcome == "fail", "no test was run"


def test_a_report_of_another_process_decides_nothing(tmp_path: Path, sandbox: Sandbox) -> None:
    (report,), outcome = reports(tmp_path, sandbox, FORGE)
    assert report.unproven == "its process does not run pytest by pytest's own command"
    assert outcome == "ungraded"
