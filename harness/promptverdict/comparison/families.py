"""Scenarios that vary one situation: a suite declares them as a family, which counts as one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np

from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.scenario_pair import ScenarioPair
from promptverdict.core.ids import format_scenario_id
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.likeness import change_alike


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


def find_undeclared(suites: Mapping[str, Suite], paired: Sequence[PairedScenario]) -> Iterator[str]:
    """Write which suites have scenarios that change alike and are no declared family.

    By the beginning of their names, and by their workspaces. Related scenarios that count as
    several make verdicts that are false far more often than 5 %.
    """
    for name, suite in suites.items():
        declared = {scenario for family in suite.families.values() for scenario in family}
        own = [
            scenario
            for scenario in paired
            if scenario.suite == name and scenario.scenario not in declared
        ]
        for what, groups in (
            ("the beginning of their names", [_find_stem(scenario.scenario) for scenario in own]),
            ("their workspace", [_find_workspace(scenario) for scenario in own]),
        ):
            if alike := _list_alike(own, groups):
                yield (
                    f"{name}: scenarios that share {what} change alike ({', '.join(alike)}):"
                    " declare them as families, or verdicts are false more often than 5 %"
                )
                break


def _list_alike(scenarios: Sequence[PairedScenario], groups: Sequence[str]) -> list[str]:
    """List the groups of two scenarios or more, where scenarios of one change alike; else none."""
    behaviours = list(dict.fromkeys(name for scenario in scenarios for name in scenario.behaviours))
    if not behaviours:
        return []
    names = [scenario.scenario for scenario in scenarios]
    differences = np.array(
        [
            [np.nan if (d := scenario.pair(name).difference) is None else d for name in behaviours]
            for scenario in scenarios
        ]
    )
    known = ~np.isnan(differences).all(axis=0)
    if not known.any() or not change_alike(differences[:, known], groups, names):
        return []
    sizes = Counter(groups)
    first = {group: names[groups.index(group)] for group in sizes if sizes[group] > 1}
    return [f"{name} and {sizes[group] - 1} more" for group, name in first.items()][:3]


def _find_stem(scenario: str) -> str:
    """Return a name without its last word or number: `refund` of `refund-2`."""
    return re.sub(r"[-_.]?[^-_.]+$", "", scenario) or re.sub(r"\d+$", "", scenario)


def _find_workspace(scenario: PairedScenario) -> str:
    hashes = (trial.digest.get("workspace") for trial in (*scenario.baseline, *scenario.candidate))
    # Scenarios without files share nothing by that.
    return next(filter(None, hashes), f"none of {scenario.scenario}")
