"""The report of a run that was compared with an older one shows the trials of both."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.comparison.against_run import compare_runs
from promptverdict.comparison.storage import read_comparisons, write_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.report.model import Report
from promptverdict.report.other_side import read_other_side
from promptverdict.report.page.html import render_page
from promptverdict.report.writing import write_report
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Run, read_manifest
from promptverdict.trials.stored_records import read_records

from tests.compared import BASE, TERSE, samples, side, suite
from tests.report.compared import build
from tests.report.made import PROVENANCE

OLDER, NEWER = "20260101T000000.000000Z", "20260102T000000.000000Z"
LATER = PROVENANCE.model_copy(update={"recorded": "2026-01-02T12:00:00Z"})


@pytest.fixture
def newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of two variants, of which one got worse, compared with an older one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_RESULTS", raising=False)
    other = side(BASE, "+", suite="other")
    before = saved(OLDER, [*side(BASE, *["+"] * 8), *side(TERSE, *["+"] * 8), *other])
    lost = side(BASE, *["-"] * 8, provenance=LATER)
    after = saved(NEWER, [*lost, *side(TERSE, *["+"] * 8, provenance=LATER)])
    found = compare_runs(
        OLDER,
        samples(read_records(before)),
        samples(read_records(after)),
        {"manners": suite()},
    )
    write_comparisons(after, found)
    return after


def saved(name: str, made: list[TrialRecord]) -> Path:
    """Write a run; both runs give their trials the same keys."""
    run = Run.create(Path("results"), Settings(), {}, name)
    for number, one in enumerate(made):
        run.save(one.model_copy(update={"key": f"{number:016x}"}))
    run.finish(whole=True)
    return run.folder


def found(run: Path) -> Comparisons:
    kept = read_comparisons(run)
    assert kept is not None
    return kept


def report(run: Path) -> Report:
    kept = found(run)
    other = list(read_other_side(run, kept.comparisons))
    return build(read_manifest(run), list(read_records(run)), kept, other)


def test_the_trials_of_the_older_run_are_called_as_the_comparison_calls_them(newer: Path) -> None:
    comparisons = found(newer).comparisons
    read = {one.key: one for one in read_other_side(newer, comparisons)}
    named = {
        key
        for one in comparisons
        for pair in one.behaviours[0].pairs
        for key in pair.baseline_trials
    }
    assert read.keys() == named
    assert {one.variant for one in read.values()} == {f"{BASE} @ {OLDER}", f"{TERSE} @ {OLDER}"}


def test_both_sides_of_a_flip_are_told_and_lead_to_their_own_run(
    newer: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flips = report(newer).comparisons[0].flips
    assert len(flips) == 8
    before, after = flips[0].sides
    assert (before.reason, after.reason) == ("yes", "no")
    assert before.command == f"promptverdict show {0:016x} --whole --run {OLDER}"
    assert after.command.endswith(f"::helper/base#0' --whole --run {NEWER}")
    assert main(["show", f"{0:016x}", "--run", OLDER]) == 0
    assert "pass     kind: yes" in capsys.readouterr().out


def test_a_variant_stands_beside_itself_as_it_was(newer: Path) -> None:
    shown = report(newer)
    assert shown.grids[0].columns == (BASE, f"{BASE} @ {OLDER}", TERSE, f"{TERSE} @ {OLDER}")
    labels = {one.key: one.label for one in shown.scenarios[0].trials}
    first = shown.scenarios[0]
    assert (labels[first.left], labels[first.right]) == (f"{BASE} @ {OLDER} #0", f"{BASE} #0")


def test_an_older_run_that_is_gone_is_told_and_nothing_passes_for_it(newer: Path) -> None:
    shutil.rmtree(newer.parent / OLDER)
    shown = report(newer)
    told = f"nothing is left of {BASE} @ {OLDER}: the records of that run are gone"
    assert told in shown.notes
    assert told in render_page(shown)
    reason = shown.comparisons[0].flips[0].sides[0].reason
    assert reason == f"Its trial is not among the records of run {OLDER}."
    assert {one.right for one in shown.scenarios} == {""}


def test_what_plays_the_same_in_both_runs_needs_no_second_column(newer: Path) -> None:
    same = compare_runs(
        OLDER, samples(side(BASE, "+")), samples(side(BASE, "+")), {"manners": suite()}
    )
    write_comparisons(newer, same)
    shown = report(newer)
    assert same.comparisons[0].status == "unchanged"
    assert shown.grids[0].columns == (BASE, TERSE)
    assert shown.notes == ()


def test_the_report_that_is_written_holds_both_runs(newer: Path) -> None:
    written, comment = write_report(newer)
    assert f"{BASE} @ {OLDER}</th>" in written.read_text(encoding="utf-8")
    text = comment.read_text(encoding="utf-8")
    assert f"promptverdict show {0:016x} --whole --run {OLDER}" in text
    assert "not among the records" not in text
