"""Who answered is compared, what was cut off is said, and what is invalid heads a comparison."""

from __future__ import annotations

from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.verdicts import Comparison
from promptverdict.comparison.wording import describe_comparison, format_comparison
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import End, User

from tests.cases import try_cases
from tests.compared import BASE, TERSE, samples, side, suite, trial
from tests.report.made import PROVENANCE


def compared(records: list[TrialRecord], *behaviours: str, same: bool = False) -> Comparison:
    prompts = {BASE: "Be kind.", TERSE: "Be kind." if same else "Be terse."}
    suites = {"manners": suite(*behaviours, gate={})}
    return compare_variants(samples(records), suites, BASE, TERSE, prompts)


def answered(model: str, *signs: str, variant: str) -> list[TrialRecord]:
    provenance = PROVENANCE.model_copy(update={"answered": model})
    return side(variant, *signs, provenance=provenance)


def test_sides_that_different_models_answered_get_no_verdict() -> None:
    records = [
        *answered("qwen2.5-0.5b", *["+"] * 10, variant=BASE),
        *answered("gemma3-270m", *["-"] * 10, variant=TERSE),
    ]
    found = compared(records)
    assert (found.word, found.gates[0].exit_code) == ("inconclusive", 6)
    (kind,) = found.behaviours
    why = "different models answered: qwen2.5-0.5b for the baseline, gemma3-270m for the candidate"
    assert kind.reason.startswith(f"{why}; by the figures it would be regressed")
    assert describe_comparison(found).startswith("D" + why[1:])
    assert found.notes[0] == f"manners: {why}"


def test_sides_that_one_model_answered_keep_their_verdict() -> None:
    records = [
        *answered("qwen2.5-0.5b", *["+"] * 10, variant=BASE),
        *answered("qwen2.5-0.5b", *["-"] * 10, variant=TERSE),
    ]
    assert compared(records).word == "regressed"


def graded(variant: str, sure: str, other: str) -> list[TrialRecord]:
    grades = {"kind": sure, "true": other, "short": other, "plain": other}
    return [trial(variant, f"s{place}", 0, grades) for place in range(10)]


def test_what_is_invalid_heads_a_comparison_of_which_it_is_most() -> None:
    records = [*graded(BASE, "-", "?"), *graded(TERSE, "+", "?")]
    found = compared(records, "kind", "true", "short", "plain")
    assert [one.verdict for one in found.behaviours].count("invalid") == 3
    assert found.word == "invalid"
    assert format_comparison(found) == (
        "Invalid: The evidence on helper/terse against helper/base cannot be used for 3 of 4"
        " behaviours; besides, it shows kind more often than helper/base."
    )


@try_cases("reason", ["length", "overflow"])
def test_trials_that_were_cut_off_are_said_first(reason: str) -> None:
    records = [*side(BASE, *["+"] * 8), *side(TERSE, *["+"] * 8)]
    cut = [
        record.model_copy(
            update={
                "evidence": record.evidence.model_copy(
                    update={"events": (User(text="Hello"), End(reason=reason))}
                )
            }
        )
        for record in records[8:]
    ]
    told = describe_comparison(compared([*records[:8], *cut]))
    assert told.startswith("The output limit or the context cut off 0 of 8 and 8 of 8 trials of")


def test_equal_prompts_are_said_first() -> None:
    records = [*side(BASE, *["+"] * 8), *side(TERSE, *["+"] * 8)]
    assert describe_comparison(compared(records, same=True)).startswith(
        "Both sides have the same prompt. The evidence does not show"
    )
    assert "same prompt" not in describe_comparison(compared(records))


def test_a_small_change_among_many_trials_is_no_flip() -> None:
    nearly, less = "+" * 11 + "-", "+" * 10 + "--"
    records = [*side(BASE, *[nearly] * 8), *side(TERSE, *[less] * 7, "-" * 12)]
    (kind,) = compared(records).behaviours
    assert [pair.scenario for pair in kind.flipped] == ["s7"]


def test_a_fragile_verdict_says_so_in_the_headline() -> None:
    records = [*side(BASE, *["+"] * 20), *side(TERSE, *["-"] * 4, *["+"] * 16)]
    found = compared(records)
    assert format_comparison(found) == (
        "Regressed: helper/terse shows kind less often (fragile: kind) than helper/base."
    )
