"""`promptverdict show` finds the one trial that was meant, or says which there are."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

from harness.cli import show
from harness.errors import InputError
from harness.records import TrialRecord
from harness.store import Run
from harness.transcript import Result, Say
from tests.report.made import record

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
        "fits several trials of results/r1",
        "there are: bad-manners/hello::helper/base, manners/hello::helper/base,"
        " manners/hello::helper/base2",
    )


@pytest.mark.parametrize("wanted", ["none", "manners/hello::helper/base#7", "evals", "f" * 16])
def test_what_fits_no_trial_is_told_with_the_names_of_all(wanted: str) -> None:
    where, found, cure = problem(wanted)
    assert (where, found) == (wanted, "fits no trial of results/r1")
    assert cure.count("::") == 4


def test_a_run_that_is_not_there_is_told_with_what_makes_one(results: Path) -> None:
    assert problem("terse", "--run", "r9")[1:] == (
        "fits no trial of results/r9",
        "run them first: pytest evals/",
    )
    (results / "latest").unlink()
    assert problem("terse")[2] == "run them first: pytest evals/"


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
        (None, "No such file"),
        ("", "Invalid JSON"),
        ("{}", "Field required"),
        (TRIALS[0].model_dump_json()[:-1] + ', "of_tomorrow": 1}', "Extra inputs"),
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
