"""From the trials of two sides to a comparison: verdicts, gates, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

from promptverdict.comparison.answering import cap_different_models
from promptverdict.comparison.behaviour_tests import (
    TestedBehaviour,
    compare_behaviours,
    compare_themes,
)
from promptverdict.comparison.behaviour_verdict import BehaviourVerdict, GateResult, Theme
from promptverdict.comparison.contemporary import cap_verdicts, measure_gaps
from promptverdict.comparison.drift import cap_drifted
from promptverdict.comparison.families import map_all_families, map_families
from promptverdict.comparison.gates import answer_suite_gate, refuse_gate, refuse_gates
from promptverdict.comparison.notes import find_narrowed, list_notes
from promptverdict.comparison.pairing import pair_scenarios
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.scores import describe_verdict
from promptverdict.comparison.screening import screen_measures
from promptverdict.comparison.sides import SideTrials, diff_prompts
from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.core.clock import format_now
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.looks import Look


def compare_run(
    samples: Iterable[Sample],
    suites: Mapping[str, Suite],
    prompts: Mapping[str, str],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
    invocation: Invocation = WHOLE,
) -> Comparisons:
    """Compare each variant with the baseline of the suites in which both ran.

    suites: by id; one without a baseline is left out. prompts: by variant. refused and look: as
    for `compare_sides`. invocation: of the run, which cures repeat.
    """
    trials = list(samples)
    pairs = {
        (suite.baseline, trial.variant)
        for trial in trials
        if (suite := suites.get(trial.suite)) and suite.baseline not in (None, trial.variant)
    }
    ran = {trial.variant for trial in trials}
    return Comparisons(
        comparisons=tuple(
            compare_variants(
                trials,
                suites,
                baseline,
                candidate,
                prompts,
                refused=refused,
                look=look,
                invocation=invocation,
            )
            for baseline, candidate in sorted(pairs)
            if baseline in ran
        )
    )


def compare_variants(  # noqa: PLR0913 (a pair of sides, and what is known of their run)
    samples: Iterable[Sample],
    suites: Mapping[str, Suite],
    baseline: str,
    candidate: str,
    prompts: Mapping[str, str] = MappingProxyType({}),
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
    invocation: Invocation = WHOLE,
) -> Comparison:
    """Compare two variants over the suites in which both ran."""
    trials = [trial for trial in samples if trial.suite in suites]
    ran = {(trial.suite, trial.variant) for trial in trials}
    shared = {
        name: suite
        for name, suite in suites.items()
        if {(name, baseline), (name, candidate)} <= ran
    }
    sides = [
        SideTrials(
            label=name,
            variant=name,
            samples=[trial for trial in trials if trial.variant == name and trial.suite in shared],
            prompt=prompts.get(name, ""),
        )
        for name in (baseline, candidate)
    ]
    if sides[1].samples and all(sample.is_stale for sample in sides[1].samples):
        cure = f"record: {invocation.format_command('stale')}"
        return explain_uncompared("stale", sides[0], sides[1], cure)
    comparison = compare_sides(
        sides[0],
        sides[1],
        shared,
        refused=refused,
        look=look,
        format_command=lambda: invocation.format_command("all"),
    )
    lost = {
        name: suite
        for name, suite in suites.items()
        if name not in shared
        and suite.baseline == baseline
        and (not suite.variants or candidate in suite.variants)
    }
    if not lost:
        return comparison
    gates = (*comparison.gates, *refuse_gates(lost, refused))
    notes = (*comparison.notes, f"not run by both: {', '.join(lost)}")
    return comparison.model_copy(update={"gates": gates, "notes": notes})


def compare_sides(
    baseline: SideTrials,
    candidate: SideTrials,
    suites: Mapping[str, Suite],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    look: Look | None = None,
    over_time: bool = False,
    format_command: Callable[[], str] = lambda: WHOLE.format_command("all"),
) -> Comparison:
    """Compare two sides: every behaviour, every theme and every gate of their suites.

    refused: suites that were not run in full, and what is lacking; their gates do not answer, and
    neither does one where more than a tenth of the scenarios that both ran do not pair.
    look: which of the planned looks it is. Before the last not all can have run, so that nothing is
    refused for that: a gate then fails, or says that it waits.
    over_time: what changed with time is the question, so that no gap between the sides matters.
    format_command: writes the command that records both sides together, with the price where it is
    known.
    """
    paired, unpaired = pair_scenarios(baseline.samples, candidate.samples)
    baseline = replace(
        baseline, samples=[trial for scenario in paired for trial in scenario.baseline]
    )
    candidate = replace(
        candidate, samples=[trial for scenario in paired for trial in scenario.candidate]
    )
    behaviours = compare_behaviours(suites, paired, look)
    themes = {
        name: compare_themes(suite, behaviours.get(name, []), look)
        for name, suite in suites.items()
    }
    results: dict[str, dict[str, GateResult]] = {}
    gates = []
    narrowed = find_narrowed(paired, unpaired)
    for name, suite in suites.items():
        if suite.gate and name in refused and (look is None or look.last):
            gates.append(refuse_gate(name, suite.gate, refused[name]))
        elif suite.gate and name in narrowed:
            gates.append(refuse_gate(name, suite.gate, narrowed[name]))
        elif suite.gate:
            results[name], answer = answer_suite_gate(
                name, suite, suite.gate, themes[name], behaviours.get(name, [])
            )
            gates.append(answer)
    comparison = Comparison(
        baseline=baseline.side,
        candidate=candidate.side,
        themes=tuple(
            Theme(
                **_build_fields(name, suites[name], theme, results),
                says=", ".join(suites[name].themes[theme.name].behaviours),
                role=suites[name].themes[theme.name].role,
                behaviours=suites[name].themes[theme.name].behaviours,
            )
            for name in suites
            for theme in themes[name]
        ),
        behaviours=tuple(
            BehaviourVerdict(
                **_build_fields(name, suites[name], behaviour, results),
                says=_find_meaning(suites[name], behaviour.name),
            )
            for name, tested in behaviours.items()
            for behaviour in tested
        ),
        unpaired=tuple(unpaired),
        gates=tuple(gates),
        fingerprint=screen_measures(paired, map_all_families(suites)),
        prompt_diff=diff_prompts(baseline, candidate),
        same_prompt=bool(baseline.prompt) and baseline.prompt == candidate.prompt,
        created=format_now(),
        notes=(
            *list_notes(suites, paired, look),
            *(f"{name}: {refused[name]}" for name in suites if name in refused),
        ),
    )
    # Between two runs time is the question; another model is none even then.
    comparison = cap_different_models(comparison, paired, format_command)
    if over_time:
        return comparison
    comparison = cap_drifted(comparison, baseline.controls, format_command)
    return cap_verdicts(comparison, measure_gaps(paired), suites, format_command)


def explain_uncompared(
    status: Literal["unchanged", "stale", "unrecorded"],
    baseline: SideTrials,
    candidate: SideTrials,
    *notes: str,
) -> Comparison:
    """Build the comparison of two sides that are not compared; notes: why."""
    return Comparison(
        status=status,
        baseline=baseline.side,
        candidate=candidate.side,
        prompt_diff=diff_prompts(baseline, candidate),
        created=format_now(),
        notes=notes,
    )


def _build_fields(
    name: str,
    suite: Suite,
    tested: TestedBehaviour,
    results: Mapping[str, Mapping[str, GateResult]],
) -> dict[str, Any]:
    """Build what verdicts of behaviours and of themes have in common."""
    return {
        "suite": name,
        "behaviour": tested.name,
        "gate": results.get(name, {}).get(tested.name),
        **describe_verdict(
            tested.adjusted,
            tested.pairs,
            suite.gate,
            map_families(suite, tested.pairs),
            tested.rivals,
        ),
    }


def _find_meaning(suite: Suite, behaviour: str) -> str:
    known = suite.behaviours.get(behaviour)
    return known.says if known else ""
