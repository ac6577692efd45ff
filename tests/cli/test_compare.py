"""`promptverdict compare`: the verdict first, what it rests on, and a code that blocks or not."""

from __future__ import annotations

import json
import shlex
import weakref
from pathlib import Path

import promptverdict.trials.stored_records
import pytest
from promptverdict.cli import main
from promptverdict.comparison.storage import read_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Run
from promptverdict.trials.stored_records import read_record

from tests.compared import BASE, TERSE, side
from tests.fakes import PYPROJECT, write
from tests.report.made import PROVENANCE

SUITE = """\
title: Manners
variants: [helper/base, helper/terse]
baseline: helper/base
behaviours:
  kind: {says: It is kind}
"""
GRADES = "grades: {kind: {type: says, all_of: [welcome]}}\n"
SCENARIO = "title: A request\ntask: Please help.\ntools: [Read]\nbehaviours: [kind]\n"
COUNT = 8
OLDER = "20250101T000000.000000Z"
LATER = PROVENANCE.model_copy(update={"recorded": "2026-01-09T12:00:00Z"})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("RESULTS", "BASE", "AGENTS"):
        monkeypatch.delenv(f"PROMPTVERDICT_{name}", raising=False)
    scenarios = {f"evals/manners/s{number}.yaml": SCENARIO for number in range(COUNT)}
    return write(
        tmp_path,
        {
            "pyproject.toml": PYPROJECT,
            "agents/helper/base.md": "Be kind.\n",
            "agents/helper/terse.md": "Be terse.\n",
            "evals/manners/suite.yaml": SUITE,
            **scenarios,
        },
    )


def saved(folder: Path, *records: TrialRecord, name: str | None = None) -> Path:
    """Write a run of these records, planned as they are."""
    planned = {f"{one.suite}/{one.scenario}::{one.variant}#{one.trial}": one.key for one in records}
    run = Run.create(folder / "results", Settings(), planned, name)
    for number, one in enumerate(records):
        run.save(one.model_copy(update={"key": f"{number:016x}"}))
    run.finish(whole=True)
    return run.folder


def worse(lost: int = COUNT) -> list[TrialRecord]:
    return [*side(BASE, *["+"] * COUNT), *side(TERSE, *["-"] * lost, *["+"] * (COUNT - lost))]


def test_the_verdict_comes_first_and_then_what_it_rests_on(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder, *worse())
    assert main(["compare"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Regressed: helper/terse shows kind less often than helper/base."
    (row,) = [line for line in lines if line.startswith("regressed ")]
    assert " ".join(row.split()) == "regressed kind 100% 0% -100 (-100 to -35) 8"
    place = lines.index("  manners/s0: lost kind (1/1 -> 0/1)")
    assert lines[place + 1] == f"    promptverdict show {COUNT:016x}"
    assert "  2 more scenarios flipped" in lines
    assert lines[-1].startswith("evidence: baseline (8 trials); candidate (8 trials); both ")


def test_with_v_the_table_shows_every_column(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    saved(folder, *worse())
    assert main(["compare", "-v"]) == 1
    (row,) = [line for line in capsys.readouterr().out.splitlines() if "8 of 8 trials" in line]
    assert "68 to 100%, 8 of 8 trials" in row
    assert "(0.008)" in row


def test_commands_name_the_run_where_it_is_not_the_latest_and_find_its_trial(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = saved(folder, *worse(), name=OLDER)
    newer = saved(folder, *worse(0))
    assert main(["compare", older.name]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "promptverdict show" in line]
    assert all(line.endswith(f" --run {OLDER}") for line in lines)
    assert main(shlex.split(lines[0])[1:]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("trial     manners/s0::helper/terse#0\n")
    assert "fail     kind: no" in shown
    main(["compare", newer.name, "--baseline", TERSE, "--candidate", BASE])
    assert "--run" not in capsys.readouterr().out


def test_a_run_is_named_by_its_path_as_well_also_where_others_lie(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = saved(folder, *worse())
    assert main(["compare", f"results/{run.name}"]) == 1
    assert "--run" not in capsys.readouterr().out
    (folder / "results").rename(folder / "elsewhere")
    assert main(["compare", f"elsewhere/{run.name}"]) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "promptverdict show" in line]
    assert all(line.endswith(f" --run elsewhere/{run.name}") for line in lines)
    assert main(shlex.split(lines[0])[1:]) == 0


def test_commands_name_the_folder_of_the_runs_where_it_was_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder, *worse())
    (folder / "results").rename(folder / "elsewhere")
    assert main(["compare", "--results", "elsewhere"]) == 1
    assert f"show {COUNT:016x} --results elsewhere\n" in capsys.readouterr().out


def test_what_was_found_is_kept_with_the_run_and_written_as_json(folder: Path) -> None:
    run = saved(folder, *worse())
    main(["compare", run.name, "--json", "out/found.json"])
    kept = read_comparisons(run)
    assert kept is not None
    assert kept.records == {"trials": 16}
    written = Comparisons.model_validate_json(Path("out/found.json").read_bytes())
    assert written == kept.model_copy(update={"records": {}})
    assert json.loads(Path("out/found.json").read_text())["comparisons"][0]["prompt_diff"] != ""


def test_below_six_scenarios_it_says_so_and_what_it_takes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder, *side(BASE, *["+"] * 3), *side(TERSE, *["-"] * 3))
    assert main(["compare"]) == 0
    told = capsys.readouterr().out
    assert told.startswith(
        "Too few scenarios: helper/terse against helper/base: 0 gained, 3 lost in 3"
    )
    assert "why: kind: fewer than 6 paired units (3)" in told
    assert "next: 3 more scenarios (6 trials), if they go like these" in told


def test_a_gate_gives_the_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = folder / "evals/manners/suite.yaml"
    suite.write_text(SUITE + "gate: {mode: non_inferiority, margin: 0.1}\n")
    saved(folder, *worse(0))
    assert main(["compare"]) == 6
    assert "gate of manners: inconclusive (non_inferiority), blocks" in capsys.readouterr().out


def test_a_gate_is_refused_for_a_run_of_some_cells(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "evals/manners/suite.yaml").write_text(SUITE + "gate: {}\n")
    saved(folder, *[one for one in worse(0) if one.scenario != "s3"])
    assert main(["compare"]) == 7
    told = capsys.readouterr().out
    assert "refused: 2 of its cells did not run: s3::helper/base, s3::helper/terse" in told


def test_a_run_is_compared_with_an_older_one_and_that_is_kept_with_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    older = saved(folder, *side(BASE, *["+"] * COUNT), name=OLDER)
    newer = saved(folder, *side(BASE, *["-"] * COUNT, provenance=LATER))
    assert main(["compare", "--before", OLDER]) == 1
    told = capsys.readouterr().out
    assert told.startswith(
        f"Regressed: helper/base shows kind less often than helper/base @ {OLDER}."
    )
    kept = read_comparisons(newer)
    assert kept is not None
    assert kept.exit_code == 1
    assert read_comparisons(older) is None


def test_an_older_run_goes_before_the_revision_that_is_configured(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTVERDICT_BASE", "main")
    saved(folder, *side(BASE, "+"), name=OLDER)
    saved(folder, *side(BASE, "+", provenance=LATER))
    assert main(["compare", "--before", OLDER]) == 0


def test_records_are_read_one_after_the_other_and_let_go(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(folder, *worse())
    held: list[weakref.ref[object]] = []
    most = 0

    def watched(path: Path) -> TrialRecord:
        nonlocal most
        most = max(most, sum(one() is not None for one in held))
        record = read_record(path)
        held.append(weakref.ref(record.evidence.task))
        return record

    monkeypatch.setattr(promptverdict.trials.stored_records, "read_record", watched)
    main(["compare"])
    assert len(held) == 2 * COUNT
    # Not counted as held: the trial in hand; what remembers trees and sentences knows a few more.
    assert most < COUNT


def test_any_two_variants_can_be_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(folder, *worse())
    assert main(["compare", "--baseline", TERSE, "--candidate", BASE]) == 0
    assert capsys.readouterr().out.startswith("Improved: helper/base shows kind more often")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--candidate", "helper/x"], "--candidate: helper/x did not run\n  in results/"),
        (["--baseline", "helper/x"], "--baseline: helper/x did not run"),
        (["--suite", "x"], "evals: there is no suite x\n  there are: manners"),
        (["--evals", "nowhere"], "nowhere: there is no suite.yaml\n  name a folder"),
        (["nowhere"], "results: nowhere: there is no such run"),
        (["--candidate", BASE], "no variant ran beside the baseline of its suite"),
        (["--look", "0/5"], "--look: `0/5` is not a look\n  write 2/5 for the second of five"),
        (["--look", "6/5"], "--look: `6/5` is not a look"),
        (["--look", "x"], "--look: `x` is not a look"),
        (["--look", "1/99"], "at most 20 can be planned"),
        (
            ["--look", "2/5", "--base", "main"],
            "--look: looks are for the variants of a run",
        ),
        (["latest", "--base", "main"], "--base: it compares the working tree, so run"),
        (["--base", "main", "--candidate", "helper/x"], "helper/x runs in no suite"),
        (["--before", "latest"], "is the run itself\n  name two: promptverdict compare RUN"),
        (["--before", "2031"], "results: 2031: there is no such run"),
        (["--before", OLDER], "--before: no variant ran in both runs"),
        (["--before", OLDER, "--candidate", BASE], f"in results/{OLDER} these did: helper/old"),
        (
            ["--before", OLDER, "--base", "main"],
            "--base cannot be given too\n  leave one of the two",
        ),
        (["--before", OLDER, "--baseline", BASE], "--baseline cannot be given too"),
    ],
)
def test_what_cannot_be_compared_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    saved(folder, *side("helper/old", "+"), name=OLDER)
    saved(folder, *worse())
    assert main(["compare", *options]) == 2
    error = capsys.readouterr().err
    assert told in error
    assert "Traceback" not in error


def test_a_planned_look_takes_more_than_one_analysis(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "evals/manners/suite.yaml").write_text(SUITE + "gate: {}\n")
    run = saved(folder, *worse())
    assert main(["compare", "--look", "2/5"]) == 6
    told = capsys.readouterr().out
    assert told.startswith("Inconclusive: ")
    assert "why: kind: look 2 of 5: |T| 2.66 of 3.23 needed" in told
    assert "kind: look 2 of 5: the gate answers at the last" in told
    assert "look 2 of 5, at equal steps of the planned scenarios" in told
    kept = read_comparisons(run)
    assert kept is not None
    assert kept.comparisons[0].notes[0].startswith("look 2 of 5")
    assert main(["compare", "--look", "3/5"]) == 1
    assert main(["compare", "--look", "5/5"]) == 1


def test_planned_trials_without_a_record_are_missing_and_no_gate_answers(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "evals/manners/suite.yaml").write_text(f"{SUITE}gate: {{}}\n")
    for number in range(COUNT):
        (folder / f"evals/manners/s{number}.yaml").write_text(f"{SCENARIO}{GRADES}")
    better = [*side(BASE, *["-"] * COUNT), *side(TERSE, *["+"] * COUNT)]
    run = saved(folder, *better)
    assert main(["compare"]) == 0
    for number in (6, 7, 14, 15):
        (run / f"trials/{number:016x}.json").unlink()
    capsys.readouterr()
    assert main(["compare"]) == 7
    printed = capsys.readouterr().out
    assert not printed.startswith("Improved")
    assert f"4 of 16 trials of {run.name} have no record: missing" in printed
    assert "refused: 4 of its cells did not run" in printed
    (row,) = [line for line in printed.splitlines() if line.split()[1:2] == ["kind"]]
    assert row.split()[0] == "invalid"


def test_what_was_left_out_by_an_option_is_told_and_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(folder, *worse())
    main(["compare", "--suite", "manners"])
    told = "compared with --suite manners only, not the whole run"
    assert told in capsys.readouterr().out
    main(["report"])
    assert told in (folder / "results/latest/report.md").read_text()
