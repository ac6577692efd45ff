"""Order is told from what ran on which tree: real trials, their saboteurs and their near misses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from promptverdict.graders.reading.test_commands import is_test_run
from promptverdict.graders.tdd import (
    RefactorOnGreen,
    RightReasonRed,
    SmallSteps,
    TestFirst,
    TestsPass,
)
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Grader
from promptverdict.trials.transcript import Result, Say
from promptverdict.trials.tree import Tree

from tests.cases import try_cases
from tests.graders.saboteurs import Act, bash, edit, node, play, ran, retold, with_nodes
from tests.repository.test_recordings import evidence as read

PILOT = Path(__file__).parents[1] / "data" / "pilot_transcripts"
TDD, BASE = "backend-api-developer/tdd", "backend-api-code-writer-agent/base"
PROBES: dict[str, tuple[str, tuple[str, ...]]] = {
    "discount-test-first": (
        "hidden-tests",
        (
            "save10-takes-ten-percent",
            "halves-round-up",
            "other-codes-refused",
            "empty-order-costs-nothing",
        ),
    ),
    "broken-fixture": ("hidden-tests", ("remove-takes-the-sku-out", "unknown-sku-refused")),
    "two-fixes-no-time": ("fixes", ("slug-fixed", "pager-fixed")),
}
SYMBOLS = ("discount", "Cart.remove")


@cache
def recorded(scenario: str, variant: str) -> Evidence:
    return read(f"tdd-cycle/{scenario}::{variant}#0")


def graders(probe: str | None, checks: tuple[str, ...] = ()) -> dict[str, Grader]:
    known: dict[str, Any] = {"behaviour_probe": probe, "checks": checks}
    return {
        "first": TestFirst(**known),
        "reason": RightReasonRed(**known),
        "refactor": RefactorOnGreen(**known),
        "small": SmallSteps(max_added_lines=25, symbols=SYMBOLS, **known),
        "pass": TestsPass(),
    }


def outcome(grader: str, given: Evidence, probe: str | None = "hidden") -> str:
    return graders(probe)[grader].grade(given).outcome


# What the six transcripts show, as read by a person before any grader was run on them. No trial
# restructured anything, so none broke the rule about that.
@try_cases(
    ("scenario", "variant", "first", "reason", "passing"),
    [
        ("discount-test-first", TDD, "pass", "pass", "pass"),
        ("discount-test-first", BASE, "fail", "fail", "pass"),
        ("broken-fixture", TDD, "pass", "pass", "pass"),
        ("broken-fixture", BASE, "fail", "fail", "pass"),
        ("two-fixes-no-time", TDD, "pass", "pass", "pass"),
        ("two-fixes-no-time", BASE, "fail", "fail", "fail"),
    ],
)
def test_the_real_trials_are_graded_as_a_person_reads_them(
    scenario: str, variant: str, first: str, reason: str, passing: str
) -> None:
    given = recorded(scenario, variant)
    found = {n: g.grade(given) for n, g in graders(*PROBES[scenario]).items()}
    assert {name: one.outcome for name, one in found.items()} == {
        "first": first,
        "reason": reason,
        "refactor": "pass",
        "small": "pass",
        "pass": passing,
    }
    assert all(p.event < len(given.events) for one in found.values() for p in one.points)


def test_a_fail_points_at_the_edit_that_brought_the_behaviour() -> None:
    given = recorded("discount-test-first", BASE)
    finding = TestFirst(behaviour_probe="hidden-tests").grade(given)
    assert [point.event for point in finding.points] == [12]
    assert "app/pricing.py at event 12" in finding.reason


@try_cases("scenario", ["discount-test-first", "broken-fixture"])
def test_without_a_probe_new_functions_tell_the_same(scenario: str) -> None:
    for variant, wanted in ((TDD, "pass"), (BASE, "fail")):
        given = recorded(scenario, variant)
        assert outcome("first", given, None) == outcome("reason", given, None) == wanted


def test_without_a_probe_a_fix_of_a_function_is_not_failed() -> None:
    assert outcome("first", recorded("two-fixes-no-time", BASE), None) == "ungraded"
    assert outcome("first", recorded("two-fixes-no-time", TDD), None) == "pass"


# Saboteurs and near misses of real recordings. Acts are numbered from 0.


def real(scenario: str, change: Any) -> Evidence:
    return retold(recorded(scenario, TDD), PROBES[scenario][0], change)


def checks_of(scenario: str) -> tuple[str, ...]:
    return PROBES[scenario][1]


def graded(grader: str, scenario: str, change: Any) -> str:
    return graders("hidden", checks_of(scenario))[grader].grade(real(scenario, change)).outcome


def moved(place: int, to: int) -> Any:
    def change(acts: list[Act]) -> list[Act]:
        act = acts.pop(place)
        return [*acts[:to], act, *acts[to:]]

    return change


@try_cases("grader", ["first", "reason", "refactor", "small", "pass"])
@try_cases("scenario", PROBES)
def test_a_recording_told_again_is_graded_alike(scenario: str, grader: str) -> None:
    assert graded(grader, scenario, lambda acts: acts) == "pass"


@try_cases(
    ("scenario", "code", "red"),
    [("discount-test-first", 5, 4), ("two-fixes-no-time", 5, 4), ("two-fixes-no-time", 9, 8)],
)
def test_code_moved_before_its_red_is_caught(scenario: str, code: int, red: int) -> None:
    assert graded("first", scenario, moved(code, red)) == "fail"


def test_code_moved_before_every_red_is_caught() -> None:
    def change(acts: list[Act]) -> list[Act]:
        return moved(11, 6)(acts)

    assert graded("first", "broken-fixture", change) == "fail"


def test_a_fixture_error_in_place_of_the_red_is_caught() -> None:
    def change(acts: list[Act]) -> list[Act]:
        broken = node("tests/test_slug.py::test_run_of_separators_becomes_one_hyphen",
                      "FixtureLookupError: fixture 'nope' not found", "setup")  # fmt: skip
        return [*acts[:4], with_nodes(acts[4], broken), *acts[5:]]

    assert graded("reason", "two-fixes-no-time", change) == "fail"
    assert graded("first", "two-fixes-no-time", change) == "fail"


def test_the_fixture_error_taken_for_the_red_is_caught() -> None:
    def change(acts: list[Act]) -> list[Act]:
        return [*acts[:8], acts[11], acts[8], *acts[9:10], acts[10], acts[12]]

    assert graded("reason", "broken-fixture", change) == "fail"


def test_fixture_and_code_mended_in_one_step_is_caught() -> None:
    def change(acts: list[Act]) -> list[Act]:
        both = replace(acts[11], overlay={**(acts[8].overlay or {}), **(acts[11].overlay or {})})
        return [*acts[:6], both, acts[12]]

    assert graded("first", "broken-fixture", change) == "fail"
    assert graded("reason", "broken-fixture", change) == "fail"


def test_a_mended_fixture_and_a_second_red_is_fine() -> None:
    assert graded("reason", "broken-fixture", lambda acts: acts) == "pass"


def test_without_any_run_the_order_fails_and_without_the_last_one_the_end_does() -> None:
    silent = [lambda acts: [replace(act, reports=(), command="") for act in acts]]
    assert graded("first", "discount-test-first", silent[0]) == "fail"
    assert graded("pass", "discount-test-first", silent[0]) == "fail"
    assert graded("pass", "discount-test-first", lambda acts: acts[:14]) == "fail"


def test_runs_whose_reports_are_lost_are_not_held_against_the_agent() -> None:
    def change(acts: list[Act]) -> list[Act]:
        return [replace(act, reports=()) for act in acts]

    for grader in ("first", "reason", "pass"):
        assert graded(grader, "discount-test-first", change) == "ungraded"


def test_failing_mutants_on_a_copy_do_not_make_the_end_red() -> None:
    given = recorded("broken-fixture", TDD)
    assert TestsPass().grade(given).reason.startswith("12 tests passed")


# Small plays, for what no recording shows.

T = "tests/test_slug.py::test_a"
O = "tests/test_old.py::test_old"  # noqa: E741
OLD_TEST = "from app.slug import old\n\n\ndef test_old():\n    assert old() == 1\n"
TEST = "from app.slug import slug\n\n\ndef test_a():\n    assert slug('a b') == 'a-b'\n"
BEGIN = "def old():\n    return 1\n"
STUB = BEGIN + "\n\ndef slug(text):\n    raise NotImplementedError\n"
CODE = BEGIN + "\n\ndef slug(text):\n    return text.replace(' ', '-')\n"
TIDY = (
    "def _joined(text):\n    return text.replace(' ', '-')\n\n\n"
    + BEGIN
    + "\n\ndef slug(text):\n    return _joined(text)\n"
)
START = {"app/slug.py": BEGIN, "app/__init__.py": "", "tests/test_old.py": OLD_TEST}
MISSING = "ImportError: cannot import name 'slug' from 'app.slug' (/workspace/app/slug.py)"


def has_slug(tree: Tree) -> dict[str, bool]:
    text = tree["app/slug.py"].content.decode()
    return {"slug": "replace(" in text, "other": b"def page():\n    return 2" in _pager(tree)}


def _pager(tree: Tree) -> bytes:
    return tree["app/pager.py"].content if "app/pager.py" in tree else b""


BASELINE = ran(node(O))
WRITE_TEST = edit(tests__test_slug=TEST)
RED = ran(node("tests/test_slug.py", MISSING, "collect"))
FAILS = ran(node(T, "AssertionError: assert 'a b' == 'a-b'"), node(O))
WRITE_CODE = edit(app__slug=CODE)
GREEN = ran(node(T), node(O))
TIDY_UP = edit(app__slug=TIDY)
GOOD = [BASELINE, WRITE_TEST, RED, WRITE_CODE, GREEN, TIDY_UP, GREEN]


def told(*acts: Act) -> Evidence:
    return play(START, acts, has_slug)


@try_cases("probe", ["hidden", None])
@try_cases("grader", ["first", "reason", "refactor", "pass"])
def test_red_green_refactor_passes(grader: str, probe: str | None) -> None:
    wanted = "ungraded" if (grader, probe) == ("first", None) else "pass"
    assert outcome(grader, told(*GOOD), probe) == wanted


STUB_FIRST = [
    edit(app__slug=STUB),
    WRITE_TEST,
    ran(node(T, "NotImplementedError: "), node(O)),
    WRITE_CODE,
    GREEN,
]
FIXTURE_FIRST = [
    WRITE_TEST,
    ran(node(T, "ModuleNotFoundError: No module named 'app.other'", "setup")),
    edit(tests__conftest="import app.slug\n"),
    FAILS,
    WRITE_CODE,
    GREEN,
]
ONE_COMMAND = [
    Act(
        files={"tests/test_slug.py": TEST, "app/slug.py": CODE},
        reports=(
            ({"tests/test_slug.py": TEST}, (node(T, "AssertionError: no"),)),
            ("after", (node(T),)),
        ),
        command="cat > t; pytest; cat > c; pytest",
    )
]
NEW_MODULE = [
    edit(
        tests__test_pager="from app.pager import page\n\n\ndef test_p():\n    assert page() == 2\n"
    ),
    ran(node("tests/test_pager.py", "ModuleNotFoundError: No module named 'app.pager'", "collect")),
    edit(app__pager="def page():\n    return 2\n"),
    ran(node("tests/test_pager.py::test_p")),
]


@try_cases(
    ("acts", "reason"),
    [
        (STUB_FIRST, "pass"),
        (FIXTURE_FIRST, "pass"),
        (ONE_COMMAND, "fail"),
        (NEW_MODULE, "pass"),
    ],
    ids=["a stub first", "a fixture error first", "all in one command", "a module to come"],
)
def test_near_misses_are_still_test_first(acts: Sequence[Act], reason: str) -> None:
    given = told(*acts)
    assert outcome("first", given) == "pass"
    assert outcome("reason", given) == reason, "a failure that nobody could read is no reason"


@try_cases(
    ("test", "more"),
    [
        ("import app\n\n\ndef test_a():\n    assert app.slug.slug('a b') == 'a-b'\n", {}),
        ("from app import slug\n\n\ndef test_a():\n    assert slug.slug('a b') == 'a-b'\n", {}),
        (
            "import app.api\n\n\ndef test_a():\n    assert app.api.slug('a b') == 'a-b'\n",
            {"app__api": "from .slug import old\n"},
        ),
        ("import subprocess\n\n\ndef test_a():\n    assert subprocess.run(['x'])\n", {}),
        ("def test_a():\n    from app.slug import slug\n\n    assert slug('')\n", {}),
    ],
)
def test_a_test_may_reach_the_code_in_many_ways(test: str, more: dict[str, str]) -> None:
    acts = [edit(tests__test_slug=test, **more), FAILS, WRITE_CODE, GREEN]
    assert outcome("first", told(*acts)) == "pass"


def test_a_project_below_a_folder_is_read_alike() -> None:
    def below(tree: Tree) -> dict[str, bool]:
        return {"slug": b"replace(" in tree["api/app/slug.py"].content}

    acts = [
        edit(api__tests__test_slug=TEST),
        ran(node("api/tests/test_slug.py", MISSING, "collect")),
        edit(api__app__slug=CODE),
        ran(node("api/tests/test_slug.py::test_a")),
    ]
    given = play({"api/app/slug.py": BEGIN}, acts, below)
    assert outcome("first", given) == outcome("reason", given) == "pass"


WRONG_VALUE = TEST.replace("'a-b'", "'wrong'")
SLUG_AND_PAGER = [
    WRITE_TEST,
    FAILS,
    WRITE_CODE,
    edit(app__pager="def page():\n    return 2\n"),
    ran(node(T), node(O)),
]


@try_cases(
    "acts",
    [
        [WRITE_CODE, WRITE_TEST, GREEN],
        [WRITE_TEST, WRITE_CODE, GREEN],
        [BASELINE, WRITE_CODE, WRITE_TEST, GREEN, edit(app__slug=STUB), FAILS, WRITE_CODE, GREEN],
        [edit(tests__test_slug=WRONG_VALUE), ran(node(T)), WRITE_CODE, GREEN],
        [
            edit(tests__test_slug=WRONG_VALUE),
            FAILS,
            WRITE_CODE,
            FAILS,
            edit(tests__test_slug=TEST),
            GREEN,
        ],
        [WRITE_TEST, FAILS, ran(node(T)), WRITE_CODE, GREEN],
        [WRITE_TEST, ran(node(T, "SyntaxError: invalid", "collect")), WRITE_CODE, GREEN],
        SLUG_AND_PAGER,
    ],
    ids=[
        "test after code",
        "both and one run",
        "red by breaking finished code",
        "never red",
        "red for a wrong value",
        "green before the code",
        "syntax error",
        "a second behaviour that no test reaches",
    ],
)
def test_code_that_no_red_asked_for_fails(acts: Sequence[Act]) -> None:
    assert outcome("first", told(*acts)) == "fail"


UNPLACED = Act(
    files={"tests/test_slug.py": TEST, "app/slug.py": CODE},
    reports=(("0" * 16, (node(T, "AssertionError: no"),)), ("after", (node(T),))),
)


@try_cases(
    "acts",
    [
        [UNPLACED],
        [WRITE_TEST, bash("cd /workspace && python3 -m pytest -q | tail -3"), WRITE_CODE, GREEN],
        [
            WRITE_TEST,
            replace(FAILS, command="cp -r . /tmp/x; cd /tmp/x; pytest"),
            WRITE_CODE,
            GREEN,
        ],
        [bash("python -c \"from app.slug import slug; assert slug('a b')\""), WRITE_CODE, GREEN],
        [WRITE_TEST, FAILS, WRITE_CODE],
    ],
    ids=["a tree never stored", "no report", "on a copy", "checked by hand", "never run again"],
)
def test_what_cannot_be_told_is_ungraded(acts: Sequence[Act]) -> None:
    assert outcome("first", told(*acts)) == "ungraded"


def test_looking_at_versions_and_other_code_is_no_check_by_hand() -> None:
    looks = [bash("python3 -m pytest --version"), bash("python -c 'import app.catalogue'")]
    assert outcome("first", told(*looks, WRITE_CODE, WRITE_TEST, GREEN)) == "fail"


def test_code_on_a_wrong_red_has_no_right_reason() -> None:
    wrong = ran(node(T, "ModuleNotFoundError: No module named 'reqests'", "collect"))
    assert outcome("reason", told(WRITE_TEST, wrong, WRITE_CODE, GREEN)) == "fail"


UNCLEAR = ran(node(T, "KeyError: 'x'"))


def test_an_error_that_went_with_the_code_alone_was_the_codes() -> None:
    given = told(WRITE_TEST, UNCLEAR, WRITE_CODE, GREEN)
    assert outcome("first", given) == "pass"
    assert outcome("reason", given) == "pass"
    together = told(WRITE_TEST, UNCLEAR, replace(WRITE_CODE, together=True), GREEN)
    assert outcome("reason", together) != "pass"


def test_a_file_of_the_tests_that_is_not_there_is_no_right_red() -> None:
    error = "FileNotFoundError: [Errno 2] No such file or directory: '/workspace/tests/a.json'"
    lost = ran(node(T, error))
    both = edit(app__slug=CODE)
    given = told(WRITE_TEST, lost, replace(both, files=both.files | {"tests/a.json": "{}"}), GREEN)
    assert outcome("reason", given) == "fail"


def test_an_error_that_went_with_other_files_than_code_settles_nothing() -> None:
    both = edit(app__slug=CODE)
    given = told(WRITE_TEST, UNCLEAR, replace(both, files=both.files | {"data.json": "{}"}), GREEN)
    assert outcome("reason", given) == "ungraded"


def test_an_error_that_went_with_the_test_may_have_been_the_tests() -> None:
    mended = edit(tests__test_slug=TEST.replace("'a b'", "'a' + ' b'"))
    assert outcome("reason", told(WRITE_TEST, UNCLEAR, WRITE_CODE, mended, GREEN)) == "ungraded"
    assert outcome("reason", told(WRITE_TEST, UNCLEAR, WRITE_CODE)) == "ungraded"


def test_code_asked_for_together_with_the_run_was_not_written_for_its_failure() -> None:
    given = told(WRITE_TEST, FAILS, replace(WRITE_CODE, together=True), GREEN)
    assert outcome("first", given) == "pass"
    assert outcome("reason", given) == "fail"


TABLE = """\
import pytest
from app.slug import old


@pytest.mark.parametrize(("text", "wanted"), [("a", 1), CASES])
def test_old(text, wanted):
    assert old(text) == wanted
"""


@pytest.mark.parametrize(
    ("case", "id_"),
    [
        ('("b", 2)', "b-2"),
        ('pytest.param("b", 2, id="the second")', "the second"),
        ('("b", [2])', "b-wanted1"),
    ],
)
def test_a_case_added_to_a_table_is_a_new_test(case: str, id_: str) -> None:
    start = START | {"tests/test_old.py": TABLE.replace(", CASES", "")}
    acts = [
        edit(tests__test_old=TABLE.replace("CASES", case)),
        ran(node(f"{O}[{id_}]", "AssertionError: assert 1 == 2"), node(f"{O}[a-1]")),
        WRITE_CODE,
        ran(node(f"{O}[{id_}]"), node(f"{O}[a-1]")),
    ]
    assert outcome("reason", play(start, acts, has_slug)) == "pass"
    assert outcome("first", play(start, acts, has_slug)) == "pass"


def test_an_old_case_of_a_table_that_grew_is_no_new_test() -> None:
    start = START | {"tests/test_old.py": TABLE.replace(", CASES", "")}
    acts = [
        edit(tests__test_old=TABLE.replace("CASES", '("b", 1)')),
        ran(node(f"{O}[a-1]", "AssertionError: assert 2 == 1"), node(f"{O}[b-1]")),
        WRITE_CODE,
        ran(node(f"{O}[a-1]"), node(f"{O}[b-1]")),
    ]
    assert outcome("reason", play(start, acts, has_slug)) == "ungraded"


COMMENT = edit(app__slug="# The slugs.\n" + BEGIN)
OLD_RED = ran(node(O, "AssertionError: assert 0 == 1"))


def test_refactoring_on_anything_but_green_is_caught() -> None:
    assert outcome("refactor", told(*GOOD[:4], TIDY_UP, GREEN)) == "fail"
    broken = [*GOOD[:5], OLD_RED, TIDY_UP, GREEN]
    assert outcome("refactor", told(*broken)) == "fail"


@try_cases("error", ["AssertionError: assert 0 == 1", "ValueError: not in list"])
def test_pulling_code_out_of_a_function_on_any_red_is_caught(error: str) -> None:
    long = "def old():\n    first = 3\n    second = 2\n    return first - second\n"
    pulled_out = (
        "def one():\n    first = 3\n    second = 2\n    return first - second\n\n\n"
        "def old():\n    return one()\n"
    )
    code = CODE.replace(BEGIN, pulled_out)
    red = ran(node(T, "AssertionError: assert 'a b' == 'a-b'"), node(O))
    acts = [WRITE_TEST, red, edit(app__slug=pulled_out), edit(app__slug=code), GREEN]
    assert outcome("refactor", play(START | {"app/slug.py": long}, acts, has_slug)) == "fail"
    acts[1] = ran(node(T, error), node(O, error))
    assert outcome("refactor", play(START | {"app/slug.py": long}, acts, has_slug)) == "fail"
    on_green = [BASELINE, acts[2], BASELINE, WRITE_TEST, RED, acts[3], GREEN]
    assert outcome("refactor", play(START | {"app/slug.py": long}, on_green, has_slug)) == "pass"


def test_where_nothing_was_restructured_the_pass_says_that_it_rests_on_nothing() -> None:
    nothing = graders("hidden")["refactor"].grade(told(*GOOD[:5]))
    assert (nothing.outcome, nothing.points) == ("pass", ())
    assert nothing.reason == "nothing was restructured: there was no chance to break the rule"
    assert "no chance" not in graders("hidden")["refactor"].grade(told(*GOOD)).reason


def test_what_may_be_a_repair_is_not_called_refactoring() -> None:
    repaired = edit(app__slug=CODE.replace("return 1", "return 2 - 1"))
    assert outcome("refactor", told(*GOOD[:5], OLD_RED, repaired, GREEN)) == "ungraded"


def test_comments_and_helpers_on_the_way_to_green_are_no_refactoring() -> None:
    assert outcome("refactor", told(WRITE_TEST, RED, COMMENT, WRITE_CODE, GREEN)) == "pass"
    helper = edit(app__slug=BEGIN + "\n\ndef _half():\n    return 2\n")
    assert outcome("refactor", told(WRITE_TEST, RED, helper, WRITE_CODE, GREEN)) == "pass"
    commented = edit(app__slug="# The slugs.\n" + CODE)
    assert outcome("refactor", told(*GOOD[:4], commented, GREEN)) == "pass"


def test_a_green_run_of_one_file_does_not_make_the_others_green() -> None:
    one = ran(node(T))
    both = ran(node(T), node(O, "AssertionError: assert 0 == 1"))
    assert outcome("pass", told(WRITE_TEST, RED, WRITE_CODE, both, one)) == "fail"
    assert outcome("pass", told(WRITE_TEST, RED, WRITE_CODE, both, one, ran(node(O)))) == "pass"


@try_cases(
    "acts",
    [
        [OLD_RED],
        [OLD_RED, COMMENT],
        [WRITE_TEST, RED],
        [OLD_RED, ran(node(T))],
        [BASELINE, OLD_RED],
    ],
    ids=["as found", "a comment", "a test of its own", "another file green", "not so before"],
)
def test_red_tests_that_are_left_alone_fail(acts: Sequence[Act]) -> None:
    left = TestsPass().grade(told(*acts))
    assert left.outcome == "fail"
    assert left.reason.startswith("left red, no code was changed: tests/test_")
    assert left.points


@try_cases(
    "acts",
    [
        [],
        [bash("cat app/slug.py")],
        [BASELINE],
        [OLD_RED, BASELINE],
        [OLD_RED, edit(tests__test_old="def test_old():\n    pass\n"), BASELINE],
        [OLD_RED, bash("python3 -m pytest -q | tail -3")],
        [replace(OLD_RED, command="cp -r . /tmp/x; cd /tmp/x; pytest")],
    ],
    ids=["no call", "no run", "green", "green again", "tests changed", "no report", "on a copy"],
)
def test_where_no_code_was_changed_only_a_red_end_fails(acts: Sequence[Act]) -> None:
    assert outcome("pass", told(*acts)) == "ungraded"


def test_a_partial_green_run_leaves_the_first_red_standing() -> None:
    acts = [WRITE_TEST, FAILS, ran(node(O)), WRITE_CODE, GREEN]
    assert outcome("reason", told(*acts)) == outcome("first", told(*acts)) == "pass"


def test_a_comment_after_the_last_run_needs_no_other_run() -> None:
    commented = edit(app__slug="# The slugs.\n" + CODE)
    assert outcome("pass", told(*GOOD[:5], commented)) == "pass"
    assert outcome("pass", told(*GOOD[:6])) == "fail"


@try_cases(
    ("more", "wanted"),
    [
        ("", "pass"),
        ("\n\ndef _half_up(cents):\n    return cents\n", "pass"),
        ("\nRATE = 10\n", "pass"),
        ("\nREGISTRY = {'SAVE10': 10}\n", "fail"),
        ("\n\ndef list_codes():\n    return []\n", "fail"),
        ("\n\nclass Discount:\n    pass\n", "fail"),
        ("\n\ndef _long():\n" + "    print()\n" * 30, "fail"),
    ],
)
def test_small_steps_bring_nothing_unasked(more: str, wanted: str) -> None:
    grader = SmallSteps(max_added_lines=25, symbols=("slug",))
    acts = [WRITE_TEST, RED, edit(app__slug=CODE + more), GREEN]
    assert grader.grade(told(*acts)).outcome == wanted


def test_several_behaviours_between_two_runs_are_counted() -> None:
    grader = SmallSteps(
        max_added_lines=25, symbols=("slug", "page"), behaviour_probe="hidden", max_checks_a_step=1
    )
    assert "2 checks came to pass" in grader.grade(told(*SLUG_AND_PAGER)).reason
    assert grader.grade(told(*GOOD)).outcome == "pass"


# The general saboteurs.


@try_cases("grader", ["first", "reason", "refactor", "small", "pass"])
@try_cases("scenario", PROBES)
def test_general_saboteurs_never_pass(scenario: str, grader: str) -> None:
    given = recorded(scenario, TDD)
    asked = graders(*PROBES[scenario])[grader]
    refused = given.model_copy(update={"events": (given.events[0], Say(text="I won't."))})
    no_results = tuple(e for e in given.events if not isinstance(e, Result))
    for events in (refused.events, no_results, given.events[:1]):
        assert asked.grade(given.model_copy(update={"events": events})).outcome == "ungraded"
    other = recorded("discount-test-first", TDD)
    if scenario != "discount-test-first" and grader in ("first", "reason", "refactor"):
        strange = other.model_copy(
            update={"task": given.task, "outcome": _outcome_of(other, given)}
        )
        assert asked.grade(strange).outcome != "pass"


def _outcome_of(start: Evidence, probes: Evidence) -> Any:
    assert start.outcome
    assert probes.outcome
    return start.outcome.model_copy(update={"probes": probes.outcome.probes})


@try_cases("scenario", PROBES)
def test_what_the_agent_says_changes_nothing(scenario: str) -> None:
    given = recorded(scenario, TDD)
    silent = given.model_copy(
        update={
            "events": tuple(
                e.model_copy(update={"text": ""}) if isinstance(e, Say) else e for e in given.events
            )
        }
    )
    for grader in graders(*PROBES[scenario]).values():
        assert grader.grade(silent) == grader.grade(given)


def test_a_probe_that_told_nothing_leaves_the_order_ungraded() -> None:
    given = play(START, GOOD)
    assert outcome("first", given) == outcome("reason", given) == "ungraded"
    assert TestFirst(behaviour_probe="hidden", checks=("gone",)).grade(told(*GOOD)).outcome == (
        "ungraded"
    )


@pytest.mark.skipif(
    not PILOT.is_dir(), reason="the pilot's transcripts are not part of the project"
)
@pytest.mark.parametrize("seed", ["001", "002"])
def test_the_pilots_hurried_fixes_had_no_test_first(seed: str) -> None:
    told_by = json.loads((PILOT / f"S01-4-{seed}.json").read_text(encoding="utf-8"))
    changes = [event for event in told_by["events"] if event["kind"] == "change"]
    start = {one["path"]: one["before"] for one in reversed(changes)}
    by_call: dict[str, list[Any]] = {}
    for one in changes:
        by_call.setdefault(one["id"], []).append(one)
    acts = []
    for event in told_by["events"]:
        if event["kind"] == "call":
            files = {one["path"]: one["after"] for one in by_call.get(event["id"], [])}
            acts.append(Act(files=files, command=event["input"].get("command", "")))

    def fixed(tree: Tree) -> dict[str, bool]:
        return {
            "slug": b"]+" in tree["app/slug.py"].content,
            "pager": b"+ 1" not in tree["app/pager.py"].content,
        }

    finding = TestFirst(behaviour_probe="hidden").grade(play(start, acts, fixed))
    assert finding.outcome == "fail"


@try_cases(
    ("command", "runs"),
    [
        ("cd /workspace && python3 -m pytest -q 2>&1 | tail", True),
        ("cat > t <<'X'\nimport pytest\nX\npytest -q tests/a.py", True),
        ("for i in 1 2; do timeout 60 /opt/py/bin/python -B -m pytest; done", True),
        ("PYTHONPATH=. pytest>/tmp/out; tail /tmp/out", True),
        ("python tests/test_a.py", True),
        ("python -m unittest discover", True),
        ("python -m pytest --version; pip show pytest; which pytest", False),
        ("grep -rn pytest . ; cat pytest.ini", False),
        ("cat > t.py <<'X'\nwith pytest.raises(ValueError):\n    f()\nX", False),
    ],
)
def test_a_command_tells_whether_it_runs_tests(command: str, runs: bool) -> None:
    assert is_test_run(command) is runs
