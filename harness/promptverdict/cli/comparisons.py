"""What `promptverdict compare` compares: variants of a run, two runs, or two revisions."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.ids import parse_trial_id
from promptverdict.core.paths import display_path
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import LATEST, read_manifest
from promptverdict.trials.stored_records import describe_unsealed, read_records

if TYPE_CHECKING:
    from promptverdict.comparison.samples import Sample
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.runner.cells import Cell
    from promptverdict.settings import Settings
    from promptverdict.stats.looks import Look


def read_stored(asked: argparse.Namespace, settings: Settings) -> Comparisons | None:
    """Read what `pytest --base` found; None for another run, or if options narrow the question.

    Raises InputError where a record that it was computed from was changed since, is broken or gone.
    """
    from promptverdict.comparison.storage import check_evidence, read_comparisons
    from promptverdict.trials.store import BASE, TRIALS
    from promptverdict.trials.stored_records import read_records

    if asked.suite or asked.baseline or asked.candidate or asked.look:
        return None
    folder = find_run(Path(settings.results), asked.run or LATEST)
    if not read_manifest(folder).settings.get("base"):
        return None
    for side in (TRIALS, BASE):
        for _ in read_records(folder, side):
            pass
    if comparisons := read_comparisons(folder):
        check_evidence(folder, comparisons)
    return comparisons


def compare_variants(
    asked: argparse.Namespace, settings: Settings, cells: list[Cell], look: Look | None
) -> Comparisons:
    """Compare the variants of a run, and store the result with the run. Raises InputError."""
    from promptverdict.comparison.compare import compare_run
    from promptverdict.comparison.gates import find_lacking_cells
    from promptverdict.comparison.plan import add_plan_note
    from promptverdict.comparison.storage import write_comparisons

    folder = find_run(Path(settings.results), asked.run or LATEST)
    samples = _read_samples(folder, cells)
    suites = {cell.scenario.suite.id: cell.scenario.suite.suite for cell in cells}
    # The option stands for the baseline of every suite.
    if asked.baseline:
        update = {"baseline": asked.baseline}
        suites = {name: suite.model_copy(update=update) for name, suite in suites.items()}
    baselines = {suite.baseline for suite in suites.values()}
    comparisons = compare_run(
        _select_samples(asked, folder, samples, baselines),
        suites,
        {cell.variant.id: cell.variant.prompt for cell in cells},
        refused=find_lacking_cells((cell.id for cell in cells), _find_complete_cells(samples)),
        look=look,
    )
    if not comparisons.comparisons:
        found = "no variant ran beside the baseline of its suite"
        cure = "name two (--baseline, --candidate), an older run (--before) or a commit (--base)"
        raise InputError([Problem(display_path(folder), found, cure)])
    comparisons = _add_notes(comparisons, asked, {folder: samples})
    comparisons = add_plan_note(comparisons, cells, settings, Path.cwd())
    write_comparisons(folder, comparisons)
    return comparisons


def compare_with_run(
    asked: argparse.Namespace, settings: Settings, cells: list[Cell]
) -> Comparisons:
    """Compare each variant of a run with itself in an older one, and store the result.

    Raises InputError.
    """
    from promptverdict.comparison.against_run import compare_runs
    from promptverdict.comparison.gates import find_lacking_cells
    from promptverdict.comparison.storage import write_comparisons

    for option in ("base", "baseline"):
        if getattr(asked, option):
            found = f"it compares each variant with itself, so --{option} cannot be given too"
            raise InputError([Problem("--before", found, "leave one of the two out")])
    results = Path(settings.results)
    newer, older = (find_run(results, name) for name in (asked.run or LATEST, asked.before))
    if newer == older:
        cure = "name two: promptverdict compare RUN --before OLDER_RUN"
        raise InputError([Problem("--before", f"{display_path(older)} is the run itself", cure)])
    before, after = _read_samples(older, cells), _read_samples(newer, cells)
    complete = _find_complete_cells(after) & _find_complete_cells(before)
    comparisons = compare_runs(
        older.name,
        _select_samples(asked, older, before, set()),
        _select_samples(asked, newer, after, set()),
        {cell.scenario.suite.id: cell.scenario.suite.suite for cell in cells},
        refused=find_lacking_cells((cell.id for cell in cells), complete),
    )
    if not comparisons.comparisons:
        cure = "see what ran: promptverdict runs"
        raise InputError([Problem("--before", "no variant ran in both runs", cure)])
    comparisons = _add_notes(comparisons, asked, {older: before, newer: after})
    write_comparisons(newer, comparisons)
    return comparisons


def compare_with_revision(
    asked: argparse.Namespace, settings: Settings, cells: list[Cell]
) -> Comparisons:
    """Compare the agents and recordings of the working tree with those of an older revision.

    Raises InputError.
    """
    from promptverdict.comparison.against_revision import compare_revision
    from promptverdict.comparison.plan import add_plan_note
    from promptverdict.comparison.samples import Sample
    from promptverdict.runner.readback import read_back_cells

    for option in ("run", "baseline"):
        if getattr(asked, option):
            found = f"it compares the working tree, so {option} cannot be given too"
            raise InputError([Problem("--base", found, "leave one of the two out")])
    chosen = [cell for cell in cells if asked.candidate in (None, cell.variant.id)]
    if not chosen:
        known = sorted({cell.variant.id for cell in cells})
        cure = f"there are: {', '.join(known) or 'none'}"
        raise InputError([Problem("--candidate", f"{asked.candidate} runs in no suite", cure)])
    samples = [Sample.of(record) for record in read_back_cells(chosen, settings)]
    comparisons = compare_revision(Path.cwd(), chosen, samples, settings)
    return add_plan_note(comparisons, chosen, settings, Path.cwd())


def _read_samples(folder: Path, cells: Iterable[Cell]) -> list[Sample]:
    """Read what a comparison needs of each trial of a run.

    Raises InputError for a shard: no verdict rests on a part that a machine happened to run.
    Records are read one at a time, since their transcripts may not fit into memory together. A
    trial that was planned and has no record counts as missing.
    """
    from promptverdict.comparison.samples import Sample

    manifest = read_manifest(folder)
    if manifest.shard:
        found, cure = f"shard {manifest.shard} of a plan", "merge all shards: promptverdict merge"
        raise InputError([Problem(display_path(folder), found, cure)])
    # What was planned takes about as much room as what is kept of the records: each trial leaves
    # it as it is read, instead of being held twice.
    unread = manifest.planned
    samples = []
    for record in read_records(folder):
        samples.append(Sample.of(record))
        unread.pop(record.id, None)
    graded = {cell.id: tuple(cell.scenario.scenario.grades) for cell in cells}
    samples += (
        Sample.absent(trial, key, graded.get(parse_trial_id(trial).cell, ()))
        for trial, key in unread.items()
    )
    return samples


def _find_complete_cells(samples: Sequence[Sample]) -> set[str]:
    """Find the cells of which every planned trial has a record."""
    incomplete = {sample.cell for sample in samples if sample.is_absent}
    return {sample.cell for sample in samples} - incomplete


def _select_samples(
    asked: argparse.Namespace,
    folder: Path,
    samples: Sequence[Sample],
    baselines: set[str | None],
) -> list[Sample]:
    """Select the trials to compare. Raises InputError for a variant that did not run."""
    ran = sorted({sample.variant for sample in samples})
    for option in ("baseline", "candidate"):
        name = getattr(asked, option)
        if name and name not in ran:
            cure = f"in {display_path(folder)} these did: {', '.join(ran) or 'none'}"
            raise InputError([Problem(f"--{option}", f"{name} did not run", cure)])
    chosen = {asked.candidate, *baselines} if asked.candidate else set(ran)
    return [sample for sample in samples if sample.variant in chosen]


def _add_notes(
    comparisons: Comparisons, asked: argparse.Namespace, runs: dict[Path, Sequence[Sample]]
) -> Comparisons:
    """Add what a reader must know: planned trials without a record, and a narrowed selection."""
    notes = [*comparisons.notes, *_list_narrowing(asked)]
    for run, samples in runs.items():
        if absent := sum(sample.is_absent for sample in samples):
            found = f"{absent} of {len(samples)} trials of {run.name} have no record: missing"
            notes.append(found)
        if unsealed := describe_unsealed(run):
            notes.append(unsealed)
    return comparisons.model_copy(update={"notes": tuple(notes)})


def _list_narrowing(asked: argparse.Namespace) -> Iterator[str]:
    options = ("suite", "baseline", "candidate")
    given = [f"--{name} {value}" for name in options if (value := getattr(asked, name))]
    if given:
        yield f"compared with {' '.join(given)} only, not the whole run"
