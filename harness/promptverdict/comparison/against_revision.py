"""The agents as they lie against those of an older revision: each variant with itself.

The base's agents and recordings are read from git objects and graded by the scenarios that lie
here, so that one grader judges both sides. Only what was recorded of the very scenario that lies
here pairs; the rest is told by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from promptverdict.agents.frontmatter import describe_unread
from promptverdict.agents.variant import Variant
from promptverdict.comparison.base_revision import BaseRevision
from promptverdict.comparison.compare import compare_sides, explain_uncompared
from promptverdict.comparison.drift import check_drift
from promptverdict.comparison.git import merge_base
from promptverdict.comparison.older_evidence import (
    UNRECORDED,
    explain_unusable,
    format_command,
    list_lost,
    list_prices,
    note_faults,
    note_lost,
    note_played_twice,
)
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.sides import SideTrials
from promptverdict.comparison.verdicts import Comparison, Comparisons, Unpaired
from promptverdict.core.errors import InputError
from promptverdict.core.locked_folders import open_scratch_folder
from promptverdict.core.paths import display_path
from promptverdict.runner.cells import Cell
from promptverdict.runner.invocation import Invocation
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord


@dataclass(frozen=True)
class OlderRecords:
    """The records of the older revision, on their way in and out of a comparison."""

    keep: Callable[[TrialRecord], object] = lambda _: None
    """Hears of each record that was read."""
    lost: Sequence[TrialRecord] = ()
    """Of trials that were to be recorded and broke: missing in the comparison, and noted."""
    lost_controls: Sequence[TrialRecord] = ()
    """Of control trials that broke: evidence of neither side, and noted."""


def compare_revision(
    root: Path,
    here: Sequence[Cell],
    samples: Sequence[Sample],
    settings: Settings,
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    records: OlderRecords = OlderRecords(),
    invocation: Invocation | None = None,
) -> Comparisons:
    """Compare each variant of some cells with itself at the merge-base of HEAD and `settings.base`.

    root: the folder that `settings.agents` is seen from. samples: of the cells as they lie here.
    refused: as for `compare_sides`. records: what becomes of the older revision's records.
    invocation: of the run, which cures repeat; None where none is under way.
    Raises InputError where there is no such revision, and where its agents cannot be read.
    """
    ref = settings.base or ""
    revision = merge_base(root, ref)
    variants: dict[str, list[Cell]] = {}
    for cell in here:
        variants.setdefault(cell.variant.id, []).append(cell)
    with open_scratch_folder() as folder:
        base = BaseRevision(
            revision,
            folder,
            [root / place for place in settings.agent_places],
            here,
            settings,
            records.keep,
        )
        comparisons = [
            _note_unread(comparison, own[0].variant, base.agents[name])
            for name, own in sorted(variants.items())
            if (
                comparison := _compare(
                    base,
                    own,
                    _select_variant(samples, name),
                    refused,
                    records,
                    invocation or _invoke_on(own, ref),
                )
            )
        ]
        new = sorted(variants.keys() - base.agents.keys())
        notes = [f"{name} is new since {ref}" for name in new]
        return Comparisons(comparisons=tuple(comparisons), notes=(*notes, *base.deleted_suites()))


def _invoke_on(cells: Sequence[Cell], ref: str) -> Invocation:
    """Return the call of pytest that compares all that lies beside some cells."""
    return Invocation((display_path(cells[0].scenario.suite.folder.parent), "--base", ref))


def _select_variant(samples: Iterable[Sample], variant: str) -> list[Sample]:
    return [sample for sample in samples if sample.variant == variant]


def _compare(
    base: BaseRevision,
    here: list[Cell],
    samples: list[Sample],
    refused: Mapping[str, str],
    records: OlderRecords,
    invocation: Invocation,
) -> Comparison | None:
    """Compare one variant with itself as it was; None where it was not."""
    variant = here[0].variant
    if variant.id not in base.agents:
        return None
    ref = base.revision.ref
    prompt, label = base.agents[variant.id].prompt, f"{variant.id} @ {ref}"
    before = SideTrials(label, variant.id, [], prompt, base.revision.commit)
    after = SideTrials(variant.id, variant.id, samples, variant.prompt)
    try:
        there = [base.cell(cell) for cell in here]
    except InputError as error:
        return explain_uncompared("unrecorded", before, after, str(error.problems[0]))
    wanted = [sample for sample in samples if sample.fault and sample.fault.kind in UNRECORDED]
    same = all(old.digest == new.digest for old, new in zip(there, here, strict=True))
    if same:
        return _explain_same(base, here, there, (before, after), invocation)
    older: list[Sample] = []
    unpaired: list[Unpaired] = []
    lacking: list[Cell] = []
    for cell in there:
        recorded = base.samples(cell)
        if why := explain_unusable(recorded, ref):
            place = {"suite": cell.scenario.suite.id, "scenario": cell.scenario.id}
            unpaired.append(Unpaired(**place, why=why))
            lacking.append(cell)
        older += [] if why else recorded
    price = list_prices(here, wanted, lacking, base, invocation) if wanted or lacking else ()
    if wanted and not any(sample.provenance for sample in samples):
        return explain_uncompared("stale", replace(before, samples=older), after, *price)
    if not older and not base.holds_any(here):
        return explain_uncompared("unrecorded", before, after, *price)
    out = {(scenario.suite, scenario.scenario) for scenario in unpaired}
    for suite in {cell.scenario.suite.id: cell.scenario.suite for cell in here}.values():
        unpaired += [
            Unpaired(suite=suite.id, scenario=name, why=f"deleted since {ref}")
            for name in base.deleted_scenarios(suite.folder)
        ]
    newer = [sample for sample in samples if (sample.suite, sample.scenario) not in out]
    broken = [record for record in records.lost if record.variant == variant.id]
    controls = [sample for cell in there for sample in base.control_samples(cell)]
    drift = check_drift(older, [sample for sample in controls if not sample.fault])
    lost_controls = [record for record in records.lost_controls if record.variant == variant.id]
    noted = {record.key for record in lost_controls}
    unusable = [each.fault.message for each in controls if each.fault and each.key not in noted]
    older += _list_missing(broken, older, out, base)
    comparison = compare_sides(
        replace(before, samples=older, controls=drift),
        replace(after, samples=newer),
        {cell.scenario.suite.id: cell.scenario.suite.suite for cell in here},
        refused=refused,
        format_command=lambda: format_command(here, there, base, invocation),
    )
    notes = (
        *comparison.notes,
        *note_played_twice(base, older, newer),
        *note_lost("trial", broken, label),
        *note_lost("control trial", lost_controls, label),
        *note_faults("control trial", unusable, label, "cannot be used"),
        *price,
    )
    return comparison.model_copy(
        update={"unpaired": (*unpaired, *comparison.unpaired), "notes": notes}
    )


def _note_unread(comparison: Comparison, here: Variant, older: Variant) -> Comparison:
    """Note a frontmatter that cannot be read on one side alone: it changes the whole request."""
    unread = [each for each in map(describe_unread, (here, older)) if each]
    if len(unread) != 1:
        return comparison
    return comparison.model_copy(update={"notes": (*comparison.notes, *unread)})


def _explain_same(
    base: BaseRevision,
    here: Sequence[Cell],
    there: Sequence[Cell],
    sides: tuple[SideTrials, SideTrials],
    invocation: Invocation,
) -> Comparison:
    """Explain what is known of a variant that is asked the same on both sides."""
    before, after = sides
    samples = after.samples
    wanted = [sample for sample in samples if sample.fault and sample.fault.kind in UNRECORDED]
    stale = [sample for sample in wanted if sample.is_stale]
    lost = list_lost(base, here, there, samples)
    gone = stale and not any(sample.provenance for sample in samples)
    if not (lost or gone):
        return explain_uncompared("unchanged", before, after)
    # What is missing under an unchanged prompt is recorded by no run with a revision.
    cures = list_prices(here, stale, (), base, invocation) if stale else ()
    if lost:
        cures = (f"put back the recordings that {base.revision.ref} holds of them", *cures)
    held = [sample for cell in there for sample in base.samples(cell)]
    return explain_uncompared("stale", replace(before, samples=held), after, *lost, *cures)


def _list_missing(
    broken: Iterable[TrialRecord],
    older: Iterable[Sample],
    out: Collection[tuple[str, str]],
    base: BaseRevision,
) -> list[Sample]:
    """List the trials of the older side that broke and that nothing else stands in for."""
    known = {(*sample.place, sample.trial) for sample in older}
    return [
        Sample.of(record.model_copy(update={"key": base.key(record.key)}))
        for record in broken
        if (place := (record.suite, record.scenario)) not in out
        and (*place, record.trial) not in known
    ]
