"""What an agent's files can do to a probe that looks at them: nothing by accident."""

from __future__ import annotations

import importlib.util
import py_compile
import shutil
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from promptverdict.graders.workspace import ProbeChecks
from promptverdict.runner.probe_runner import probe_trees
from promptverdict.runner.start_reports import StartReports
from promptverdict.sandbox import Sandbox
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.trials.evidence import Evidence, ProbeReport
from promptverdict.trials.tree import Node

from tests.fakes import SCENARIO
from tests.graders.saboteurs import Act, edit, perform
from tests.runner.test_trial import scenario_of
from tests.sandboxes import open_bubblewrap

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")

EVALUATES = """\
import probekit as k
value = k.evaluate("from app import slug\\nout = slug('a b')")
k.check("slug", value == "a-b", repr(value))
"""
ASKS_IN_EVERY_WAY = (
    EVALUATES
    + """
import subprocess, sys
path = {"PYTHONPATH": str(k.WORKSPACE)}
value = k.evaluate("from app import slug\\nout = slug('a b')", env=path)
k.check("with-a-path", value == "a-b", repr(value))
code = "import app; print(app.slug('a b'))"
command = [sys.executable, "-c", code]
bare = subprocess.run(command, cwd=k.WORKSPACE, env={}, capture_output=True, text=True)
k.check("without-settings", bare.stdout == "a-b\\n", bare.stdout + bare.stderr)
ran = k.run_pytest()
k.check("tests", ran.exit_code == 0 and ran.passed == 1, str(ran))
"""
)
CODE = "def slug(text):\n    return text.replace(' ', '-')\n"
TELLS_THE_TIME = """\
import time
import probekit as k
k.note("at", str(time.time_ns()))
"""
PRINTS_A_KEY = """\
import pathlib
import probekit as k
key = pathlib.Path("/workspace/.env").read_text()
k.check("holds " + key, False, key)
k.note("text", key)
"""
BROKEN = "def slug(text):\n    pass\n"
TEST = "from app import slug\n\n\ndef test_slug():\n    assert slug('a b') == 'a-b'\n"
LIES = "def dump(value, file):\n    file.write('\"a-b\"')\n"
LYING = {
    "json.py": LIES,
    "sitecustomize.py": LIES + "import json\njson.dump = dump\n",
    "os.py": "raise SystemExit",
    "re.py": "",
    "xml.py": "",
    "platform.py": "",
}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_bubblewrap()


def probed(
    root: Path, sandbox: Sandbox, files: Mapping[str, str | bytes], source: str = EVALUATES
) -> tuple[ProbeReport, Evidence]:
    text = SCENARIO + "probes:\n- {name: p, run: python3 /probes/hello/p.py, timeout: 20}\n"
    scenario = scenario_of(root, text, **{"evals/small/probes/hello/p.py": source})
    tree = {
        path: Node("file", content.encode() if isinstance(content, str) else content)
        for path, content in files.items()
    }
    evidence = perform(tree, [], None)
    (report,) = probe_trees(scenario, evidence, sandbox)
    assert evidence.outcome
    outcome = evidence.outcome.model_copy(update={"probes": (report,)})
    return report, evidence.model_copy(update={"outcome": outcome})


def asked_in_every_way(root: Path, sandbox: Sandbox, files: Mapping[str, str | bytes]) -> set[str]:
    report, _ = probed(root, sandbox, files, ASKS_IN_EVERY_WAY)
    assert report.fault is None
    assert len(report.checks) == 4
    return {f"{check.name} {check.outcome}" for check in report.checks}


@pytest.mark.parametrize(
    "more", [{}, {"json.py": ""}, LYING], ids=["nothing", "an innocent module", "modules that lie"]
)
@pytest.mark.parametrize(("code", "verdict"), [(CODE, "pass"), (BROKEN, "fail")])
def test_modules_of_the_workspace_do_not_stand_in_for_pythons(
    tmp_path: Path, sandbox: Sandbox, more: dict[str, str], code: str, verdict: str
) -> None:
    files = {"app.py": code, "test_app.py": TEST, **more}
    # A bare `python -c` in the workspace is the agent's own program: it gets what lies there.
    told = asked_in_every_way(tmp_path, sandbox, files) - {f"without-settings {verdict}"}
    assert told - {"without-settings fail"} == {
        f"{name} {verdict}" for name in ("slug", "with-a-path", "tests")
    }


def test_bytecode_of_the_workspace_does_not_stand_in_for_its_sources(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    files = {"app.py": BROKEN, "test_app.py": TEST}
    planted = {importlib.util.cache_from_source("app.py"): compiled(tmp_path, CODE)}
    assert asked_in_every_way(tmp_path, sandbox, files | planted) == {
        f"{name} fail" for name in ("slug", "with-a-path", "without-settings", "tests")
    }


def test_bytecode_without_a_source_is_no_module(tmp_path: Path, sandbox: Sandbox) -> None:
    report, _ = probed(tmp_path, sandbox, {"app.pyc": compiled(tmp_path, CODE)})
    (check,) = report.checks
    assert "No module named 'app'" in check.detail


def compiled(root: Path, code: str) -> bytes:
    """Compile a source into bytecode that Python runs whatever the source beside it says."""
    source = root / "source.py"
    source.write_text(code, encoding="utf-8")
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    return Path(str(py_compile.compile(str(source), invalidation_mode=mode))).read_bytes()


def test_code_that_kills_the_probe_fails_with_the_reason(tmp_path: Path, sandbox: Sandbox) -> None:
    kills = "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n"
    report, evidence = probed(tmp_path, sandbox, {"app.py": kills + CODE})
    assert report.killed == "SIGKILL"
    for checks in (None, ("slug",)):
        found = ProbeChecks(probe="p", checks=checks).grade(evidence)
        assert (found.outcome, found.reason) == (
            "fail",
            "the code under test ended p with SIGKILL",
        )


def test_a_probe_that_crashes_by_itself_is_a_fault(tmp_path: Path, sandbox: Sandbox) -> None:
    report, evidence = probed(tmp_path, sandbox, {"app.py": CODE})
    crashed = report.model_copy(update={"fault": "exit code 139", "checks": ()})
    assert evidence.outcome
    outcome = evidence.outcome.model_copy(update={"probes": (crashed,)})
    given = evidence.model_copy(update={"outcome": outcome})
    assert ProbeChecks(probe="p").grade(given).outcome == "ungraded"


def test_keys_that_a_probe_prints_are_not_stored(
    tmp_path: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "gh" + "p_" + "a1" * 18
    monkeypatch.setenv("SHOP_TOKEN", "plain-words-of-a-password")
    for secret in (key, "plain-words-of-a-password"):
        report, _ = probed(tmp_path, sandbox, {".env": secret}, PRINTS_A_KEY)
        assert report.checks
        assert secret not in report.model_dump_json()
        assert "holds ***" in report.model_dump_json()


def test_a_starting_tree_is_probed_once_for_all_trials_of_a_run(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    text = SCENARIO + (
        "probes:\n"
        "- {name: each, run: python3 /probes/hello/p.py, trees: every}\n"
        "- {name: last, run: python3 /probes/hello/p.py}\n"
    )
    scenario = scenario_of(tmp_path, text, **{"evals/small/probes/hello/p.py": TELLS_THE_TIME})
    starts = StartReports()

    def probe(code: str, *acts: Act, of: LoadedScenario = scenario) -> list[ProbeReport]:
        evidence = perform({"app.py": Node("file", code.encode())}, list(acts), None)
        return list(probe_trees(of, evidence, sandbox, starts=starts))

    first, second = probe(CODE, edit(app=BROKEN)), probe(CODE, edit(app=BROKEN))
    assert [(report.probe, report.after) for report in first] == [
        ("each", 0),
        ("each", 1),
        ("last", 1),
    ]
    assert [one == other for one, other in zip(first, second, strict=True)] == [True, False, False]
    # Nor is one that began with what another ended with, or whose last tree is its first.
    unchanged, other = probe(CODE), probe(BROKEN)
    assert unchanged[0] == first[0]
    assert len({report.checks for report in (*first, *second[1:], unchanged[1], *other)}) == 8
    # Another scenario with the same probe may begin with another repository.
    assert probe(CODE, of=replace(scenario, path=tmp_path / "other.yaml"))[0] != first[0]


def test_a_fault_on_a_starting_tree_is_tried_again() -> None:
    starts = StartReports()
    broken = ProbeReport(probe="p", after=0, tree="t", fault="stopped: timeout")
    killed = broken.model_copy(update={"fault": None, "killed": "SIGKILL"})
    whole = broken.model_copy(update={"fault": None})
    for report in (broken, killed, whole):
        assert starts.share_report(("d", "t"), lambda report=report: report) == report
    assert starts.share_report(("d", "t"), lambda: broken) == whole
    assert starts.share_report(("d", "u"), lambda: broken) == broken
    assert starts.share_report(("e", "t"), lambda: broken) == broken


def test_trials_that_end_together_wait_for_one_report() -> None:
    starts, runs, begun = StartReports(), [], threading.Event()
    whole = ProbeReport(probe="p", after=0, tree="t")

    def run() -> ProbeReport:
        runs.append(1)
        begun.wait(10)
        return whole

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(starts.share_report, ("d", "t"), run) for _ in range(8)]
        begun.set()
        assert [answer.result() for answer in asked] == [whole] * 8
    assert len(runs) == 1
