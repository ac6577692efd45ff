"""Control trials: a baseline that was recorded long ago, made again to see whether it drifted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from promptverdict.cli import main
from promptverdict.comparison.storage import read_comparisons
from promptverdict.comparison.verdicts import Comparison
from promptverdict.trials.runs import find_run
from promptverdict.trials.stored_records import read_records

from tests.fakes import Blocks, Provider, provider, run, say
from tests.recorded import record_project
from tests.repositories import (
    CURT,
    SCENARIOS,
    SUITE,
    Repository,
    answers,
    make_repository,
    stand_alone_in,
)

NINE_DAYS_AGO = "2026-11-01T12:00:00Z"
NOW = "2026-11-10T12:00:00Z"
NOW_MODULE = "promptverdict.runner.world.live.format_now"
GATED = SUITE + "gate: {mode: no_regression}\n"


class Server:
    """A provider behind one name that can begin to answer otherwise."""

    def __init__(self, running: Provider) -> None:
        self.running = running
        self.has_drifted = False

    @property
    def asked(self) -> int:
        return len(self.running.requests)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    def answer(body: dict[str, Any]) -> Blocks:
        is_kind = "kind" in str(body["system"]) and not served.has_drifted
        return [say("You are welcome." if is_kind else "Done.")]

    with provider(answer) as running:
        served = Server(running)
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield served


@pytest.fixture(scope="module")
def recorded_long_ago(imported: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record the kind prompt nine days ago, and begin a branch."""
    folder = tmp_path_factory.mktemp("aged")
    with stand_alone_in(folder) as patch:
        patch.setattr(NOW_MODULE, lambda: NINE_DAYS_AGO)
        made = make_repository(folder)
        suite = folder / "evals/manners/suite.yaml"
        suite.write_text(GATED, encoding="utf-8")
        record_project(folder, answers)
        made.commit("Everything recorded")
        made.git("checkout", "--quiet", "-b", "work")
    return folder


@pytest.fixture
def aged(
    recorded_long_ago: Path,
    pytester: pytest.Pytester,
    clean_environment: None,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> Repository:
    """Copy what was recorded nine days ago, and edit the kind prompt."""
    shutil.copytree(recorded_long_ago, pytester.path, dirs_exist_ok=True, symlinks=True)
    (pytester.path / "agents/helper/base.md").write_text(CURT, encoding="utf-8")
    monkeypatch.setattr(NOW_MODULE, lambda: NOW)
    return Repository(pytester.path)


def judge(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    command = ("evals", "--base", "main", "--record", "once", "--junitxml", "junit.xml", *options)
    return run(pytester, *command)


def compared(folder: Path) -> Comparison:
    found = read_comparisons(find_run(folder / "results"))
    (comparison,) = [each for each in found.comparisons if each.status == "compared"]
    return comparison


def list_outputs(folder: Path, terminal: str) -> dict[str, str]:
    assert main(["report"]) == 0
    results = find_run(folder / "results")
    properties = ET.parse(folder / "junit.xml").iter("property")
    return {
        "terminal": terminal,
        "page": (results / "report.html").read_text(encoding="utf-8"),
        "Markdown": (results / "report.md").read_text(encoding="utf-8"),
        "JSON": (results / "derived/comparison.json").read_text(encoding="utf-8"),
        "JUnit": "\n".join(str(each.get("value")) for each in properties),
    }


def test_sides_that_are_nine_days_apart_are_capped_with_command_and_price(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    ended = judge(pytester)
    comparison = compared(aged.folder)
    assert comparison.word == "inconclusive"
    (kind,) = comparison.behaviours
    assert kind.reason.startswith("the sides were recorded 9 days apart; by the figures")
    assert kind.next_step.startswith(
        "record both sides together: pytest evals --base main"
        " --junitxml junit.xml --record both"
        f" (recording {2 * SCENARIOS} trials with relay/scripted: about "
    )
    assert comparison.controls is None
    for name, text in list_outputs(aged.folder, ended.stdout.str()).items():
        assert "9 days apart" in text, name


def test_a_baseline_that_drifted_is_told_everywhere_by_four_control_trials(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    server.has_drifted = True
    before = server.asked
    ended = judge(pytester, "--controls", "4")
    assert server.asked - before == SCENARIOS + 4
    ended.stdout.fnmatch_lines(["4 control trials among them: *"])
    controls = compared(aged.folder).controls
    assert controls is not None
    (rate,) = controls.drifted
    assert (rate.passed_before, rate.graded_before) == (SCENARIOS, SCENARIOS)
    assert (rate.passed_now, rate.graded_now) == (0, 4)
    told = "kind in 7 of 7 trials before, in 0 of 4 now"
    for name, text in list_outputs(aged.folder, ended.stdout.str()).items():
        assert told in " ".join(text.split()), name


def test_a_drift_leaves_no_verdict_however_close_the_sides_are(
    aged: Repository,
    pytester: pytest.Pytester,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(NOW_MODULE, lambda: NINE_DAYS_AGO.replace("12:", "13:"))
    assert judge(pytester).ret == pytest.ExitCode.TESTS_FAILED
    assert compared(aged.folder).word == "regressed"
    server.has_drifted = True
    judge(pytester, "--controls", "4")
    comparison = compared(aged.folder)
    assert comparison.word == "inconclusive"
    assert comparison.behaviours[0].reason.startswith(
        "the baseline drifted since it was recorded: kind in 7 of 7 trials before"
    )
    assert comparison.gates[0].outcome == "inconclusive"


def test_without_a_drift_it_is_said_what_would_have_been_noticed(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    ended = judge(pytester, "--controls", "4")
    comparison = compared(aged.folder)
    # No drift shown is no proof of none: the gap caps the verdict all the same.
    assert comparison.word == "inconclusive"
    assert comparison.controls is not None
    assert not comparison.controls.has_drifted
    told = (
        "4 control trials of 2026-11-10: no drift of the baseline is shown;"
        " kind: a fall of 79 points would usually have been noticed"
    )
    for name, text in list_outputs(aged.folder, ended.stdout.str()).items():
        assert told in " ".join(text.split()), name


def test_control_trials_are_evidence_of_neither_side(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    judge(pytester)
    without = compared(aged.folder)
    server.has_drifted = True
    judge(pytester, "--controls", "7")
    with_controls = compared(aged.folder)
    assert with_controls.controls is not None
    assert with_controls.controls.trials == SCENARIOS
    for side in ("baseline_rate", "candidate_rate", "pairs", "n", "p", "estimate", "low", "high"):
        first, second = (getattr(each.behaviours[0], side) for each in (without, with_controls))
        assert first == second
    assert without.baseline == with_controls.baseline
    assert without.candidate == with_controls.candidate
    keys = [record.key for record in read_records(find_run(aged.folder / "results"))]
    assert len(keys) == len(set(keys)) == 2 * SCENARIOS


def test_recorded_control_trials_are_told_again_by_a_replay(
    aged: Repository,
    pytester: pytest.Pytester,
    server: Server,
    capsys: pytest.CaptureFixture[str],
) -> None:
    server.has_drifted = True
    judge(pytester, "--controls", "4")
    asked = server.asked
    run(pytester, "evals", "--base", "main")
    assert compared(aged.folder).controls is not None
    capsys.readouterr()
    main(["compare", "--base", "main"])
    assert "The baseline drifted since it was recorded" in " ".join(capsys.readouterr().out.split())
    assert server.asked == asked


def test_recorded_control_trials_that_cannot_be_used_are_noted(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    server.has_drifted = True
    judge(pytester, "--controls", "4")
    recordings = list(aged.folder.rglob("*.controls/**/*.http.yaml"))
    assert len(recordings) == 4
    for path in recordings:
        path.write_bytes(path.read_bytes()[:-40])
    ended = run(pytester, "evals", "--base", "main")
    comparison = compared(aged.folder)
    assert comparison.controls is None
    told = "4 control trials of helper/base @ main cannot be used; the first: "
    assert any(note.startswith(told) for note in comparison.notes)
    assert told in " ".join(ended.stdout.str().split())


def test_a_baseline_that_is_recorded_in_this_run_needs_no_controls(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    ended = run(pytester, "evals", "--base", "main", "--record", "both", "--controls", "4")
    ended.stdout.fnmatch_lines(["no control trials: no older recording of the baseline *"])
    assert compared(aged.folder).controls is None


def test_a_control_trial_that_breaks_is_noted_and_the_run_does_not_pass(
    aged: Repository, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: dict[str, Any]) -> Any:
        if "kind" in str(body["system"]):
            error = {"type": "invalid_request_error", "message": "x"}
            return 400, {"type": "error", "error": error}
        return [say("You are welcome.")]

    with provider(answer) as broken:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", broken.url)
        ended = judge(pytester, "--controls", "3")
    assert ended.ret == pytest.ExitCode.TESTS_FAILED
    ended.stdout.fnmatch_lines(["3 control trials of helper/base @ main could not be recorded*"])


@pytest.mark.parametrize("options", [["--record", "once"], ["--base", "main"]])
def test_controls_need_a_baseline_and_a_recording(
    aged: Repository, pytester: pytest.Pytester, options: list[str]
) -> None:
    ended = run(pytester, "evals", "--controls", "4", *options)
    ended.stdout.fnmatch_lines(["*controls are recorded beside an older revision's recordings*"])


def test_a_stored_comparison_holds_the_controls_as_data(
    aged: Repository, pytester: pytest.Pytester, server: Server
) -> None:
    judge(pytester, "--controls", "4")
    stored = find_run(aged.folder / "results") / "derived/comparison.json"
    every = json.loads(stored.read_bytes())["comparisons"]
    (told,) = [each["controls"] for each in every if each["controls"]]
    assert (told["trials"], told["of"]) == (4, SCENARIOS)
    assert told["rates"][0]["fall"] == pytest.approx(0.79, abs=0.02)
