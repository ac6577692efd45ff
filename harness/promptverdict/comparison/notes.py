"""What a reader of a comparison should know besides the verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from promptverdict.comparison.families import find_undeclared
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Unpaired
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.looks import Look
from promptverdict.stats.samples import TOO_MANY_MISSING

_MOST_IDLE = 5
"""Scenarios that one note names."""


def list_notes(
    suites: Mapping[str, Suite], paired: Sequence[PairedScenario], look: Look | None
) -> Iterator[str]:
    """List which planned look it is, what counts as one, and what differs besides the prompts."""
    if look:
        yield look.describe()
    for name, suite in suites.items():
        if suite.families:
            sizes = (
                f"{family} ({len(scenarios)} scenarios)"
                for family, scenarios in suite.families.items()
            )
            yield f"{name}: n counts each family of scenarios once: {', '.join(sizes)}"
    yield from find_undeclared(suites, paired)
    differing = [
        format_scenario_id(scenario.suite, scenario.scenario)
        for scenario in paired
        if len({trial.digest.get("tools") for trial in _list_asked(scenario)}) > 1
    ]
    if differing:
        yield f"the two are offered different tools in {', '.join(differing)}"
    yield from _note_idle("baseline", "candidate", [(s.baseline, s.candidate) for s in paired])
    yield from _note_idle("candidate", "baseline", [(s.candidate, s.baseline) for s in paired])


def find_narrowed(paired: Iterable[PairedScenario], unpaired: Iterable[Unpaired]) -> dict[str, str]:
    """Return the suites of which too many scenarios do not pair though both sides ran them."""
    kept = {(scenario.suite, scenario.scenario) for scenario in paired}
    lost = [scenario for scenario in unpaired if (scenario.suite, scenario.scenario) not in kept]
    narrowed = {}
    for suite in {scenario.suite for scenario in lost}:
        out = sum(scenario.suite == suite for scenario in lost)
        every = out + sum(place[0] == suite for place in kept)
        if out / every > TOO_MANY_MISSING:
            narrowed[suite] = f"{out} of {every} scenarios that both ran do not pair"
    return narrowed


def _note_idle(
    side: str, other: str, scenarios: Iterable[tuple[Sequence[Sample], Sequence[Sample]]]
) -> Iterator[str]:
    """Note where one side called no tool and the other always did.

    Who does nothing does nothing that is forbidden: a pass there may be no care. Where neither
    side calls a tool, the scenario asks for words alone.
    """
    idle = []
    for own, others in scenarios:
        known = [trial.is_idle for trial in own if trial.is_idle is not None]
        active = [trial.is_idle is False for trial in others if trial.is_idle is not None]
        if any(known) and active and all(active):
            count = f"{sum(known)} of {format_count(len(known), 'trial')}"
            idle.append(f"{format_scenario_id(*own[0].place)} ({count})")
    if idle:
        more = f" and {len(idle) - _MOST_IDLE} more" * (len(idle) > _MOST_IDLE)
        yield (
            f"the {side} called no tool in {', '.join(idle[:_MOST_IDLE])}{more}, and the {other}"
            " always did: what it passes there it may pass by doing nothing"
        )


def _list_asked(scenario: PairedScenario) -> Iterator[Sample]:
    """List the trials of which it is known what was asked."""
    return (trial for trial in (*scenario.baseline, *scenario.candidate) if trial.digest)
