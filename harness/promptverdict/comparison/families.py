"""Scenarios that vary one situation: a suite declares them as a family, which counts as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptverdict.comparison.verdicts import ScenarioPair
from promptverdict.core.ids import format_scenario_id
from promptverdict.scenarios.suite import Suite


def map_families(suite: Suite, pairs: Iterable[ScenarioPair]) -> dict[str, str]:
    """Return the family of each scenario of these pairs that has one."""
    families = {name: family for family, names in suite.families.items() for name in names}
    return {pair.scenario: families[pair.scenario] for pair in pairs if pair.scenario in families}


def map_all_families(suites: Mapping[str, Suite]) -> dict[str, str]:
    """Return the family of each scenario of several suites, both with their suite's id."""
    return {
        format_scenario_id(suite_id, scenario): format_scenario_id(suite_id, family)
        for suite_id, suite in suites.items()
        for family, names in suite.families.items()
        for scenario in names
    }
