"""From a hundred agents on, equal results share a line, and nothing goes missing in silence."""

from __future__ import annotations

from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.report.terminal.comparison import render_comparisons
from promptverdict.report.terminal.names import MANY, list_first
from promptverdict.report.terminal.summary import Shortcoming, render_summary
from promptverdict.trials.grade import failed, passed
from promptverdict.trials.record import Fault
from promptverdict.trials.summary import TrialSummary

from tests.report.compared import NOW, changed, comparison, run
from tests.report.made import graded, summary

FAULT = Fault(kind="ProviderError", message="no answer", exit_code=4)


def crowd(count: int) -> list[TrialSummary]:
    return [
        summary(
            variant=f"team/agent-{number:03d}",
            scenario=scenario,
            **(
                {"fault": FAULT}
                if number == 5
                else {"grades": (graded(failed("no") if number % 10 == 0 else passed("yes")),)}
            ),
        )
        for number in range(count)
        for scenario in ("hello", "bye")
    ]


def test_below_a_hundred_agents_each_has_its_row() -> None:
    text = render_summary(crowd(MANY - 1))
    assert text.count("team/agent-007") == 3


def test_from_a_hundred_on_trials_that_ended_alike_share_a_row() -> None:
    lines = render_summary(crowd(MANY)).splitlines()
    assert len(lines) < 25
    assert sum("99 trials: team/agent-000," in line for line in lines) == 2
    assert sum("1 trial: team/agent-005" in line for line in lines) == 2


def test_from_a_hundred_on_agents_that_showed_a_behaviour_as_often_share_a_row() -> None:
    text = " ".join(render_summary(crowd(MANY)).split())
    assert "89 agents (team/agent-001," in text
    assert "10 agents (team/agent-000," in text
    assert "team/agent-005 0 of 0 2" in text
    assert text.index("89 agents") < text.index("10 agents")


def test_many_shortcomings_are_counted_with_the_first_of_each_kind() -> None:
    many = [Shortcoming(f"n{number}", "FAILED", "no") for number in range(MANY)]
    broken = [Shortcoming("x", "ERROR", "it broke")]
    lines = render_summary([], shortcomings=[*many, *broken]).splitlines()
    assert [line for line in lines if line.startswith(("FAILED", "ERROR"))] == [
        "FAILED n0",
        "FAILED n1",
        "FAILED n2",
        "ERROR x",
    ]
    assert "97 more FAILED; list them: promptverdict show --failed" in lines


def named(number: int, verdict: str, status: str = "compared") -> Comparison:
    found = changed(comparison(run()), verdict=verdict)
    side = found.candidate.model_copy(update={"label": f"agent-{number:03d}"})
    return found.model_copy(update={"candidate": side, "status": status})


def test_unchanged_agents_take_one_line() -> None:
    same = [named(number, "improved", "unchanged") for number in range(76)]
    found = Comparisons(comparisons=(*same, named(99, "improved")))
    lines = render_comparisons(found, NOW).splitlines()
    assert lines[-1] == "Unchanged: 76 agents (agent-000, agent-001, agent-002, ...)"
    assert lines[0].startswith("Improved: agent-099 shows kind more often")


def test_of_many_comparisons_the_first_of_each_word_are_shown_and_all_are_counted() -> None:
    worse = [named(number, "regressed") for number in range(60)]
    unclear = [named(number, "inconclusive") for number in range(100, 140)]
    lines = render_comparisons(Comparisons(comparisons=(*unclear, *worse)), NOW).splitlines()
    assert lines[0] == "Regressed in part: 100 comparisons: 60 regressed, 40 inconclusive."
    heads = [line.partition(":")[0] for line in lines[1:] if "helper/base" in line]
    assert heads == ["Regressed"] * 3 + ["Inconclusive"] * 3
    assert "94 more comparisons are in the report: promptverdict report" in lines


def test_names_are_listed_or_counted() -> None:
    assert list_first(["a", "b"], "agent") == "a, b"
    assert list_first([*"abcdefgh"], "agent") == "8 agents (a, b, c, ...)"
