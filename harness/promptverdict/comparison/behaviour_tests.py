"""Each behaviour and theme of a suite as a test of two sides, adjusted for there being several.

The behaviours of all suites are adjusted together (Holm). A suite's primary theme, which was named
beforehand, is not adjusted, and its control themes are among themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from promptverdict.comparison.families import map_families
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.scenario_pair import ScenarioPair
from promptverdict.comparison.scores import score_side
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.compare import compare
from promptverdict.stats.corrections import adjust_verdicts
from promptverdict.stats.looks import Look
from promptverdict.stats.paired_test import PairedTest


@dataclass(frozen=True)
class TestedBehaviour:
    """One behaviour or theme of a suite: its trials, and what the statistics say of them."""

    name: str
    pairs: tuple[ScenarioPair, ...]
    unadjusted: PairedTest
    """As it is, one test of its own."""
    adjusted: PairedTest
    """With the verdict that is left after adjusting for there being several."""
    is_alone: bool = False
    """Named beforehand as what the suite is about, so that there is nothing to adjust for."""
    rivals: int = 1
    """Tests that are adjusted together and have no verdict yet, itself among them."""


def compare_behaviours(
    suites: Mapping[str, Suite], paired: Sequence[PairedScenario], look: Look | None
) -> dict[str, list[TestedBehaviour]]:
    """Compare each behaviour of each suite in which one was graded; suites by id."""
    tested = {name: _compare_suite(name, suite, paired, look) for name, suite in suites.items()}
    tested = {name: behaviours for name, behaviours in tested.items() if behaviours}
    adjusted = adjust_verdicts(
        {
            f"{name}/{behaviour.name}": behaviour.unadjusted
            for name, behaviours in tested.items()
            for behaviour in behaviours
        }
    )
    rivals = _count_undecided(adjusted.values())
    return {
        name: [
            replace(behaviour, adjusted=adjusted[f"{name}/{behaviour.name}"], rivals=rivals)
            for behaviour in behaviours
        ]
        for name, behaviours in tested.items()
    }


def compare_themes(
    suite: Suite, behaviours: Sequence[TestedBehaviour], look: Look | None
) -> list[TestedBehaviour]:
    """Compare a suite's themes: the primary one as it is, the others adjusted among themselves."""
    themes = {}
    for name, theme in suite.themes.items():
        inside = [behaviour for behaviour in behaviours if behaviour.name in theme.behaviours]
        # A theme of which nothing was compared is invalid, and must not go missing without a word.
        pairs = tuple(pair for behaviour in inside for pair in behaviour.pairs)
        themes[name] = _compare_pairs(name, pairs, suite, look)
    controls = {
        name: theme.unadjusted
        for name, theme in themes.items()
        if suite.themes[name].role == "control"
    }
    adjusted = adjust_verdicts(controls)
    rivals = _count_undecided(adjusted.values())
    return [
        replace(theme, adjusted=adjusted[name], rivals=rivals)
        if name in controls
        else replace(theme, is_alone=True)
        for name, theme in themes.items()
    ]


def _count_undecided(adjusted: Iterable[PairedTest]) -> int:
    """Count the tests that more scenarios would let Holm adjust for; at least one."""
    return max(1, sum(test.verdict == "inconclusive" for test in adjusted))


def _compare_suite(
    name: str, suite: Suite, paired: Sequence[PairedScenario], look: Look | None
) -> list[TestedBehaviour]:
    own = [scenario for scenario in paired if scenario.suite == name]
    graded = {behaviour for scenario in own for behaviour in scenario.behaviours}
    # In the suite's order; what it no longer knows was graded all the same, and comes last.
    ordered = [behaviour for behaviour in suite.behaviours if behaviour in graded]
    ordered += sorted(graded - set(ordered))
    return [
        _compare_pairs(
            behaviour,
            tuple(scenario.pair(behaviour) for scenario in own if behaviour in scenario.behaviours),
            suite,
            look,
        )
        for behaviour in ordered
    ]


def _compare_pairs(
    name: str, pairs: tuple[ScenarioPair, ...], suite: Suite, look: Look | None
) -> TestedBehaviour:
    strict = suite.gate is not None and suite.gate.strict
    sides = (score_side(pairs, "baseline"), score_side(pairs, "candidate"))
    test = compare(*sides, map_families(suite, pairs), strict=strict, look=look)
    return TestedBehaviour(name, pairs, test, test)
