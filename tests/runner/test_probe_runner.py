"""What an agent's files can do to a probe that looks at them: nothing by accident."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from promptverdict.graders.workspace import ProbeChecks
from promptverdict.runner.probe_runner import probe_trees
from promptverdict.sandbox import Sandbox, open_sandbox
from promptverdict.trials.evidence import Evidence, ProbeReport

from tests.fakes import SCENARIO
from tests.graders.saboteurs import play
from tests.runner.test_trial import scenario_of

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")

EVALUATES = """\
import probekit as k
value = k.evaluate("from app import slug\\nout = slug('a b')")
k.check("slug", value == "a-b", repr(value))
"""
CODE = "def slug(text):\n    return text.replace(' ', '-')\n"
PRINTS_A_KEY = """\
import pathlib
import probekit as k
key = pathlib.Path("/workspace/.env").read_text()
k.check("holds " + key, False, key)
k.note("text", key)
"""
LIES = "def dump(value, file):\n    file.write('\"a-b\"')\n"


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("bubblewrap")


def probed(
    root: Path, sandbox: Sandbox, files: dict[str, str], source: str = EVALUATES
) -> tuple[ProbeReport, Evidence]:
    text = SCENARIO + "probes:\n- {name: p, run: python3 /probes/hello/p.py, timeout: 20}\n"
    scenario = scenario_of(root, text, **{"evals/small/probes/hello/p.py": source})
    evidence = play(files, [])
    (report,) = probe_trees(scenario, evidence, sandbox)
    assert evidence.outcome
    outcome = evidence.outcome.model_copy(update={"probes": (report,)})
    return report, evidence.model_copy(update={"outcome": outcome})


@pytest.mark.parametrize(
    "more",
    [{}, {"json.py": ""}, {"re.py": "", "os.py": "raise SystemExit", "json.py": LIES}],
    ids=["nothing", "an innocent module", "modules that lie"],
)
@pytest.mark.parametrize(("code", "verdict"), [(CODE, "pass"), ("def slug(t): pass\n", "fail")])
def test_modules_of_the_workspace_do_not_stand_in_for_pythons(
    tmp_path: Path, sandbox: Sandbox, more: dict[str, str], code: str, verdict: str
) -> None:
    report, _ = probed(tmp_path, sandbox, {"app.py": code, **more})
    assert report.fault is None
    assert [check.outcome for check in report.checks] == [verdict]


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
