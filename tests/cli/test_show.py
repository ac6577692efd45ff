"""`promptverdict show` finds the one trial that was meant, or says which there are."""

from __future__ import annotations

import argparse
import io
import re
import shlex
import sys
from pathlib import Path

import pytest
from promptverdict.cli import show
from promptverdict.core.errors import InputError
from promptverdict.core.files import write_file
from promptverdict.trials.grade import Point, failed, passed, ungraded
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.store import MANIFEST, Manifest, Run
from promptverdict.trials.transcript import Result, Say

from tests.report.made import graded, record

TRIALS = (
    record(key="a" * 16),
    record(key="b" * 16, trial=1),
    record(key="c" * 16, variant="helper/base2"),
    record(key="d" * 16, variant="helper/terse"),
    record(key="e" * 16, suite="bad-manners"),
)


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one run, which is the latest."""
    monkeypatch.chdir(tmp_path)
    for name in ("PROMPTVERDICT_RESULTS", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    keep(tmp_path / "results" / "r1", *TRIALS)
    return tmp_path / "results"


def keep(folder: Path, *records: TrialRecord) -> None:
    manifest = Manifest(schema_version=1, run=folder.name, started="", harness="", settings={})
    write_file(folder / MANIFEST, manifest.model_dump_json())
    run = Run(folder)
    for one in records:
        run.save(one)
    run.finish(whole=False)


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    show.add_parser(parser.add_subparsers())
    return show.run(parser.parse_args(["show", *arguments]))


def problem(*arguments: str) -> tuple[str, str, str]:
    with pytest.raises(InputError) as caught:
        run(*arguments)
    (told,) = caught.value.problems
    return told.where, told.found, told.cure


@pytest.mark.parametrize(
    ("arguments", "trial"),
    [
        (["evals/manners/hello.yaml::helper/base"], "manners/hello::helper/base#0"),
        (["evals/bad-manners/hello.yaml::helper/base"], "bad-manners/hello::helper/base#0"),
        (["manners/hello::helper/base"], "manners/hello::helper/base#0"),
        (["manners/hello::helper/base#1"], "manners/hello::helper/base#1"),
        (["manners/hello::helper/base", "--number", "1"], "manners/hello::helper/base#1"),
        (["/tmp/x/evals/manners/hello.yaml::helper/base2"], "manners/hello::helper/base2#0"),
        (["terse"], "manners/hello::helper/terse#0"),
        (["bad-"], "bad-manners/hello::helper/base#0"),
        (["b" * 16], "manners/hello::helper/base#1"),
        ([f"results/r1/trials/{'d' * 16}.json"], "manners/hello::helper/terse#0"),
    ],
)
def test_a_trial_is_found_by_its_node_id_by_part_of_it_by_its_record_or_by_its_file(
    capsys: pytest.CaptureFixture[str], arguments: list[str], trial: str
) -> None:
    assert run(*arguments) == 0
    assert capsys.readouterr().out.startswith(f"trial     {trial}\n")


def test_a_part_that_fits_several_trials_is_told_with_their_names() -> None:
    assert problem("helper/base") == (
        "helper/base",
        "this fits several trials of results/r1",
        "there are: bad-manners/hello::helper/base, manners/hello::helper/base,"
        " manners/hello::helper/base2",
    )


@pytest.mark.parametrize("wanted", ["none", "evals", "f" * 16])
def test_what_fits_no_trial_is_told_with_the_names_of_all(wanted: str) -> None:
    where, found, cure = problem(wanted)
    assert (where, found) == (wanted, "this fits no trial of results/r1")
    assert cure.count("::") == 4


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (
            "manners/hello::helper/base#7",
            "manners/hello::helper/base#0, manners/hello::helper/base#1",
        ),
        ("manners/hello::helper/terse#1", "manners/hello::helper/terse#0"),
        ("terse#00", "manners/hello::helper/terse#0"),
    ],
)
def test_a_number_that_no_trial_has_is_told_with_those_there_are(wanted: str, there: str) -> None:
    """And it never finds another cell's trial, whose name happens to hold this one's."""
    keep(Path("results/r1"), record(key="f" * 16, variant="helper/terser", trial=1))
    number = wanted.partition("#")[2]
    found = problem(wanted)
    if wanted.startswith("terse"):
        there += ", manners/hello::helper/terser#1"
    assert found == (wanted, f"results/r1 has no trial #{number} of it", f"there are: {there}")


@pytest.mark.parametrize("number", ["", "x", "-1", "1.5", "²", "٣", "1#1 "])
def test_what_is_no_number_is_told(number: str) -> None:
    wanted = f"manners/hello::helper/base#{number}"
    where, found, cure = problem(wanted)
    assert (where, cure) == (wanted, "write #0 for a cell's first trial, #1 for its second")
    assert found.endswith("is not the number of a trial")


def test_a_negative_number_is_told() -> None:
    assert problem("terse", "--number", "-1")[1] == "'-1' is not the number of a trial"


def test_a_run_that_is_not_there_is_told_with_those_there_are(results: Path) -> None:
    keep(results / "r2", *TRIALS)
    told = ("results: r9", "there is no such run", "the newest are: r2, r1")
    assert problem("terse", "--run", "r9") == told
    assert problem("--failed", "--run", "r9") == told


def test_a_run_without_records_is_told(results: Path) -> None:
    keep(results / "r2")
    assert problem("terse")[:2] == ("results/r2", "there are no records in it")


def test_where_nothing_was_run_the_cure_is_what_runs_it(results: Path) -> None:
    results.rename("elsewhere")
    for arguments in (["terse"], ["--failed"]):
        assert problem(*arguments)[2] == "run first: pytest evals/"


def test_the_latest_run_is_shown_unless_another_is_named(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(results / "r2", record(Say(text="Later.")))
    run("manners/hello::helper/base")
    run("manners/hello::helper/base", "--run", "r1")
    later, earlier = capsys.readouterr().out.split("trial     ")[1:]
    assert "Later." in later
    assert "I write it." in earlier


def test_the_configured_folder_is_looked_in(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results.rename(results.with_name("out"))
    Path("pyproject.toml").write_text('[tool.promptverdict]\nresults = "out"\n')
    assert run("terse") == 0
    assert "helper/terse" in capsys.readouterr().out


def test_another_folder_of_runs_can_be_named(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results.rename(results.with_name("out"))
    assert run("terse", "--results", "out") == 0
    assert "helper/terse" in capsys.readouterr().out


FALLEN = record(
    key="1" * 16,
    variant="helper/rude",
    trial=1,
    grades=(
        graded(failed("It says\n“Go away.”\x1b[31m")),
        graded(passed("Quick."), "brief"),
        graded(ungraded("No tests."), "tested"),
    ),
)


def test_what_failed_or_is_ungraded_is_listed_with_what_shows_it(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = Fault(kind="StaleProbes", message="probe-stale: x\n  run them", exit_code=7)
    broken = record(key="0" * 16, variant="helper/a", fault=fault)
    keep(results / "r2", FALLEN, broken, record(key="2" * 16, grades=(graded(passed("ok")),)))
    assert run("--failed") == 0
    show_rude = "promptverdict show 'manners/hello::helper/rude#1'"
    assert capsys.readouterr().out.splitlines() == [
        "fault    StaleProbes: probe-stale: x run them"
        "   promptverdict show manners/hello::helper/a",
        rf"fail     polite: It says “Go away.”\x1b[31m   {show_rude}",
        f"ungraded tested: No tests.   {show_rude}",
    ]


def test_the_command_that_shows_a_failure_finds_it(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(results / "r2", FALLEN)
    results.rename("my runs")
    run("--failed", "--run", "r2", "--results", "my runs")
    command = shlex.split(capsys.readouterr().out.splitlines()[0].rpartition("   ")[2])
    assert command[:2] == ["promptverdict", "show"]
    run(*command[2:])
    assert capsys.readouterr().out.startswith("trial     manners/hello::helper/rude#1\n")


def test_that_nothing_failed_is_said(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(results / "r2", record(grades=(graded(passed("ok")),)))
    run("--failed")
    told = "results/r2: 1 grade, all passed\n"
    assert capsys.readouterr().out == told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "--failed"),
        (["terse", "--failed"], "--failed"),
        (["--failed", "terse"], "trial"),
    ],
)
def test_either_a_trial_or_the_list_of_failures_is_asked_for(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(*arguments)
    assert caught.value.code == 2
    assert told in capsys.readouterr().err


MARKED = record(
    Say(text="It is\x1b so.\nYes, no."),
    grades=(
        graded(failed("x", Point(event=0, start=3, end=15))),
        graded(passed("y", Point(event=0, start=16, end=18)), "kind"),
    ),
)


def test_without_colours_brackets_mark_what_a_grade_rests_on(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(results / "r2", MARKED)
    run("hello")
    printed = capsys.readouterr().out
    assert "marked    ⟦like this⟧ is what a grade" in printed
    assert "    It ⟦is\\x1b so.\n    Yes,⟧ ⟦no⟧.\n" in printed


def test_with_colours_a_style_marks_it_and_no_bracket(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    keep(results / "r2", MARKED)
    run("hello")
    printed = capsys.readouterr().out
    assert "⟦" not in printed
    assert "\x1b[1;4;31mis\\x1b so.\x1b[0m" in printed
    assert "\x1b[1;4;32mno\x1b[0m" in printed


def test_an_output_that_cannot_hold_a_character_shows_it_as_an_escape(
    results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(results / "r2", MARKED)
    raw = io.BytesIO()
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, encoding="ascii"))
    run("hello")
    sys.stdout.flush()
    assert rb"It \u27e6is" in raw.getvalue()


def test_long_results_are_cut_unless_all_is_asked_for(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    long = "\n".join(f"line {number}" for number in range(100))
    keep(results / "r2", record(Result(call="t", text=long)))
    run("hello")
    assert "    ... 70 lines (--whole shows them)\n" in capsys.readouterr().out
    run("hello", "--whole")
    assert "    line 50\n" in capsys.readouterr().out


def test_a_line_is_never_folded_and_nothing_drives_the_terminal(
    results: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    keep(results / "r2", record(Say(text="x" * 200 + " \x1b[31m[bold]:smile:")))
    run("hello")
    printed = capsys.readouterr().out
    assert "    " + "x" * 200 + r" \x1b[31m[bold]:smile:" + "\n" in printed
    assert "\x1b" not in printed


def test_colours_add_nothing_to_the_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run("terse")
    plain = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    run("terse")
    coloured = capsys.readouterr().out
    assert coloured != plain
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "cannot be read: no such file or directory"),
        ("", "not valid JSON"),
        ("{}", "this key is missing"),
        (TRIALS[0].model_dump_json()[:-1] + ', "of_tomorrow": 1}', "of_tomorrow: unknown key"),
    ],
)
def test_a_file_that_is_no_record_is_told(results: Path, text: str | None, told: str) -> None:
    if text is not None:
        Path("x.json").write_text(text)
    where, found, cure = problem("x.json")
    assert where == "x.json"
    assert found.startswith("not a trial's record: ")
    assert told in found
    assert cure


def test_a_broken_record_in_a_run_is_told_by_its_name(results: Path) -> None:
    (results / "r1/trials/broken.json").write_text("{")
    assert problem("terse")[0].endswith("trials/broken.json")
