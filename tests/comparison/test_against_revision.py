"""A prompt against itself at an older revision: stale before it is recorded, a verdict after."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.comparison.storage import FILE, read_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.trials.runs import find_run
from promptverdict.trials.stored_records import read_records

from tests.fakes import Provider, run
from tests.repositories import CURT, KIND, SCENARIO, SCENARIOS, Repository, scenario

BASE = "agents/helper/base.md"


@pytest.fixture(autouse=True)
def served(kind_server: Provider) -> None:
    """Answer whatever a test records."""


def compared(folder: Path, base: str = "main") -> Comparisons:
    """Compare what lies here with a revision."""
    main(["compare", "--base", base, "--json", str(folder / "out.json")])
    return Comparisons.model_validate_json((folder / "out.json").read_bytes())


def edit(repository: Repository, prompt: str, pytester: pytest.Pytester | None = None) -> str:
    """Commit a new prompt of one variant, recorded where there is something to record with."""
    (repository.folder / BASE).write_text(prompt)
    if pytester:
        run(pytester, "evals", "--record", "stale")
    return repository.commit("Another prompt")


def test_an_edit_is_stale_until_it_is_recorded_and_then_has_a_verdict(
    recorded: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit(recorded, CURT)
    asked = len(kind_server.requests)
    capsys.readouterr()
    assert main(["compare", "--base", "main"]) == 7
    printed = capsys.readouterr().out
    assert printed.startswith("Stale: helper/base was edited and nothing is recorded of the edit")
    assert f"recording {SCENARIOS} trials with relay/scripted: about" in printed
    assert "Unchanged: helper/other" in printed
    assert f"\nevidence: baseline ({recorded.git('rev-parse', 'main')[:10]}, 7 trials)" in printed
    assert len(kind_server.requests) == asked

    run(pytester, "evals", "--record", "stale")
    recorded.commit("Recorded")
    capsys.readouterr()
    assert main(["compare", "--base", "main"]) == 1
    printed = capsys.readouterr().out
    assert printed.startswith(
        "Regressed: helper/base shows kind less often than helper/base @ main."
    )
    (changed,) = [one for one in compared(recorded.folder).comparisons if one.status == "compared"]
    (kind,) = changed.behaviours
    assert (kind.verdict, kind.estimate, kind.n) == ("regressed", -1.0, SCENARIOS)
    assert changed.baseline.revision == recorded.git("rev-parse", "main")
    assert changed.prompt_diff.splitlines()[-2:] == [f"-{KIND.strip()}", f"+{CURT.strip()}"]


def test_a_frontmatter_that_one_side_does_not_close_is_named(recorded: Repository) -> None:
    text = (recorded.folder / BASE).read_text()
    edit(recorded, f"---\nname: helper\n{text}")
    note = "agents/helper/base.md:1: the `---` of this line is never closed: the whole text is the"
    (changed,) = [each for each in compared(recorded.folder).comparisons if each.notes]
    assert changed.notes[-1] == f"{note} prompt"
    recorded.git("branch", "--force", "main")
    edit(recorded, text)
    (changed,) = [each for each in compared(recorded.folder).comparisons if each.notes]
    assert changed.notes[-1] == f"main:{note} prompt"
    edit(recorded, f"---\nname: helper\n{text} Be brief.")
    assert not any(
        note in line for each in compared(recorded.folder).comparisons for line in each.notes
    )


def test_reverting_edit_and_recordings_together_needs_no_recording(
    recorded: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    commit = edit(recorded, CURT, pytester)
    recorded.git("branch", "--force", "main", commit)
    asked = len(kind_server.requests)
    recorded.git("revert", "--no-edit", commit)
    found = compared(recorded.folder)
    assert [one.word for one in found.comparisons] == ["improved", "unchanged"]
    assert len(kind_server.requests) == asked


def test_reverting_the_prompt_alone_is_stale(
    recorded: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    edit(recorded, CURT, pytester)
    edit(recorded, KIND)
    assert [one.word for one in compared(recorded.folder).comparisons] == ["stale", "unchanged"]


def test_git_is_started_as_often_for_many_recordings_as_for_few(
    recorded: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(recorded, CURT)
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE", str(trace))
    main(["compare", "--base", "main"])
    # Once for the agents, and once for the recordings of 14 cells.
    assert trace.read_text().count("built-in: git cat-file") == 2


def test_an_edit_of_the_model_finds_what_the_older_model_recorded(
    recorded: Repository, pytester: pytest.Pytester
) -> None:
    edit(recorded, f"---\nmodel: relay/other\n---\n{KIND}", pytester)
    first, other = compared(recorded.folder).comparisons
    assert (first.word, other.word) == ("invalid", "unchanged")
    assert {each.why for each in first.unpaired} == {"the two were asked differently: the model"}


def test_an_edit_that_is_not_sent_is_no_change(recorded: Repository) -> None:
    edit(recorded, f"---\ndescription: Helps\n---\n{KIND}")
    found = compared(recorded.folder)
    assert [one.word for one in found.comparisons] == ["unchanged", "unchanged"]
    assert found.exit_code == 0


def test_the_merge_base_counts_and_not_what_came_after_it(
    recorded: Repository, pytester: pytest.Pytester
) -> None:
    edit(recorded, CURT, pytester)
    recorded.git("checkout", "--quiet", "main")
    (recorded.folder / BASE).write_text("Something else.\n")
    recorded.commit("Main goes on")
    recorded.git("checkout", "--quiet", "work")
    found = compared(recorded.folder)
    assert found.comparisons[0].baseline.revision == recorded.git("merge-base", "main", "work")
    assert found.comparisons[0].word == "regressed"


def test_a_scenario_that_changed_or_came_or_went_does_not_pair_and_is_told(
    recorded: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    scenario(recorded.folder, 0, SCENARIO.replace("Please help", "Help"))
    scenario(recorded.folder, 9)
    (recorded.folder / "evals/manners/request-1.yaml").unlink()
    edit(recorded, CURT, pytester)
    changed = compared(recorded.folder).comparisons[0]
    assert {one.scenario: one.why for one in changed.unpaired} == {
        "request-0": "recorded at main before the task changed",
        "request-9": "nothing is recorded of it at main",
        "request-1": "deleted since main",
    }
    assert changed.behaviours[0].n == SCENARIOS - 2
    assert changed.behaviours[0].missing_baseline == 0


def test_the_graders_that_lie_here_judge_both_sides(
    recorded: Repository, pytester: pytest.Pytester
) -> None:
    for number in range(SCENARIOS):
        scenario(recorded.folder, number, SCENARIO.replace("welcome", "done"))
    edit(recorded, CURT, pytester)
    assert compared(recorded.folder).comparisons[0].word == "improved"


def test_what_is_recorded_in_part_is_missing_in_part(
    recorded: Repository, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    (recorded.folder / BASE).write_text(CURT)
    run(pytester, "evals", "--record", "stale", "-k", "request-0 or request-1 or request-2")
    changed = compared(recorded.folder).comparisons[0]
    assert (changed.word, changed.exit_code) == ("invalid", 7)
    assert changed.behaviours[0].missing_candidate == SCENARIOS - 3
    assert f"recording {SCENARIOS - 3} trials" in changed.notes[0]


def test_a_new_variant_and_a_deleted_suite_are_told(
    recorded: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = recorded.folder
    (folder / "evals/manners").rename(folder / "evals/conduct")
    suite = folder / "evals/conduct/suite.yaml"
    suite.write_text(suite.read_text().replace("helper/other", "helper/new"))
    (folder / "agents/helper/new.md").write_text("You are new.\n")
    found = compared(folder)
    assert found.notes == (
        "helper/new is new since main",
        "evals/manners was deleted since main",
    )


def test_pytest_tells_the_comparison_in_its_summary_and_keeps_it(
    recorded: Repository, pytester: pytest.Pytester
) -> None:
    edit(recorded, CURT, pytester)
    result = run(pytester, "evals", "--base", "main")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["Regressed: helper/base shows kind less often than helper/base @ main."]
    )
    kept = find_run(pytester.path / "results") / FILE
    assert Comparisons.model_validate_json(kept.read_bytes()).comparisons[0].word == "regressed"


def test_the_page_of_a_run_holds_the_transcripts_of_both_revisions(
    recorded: Repository, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(recorded, CURT, pytester)
    run(pytester, "evals", "--base", "main")
    folder = find_run(pytester.path / "results")
    older = list(read_records(folder, "base"))
    assert {one.revision for one in older} == {recorded.git("rev-parse", "main")}
    assert len(older) == SCENARIOS
    assert main(["report"]) == 0
    page = (folder / "report.html").read_text()
    assert f"promptverdict show {older[0].key} --whole --run {folder.name}" in page
    assert page.count('<th scope="col">helper/base @ main</th>') == 1
    assert "not among the records of this run" not in page
    capsys.readouterr()
    assert main(["show", older[0].key]) == 0
    assert "You are welcome." in capsys.readouterr().out


def test_what_is_asked_the_same_on_both_sides_is_told_and_each_side_keeps_its_own_evidence(
    repository: Repository, kind_server: Provider, pytester: pytest.Pytester
) -> None:
    for number in range(3):
        scenario(repository.folder, number, SCENARIO.replace("[Read]", "[Read, Write]"))
    (repository.folder / BASE).write_text(f"---\ntools: Read, Write\n---\n{KIND}")
    run(pytester, "evals", "--record", "once")
    repository.commit("Everything recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    edit(repository, f"---\ntools: Read\n---\n{KIND}", pytester)
    run(pytester, "evals", "--base", "main")
    folder = find_run(pytester.path / "results")
    older, newer = (
        {one.key: one for one in read_records(folder, name)} for name in ("base", "trials")
    )
    assert len(older) == SCENARIOS
    assert not older.keys() & newer.keys()
    kept = read_comparisons(folder)
    assert kept is not None
    found = kept.comparisons[0]
    pair = found.behaviours[0].pairs[-1]
    assert older[pair.baseline_trials[0]].revision == repository.git("rev-parse", "main")
    assert newer[pair.candidate_trials[0]].digest == older[pair.baseline_trials[0]].digest
    same = SCENARIOS - 3
    assert f"{same} of {SCENARIOS} trials play the same recording on both sides" in found.notes


def test_what_was_recorded_anew_is_not_told_to_be_the_same(
    recorded: Repository, pytester: pytest.Pytester
) -> None:
    edit(recorded, CURT, pytester)
    assert not any(
        "same recording" in one for one in compared(recorded.folder).comparisons[0].notes
    )


def test_pytest_says_stale_and_what_recording_would_take(
    recorded: Repository, pytester: pytest.Pytester
) -> None:
    edit(recorded, CURT)
    options = ("-k", "base or other", "--sandbox", "bubblewrap")
    result = run(pytester, "evals", "--base", "main", *options)
    command = "pytest evals --base main -k 'base or other' --sandbox bubblewrap --record stale"
    result.stdout.fnmatch_lines(
        [
            f"stale: 7 trials no longer fit; record: {command}",
            "Stale: helper/base was edited*",
            "recording 7 trials*",
            f"record both sides: {command}",
            "evidence: baseline (*, 7 trials), today, *",
        ]
    )
    (comparison,) = [
        each
        for each in read_comparisons(find_run(recorded.folder / "results")).comparisons
        if each.status == "stale"
    ]
    assert (comparison.baseline.trials, comparison.candidate.oldest) == (SCENARIOS, None)
    faults = [
        str(record.fault.message)
        for record in read_records(find_run(recorded.folder / "results"))
        if record.fault
    ]
    for fault in faults:
        assert fault.endswith(
            ": pytest --base main -k 'base or other' --sandbox"
            f" bubblewrap evals/manners/{fault.partition('manners/')[2][:9]}.yaml::helper/base"
            " --record stale"
        )
    assert len(faults) == SCENARIOS


def test_a_comparison_whose_records_are_gone_is_neither_repeated_nor_reported(
    recorded: Repository, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    (recorded.folder / BASE).write_text(CURT)
    run(pytester, "evals", "--base", "main", "--record", "stale")
    latest = recorded.folder / "results/latest"
    for verb in ("compare", "report"):
        main([verb])
        assert "gone" not in capsys.readouterr().err
    for side, number in (("base", "1 record"), ("trials", "2 records")):
        paths = sorted((latest / side).glob("*.json"))[: int(number[0])]
        texts = [path.read_bytes() for path in paths]
        for path in paths:
            path.unlink()
        for verb in ("compare", "report"):
            assert main([verb]) == 2, (verb, side)
            told = capsys.readouterr()
            assert f"{number} that the comparison rests on" in told.err, (verb, side)
            assert "put them back, or run again" in told.err
            assert not told.out
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text)
    assert main(["report"]) == 0


@pytest.mark.parametrize(("base", "told"), [("nowhere", "no such revision"), ("-x", "no such")])
def test_a_revision_that_is_not_there_is_told_before_anything_runs(
    recorded: Repository,
    pytester: pytest.Pytester,
    capsys: pytest.CaptureFixture[str],
    base: str,
    told: str,
) -> None:
    assert main(["compare", f"--base={base}"]) == 2
    assert told in capsys.readouterr().err
    result = run(pytester, "evals", f"--base={base}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert told in result.stderr.str()


@pytest.mark.e2e
def test_workers_and_a_revision_do_not_go_together(
    recorded: Repository, pytester: pytest.Pytester, programs: Path
) -> None:
    pytest.importorskip("xdist")
    options = ("-n", "1", "--base", "main", "-p", "no:randomly")
    result = pytester.run(programs / "pytest", "evals", *options)
    assert result.ret != 0
    assert "--base: cannot be combined with -n" in result.stdout.str() + result.stderr.str()


@pytest.mark.parametrize("loss", ["deleted", "broken"])
def test_evidence_that_is_gone_under_the_same_prompt_is_no_unchanged(
    recorded: Repository, capsys: pytest.CaptureFixture[str], loss: str
) -> None:
    for path in recorded.folder.glob("evals/manners/cassettes/request-0/helper.base/*/0.*.yaml"):
        path.unlink() if loss == "deleted" else path.write_text("x: 1\n")
    assert main(["compare", "--base", "main"]) == 7
    printed = capsys.readouterr().out
    told = (
        "helper/base has the same prompt as helper/base @ main, but its recordings cannot be used"
    )
    assert f"Stale: {told}" in printed
    assert "manners/request-0::helper/base: " in printed
    assert "Unchanged: helper/other" in printed


def test_fewer_trials_than_the_suite_asks_for_are_no_evidence_that_is_gone(
    recorded: Repository, pytester: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    """Recorded with --trials 1; the suite asks for three."""
    suite = recorded.folder / "evals/manners/suite.yaml"
    suite.write_text(suite.read_text() + "trials: 3\n")
    recorded.commit("Three trials")
    unchanged = "Unchanged: helper/base, helper/other\n"
    capsys.readouterr()
    assert main(["compare", "--base", "HEAD"]) == 0
    assert capsys.readouterr().out == unchanged
    run(pytester, "evals", "--base", "HEAD", "--trials", "1").stdout.fnmatch_lines(
        [unchanged.rstrip()]
    )


def test_a_variant_that_was_never_recorded_is_unchanged(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.commit("Nothing recorded")
    assert main(["compare", "--base", "main"]) == 0
    assert capsys.readouterr().out == "Unchanged: helper/base, helper/other\n"


def test_several_places_are_read_on_both_sides_and_a_broken_file_is_told_beside_the_rest(
    recorded: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROMPTVERDICT_AGENTS", "agents, plugins/*/agents")
    suite = recorded.folder / "evals/manners/suite.yaml"
    suite.write_text(suite.read_text().replace("variants: [helper/base, helper/other]\n", ""))
    plugin = recorded.folder / "plugins/lint/agents"
    plugin.mkdir(parents=True)
    (plugin / "review.md").write_text("You review.\n")
    (plugin / "empty.md").write_text("---\nname: empty\n---\n")
    recorded.commit("A plugin")
    recorded.git("branch", "--force", "main", "HEAD")
    (plugin / "review.md").write_text("You review quickly.\n")
    capsys.readouterr()
    code = main(["compare", "--base", "main"])
    told = capsys.readouterr()
    assert "helper/base" in told.out
    assert "lint/review" in told.out
    assert "new since main" not in told.out
    assert "left out: plugins/lint/agents/empty.md: it has no prompt" in told.err
    assert code != 0
