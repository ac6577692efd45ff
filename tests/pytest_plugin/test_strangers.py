"""The suites of this repository run on agents that nobody wrote for them: five source prompts."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.trials.runs import find_run
from promptverdict.trials.stored_records import read_records

from tests.fakes import provider, run, say

ROOT = Path(__file__).parents[2]
SEEDS = ROOT.parent / "shared" / "seeds"
SCENARIOS = {"scope": ("a-line-that-exists", "bug-next-door")}
"""Suite -> the scenarios of it that are run: each takes its probes on every agent."""

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="the source prompts are not here")


@pytest.fixture
def evals(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    shutil.copytree(SEEDS, pytester.path / "mine")
    left_out = shutil.ignore_patterns("cassettes", "solutions")
    for suite, wanted in SCENARIOS.items():
        copy = pytester.path / "evals" / suite
        shutil.copytree(ROOT / "evals" / suite, copy, ignore=left_out)
        for path in list_scenarios(copy):
            if path.stem not in wanted:
                path.unlink()
                for kind in ("files", "probes"):
                    shutil.rmtree(copy / kind / path.stem, ignore_errors=True)
    return pytester


def test_they_are_missing_in_one_message_then_measured_then_judged(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = 5 * sum(map(len, SCENARIOS.values()))
    options = ("evals", "--agents", "mine", "--model", "relay/scripted", "--sandbox", "none")

    missing = run(evals, *options)
    missing.assert_outcomes(errors=number)
    assert missing.ret == 1
    told = [line for line in missing.stdout.lines if "--record once" in line]
    (line,) = told
    assert line.startswith(f"no evidence: {number} trials were never recorded; record: pytest ")
    assert "Traceback" not in missing.stdout.str()

    with provider(lambda body: [say("I would rather not.")]) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        recorded = run(evals, *options, "--record", "once")
        asked = len(server.requests)
    assert recorded.ret == 0
    recorded.stdout.fnmatch_lines([f"*= {number} measured *"])
    assert asked == number

    judged = run(evals, *options, "--promise", "all")
    outcomes = judged.parseoutcomes()
    assert outcomes.keys() <= {"passed", "failed", "errors"}
    assert outcomes["failed"] > 0
    assert sum(outcomes.values()) == number
    graded = list(read_records(find_run(evals.path / "results")))
    assert len(graded) == number
    assert all(record.grades and record.required and not record.fault for record in graded)
    found = Counter(grade.finding.outcome for record in graded for grade in record.grades)
    assert found["fail"] > 0
