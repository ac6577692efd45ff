"""What pytest's report plugin reported: ids are those of the workspace, wherever a project lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from promptverdict.graders.reading.report_runs import read_reports
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.tree import TestReport, Tree

from tests.cases import try_cases
from tests.graders import test_tdd as plays
from tests.graders.saboteurs import Act, edit, node, play, put_below, ran

FOLDER = "backend"
SLEEPING = "def test_asleep():\n    assert False\n"
SUM = "def total():\n    return 1\n\n\ndef test_sum():\n    assert total() == 2\n"
UNRELATED_MENDED = [
    edit(tests__test_sum=SUM),
    ran(node("tests/test_sum.py::test_sum", "AssertionError: assert 1 == 2"), node(plays.O)),
    plays.WRITE_CODE,
    edit(tests__test_sum=SUM.replace("return 1", "return 2")),
    ran(node("tests/test_sum.py::test_sum"), node(plays.O)),
]
WEAKENED = [
    edit(tests__test_slug=SLEEPING),
    ran(node("tests/test_slug.py::test_asleep", "AssertionError: assert False"), node(plays.O)),
    plays.WRITE_CODE,
    edit(tests__test_slug=SLEEPING.replace("False", "True")),
    ran(node("tests/test_slug.py::test_asleep"), node(plays.O)),
]
TRIALS = {
    "red, green, refactor": plays.GOOD,
    "a stub first": plays.STUB_FIRST,
    "a module to come": plays.NEW_MODULE,
    "all in one command": plays.ONE_COMMAND,
    "test after code": [plays.WRITE_CODE, plays.WRITE_TEST, plays.GREEN],
    "a second behaviour that no test reaches": plays.SLUG_AND_PAGER,
    "an unrelated red was mended": UNRELATED_MENDED,
    "a test was weakened": WEAKENED,
    "left red": [plays.WRITE_TEST, plays.FAILS, plays.WRITE_CODE, plays.FAILS],
}


def at_root(acts: Sequence[Act]) -> Evidence:
    return play(plays.START, acts, plays.has_slug)


def below(acts: Sequence[Act]) -> Evidence:
    def has_slug(tree: Tree) -> dict[str, bool]:
        return plays.has_slug({p.removeprefix(f"{FOLDER}/"): n for p, n in tree.items()})

    start = {f"{FOLDER}/{path}": text for path, text in plays.START.items()}
    return play(start, [put_below(act, FOLDER) for act in acts], has_slug)


@try_cases("probe", ["hidden", None])
@try_cases("acts", TRIALS.values(), ids=TRIALS)
def test_a_trial_gets_the_same_grades_wherever_its_project_lies(
    acts: Sequence[Act], probe: str | None
) -> None:
    for grader in plays.graders(probe).values():
        assert grader.grade(below(acts)).outcome == grader.grade(at_root(acts)).outcome


@try_cases("lay_out", [at_root, below], ids=["root", "subfolder"])
@try_cases("acts", [UNRELATED_MENDED, WEAKENED], ids=["mended", "weakened"])
def test_no_red_of_another_test_counts_for_the_code(
    lay_out: Callable[[Sequence[Act]], Evidence], acts: Sequence[Act]
) -> None:
    assert plays.outcome("first", lay_out(acts)) == "fail"


@try_cases(
    ("root", "id_", "named", "outside"),
    [
        (None, "tests/test_a.py::test_a", "tests/test_a.py::test_a", False),
        (".", "tests/test_a.py::test_a", "tests/test_a.py::test_a", False),
        ("api", "tests/test_a.py::test_a[x/y::z]", "api/tests/test_a.py::test_a[x/y::z]", False),
        ("api", "../test_a.py::test_a", "test_a.py::test_a", False),
        ("../tmp/x", "test_a.py", "../tmp/x/test_a.py", True),
        ("../tmp", "../workspace/test_a.py::test_a", "../workspace/test_a.py::test_a", True),
    ],
)
def test_ids_begin_at_the_workspace(root: str | None, id_: str, named: str, outside: bool) -> None:
    report = TestReport(tree="0" * 16, exit_code=0, nodes=(node(id_),), root=root)
    (run,) = read_reports(3, 1, (report,), "pytest")
    assert [one.id for one in run.nodes] == [named]
    assert (run.doubt is not None) is outside


def test_a_report_that_nobody_saw_come_proves_nothing() -> None:
    report = TestReport(tree="0" * 16, exit_code=0, nodes=(node("t.py::t"),), unproven="not seen")
    (run,) = read_reports(3, 1, (report,), "pytest")
    assert run.doubt == "not seen"


def test_one_tree_on_which_the_same_tests_ended_in_two_ways_is_not_one_tree() -> None:
    good, bad = (
        TestReport(tree="0" * 16, exit_code=0, nodes=(node("t.py::t", error),))
        for error in ("", "AssertionError: no")
    )
    assert [run.doubt is None for run in read_reports(3, 1, (good, bad), "pytest")] == [True, False]
