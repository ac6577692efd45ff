"""From the records of two sides to a comparison: verdicts, gates, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Literal

from harness.arms import Arm, prompt_diff
from harness.gatekeeping import Judged, keep, refusal
from harness.pairing import PairedScenario, pair
from harness.records import TrialRecord
from harness.scenario import Suite
from harness.scores import scores, told_verdict
from harness.stats.compare import compare
from harness.stats.corrections import adjusted
from harness.verdicts import (
    BehaviourVerdict,
    Comparison,
    Comparisons,
    GateResult,
    ScenarioPair,
    Theme,
)


def compare_run(
    records: Iterable[TrialRecord],
    suites: Mapping[str, Suite],
    prompts: Mapping[str, str],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Comparisons:
    """Compare each variant with the baseline of the suites in which both ran.

    suites: by id; one without a baseline is left out. prompts: by variant. refused: as for
    `compare_arms`.
    """
    found = list(records)
    pairs: dict[tuple[str, str], None] = {}
    for record in found:
        suite = suites.get(record.suite)
        if suite and suite.baseline and record.variant != suite.baseline:
            pairs.setdefault((suite.baseline, record.variant))
    return Comparisons(
        comparisons=tuple(
            compare_variants(found, suites, *names, prompts, refused=refused)
            for names in sorted(pairs)
            if any(record.variant == names[0] for record in found)
        )
    )


def compare_variants(
    records: Iterable[TrialRecord],
    suites: Mapping[str, Suite],
    baseline: str,
    candidate: str,
    prompts: Mapping[str, str] = MappingProxyType({}),
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Comparison:
    """Compare two variants over the suites in which both ran."""
    found = [record for record in records if record.suite in suites]
    ran = {(record.suite, record.variant) for record in found}
    shared = {
        name: suite
        for name, suite in suites.items()
        if {(name, baseline), (name, candidate)} <= ran
    }
    arms = [
        Arm(
            label=name,
            variant=name,
            records=[one for one in found if one.variant == name and one.suite in shared],
            prompt=prompts.get(name, ""),
        )
        for name in (baseline, candidate)
    ]
    return compare_arms(arms[0], arms[1], shared, refused=refused)


def compare_arms(
    baseline: Arm,
    candidate: Arm,
    suites: Mapping[str, Suite],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Comparison:
    """Compare two sides: every behaviour, every theme and every gate of their suites.

    refused: suites that were not run in full, and what is lacking; their gates do not answer.
    The behaviours of all suites are adjusted together (Holm); a suite's primary theme, which was
    named beforehand, is not adjusted, and its control themes are among themselves.
    """
    paired, unpaired = pair(baseline.records, candidate.records)
    behaviours = _adjusted(_behaviours(suites, paired))
    themes = {name: _themes(suite, behaviours.get(name, [])) for name, suite in suites.items()}
    results: dict[str, dict[str, GateResult]] = {}
    gates = []
    for name, suite in suites.items():
        if suite.gate and name in refused:
            gates.append(refusal(name, suite.gate, refused[name]))
        elif suite.gate:
            results[name], told = keep(name, suite.gate, themes[name], behaviours.get(name, []))
            gates.append(told)
    return Comparison(
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
        prompt_diff=prompt_diff(baseline, candidate),
        created=_now(),
        notes=tuple(_notes(paired)),
    )


def uncompared(
    status: Literal["unchanged", "stale"], baseline: Arm, candidate: Arm, *notes: str
) -> Comparison:
    """Say why two sides are not compared."""
    return Comparison(
        status=status,
        baseline=baseline.side,
        candidate=candidate.side,
        prompt_diff=prompt_diff(baseline, candidate),
        created=_now(),
        notes=notes,
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _behaviours(
    suites: Mapping[str, Suite], paired: Sequence[PairedScenario]
) -> dict[str, list[Judged]]:
    """Compare each behaviour of each suite, none adjusted yet."""
    found: dict[str, list[Judged]] = {}
    for name, suite in suites.items():
        own = [scenario for scenario in paired if scenario.suite == name]
        graded = {behaviour for scenario in own for behaviour in scenario.behaviours}
        # In the suite's order; what it no longer knows was graded all the same, and comes last.
        ordered = [one for one in suite.behaviours if one in graded]
        ordered += sorted(graded - set(ordered))
        for behaviour in ordered:
            pairs = (one.pair(behaviour) for one in own if behaviour in one.behaviours)
            found.setdefault(name, []).append(_judged(behaviour, tuple(pairs), suite))
    return found


def _themes(suite: Suite, behaviours: Sequence[Judged]) -> list[Judged]:
    """Compare a suite's themes: the primary one as it is, the others adjusted among themselves."""
    found = {}
    for name, theme in suite.themes.items():
        inside = [one for one in behaviours if one.name in theme.behaviours]
        if pairs := tuple(pair for one in inside for pair in one.pairs):
            found[name] = _judged(name, pairs, suite)
    controls = {n: one.found for n, one in found.items() if suite.themes[n].role == "control"}
    left = adjusted(controls)
    return [replace(one, adjusted=left.get(name, one.found)) for name, one in found.items()]


def _judged(name: str, pairs: tuple[ScenarioPair, ...], suite: Suite) -> Judged:
    strict = suite.gate is not None and suite.gate.strict
    found = compare(scores(pairs, "baseline"), scores(pairs, "candidate"), strict=strict)
    return Judged(name, pairs, found, found)


def _adjusted(behaviours: Mapping[str, Sequence[Judged]]) -> dict[str, list[Judged]]:
    """Adjust the behaviours of all suites together."""
    every = {f"{name}/{one.name}": one.found for name in behaviours for one in behaviours[name]}
    left = adjusted(every)
    return {
        name: [replace(one, adjusted=left[f"{name}/{one.name}"]) for one in judged]
        for name, judged in behaviours.items()
    }


def _fields(
    name: str, suite: Suite, one: Judged, results: Mapping[str, Mapping[str, GateResult]]
) -> dict[str, Any]:
    """Give what verdicts of behaviours and of themes have in common."""
    margin = suite.gate.margin if suite.gate else None
    return {
        "suite": name,
        "behaviour": one.name,
        "gate": results.get(name, {}).get(one.name),
        **told_verdict(one.adjusted, one.pairs, margin),
    }


def _says(suite: Suite, behaviour: str) -> str:
    known = suite.behaviours.get(behaviour)
    return known.says if known else ""


def _notes(paired: Iterable[PairedScenario]) -> Iterator[str]:
    """Tell what the two sides differ in besides their prompts."""
    other = [
        f"{one.suite}/{one.scenario}"
        for one in paired
        if len({record.digest.get("tools") for record in (*one.baseline, *one.candidate)}) > 1
    ]
    if other:
        yield f"the two are offered different tools in {', '.join(other)}"
