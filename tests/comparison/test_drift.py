"""Control trials against the older trials of a baseline: which are compared, and what they show."""

from __future__ import annotations

import pytest
from promptverdict.comparison.compare import compare_sides
from promptverdict.comparison.controls import Controls
from promptverdict.comparison.drift import Place, check_drift, draw_controls
from promptverdict.comparison.sides import SideTrials

from tests.cases import try_cases
from tests.compared import BASE, TERSE, samples, side, suite, trial
from tests.report.made import PROVENANCE

PLACES: list[Place] = [("manners", f"s{number}", 0) for number in range(12)]


def chosen(sign: str, places: list[Place]) -> list[str]:
    return [sign if place in places else "" for place in PLACES]


def test_a_draw_is_the_same_every_time_and_grows_with_the_count() -> None:
    four = draw_controls(PLACES, BASE, 4)
    assert four == draw_controls(list(reversed(PLACES)), BASE, 4)
    assert draw_controls(PLACES, BASE, 8)[:4] == four
    assert len(draw_controls(PLACES, BASE, 99)) == len(PLACES)
    assert four != draw_controls(PLACES, "helper/terse", 4)


def test_a_fair_draw_is_compared_with_all_older_trials() -> None:
    old = samples(side(BASE, *["+"] * 12))
    drawn = samples(side(BASE, *chosen("-", draw_controls(PLACES, BASE, 4))))
    controls = check_drift(old, drawn)
    assert controls is not None
    assert (controls.trials, controls.of) == (4, 12)
    assert controls.has_drifted


def test_what_somebody_chose_is_compared_with_the_trials_that_it_repeats() -> None:
    hard = [place for place in PLACES if place not in draw_controls(PLACES, BASE, 8)]
    old = samples(side(BASE, *["-" if place in hard else "+" for place in PLACES]))
    controls = check_drift(old, samples(side(BASE, *chosen("-", hard))))
    assert controls is not None
    assert (controls.trials, controls.of) == (4, 4)
    assert not controls.has_drifted


@try_cases(("behaviours", "drifts"), [(1, True), (22, True), (23, False)])
def test_several_behaviours_are_adjusted_together(behaviours: int, *, drifts: bool) -> None:
    drawn = draw_controls(PLACES, BASE, 3)
    names = [f"b{number}" for number in range(behaviours)]
    old = [trial(BASE, scenario, 0, dict.fromkeys(names, "+")) for _, scenario, _ in PLACES]
    steady = dict.fromkeys(names, "+")
    again = [trial(BASE, scenario, 0, steady | {"b0": "-"}) for _, scenario, _ in drawn]
    controls = check_drift(samples(old), samples(again))
    assert controls is not None
    assert controls.rates[0].p_holm == pytest.approx(behaviours / 455)
    assert [rate.behaviour for rate in controls.drifted] == ["b0"] * drifts


def test_another_model_that_answers_is_a_drift_however_alike_it_is() -> None:
    other = {"provenance": PROVENANCE.model_copy(update={"answered": "relay/claude-2"})}
    old = samples(side(BASE, *["+"] * 12))
    again = samples(side(BASE, *chosen("+", draw_controls(PLACES, BASE, 4)), **other))
    controls = check_drift(old, again)
    assert controls is not None
    assert controls.has_other_model
    assert controls.has_drifted
    assert not controls.drifted


def test_another_model_takes_the_verdict_of_suites_without_a_control_trial_too() -> None:
    other = {"provenance": PROVENANCE.model_copy(update={"answered": "relay/claude-2"})}
    controls = check_drift(
        samples(side(BASE, *["+"] * 12)),
        samples(side(BASE, *chosen("+", draw_controls(PLACES, BASE, 4)), **other)),
    )
    suites = {name: suite() for name in ("manners", "tone")}
    baseline, candidate = (
        [record for name in suites for record in side(variant, *[sign] * 12, suite=name)]
        for variant, sign in ((BASE, "+"), (TERSE, "-"))
    )

    def verdicts(drift: Controls | None) -> dict[str, str]:
        sides = (
            SideTrials(BASE, BASE, samples(baseline), controls=drift),
            SideTrials(TERSE, TERSE, samples(candidate)),
        )
        return {each.suite: each.verdict for each in compare_sides(*sides, suites).behaviours}

    assert verdicts(None) == {"manners": "regressed", "tone": "regressed"}
    assert verdicts(controls) == {"manners": "inconclusive", "tone": "inconclusive"}


def test_without_control_trials_there_is_nothing_to_say() -> None:
    assert check_drift(samples(side(BASE, *["+"] * 6)), []) is None
