"""The tables of cases, in their short form; `python -m tests.tables --all` runs every row alone."""

from __future__ import annotations

from collections import Counter

from tests.judging.made import ATTACKS
from tests.tables.api import run_api
from tests.tables.hostile_texts import TEXTS
from tests.tables.inputs import read_rows, run_inputs
from tests.tables.judge import run_judge
from tests.tables.outcome import render_sum
from tests.tables.reports import run_reports


def test_damaged_files_are_answered_as_specified(imported: None) -> None:
    outcomes = run_inputs(whole=False)
    assert len(outcomes) > 400
    assert not any(outcome.mistakes for outcome in outcomes), render_sum("inputs", outcomes)


def test_hostile_texts_do_nothing_where_they_are_shown(imported: None) -> None:
    assert len(TEXTS) >= 20
    outcomes = run_reports(whole=False)
    assert not any(outcome.mistakes for outcome in outcomes), render_sum("reports", outcomes)


def test_an_answer_is_never_its_judges_verdict() -> None:
    assert len(ATTACKS) == 8
    outcomes = run_judge(whole=False)
    assert not any(outcome.mistakes for outcome in outcomes), render_sum("attacks", outcomes)


def test_each_fault_of_a_provider_has_its_outcome_in_each_api(imported: None) -> None:
    outcomes = run_api(whole=False)
    assert len(outcomes) > 3 * 40
    assert not any(outcome.mistakes for outcome in outcomes), render_sum("faults", outcomes)


def test_every_kind_of_file_has_rows_with_names_of_their_own() -> None:
    rows = read_rows()
    assert len({row.place for row in rows}) >= 20
    assert [name for name, number in Counter(row.id for row in rows).items() if number > 1] == []
