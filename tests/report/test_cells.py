"""A cell looks all well only where all of its evidence is there and shows it."""

from __future__ import annotations

from promptverdict.report.cells import HeatCell
from promptverdict.report.grid import build_grids
from promptverdict.trials.grade import Finding, failed, passed, ungraded
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.summary import summarise_trial

from tests.cases import try_cases
from tests.report.compared import NOW
from tests.report.made import graded, record

FINDINGS = {"+": passed("a"), "-": failed("b"), "?": ungraded("c")}
BROKE = Fault(kind="ProviderError", message="it failed", exit_code=4)


def tried(sign: str, number: int) -> TrialRecord:
    if sign == "!":
        return record(trial=number, fault=BROKE)
    finding: Finding = FINDINGS[sign]
    return record(trial=number, grades=(graded(finding),))


def cell(signs: str, planned: int = 0) -> HeatCell:
    names = [f"manners/hello::helper/base#{number}" for number in range(planned)]
    records = [summarise_trial(tried(sign, number)) for number, sign in enumerate(signs)]
    ((row,),) = (grid.rows for grid in build_grids(records, names, [], [], NOW))
    (found,) = row.cells
    return found


@try_cases(
    ("signs", "style", "told"),
    [
        ("++", "all", "2 of 2 shown"),
        ("+-", "some", "1 of 2 shown"),
        ("--", "none", "0 of 2 shown"),
        ("+!!!", "some", "1 of 1 shown, ProviderError (3)"),
        ("+?", "some", "1 of 1 shown, 1 ungraded"),
        ("-!", "none", "0 of 1 shown, ProviderError (1)"),
        ("??", "unknown", "2 ungraded"),
        ("!", "absent", "ProviderError (1)"),
    ],
)
def test_a_cell_is_all_well_only_on_whole_evidence(signs: str, style: str, told: str) -> None:
    found = cell(signs)
    assert (found.shown, found.summary) == (style, told)


def test_planned_trials_that_left_no_record_are_lacking_too() -> None:
    found = cell("+", planned=4)
    assert (found.shown, found.summary) == ("some", "1 of 1 shown, 3 left no record")
    assert cell("++", planned=2).shown == "all"
    assert cell("", planned=2).summary == "planned, left no record"
