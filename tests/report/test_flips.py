"""Flips are listed worst first, by scenario, and the strongest one shows the verdict."""

from __future__ import annotations

from typing import Any

from promptverdict.comparison.behaviour_verdict import Theme
from promptverdict.comparison.scenario_pair import ScenarioPair, TrialOutcome
from promptverdict.comparison.verdicts import Comparison
from promptverdict.report.flips import count_flips, find_strongest_flip, group_flips, list_flips

from tests.report.compared import changed, comparison, run

BASE = comparison(run())


def pair(scenario: str, before: str, after: str, behaviour: str = "kind") -> ScenarioPair:
    signs: dict[str, TrialOutcome] = {"+": "pass", "-": "fail", "?": "ungraded", "!": "missing"}
    return ScenarioPair(
        suite="manners",
        scenario=scenario,
        behaviour=behaviour,
        baseline=tuple(signs[sign] for sign in before),
        candidate=tuple(signs[sign] for sign in after),
        baseline_trials=tuple(f"{scenario}-b{place}" for place in range(len(before))),
        candidate_trials=tuple(f"{scenario}-c{place}" for place in range(len(after))),
    )


def compared(*pairs: ScenarioPair, **more: Any) -> Comparison:
    return changed(BASE, pairs=pairs, **more)


def test_what_was_lost_most_comes_first_and_what_did_not_flip_is_left_out() -> None:
    found = compared(pair("a", "--", "++"), pair("b", "++", "+-"), pair("c", "++", "--"))
    flips = list_flips(compared(*found.behaviours[0].pairs, pair("d", "+", "+")))
    assert [(flip.scenario, flip.direction) for flip in flips] == [
        ("c", "lost"),
        ("b", "lost"),
        ("a", "gained"),
    ]
    assert count_flips(flips) == "1 gained, 2 lost in 3 scenarios"


def test_a_flip_names_the_trials_that_show_it_and_counts_what_was_graded() -> None:
    (flip,) = list_flips(compared(pair("a", "?+!", "+-")))
    assert (flip.baseline, flip.candidate) == ("1 of 1", "1 of 2")
    assert (flip.baseline_trial, flip.candidate_trial) == ("a-b1", "a-c1")


def test_flips_of_one_scenario_stand_together() -> None:
    flips = list_flips(
        compared(pair("a", "+", "-"), pair("b", "+", "-"), pair("a", "-", "+", "brief"))
    )
    groups = group_flips(flips)
    assert [(group.scenario, len(group.flips)) for group in groups] == [("a", 2), ("b", 1)]


def test_the_strongest_flip_goes_the_way_of_the_verdict() -> None:
    pairs = (pair("a", "--", "++"), pair("b", "++", "+-"))
    lost = find_strongest_flip(compared(*pairs, verdict="regressed"))
    gained = find_strongest_flip(compared(*pairs, verdict="improved"))
    assert lost is not None
    assert gained is not None
    assert (lost.scenario, gained.scenario) == ("b", "a")
    assert find_strongest_flip(compared(pair("a", "+", "+"))) is None


def test_a_behaviour_of_the_primary_theme_shows_it_before_another() -> None:
    found = compared(pair("a", "++", "--"), pair("b", "++", "+-", "brief"))
    fields = found.behaviours[0].model_dump() | {"behaviour": "honesty", "role": "primary"}
    theme = Theme.model_validate({**fields, "behaviours": ("brief",)})
    strongest = find_strongest_flip(found.model_copy(update={"themes": (theme,)}))
    assert strongest is not None
    assert strongest.behaviour == "brief"
