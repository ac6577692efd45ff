"""Every cell of a run has its place, and every row says what it can be found by."""

from __future__ import annotations

from promptverdict.report.flips import list_flips
from promptverdict.report.grid import FLAGS, Grid, build_grid_table, build_grids, count_flags
from promptverdict.report.page.trial_texts import read_trial_texts
from promptverdict.trials.grade import failed, passed, ungraded
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import summarise_trial

from tests.cases import try_cases
from tests.report.compared import BASE, NOW, TERSE, comparison, run
from tests.report.made import graded, record

FINDINGS = {"+": passed("a"), "-": failed("b"), "?": ungraded("c")}


def tried(variant: str, sign: str, scenario: str = "hello") -> TrialRecord:
    return record(variant=variant, scenario=scenario, grades=(graded(FINDINGS[sign]),))


def grid(*records: TrialRecord, pairs: tuple[tuple[str, str], ...] = ()) -> Grid:
    (built,) = build_grids(map(summarise_trial, records), [], pairs, [], NOW)
    return built


def many(count: int) -> list[TrialRecord]:
    return [tried(f"team/{number}", "+") for number in range(count)]


def test_a_few_variants_stand_beside_each_other() -> None:
    built = grid(*many(6))
    assert built.columns == tuple(f"team/{number}" for number in range(6))
    assert [row.scenario for row in built.rows] == ["hello"]
    assert not built.has_subjects


def test_many_variants_stand_below_each_other() -> None:
    built = grid(*many(7))
    assert built.columns == ("result",)
    assert [row.subject for row in built.rows] == [f"team/{number}" for number in range(7)]
    titles = [column.title for column in build_grid_table(built).columns]
    assert titles == ["agent", "scenario", "result"]


def test_of_many_a_candidate_stands_beside_its_baseline_and_an_unchanged_one_alone() -> None:
    before = [tried(f"team/{number} @ main", "+") for number in range(3)]
    pairs = tuple((f"team/{number} @ main", f"team/{number}") for number in range(3))
    built = grid(*before, *many(5), pairs=pairs)
    assert built.columns == ("baseline", "candidate")
    cells = [[cell.variant for cell in row.cells] for row in built.rows]
    assert cells[0] == ["team/0 @ main", "team/0"]
    assert [row.subject for row in built.rows] == [f"team/{number}" for number in range(5)]
    assert [row.cells[0].shown for row in built.rows] == ["all"] * 3 + ["absent"] * 2


@try_cases(
    ("signs", "flags"),
    [
        ("++", ()),
        ("+-", ("failed", "different")),
        ("--", ("failed",)),
        ("+?", ("different", "ungraded")),
    ],
)
def test_a_row_is_found_by_what_its_cells_hold(signs: str, flags: tuple[str, ...]) -> None:
    built = grid(*(tried(f"team/{place}", sign) for place, sign in enumerate(signs)))
    assert built.rows[0].flags == flags


def test_what_flipped_is_found_and_counted() -> None:
    records = run()
    flips = [(TERSE, flip) for flip in list_flips(comparison(records))]
    grids = build_grids(map(summarise_trial, records), [], [(BASE, TERSE)], flips, NOW)
    assert count_flags(grids) == dict.fromkeys(FLAGS, 0) | {
        "regressed": 6,
        "failed": 6,
        "different": 6,
    }
    assert [row.losses for row in grids[0].rows] == [1] * 6 + [0] * 2


def test_a_row_is_searched_by_names_behaviours_and_the_reasons_of_what_fell_short() -> None:
    trial = tried("team/Loud", "-")
    (row,) = grid(trial).rows
    texts = read_trial_texts([summarise_trial(trial)], lambda _: trial)
    search = row.list_words(texts.words)
    for words in ("manners", "hello", "team/loud", "polite fail", " b"):
        assert words in search
    assert search == search.lower()


def test_a_cell_leads_to_the_trial_that_fell_short() -> None:
    fine, short = (
        record(trial=number, key=f"{number}" * 16, grades=(graded(FINDINGS[sign]),))
        for number, sign in enumerate("+-")
    )
    assert grid(fine, short).rows[0].cells[0].key == short.key
