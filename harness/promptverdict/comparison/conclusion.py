"""What a whole run comes to: its comparisons, and what each suite's gate says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from promptverdict.comparison.against_revision import OlderRecords, compare_revision
from promptverdict.comparison.compare import compare_run
from promptverdict.comparison.controls import describe_controls
from promptverdict.comparison.gates import find_lacking_cells
from promptverdict.comparison.plan import add_plan_note
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Comparison, Comparisons, find_worst_exit_code
from promptverdict.comparison.wording import format_comparison, format_verdict
from promptverdict.runner.cells import Cell
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord


@dataclass(frozen=True)
class GateConclusion:
    """What a suite's gate says of all variants that it was asked about."""

    exit_code: int
    """0 does not block, 1 fail, 6 undecided and blocking, 7 invalid."""
    reasons: tuple[str, ...]
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """In a line what reports say: of a variant, and of `variant:behaviour` (or theme)."""


def conclude(
    ran: Sequence[Cell],
    expected: Iterable[str],
    records: Iterable[TrialRecord],
    settings: Settings,
    root: Path,
    older: OlderRecords,
    invocation: Invocation | None = None,
) -> Comparisons:
    """Compare the cells of a run: with `settings.base` where it is given, else with baselines.

    expected: ids of all cells of its suites; a suite of which some did not run gets no answer from
    its gate. root: the folder that `settings.agents` is seen from. older:
    the records of the older revision, on their way in and out. invocation: of the run, which cures
    repeat; None where it is not known. Raises InputError.
    """
    refused = find_lacking_cells(expected, (cell.id for cell in ran))
    samples = [Sample.of(record) for record in records]
    if settings.base:
        comparisons = compare_revision(
            root,
            ran,
            samples,
            settings,
            refused=refused,
            records=older,
            invocation=invocation,
        )
    else:
        comparisons = compare_run(
            samples,
            {cell.scenario.suite.id: cell.scenario.suite.suite for cell in ran},
            {cell.variant.id: cell.variant.prompt for cell in ran},
            refused=refused,
            invocation=invocation or WHOLE,
        )
    return add_plan_note(comparisons, ran, settings, root)


def conclude_gate(
    suite: str, comparisons: Comparisons, ran: Iterable[Cell], refused: Iterable[str] = ()
) -> GateConclusion:
    """Put together what a suite's gate says of each comparison.

    refused: variants of the suite whose cells could not run: nothing is known of them.
    """
    variants = {cell.variant.id for cell in ran if cell.scenario.suite.id == suite}
    about = [
        comparison
        for comparison in comparisons.comparisons
        if comparison.candidate.variant in variants
    ]
    answers = [answer for comparison in about for answer in _list_answers(suite, comparison)]
    if not variants:
        answers.append((7, "refused: none of its cells ran"))
    elif not answers:
        answers.append((7, "no variant ran that could be compared"))
    answers += [(7, f"{name}: refused: its cells could not run") for name in refused]
    worst = find_worst_exit_code(code for code, _ in answers)
    return GateConclusion(
        worst,
        tuple(words for code, words in answers if code == worst),
        {comparison.candidate.variant: format_comparison(comparison) for comparison in about}
        | {
            f"{comparison.candidate.variant}:controls": describe_controls(comparison.controls)
            for comparison in about
            if comparison.controls
        }
        | {
            f"{comparison.candidate.variant}:{judged.behaviour}": format_verdict(judged)
            for comparison in about
            for judged in (*comparison.themes, *comparison.behaviours)
            if judged.suite == suite
        },
    )


def _list_answers(suite: str, comparison: Comparison) -> list[tuple[int, str]]:
    name = comparison.candidate.label
    if comparison.status == "unchanged":
        return [(0, f"{name}: unchanged")]
    if comparison.status in ("stale", "unrecorded"):
        return [(7, "\n  ".join([f"{name}: {comparison.status}: no evidence", *comparison.notes]))]
    undecided = {6: "undecided: "}
    return [
        (gate.exit_code, f"{name}: {undecided.get(gate.exit_code, '')}{reason}")
        for gate in comparison.gates
        if gate.suite == suite
        for reason in gate.reasons
    ]
