"""A comparison in the terminal: short, in order of what matters, and harmless to print."""

from __future__ import annotations

from datetime import UTC, datetime

from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.report.terminal.comparison import MOST_LINES, render_comparisons

from tests.cases import try_cases
from tests.compared import BASE, TERSE, samples, side, suite, trial

NOW = datetime(2026, 1, 3, tzinfo=UTC)


def printed(*comparisons: Comparison, notes: tuple[str, ...] = ()) -> list[str]:
    return render_comparisons(Comparisons(comparisons=comparisons, notes=notes), NOW).splitlines()


def compared(before: list[str], after: list[str]) -> Comparison:
    records = [*side(BASE, *before), *side(TERSE, *after)]
    return compare_variants(samples(records), {"manners": suite()}, BASE, TERSE)


def test_a_flip_leads_to_the_trial_that_shows_it() -> None:
    lines = printed(compared(["++"] * 6, ["++"] * 5 + ["+-"]))
    shows = "promptverdict show manners-s5-helper/terse-1"
    place = lines.index("  manners/s5: lost kind (2/2 -> 1/2)")
    assert lines[place + 1] == f"    {shows}"


def test_a_flip_leads_to_its_trial_where_another_left_no_record() -> None:
    records = [*side(BASE, *["++"] * 6), *side(TERSE, *["++"] * 5, "+-")]
    there = [one for one in records if (one.variant, one.scenario, one.trial) != (TERSE, "s5", 0)]
    found = compare_variants(samples(there), {"manners": suite()}, BASE, TERSE)
    assert any(line.endswith("show manners-s5-helper/terse-1") for line in printed(found))


def test_a_flip_of_a_run_that_is_not_the_latest_names_it() -> None:
    found = Comparisons(comparisons=(compared(["+"] * 6, ["+"] * 5 + ["-"]),))
    lines = render_comparisons(found, NOW, ["--run", "r1"]).splitlines()
    assert any(line.endswith("show manners-s5-helper/terse-0 --run r1") for line in lines)


def test_what_was_lost_is_told_before_what_was_gained() -> None:
    lines = printed(compared(["-", "+"] * 3, ["+", "-"] * 3))
    flips = [line.split()[1] for line in lines if line.startswith("  manners/")]
    assert flips == ["lost"] * 3 + ["gained"] * 3
    assert "flipped: 3 gained, 3 lost in 6 scenarios" in lines


def test_long_lists_are_cut_and_counted() -> None:
    found = samples([*side(BASE, *["+"] * 20), *side(TERSE, "+")])
    lines = printed(compare_variants(found, {"m": suite()}, BASE, TERSE))
    assert lines[0].startswith("Invalid: ")
    lines = printed(compare_variants(found, {"manners": suite()}, BASE, TERSE))
    assert len([line for line in lines if line.startswith("not paired")]) == MOST_LINES
    assert f"{19 - MOST_LINES} more not paired" in lines


def test_it_is_told_how_small_a_change_would_be_missed() -> None:
    found = compared(["+", "-"] * 5, ["+", "-"] * 5)
    (one,) = found.behaviours
    told = f"usually missed, changes of fewer points than: kind {100 * (one.mde80 or 0):.0f}"
    assert told in printed(found)


def test_where_there_can_be_no_verdict_no_change_is_told_to_be_missed() -> None:
    assert not any("missed" in line for line in printed(compared(["+"] * 5, ["-"] * 5)))


def test_what_one_side_was_never_asked_stands_in_the_column_of_what_is_missing() -> None:
    lines = printed(compared([*["-"] * 6, "++", "++"], ["+"] * 6))
    (row,) = [line for line in lines if line.split()[1:2] == ["kind"]]
    assert row.split()[0] == "inconclusive"
    assert row.endswith("4 (4 never")
    assert lines[lines.index(row) + 1].strip() == "asked)"
    assert "why: kind: depends on 4 missing results" in lines


def test_missing_results_stand_in_their_own_column() -> None:
    lines = printed(compared(["++++"] * 10, ["++++"] * 9 + ["++?!"]))
    (row,) = [line for line in lines if line.split()[1:2] == ["kind"]]
    assert row.split()[0] == "inconclusive"
    assert row.split()[-2:] == ["10", "2"]


@try_cases(
    ("before", "after", "told"),
    [
        ("++", "+-", "100% -> 0% (k=2)"),
        ("++", "+++", "100% (k=2) -> 100% (k=3)"),
        ("+-+", "+", "0% (k=3) -> unknown"),
    ],
)
def test_several_trials_tell_how_likely_all_of_them_show_it(
    before: str, after: str, told: str
) -> None:
    assert f"pass^k: kind: {told}" in printed(compared([before] * 8, [after] * 8))


def test_one_trial_each_says_nothing_of_repeats() -> None:
    assert not any("pass^k" in line for line in printed(compared(["+"] * 8, ["-"] * 8)))


def test_one_reason_of_many_behaviours_is_told_once() -> None:
    records = [
        trial(variant, f"s{place}", 0, {"kind": "+", "brief": "+"})
        for variant in (BASE, TERSE)
        for place in range(2)
    ]
    found = compare_variants(samples(records), {"manners": suite("kind", "brief")}, BASE, TERSE)
    assert "why: kind, brief: fewer than 6 paired units (2)" in printed(found)


def test_what_is_unchanged_takes_one_line_and_notes_come_last() -> None:
    same = compared(["+"], ["+"]).model_copy(update={"status": "unchanged"})
    lines = printed(same, same, notes=("helper/new is new since main",))
    assert lines == [
        "Unchanged: helper/terse, helper/terse",
        "helper/new is new since main",
    ]


def test_control_characters_of_a_note_do_not_reach_the_terminal() -> None:
    assert "\x1b" not in "".join(printed(notes=("odd \x1b[31m name",)))


def test_a_table_of_every_word_fits_into_eighty_columns() -> None:
    rows = [
        {"kind": "too few scenarios", "verdict": None, "n": 5},
        {"verdict": "inconclusive", "fragile": True},
        {"verdict": "invalid", "missing_candidate": 3},
    ]
    found = compared(["+"] * 8, ["-"] * 8)
    (kind,) = found.behaviours
    lacking = kind.candidate_rate.model_copy(update={"estimate": None})
    more = {"behaviour": "tests-pass-at-the-very-end", "candidate_rate": lacking}
    behaviours = tuple(kind.model_copy(update=more | row) for row in rows)
    lines = printed(found.model_copy(update={"behaviours": behaviours}))
    start = next(place for place, line in enumerate(lines) if line.startswith("verdict"))
    end = next(place for place, line in enumerate(lines) if line.startswith("usually missed"))
    assert max(map(len, lines[start:end])) <= 80
