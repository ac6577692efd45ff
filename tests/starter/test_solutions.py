"""The starter proves its own graders: each scenario has good and bad solutions, rightly graded."""

from __future__ import annotations

import pytest
from promptverdict.cli.first_steps import SUITE
from promptverdict.cli.starter_files import STARTER
from promptverdict.runner.solutions import grade_solution, list_misses, read_solution
from promptverdict.scenarios.discovery import SUITE_FILE, list_scenarios
from promptverdict.scenarios.loading import LoadedScenario, load_scenario, load_suite
from promptverdict.scenarios.solution import LoadedSolution, load_solutions

_SUITE = load_suite(STARTER / SUITE / SUITE_FILE)
SCENARIOS = [load_scenario(path, _SUITE) for path in list_scenarios(STARTER / SUITE)]
SOLUTIONS = [loaded for scenario in SCENARIOS for loaded in load_solutions(scenario)]


@pytest.mark.parametrize("loaded", SOLUTIONS, ids=lambda each: f"{each.scenario.id}-{each.name}")
def test_a_solution_is_graded_as_it_must_be(loaded: LoadedSolution) -> None:
    assert list_misses(loaded, grade_solution(loaded, read_solution(loaded))) == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_a_scenario_has_a_good_solution_a_near_miss_and_two_saboteurs(
    scenario: LoadedScenario,
) -> None:
    kinds = [loaded.solution.kind for loaded in load_solutions(scenario)]
    assert kinds.count("good") >= 1
    assert kinds.count("near-miss") >= 1
    assert kinds.count("saboteur") >= 2


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.id)
def test_a_saboteur_is_caught_at_every_behaviour_of_a_scenario(scenario: LoadedScenario) -> None:
    caught = {name for loaded in load_solutions(scenario) for name in loaded.solution.fails}
    assert caught == set(scenario.scenario.grades)


def test_there_are_enough_scenarios_for_a_verdict() -> None:
    (primary,) = [theme for theme in _SUITE.suite.themes.values() if theme.role == "primary"]
    covered = [each for each in SCENARIOS if {*primary.behaviours} & {*each.scenario.grades}]
    assert len(covered) == 8
