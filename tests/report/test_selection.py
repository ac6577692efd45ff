"""A page has as many trials as a browser bears, the most telling first, and says what it lacks."""

from __future__ import annotations

import re

import pytest
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.report.markdown.comment import render_comment
from promptverdict.report.page.html import render_page
from promptverdict.report.selection import EVERYTHING, select_trials
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import summarise_trial

from tests.report.compared import BASE, TERSE, build, comparison, manifest, run

PAIRS = [(BASE, TERSE)]


def test_a_run_that_fits_is_there_as_a_whole() -> None:
    trials = list(map(summarise_trial, run(scenarios=4, trials=2)))
    assert select_trials(trials, [], PAIRS, most=16) is EVERYTHING
    assert EVERYTHING.pick(trials) is trials


def test_what_flipped_comes_first_then_two_of_each_scenario_then_the_first_of_each() -> None:
    records = run(scenarios=4, lost=1, trials=3)
    trials = list(map(summarise_trial, records))
    flip = trials[-1]
    selection = select_trials(trials, [flip.key, "gone"], PAIRS, most=11)
    chosen = [(trial.scenario[-1], trial.variant, trial.trial) for trial in selection.pick(trials)]
    assert chosen[0] == ("3", TERSE, 2)
    # Scenario 0 fell short, so its two stand before those of the others.
    assert chosen[1:9] == [(place, name, 0) for place in "0123" for name in (BASE, TERSE)]
    assert chosen[9:] == [("0", BASE, 1), ("0", TERSE, 1)]


def test_alike_trials_stand_for_each_other_when_two_are_chosen() -> None:
    """With each pair looked at, these would be a million."""
    first = run(scenarios=1, lost=1, trials=1)
    many: list[TrialRecord] = [
        each.model_copy(
            update={"trial": number, "key": f"{each.key[:4]}{number:04x}{each.key[8:]}"}
        )
        for each in first
        for number in range(1000)
    ]
    selection = select_trials(list(map(summarise_trial, many)), [], PAIRS, most=2)
    assert set(selection.keys or ()) == {each.key for each in first}


def test_a_page_says_how_many_trials_it_has_of_how_many_and_how_to_read_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("promptverdict.report.selection.select_trials.__defaults__", (12,))
    monkeypatch.setattr("promptverdict.report.comparison_section.MOST_FLIPS", 4)
    records = run(scenarios=8, lost=6, trials=2)
    found = Comparisons(comparisons=(comparison(records),))
    built = build(manifest(records), records, found)
    text = render_page(built)
    said = "The page shows 12 of 32 trials and 6 of 8 scenarios"
    assert said in built.notes[0]
    assert said in text.split('id="flips"')[0]
    assert said in text.split('id="cells"')[1].split('id="transcripts"')[0]
    assert said in text.split('id="provenance"')[1]
    assert "show TRIAL --run 20260101T120000.000000Z" in text
    assert "4 trials, 2 of them here" in text
    assert len(set(re.findall(r'id="trial:(\w+)"', text))) == 12
    # What is counted is counted over all, and no link leads nowhere.
    assert "0 gained, 6 lost in 6 scenarios" in text
    assert "2 more are left out" in text
    for key in re.findall(r'data-goto="trial:(\w+)', text):
        assert f'id="trial:{key}"' in text
    comment = render_comment(built)
    assert "12 of 32 trials" in comment
    assert "0 gained, 6 lost in 6 scenarios" in comment


def test_a_page_that_has_all_lacks_nothing() -> None:
    records = run(scenarios=8, trials=2)
    built = build(manifest(records), records, Comparisons(comparisons=(comparison(records),)))
    assert built.left_out == ""
    assert built.notes == ()
    assert "Nothing is counted that is not here." in render_page(built)
