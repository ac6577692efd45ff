"""From the trials of two sides to a comparison: verdicts, gates, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

from promptverdict.comparison.contemporary import cap_verdicts, measure_gaps
from promptverdict.comparison.gates import (
    TestedBehaviour,
    answer_suite_gate,
    refuse_gate,
    refuse_gates,
)
from promptverdict.comparison.pairing import PairedScenario, pair_scenarios
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.scores import describe_verdict, score_side
from promptverdict.comparison.screening import screen_measures
from promptverdict.comparison.sides import SideTrials, diff_prompts
from promptverdict.comparison.verdicts import (
    BehaviourVerdict,
    Comparison,
    Comparisons,
    GateResult,
    ScenarioPair,
    Theme,
    Unpaired,
)
from promptverdict.core.clock import format_now
from promptverdict.core.ids import format_scenario_id
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.compare import compare
from promptverdict.stats.corrections import adjust_verdicts
from promptverdict.stats.looks import Look
from promptverdict.stats.samples import TOO_MANY_MISSING


def compare_run(
    samples: Iterable[Sample],
    suites: Mapping[str, Suite],
    prompts: Mapping[str, str],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
) -> Comparisons:
    """Compare each variant with the baseline of the suites in which both ran.

    suites: by id; one without a baseline is left out. prompts: by variant. refused and look: as
    for `compare_sides`.
    """
    found = list(samples)
    pairs: dict[tuple[str, str], None] = {}
    for one in found:
        suite = suites.get(one.suite)
        if suite and suite.baseline and one.variant != suite.baseline:
            pairs.setdefault((suite.baseline, one.variant))
    return Comparisons(
        comparisons=tuple(
            compare_variants(found, suites, *names, prompts, refused=refused, look=look)
            for names in sorted(pairs)
            if any(one.variant == names[0] for one in found)
        )
    )


def compare_variants(
    samples: Iterable[Sample],
    suites: Mapping[str, Suite],
    baseline: str,
    candidate: str,
    prompts: Mapping[str, str] = MappingProxyType({}),
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
) -> Comparison:
    """Compare two variants over the suites in which both ran."""
    found = [one for one in samples if one.suite in suites]
    ran = {(one.suite, one.variant) for one in found}
    shared = {
        name: suite
        for name, suite in suites.items()
        if {(name, baseline), (name, candidate)} <= ran
    }
    arms = [
        SideTrials(
            label=name,
            variant=name,
            samples=[one for one in found if one.variant == name and one.suite in shared],
            prompt=prompts.get(name, ""),
        )
        for name in (baseline, candidate)
    ]
    told = compare_sides(arms[0], arms[1], shared, refused=refused, look=look)
    lost = {
        name: suite
        for name, suite in suites.items()
        if name not in shared
        and suite.baseline == baseline
        and (not suite.variants or candidate in suite.variants)
    }
    more: dict[str, object] = {}
    if lost:
        more["gates"] = (*told.gates, *refuse_gates(lost, refused))
        more["notes"] = (*told.notes, f"not run by both: {', '.join(lost)}")
    return told.model_copy(update=more)


def compare_sides(
    baseline: SideTrials,
    candidate: SideTrials,
    suites: Mapping[str, Suite],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
    over_time: bool = False,
) -> Comparison:
    """Compare two sides: every behaviour, every theme and every gate of their suites.

    refused: suites that were not run in full, and what is lacking; their gates do not answer, and
    neither does one where more than a tenth of the scenarios that both ran do not pair.
    look: which of the planned looks it is. Before the last not all can have run, so that nothing is
    refused for that: a gate then fails, or says that it waits.
    over_time: what changed with time is the question, so that no gap between the sides matters.
    The behaviours of all suites are adjusted together (Holm); a suite's primary theme, which was
    named beforehand, is not adjusted, and its control themes are among themselves.
    """
    paired, unpaired = pair_scenarios(baseline.samples, candidate.samples)
    baseline = replace(baseline, samples=[trial for one in paired for trial in one.baseline])
    candidate = replace(candidate, samples=[trial for one in paired for trial in one.candidate])
    behaviours = _adjusted(_behaviours(suites, paired, look))
    themes = {
        name: _themes(suite, behaviours.get(name, []), look) for name, suite in suites.items()
    }
    results: dict[str, dict[str, GateResult]] = {}
    gates = []
    narrowed = _narrowed(paired, unpaired)
    for name, suite in suites.items():
        if suite.gate and name in refused and (look is None or look.last):
            gates.append(refuse_gate(name, suite.gate, refused[name]))
        elif suite.gate and name in narrowed:
            gates.append(refuse_gate(name, suite.gate, narrowed[name]))
        elif suite.gate:
            results[name], told = answer_suite_gate(
                name, suite.gate, themes[name], behaviours.get(name, [])
            )
            gates.append(told)
    comparison = Comparison(
        baseline=baseline.side,
        candidate=candidate.side,
        themes=tuple(
            Theme(
                **_fields(name, suites[name], one, results),
                says=", ".join(suites[name].themes[one.name].behaviours),
                role=suites[name].themes[one.name].role,
                behaviours=suites[name].themes[one.name].behaviours,
            )
            for name in suites
            for one in themes[name]
        ),
        behaviours=tuple(
            BehaviourVerdict(
                **_fields(name, suites[name], one, results), says=_says(suites[name], one.name)
            )
            for name, judged in behaviours.items()
            for one in judged
        ),
        unpaired=tuple(unpaired),
        gates=tuple(gates),
        fingerprint=screen_measures(paired, _families(suites)),
        prompt_diff=diff_prompts(baseline, candidate),
        created=_now(),
        notes=(
            *_notes(suites, paired, look),
            *(f"{name}: {refused[name]}" for name in suites if name in refused),
        ),
    )
    return comparison if over_time else cap_verdicts(comparison, measure_gaps(paired), suites)


def explain_uncompared(
    status: Literal["unchanged", "stale", "unrecorded"],
    baseline: SideTrials,
    candidate: SideTrials,
    *notes: str,
) -> Comparison:
    """Say why two sides are not compared."""
    return Comparison(
        status=status,
        baseline=baseline.side,
        candidate=candidate.side,
        prompt_diff=diff_prompts(baseline, candidate),
        created=_now(),
        notes=notes,
    )


def _now() -> str:
    return format_now()


def _behaviours(
    suites: Mapping[str, Suite], paired: Sequence[PairedScenario], look: Look | None
) -> dict[str, list[TestedBehaviour]]:
    """Compare each behaviour of each suite, none adjusted yet."""
    found: dict[str, list[TestedBehaviour]] = {}
    for name, suite in suites.items():
        own = [scenario for scenario in paired if scenario.suite == name]
        graded = {behaviour for scenario in own for behaviour in scenario.behaviours}
        # In the suite's order; what it no longer knows was graded all the same, and comes last.
        ordered = [one for one in suite.behaviours if one in graded]
        ordered += sorted(graded - set(ordered))
        for behaviour in ordered:
            pairs = (one.pair(behaviour) for one in own if behaviour in one.behaviours)
            found.setdefault(name, []).append(_judged(behaviour, tuple(pairs), suite, look))
    return found


def _themes(
    suite: Suite, behaviours: Sequence[TestedBehaviour], look: Look | None
) -> list[TestedBehaviour]:
    """Compare a suite's themes: the primary one as it is, the others adjusted among themselves."""
    found = {}
    for name, theme in suite.themes.items():
        inside = [one for one in behaviours if one.name in theme.behaviours]
        # One of which nothing was compared is invalid: it must not go missing with its evidence.
        pairs = tuple(pair for one in inside for pair in one.pairs)
        found[name] = _judged(name, pairs, suite, look)
    controls = {n: one.found for n, one in found.items() if suite.themes[n].role == "control"}
    left = adjust_verdicts(controls)
    return [
        replace(one, adjusted=left.get(name, one.found), alone=name not in controls)
        for name, one in found.items()
    ]


def _judged(
    name: str, pairs: tuple[ScenarioPair, ...], suite: Suite, look: Look | None
) -> TestedBehaviour:
    strict = suite.gate is not None and suite.gate.strict
    sides = (score_side(pairs, "baseline"), score_side(pairs, "candidate"))
    found = compare(*sides, _related(suite, pairs), strict=strict, look=look)
    return TestedBehaviour(name, pairs, found, found)


def _related(suite: Suite, pairs: Iterable[ScenarioPair]) -> dict[str, str]:
    """Name the family of each scenario of these pairs that has one."""
    families = {one: name for name, family in suite.families.items() for one in family}
    return {pair.scenario: families[pair.scenario] for pair in pairs if pair.scenario in families}


def _adjusted(
    behaviours: Mapping[str, Sequence[TestedBehaviour]],
) -> dict[str, list[TestedBehaviour]]:
    """Adjust the behaviours of all suites together."""
    every = {f"{name}/{one.name}": one.found for name in behaviours for one in behaviours[name]}
    left = adjust_verdicts(every)
    return {
        name: [replace(one, adjusted=left[f"{name}/{one.name}"]) for one in judged]
        for name, judged in behaviours.items()
    }


def _fields(
    name: str, suite: Suite, one: TestedBehaviour, results: Mapping[str, Mapping[str, GateResult]]
) -> dict[str, Any]:
    """Give what verdicts of behaviours and of themes have in common."""
    margin = suite.gate.margin if suite.gate else None
    return {
        "suite": name,
        "behaviour": one.name,
        "gate": results.get(name, {}).get(one.name),
        **describe_verdict(one.adjusted, one.pairs, margin, _related(suite, one.pairs)),
    }


def _says(suite: Suite, behaviour: str) -> str:
    known = suite.behaviours.get(behaviour)
    return known.says if known else ""


def _narrowed(paired: Iterable[PairedScenario], unpaired: Iterable[Unpaired]) -> dict[str, str]:
    """Say of which suites too many scenarios do not pair, though both sides ran them."""
    kept = {(one.suite, one.scenario) for one in paired}
    lost = [one for one in unpaired if (one.suite, one.scenario) not in kept]
    found = {}
    for suite in {one.suite for one in lost}:
        out = sum(one.suite == suite for one in lost)
        every = out + sum(place[0] == suite for place in kept)
        if out / every > TOO_MANY_MISSING:
            found[suite] = f"{out} of {every} scenarios that both ran do not pair"
    return found


def _asked(scenario: PairedScenario) -> Iterator[Sample]:
    """Give the trials of which it is known what was asked."""
    return (trial for trial in (*scenario.baseline, *scenario.candidate) if trial.digest)


def _families(suites: Mapping[str, Suite]) -> dict[str, str]:
    """Name each scenario's family, both with their suite."""
    return {
        format_scenario_id(suite, scenario): format_scenario_id(suite, name)
        for suite in suites
        for name, family in suites[suite].families.items()
        for scenario in family
    }


def _notes(
    suites: Mapping[str, Suite], paired: Iterable[PairedScenario], look: Look | None
) -> Iterator[str]:
    """Tell which planned look it is, what counts as one, and what differs besides the prompts."""
    if look:
        yield look.describe()
    for name, suite in suites.items():
        if suite.families:
            told = (f"{one} ({len(family)} scenarios)" for one, family in suite.families.items())
            yield f"{name}: n counts each family of scenarios once: {', '.join(told)}"
    other = [
        format_scenario_id(one.suite, one.scenario)
        for one in paired
        if len({trial.digest.get("tools") for trial in _asked(one)}) > 1
    ]
    if other:
        yield f"the two are offered different tools in {', '.join(other)}"
