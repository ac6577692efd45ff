"""A run against an older run of the same project: each variant with itself.

A run keeps no text of its prompts, so that only their digests tell whether one was edited between
the two. A scenario of which both play the same recordings is one piece of evidence: it is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from promptverdict.comparison.compare import compare_sides, explain_uncompared
from promptverdict.comparison.gates import refuse_gates
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.sides import SideTrials
from promptverdict.comparison.verdicts import Comparison, Comparisons, Unpaired
from promptverdict.scenarios.suite import Suite


def compare_runs(
    name: str,
    older: Iterable[Sample],
    newer: Iterable[Sample],
    suites: Mapping[str, Suite],
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
) -> Comparisons:
    """Compare each variant that ran in both runs, over the suites in which it did.

    name: of the older run. suites: by id; what ran of others is left out. refused: as for
    `compare_sides`, of the newer run.
    """
    before, after = _group_by_variant(older, suites), _group_by_variant(newer, suites)
    shared = {
        variant: _list_suites(before[variant]) & _list_suites(after[variant])
        for variant in before
        if variant in after
    }
    comparisons = (
        _compare_variant(
            name,
            [sample for sample in before[variant] if sample.suite in ran],
            [sample for sample in after[variant] if sample.suite in ran],
            {suite: suites[suite] for suite in sorted(ran)},
            refused,
            {suite: suites[suite] for suite in sorted(_list_suites(after[variant]) - ran)},
        )
        for variant, ran in sorted(shared.items())
        if ran
    )
    return Comparisons(
        comparisons=tuple(comparisons), notes=tuple(_note_alone(before, after, name))
    )


def _group_by_variant(
    samples: Iterable[Sample], suites: Mapping[str, Suite]
) -> dict[str, list[Sample]]:
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.suite in suites:
            groups.setdefault(sample.variant, []).append(sample)
    return groups


def _list_suites(samples: Iterable[Sample]) -> set[str]:
    return {sample.suite for sample in samples}


def _compare_variant(
    name: str,
    before: Sequence[Sample],
    after: Sequence[Sample],
    suites: Mapping[str, Suite],
    refused: Mapping[str, str],
    new: Mapping[str, Suite],
) -> Comparison:
    """Compare one variant; new: suites that it ran since."""
    variant = after[0].variant
    same = _find_same_recordings(before, after)
    if same == {sample.place for sample in (*before, *after)}:
        arms = (
            SideTrials(f"{variant} @ {name}", variant, before, run=name),
            SideTrials(variant, variant, after),
        )
        return explain_uncompared("unchanged", *arms, "both runs play the same recordings")
    before = [sample for sample in before if sample.place not in same]
    after = [sample for sample in after if sample.place not in same]
    # Both runs may hold a trial of the same key; that of the older one must not pass for the other.
    renamed = [replace(sample, key=f"{name}/{sample.key}") for sample in before]
    older = SideTrials(f"{variant} @ {name}", variant, renamed, run=name)
    arms = older, SideTrials(variant, variant, after)
    comparison = compare_sides(
        *arms,
        suites,
        refused=refused,
        over_time=True,
        format_command=lambda: "pytest evals/ --base REF --record both",
    )
    more: dict[str, Any] = {
        "unpaired": (*(_build_left_out(*place) for place in sorted(same)), *comparison.unpaired)
    }
    asked = [
        {sample.digest.get("system") for sample in side if sample.digest}
        for side in (before, after)
    ]
    if all(asked) and asked[0] != asked[1]:
        more["prompt_diff"] = f"@@ edited since {name}, which keeps no text of it @@"
    known = {sample.key: sample.provenance for sample in before if sample.provenance}
    if twice := sum(
        sample.key in known and known[sample.key] == sample.provenance for sample in after
    ):
        note = f"{twice} of {len(after)} trials play the same recording in both runs"
        more["notes"] = (*comparison.notes, note)
    if new:
        more["gates"] = (
            *comparison.gates,
            *refuse_gates(new, dict.fromkeys(new, f"it did not run in {name}")),
        )
        more["notes"] = (
            *more.get("notes", comparison.notes),
            f"not run in {name}: {', '.join(new)}",
        )
    return comparison.model_copy(update=more)


def _find_same_recordings(
    before: Iterable[Sample], after: Iterable[Sample]
) -> set[tuple[str, str]]:
    """Find the scenarios of which both runs play the same recordings: once more is no evidence."""

    def played(samples: Iterable[Sample]) -> dict[tuple[str, str], set[tuple[str, object]]]:
        recordings: dict[tuple[str, str], set[tuple[str, object]]] = {}
        for sample in samples:
            known = (sample.key, sample.provenance.model_dump_json() if sample.provenance else None)
            recordings.setdefault(sample.place, set()).add(known)
        return recordings

    old, new = played(before), played(after)
    return {
        place
        for place in old.keys() & new.keys()
        if old[place] == new[place] and all(known for _, known in old[place])
    }


def _build_left_out(suite: str, scenario: str) -> Unpaired:
    return Unpaired(suite=suite, scenario=scenario, why="both runs play the same recordings")


def _note_alone(
    older: Mapping[str, object], newer: Mapping[str, object], name: str
) -> Iterator[str]:
    yield from (
        f"{variant} did not run in {name}" for variant in sorted(newer.keys() - older.keys())
    )
    yield from (f"{variant} ran only in {name}" for variant in sorted(older.keys() - newer.keys()))
