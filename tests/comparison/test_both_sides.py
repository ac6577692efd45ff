"""One command records both sides of an edit in one window, and ends in the verdict."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli import main
from promptverdict.comparison.storage import read_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import read_manifest

from tests.fakes import Provider, provider, run, say
from tests.repositories import (
    CURT,
    KIND,
    SCENARIO,
    SCENARIOS,
    Repository,
    scenario,
)

BASE = "agents/helper/base.md"
CASSETTES = Path("evals/manners/cassettes")


@pytest.fixture
def edited(repository: Repository) -> Repository:
    """Commit the project as main without a recording, and edit one prompt in a branch."""
    repository.commit("Nothing recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    (repository.folder / BASE).write_text(CURT, encoding="utf-8")
    return repository


def compared(folder: Path) -> Comparisons:
    return read_comparisons(find_run(folder / "results"))


def spent(server: Provider) -> str:
    """Add up what the server said that its answers took: 10 tokens more each time, and 5."""
    number = len(server.requests)
    return f"{5 * number * (number + 1) + 5 * number:,}"


def places(folder: Path) -> set[str]:
    return {path.parents[1].name for path in (folder / CASSETTES).rglob("*.http.yaml")}


def test_one_command_records_both_sides_and_tells_the_verdict(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    ended = run(pytester, "evals", "--base", "main", "--record", "once")
    ended.assert_outcomes(skipped=SCENARIOS)
    assert len(kind_server.requests) == 2 * SCENARIOS
    (comparison,) = [c for c in compared(edited.folder).comparisons if c.status == "compared"]
    assert comparison.word == "regressed"
    ended.stdout.fnmatch_lines([f"spent now: {spent(kind_server)} tokens*"])
    ended.stdout.fnmatch_lines(["*Regressed: helper/base shows kind less often than*"])
    older, newer = sorted(places(edited.folder))
    assert (older, newer) == ("helper.base", older.replace("helper.base", "") + newer)


def test_a_refused_start_asks_for_nothing_and_leaves_no_comparison(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "git").symlink_to(shutil.which("git") or "")
    monkeypatch.setenv("PATH", str(tmp_path))
    refusals = [
        ("once", ["--sandbox", "docker"], "*docker is not installed*"),
        ("stale", ["--sandbox", "podman"], "*podman is not installed*"),
        ("both", ["--max-cost", "1"], "*no price*"),
    ]
    for mode, options, why in refusals:
        ended = run(pytester, "evals", "--base", "main", "--record", mode, *options)
        assert ended.ret == pytest.ExitCode.USAGE_ERROR, mode
        ended.stderr.fnmatch_lines([why])
        assert not any(line.startswith("recording ") for line in ended.stdout.lines), mode
        ended.stdout.no_fnmatch_line("*evaluations*")
    assert kind_server.requests == []
    assert not (edited.folder / "results/latest").exists()


def test_what_is_recorded_of_both_sides_is_replayed_after(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    first = compared(edited.folder).comparisons
    asked = len(kind_server.requests)
    run(pytester, "evals", "--base", "main", "--record", "once")
    run(pytester, "evals", "--base", "main", "-k", "base")
    assert len(kind_server.requests) == asked
    again = compared(edited.folder).comparisons
    assert [c.word for c in again if c.status == "compared"] == ["regressed"]
    assert first[0].baseline.trials == SCENARIOS


def test_a_variant_that_did_not_change_is_neither_recorded_nor_an_error(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    ended = run(pytester, "evals", "--base", "main", "--record", "once", "-k", "other", "-rs")
    ended.assert_outcomes(skipped=SCENARIOS, deselected=SCENARIOS)
    ended.stdout.fnmatch_lines(["*unchanged since main, and never recorded*"])
    assert kind_server.requests == []


def test_recordings_of_the_revision_serve_and_only_the_edit_is_recorded(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--record", "once")
    repository.commit("Everything recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    (repository.folder / BASE).write_text(CURT, encoding="utf-8")
    before = len(kind_server.requests)
    run(pytester, "evals", "--base", "main", "--record", "once")
    asked = kind_server.requests[before:]
    assert len(asked) == SCENARIOS
    assert all("curt" in json.dumps(body["system"]) for body in asked)
    assert places(repository.folder) == {"helper.base", "helper.other"}


def test_both_records_the_older_side_anew_though_the_revision_holds_it(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--record", "once")
    repository.commit("Everything recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    (repository.folder / BASE).write_text(CURT, encoding="utf-8")
    before = len(kind_server.requests)
    run(pytester, "evals", "--base", "main", "--record", "both")
    assert len(kind_server.requests) - before == 2 * SCENARIOS
    assert len(places(repository.folder)) == 3
    run(pytester, "evals", "--base", "main", "--record", "both")
    assert len(kind_server.requests) - before == 4 * SCENARIOS


def test_sides_are_recorded_in_blocks_of_one_scenario_in_a_kept_random_order(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once", "--concurrency", "1")
    numbers = [body["messages"][0]["content"] for body in kind_server.requests]
    pairs = [str(numbers[at : at + 2]) for at in range(0, len(numbers), 2)]
    assert all(pair.count("request") == 2 for pair in pairs)
    assert [numbers[at] == numbers[at + 1] for at in range(0, len(numbers), 2)] == [
        True
    ] * SCENARIOS
    assert read_manifest(find_run(edited.folder / "results")).seed is not None


def test_going_back_to_the_older_prompt_finds_its_recordings_again(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    asked = len(kind_server.requests)
    (edited.folder / BASE).write_text(KIND + "Be warm.\n", encoding="utf-8")
    run(pytester, "evals", "--base", "main", "--record", "once")
    assert len(kind_server.requests) - asked == SCENARIOS


def test_both_needs_a_revision(edited: Repository, pytester: pytest.Pytester) -> None:
    ended = run(pytester, "evals", "--record", "both")
    assert ended.ret == pytest.ExitCode.INTERRUPTED
    ended.stdout.fnmatch_lines(["*needs an older revision to compare with*"])


def test_a_baseline_that_was_never_recorded_is_told_with_command_and_price(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--record", "once")
    capsys.readouterr()
    commit = edited.git("rev-parse", "main")
    assert main(["compare", "--base", "main"]) == 7
    out = capsys.readouterr().out
    assert f"Unrecorded: Nothing is recorded of helper/base @ main ({commit[:7]})" in out
    assert "recording 7 trials with relay/scripted" in out
    assert "record both sides: pytest evals --base main --record once" in out
    assert "Invalid" not in out


def test_a_trial_of_the_older_side_is_shown_by_its_name(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    capsys.readouterr()
    assert main(["show", "request-3::helper/base", "--base"]) == 0
    older = capsys.readouterr().out
    assert "You are welcome." in older
    assert edited.git("rev-parse", "main")[:10] in older
    assert main(["show", "request-3::helper/base"]) == 0
    assert "You are welcome." not in capsys.readouterr().out


def test_without_an_older_side_show_says_how_to_compare(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--record", "once", "-k", "request-3")
    capsys.readouterr()
    assert main(["show", "request-3::helper/base", "--base"]) == 2
    assert "this run was not compared with an older revision" in capsys.readouterr().err


def test_an_edit_that_is_taken_back_in_another_branch_needs_no_model(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    edited.commit("Curt, with both sides recorded")
    edited.git("branch", "--force", "main", "work")
    edited.git("checkout", "--quiet", "-b", "back")
    (edited.folder / BASE).write_text(KIND, encoding="utf-8")
    asked = len(kind_server.requests)
    run(pytester, "evals", "--base", "main", "--record", "once")
    assert len(kind_server.requests) == asked
    (comparison,) = [c for c in compared(edited.folder).comparisons if c.status == "compared"]
    assert comparison.word == "improved"


def test_what_failed_on_the_older_side_can_be_listed(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    (comparison,) = [c for c in compared(edited.folder).comparisons if c.status == "compared"]
    key = comparison.behaviours[0].pairs[3].candidate_trials[0]
    capsys.readouterr()
    assert main(["show", "--failed", "--base"]) == 0
    assert "7 grades, all passed" in capsys.readouterr().out
    assert main(["show", key, "--base"]) == 0
    assert "You are welcome." in capsys.readouterr().out


def test_a_copy_of_a_recording_is_no_second_trial(
    edited: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    for path in (edited.folder / CASSETTES).rglob("0.*.yaml"):
        if "@" in path.parent.parent.name:
            path.with_name(path.name.replace("0.", "1.", 1)).write_bytes(path.read_bytes())
    run(pytester, "evals", "--base", "main", "-k", "base")
    (comparison,) = [c for c in compared(edited.folder).comparisons if c.status == "compared"]
    assert comparison.behaviours[0].baseline_rate.passed == SCENARIOS


def test_an_older_side_that_breaks_off_is_missing_and_no_run_that_passed(
    edited: Repository, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(body: dict[str, Any]) -> Any:
        if "kind" not in str(body["system"]):
            return [say("Done.")]
        asked = str(body["messages"][0])
        if "request 6" in asked:
            return 400, {
                "type": "error",
                "error": {"type": "invalid_request_error", "message": "x"},
            }
        return [say("You are welcome.")]

    with provider(answer) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        ended = run(pytester, "evals", "--base", "main", "--record", "once")
    assert ended.ret == pytest.ExitCode.TESTS_FAILED
    ended.stdout.fnmatch_lines(["*1 trial of helper/base @ main could not be recorded*"])


def test_a_scenario_that_changed_under_an_unchanged_agent_is_recorded_again(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    run(pytester, "evals", "--record", "once")
    repository.commit("Everything recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    scenario(repository.folder, 0, SCENARIO.replace("help me", "do help me"))
    before = len(kind_server.requests)
    run(pytester, "evals", "--base", "main", "--record", "stale")
    assert len(kind_server.requests) - before == 2


def test_a_model_that_an_older_agent_named_and_nobody_knows_any_more_stops_no_run(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    path = repository.folder / BASE
    path.write_text("---\nname: base\nmodel: fancy\n---\n" + KIND, encoding="utf-8")
    repository.commit("A model of another name")
    repository.git("checkout", "--quiet", "-b", "work")
    path.write_text("---\nname: base\n---\n" + CURT, encoding="utf-8")
    run(pytester, "evals", "--base", "main", "--record", "once")
    (comparison,) = [c for c in compared(repository.folder).comparisons if c.status != "unchanged"]
    assert comparison.status == "unrecorded"
    assert comparison.notes[0].startswith("main:agents/helper/base.md: ")
