"""Several behaviours at once: the chance of even one false alarm is held."""

from __future__ import annotations

import math

import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.corrections import adjust_by_holm, adjust_verdicts
from promptverdict.stats.looks import Look

from tests.cases import try_cases
from tests.stats.made import flat, moved, published

FIGURES = published()


def test_holm_is_that_of_r_in_any_order() -> None:
    figure = FIGURES["holm_R_multtest"]
    assert adjust_by_holm(figure.inputs["p"]) == figure.about
    assert adjust_by_holm(figure.inputs["p"][::-1]) == pytest.approx(
        figure.expected[::-1], abs=1e-9
    )


def test_one_p_stays_and_none_stays_none() -> None:
    assert adjust_by_holm([0.03]) == [0.03]
    assert adjust_by_holm([]) == []


def test_equal_p_values_are_raised_alike() -> None:
    assert adjust_by_holm([0.02, 0.02, 0.02]) == pytest.approx([0.06] * 3)


@try_cases("wrong", [-0.1, 1.1, math.nan])
def test_a_p_that_is_none_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="p-values"):
        adjust_by_holm([0.5, wrong])


SLIGHT = compare(*moved(*[-1] * 5, *[0] * 15))
STILL = compare(*moved(*[0] * 20))
CLEAR = compare(flat(1, 20), flat(0, 20))


def test_a_slight_loss_among_six_behaviours_is_no_longer_a_verdict() -> None:
    found = adjust_verdicts({"slight": SLIGHT} | {str(number): STILL for number in range(5)})
    slight = found["slight"]
    assert SLIGHT.verdict == "regressed"
    assert (slight.verdict, slight.p_holm) == ("inconclusive", pytest.approx(6 * SLIGHT.p))
    assert slight.reason.startswith("Holm-adjusted p=0.15 over 6 behaviours, though")
    assert slight.high < 0


def test_a_clear_loss_stays_a_verdict_among_many() -> None:
    found = adjust_verdicts({"clear": CLEAR} | {str(number): STILL for number in range(30)})
    assert found["clear"].verdict == "regressed"
    assert found["0"].p_holm == 1.0


def test_one_behaviour_alone_keeps_its_verdict() -> None:
    assert adjust_verdicts({"slight": SLIGHT})["slight"].verdict == "regressed"


def test_behaviours_that_cannot_have_a_verdict_do_not_raise_the_others() -> None:
    hopeless = {"few": compare(flat(0, 3), flat(1, 3)), "none": compare({}, {})}
    found = adjust_verdicts({"slight": SLIGHT} | hopeless)
    assert found["slight"].p_holm == SLIGHT.p
    assert {name: found[name] for name in hopeless} == hopeless


def test_an_inconclusive_comparison_keeps_its_own_reason() -> None:
    found = adjust_verdicts({"still": STILL, "clear": CLEAR})
    assert found["still"].reason == "the interval contains 0"


def test_different_levels_cannot_be_adjusted_together() -> None:
    with pytest.raises(ValueError, match="alpha"):
        adjust_verdicts({"a": CLEAR, "b": compare(flat(1, 9), flat(0, 9), alpha=0.1)})


def test_no_behaviour_is_no_error() -> None:
    assert adjust_verdicts({}) == {}


def test_at_a_look_repeated_p_values_are_adjusted() -> None:
    look = Look(3, 5)
    slight = compare(*moved(*[-1] * 8, *[0] * 12), look=look)
    still = compare(*moved(*[0] * 20), look=look)
    assert slight.verdict == "regressed"
    left = adjust_verdicts({"slight": slight, "a": still, "b": still})["slight"]
    assert left.p_holm == pytest.approx(3 * slight.p)
    assert (left.verdict, slight.p < 0.05 < 3 * slight.p) == ("inconclusive", True)
