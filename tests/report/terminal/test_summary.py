"""The summary says what was seen, on what evidence, and what evidence is not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from promptverdict.core.errors import (
    BrokenRecording,
    HarnessError,
    MissingRecording,
    StaleRecording,
)
from promptverdict.report.terminal.absent import render_unrecorded
from promptverdict.report.terminal.summary import Shortcoming, render_evidence, render_summary
from promptverdict.report.words import format_age
from promptverdict.runner.decisions import Decision
from promptverdict.runner.invocation import Invocation
from promptverdict.trials.grade import Grade, passed
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.summary import summarise_trial
from promptverdict.trials.transcript import Answered, End, Usage, User

from tests.cases import try_cases
from tests.report.made import PROVENANCE, record
from tests.runner.test_cells import cell

AGE = format_age(PROVENANCE)
FAULT = Fault(kind="ProviderError", message="no answer", exit_code=4)


CELLS = ("hello", "bye")


def shown(*trials: TrialRecord, **more: Any) -> list[str]:
    summaries = list(map(summarise_trial, trials))
    return (render_summary(summaries, **more) + render_evidence(summaries)).splitlines()


def absent(error: HarnessError) -> TrialRecord:
    bare = record(User(text="x"), provenance=None, replayed=False, fault=Fault.of(error))
    return bare.model_copy(update={"evidence": bare.evidence.model_copy(update={"events": ()})})


def evidence(*trials: TrialRecord) -> list[str]:
    return [line for line in shown(*trials) if "evidence: " in line]


def test_cells_are_shown_below_their_scenario_with_what_was_counted(tmp_path: Path) -> None:
    trials = [
        record(variant="helper/terse"),
        record(),
        record(trial=1),
        record(scenario="bye", variant="other"),
    ]
    told = {"run": tmp_path / "results/r1", "baselines": {"manners": "helper/base"}}
    assert shown(*trials, **told) == [
        "trial             turns  calls  test runs  files  tokens  ended",
        "manners/bye",
        "  other               2      2          1      1   2,534  done",
        "manners/hello",
        "  helper/base         2      2          1      1   2,534  done",
        "  helper/base #1      2      2          1      1   2,534  done",
        "  helper/terse        2      2          1      1   2,534  done",
        "",
        "replayed, nothing spent; recording took: 10,136 tokens, price unknown",
        f"records: {tmp_path}/results/r1   read one: promptverdict show NODE-ID",
        "compare: promptverdict compare   as a page: promptverdict report --open",
        f"evidence: 4 trials; relay: Ann, by hand; replayed; {AGE}",
    ]


@pytest.mark.parametrize(
    ("trials", "baselines"),
    [
        ([record(), record(trial=1)], {"manners": "helper/base"}),
        ([record(), record(variant="helper/terse")], None),
        ([record(), record(variant="helper/terse")], {"other": "helper/base"}),
        ([record(variant="a"), record(variant="b")], {"manners": "helper/base"}),
    ],
)
def test_without_a_variant_beside_the_baseline_no_comparison_is_offered(
    tmp_path: Path, trials: list[TrialRecord], baselines: dict[str, str] | None
) -> None:
    last = shown(*trials, run=tmp_path / "results/r1", baselines=baselines)[-2]
    assert last == "as a page: promptverdict report --open"


@try_cases(
    ("usage", "told"),
    [
        (Usage(input=1200, output=34), "1,234"),
        (Usage(input=1200, output=34, estimated=True), "~1,234"),
        (Usage(input=0, output=0), "0"),
        (Usage(input=1200), "unknown"),
    ],
)
def test_tokens_are_marked_where_they_are_estimated_or_unknown(usage: Usage, told: str) -> None:
    lines = shown(record(Answered(model="m", stop="done", usage=usage), End(reason="done")))
    assert lines[2].split()[-2:] == [told, "done"]


def test_evidence_is_told_apart_by_who_answered_and_when_it_was_made() -> None:
    live = PROVENANCE.model_copy(update={"evidence": "live", "operator": None})
    assert evidence(record(), record(provenance=live), record(replayed=False)) == [
        f"evidence: 1 trial; relay: Ann, by hand; replayed; {AGE}",
        f"evidence: 1 trial; live: relay/claude; replayed; {AGE}",
        f"evidence: 1 trial; relay: Ann, by hand; recorded now; {AGE}",
    ]


def test_evidence_made_without_a_sandbox_says_so() -> None:
    bare = record(compatible={"sandbox": "none"})
    assert evidence(bare, record(compatible={"sandbox": "bubblewrap"})) == [
        f"evidence: 1 trial; relay: Ann, by hand, without a sandbox; replayed; {AGE}",
        f"evidence: 1 trial; relay: Ann, by hand; replayed; {AGE}",
    ]


def test_ages_are_told_newest_first_and_each_once() -> None:
    days = ["2020-01-01", "2020-01-10", "2020-01-10", "2019-12-31"]
    made = [PROVENANCE.model_copy(update={"recorded": f"{day}T00:00:00Z"}) for day in days]
    (line,) = evidence(*(record(provenance=one) for one in made))
    assert line.endswith("; " + ", ".join(format_age(made[place]) for place in (1, 0, 3)))


def test_a_trial_that_broke_off_is_no_evidence() -> None:
    lines = shown(record(User(text="Hi"), provenance=None, fault=FAULT, replayed=False))
    assert lines[2].split()[-1] == "fault"
    assert lines[-2:] == [
        "spent now: 0 tokens, price unknown",
        "no evidence: 1 trial broke off",
    ]
    assert not any(line.startswith("evidence: ") for line in lines)


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        (
            [MissingRecording("x")],
            ["no evidence: 1 trial was never recorded; record: pytest -q e --record once"],
        ),
        (
            [StaleRecording("x", ()), MissingRecording("y"), MissingRecording("z")],
            [
                "no evidence: 2 trials were never recorded; record: pytest -q e --record stale",
                "stale: 1 trial no longer fits; record: pytest -q e --record stale",
            ],
        ),
        (
            [StaleRecording("x", ()), StaleRecording("y", ())],
            ["stale: 2 trials no longer fit; record: pytest -q e --record stale"],
        ),
        (
            [BrokenRecording("x")],
            [
                "broken: 1 trial cannot be played; put it back from version control, or record it:"
                " pytest -q e/manners/hello.yaml::helper/base --record all"
            ],
        ),
        ([], []),
    ],
)
def test_evidence_that_is_not_there_is_told_in_one_line_with_the_way_to_get_it(
    errors: list[HarnessError], told: list[str], tmp_path: Path
) -> None:
    nodes = {f"manners/{n}::helper/base": f"e/manners/{n}.yaml::helper/base" for n in CELLS}
    called = Invocation(("-q", "e"), ("-q",), nodes)
    assert shown(*map(absent, errors), run=tmp_path, invocation=called) == told


def broken(number: int) -> TrialRecord:
    return absent(BrokenRecording("x")).model_copy(update={"scenario": f"s{number}"})


@try_cases(("count", "named", "more"), [(2, 2, ""), (5, 5, ""), (7, 5, " (and 2 more)")])
def test_the_command_for_what_is_broken_names_a_few_cells(
    count: int, named: int, more: str
) -> None:
    nodes = {f"manners/s{n}::helper/base": f"m/s{n}.yaml::helper/base" for n in range(20)}
    trials = [broken(n) for n in range(count)]
    (line,) = shown(*trials, *trials, invocation=Invocation(("m",), (), nodes))
    cells = " ".join(f"m/s{n}.yaml::helper/base" for n in range(named))
    assert line == (
        f"broken: {2 * count} trials cannot be played; put them back from version control, or"
        f" record them: pytest {cells} --record all{more}"
    )


def test_where_every_cell_is_broken_the_command_is_the_one_that_was_called() -> None:
    nodes = {f"manners/s{n}::helper/base": f"m/s{n}.yaml::helper/base" for n in range(7)}
    (line,) = shown(*map(broken, range(7)), invocation=Invocation(("m", "-q"), ("-q",), nodes))
    assert line.endswith("record them: pytest m -q --record all")


def test_a_broken_cell_whose_place_is_not_known_is_told_without_a_command() -> None:
    (line,) = shown(broken(1))
    assert line == "broken: 1 trial cannot be played; put it back from version control"


def left(tmp_path: Path, *states: Any) -> list[str]:
    one = cell(tmp_path)
    called = Invocation(("m",), (), {one.id: "m/a.yaml::b", "other": "m/c.yaml::d"})
    decisions = [Decision(one.get_trial(n), state, None, None) for n, state in enumerate(states)]
    return render_unrecorded(decisions, called).splitlines()


def test_what_is_not_recorded_is_told_by_what_lies_there_instead(tmp_path: Path) -> None:
    assert left(tmp_path) == []
    assert left(tmp_path / "a", "missing", "stale", "fresh", "broken", "missing") == [
        "not recorded: 2 trials; the rest: pytest m --record once",
        "not recorded again, and the older recording no longer fits: 1 trial;"
        " the rest: pytest m --record stale",
        "not recorded again, and the older recording stays: 2 trials;"
        " to replace it: pytest m/a.yaml::b --record all",
    ]


def test_a_recording_that_broke_off_while_it_was_played_is_shown_with_what_was_played() -> None:
    fault = Fault.of(BrokenRecording("x"))
    lines = shown(record(User(text="Hi"), provenance=None, fault=fault))
    assert lines[2].split()[-1] == "fault"


def test_what_was_spent_now_is_told_apart_from_what_was_spent_once() -> None:
    cost = Cost(amount=1.5, currency="USD", as_of=date(2026, 1, 2))
    lines = shown(record(cost=cost), record(trial=1, cost=cost), record(trial=2, replayed=False))
    assert lines[-4:-2] == [
        "spent now: 2,534 tokens, price unknown",
        "replayed, nothing spent; recording took: 5,068 tokens,"
        " 3.00 USD at the prices of 2026-01-02",
    ]


def test_a_price_that_one_trial_does_not_have_leaves_the_sum_unknown() -> None:
    cost = Cost(amount=1.5, currency="USD", as_of=date(2026, 1, 2))
    assert shown(record(cost=cost), record(trial=1))[-2].endswith("price unknown")


def test_what_fell_short_is_told_in_a_line_with_the_command_that_shows_it() -> None:
    lines = shown(record(), shortcomings=[Shortcoming("e/a.yaml::x", "FAILED", "kind: no\x1b[2J")])
    assert lines[-5:-2] == [
        "FAILED e/a.yaml::x",
        "  kind: no\\x1b[2J",
        "  read it: promptverdict show 'e/a.yaml::x'",
    ]


def test_a_behaviour_that_is_required_of_a_variant_is_marked() -> None:
    grade = Grade(behaviour="kind", grader="says", finding=passed("it was"))
    lines = shown(
        record(grades=(grade,), required=("kind",)), record(variant="other", grades=(grade,))
    )
    assert "kind (required)  helper/base  1 of 1" in lines
    assert "kind             other        1 of 1" in lines


def test_what_a_provider_or_an_operator_says_cannot_drive_the_terminal() -> None:
    operator = PROVENANCE.model_copy(update={"operator": "\x1b[31mAnn\n[bold]"})
    text = "\n".join(shown(record(End(reason="[/x]\x1b[2J"), provenance=operator)))
    assert "\x1b" not in text
    assert "[/x]\\x1b[2J" in text
    assert "\\x1b[31mAnn\\n[bold]" in text


def test_what_was_odd_about_answers_is_summed_up_over_the_run() -> None:
    def answered(*notices: str) -> TrialRecord:
        events = [Answered(model="m", stop="done", notices=(one,)) for one in notices]
        return record(User(text="x"), *events, End(reason="done"))

    lines = shown(answered("a is odd", "a is odd", "b is odd"), answered("a is odd"), answered())
    assert [line for line in lines if line.startswith("note: ")] == [
        "note: in 2 trials a is odd",
        "note: in 1 trial b is odd",
    ]
