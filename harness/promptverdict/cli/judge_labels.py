"""What `promptverdict judge --labels` prints: how far the judge agrees with people."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.graders.rubric import Rubric
from promptverdict.judging.labels import (
    LabelledTrial,
    compute_rates,
    count_confusion,
    list_differences,
    match_labels,
    read_labels,
)
from promptverdict.stats.agreement import (
    LEAST_J,
    LEAST_LABELLED,
    Confusion,
    CorrectedEstimate,
    Interval,
    correct_by_labels,
    correct_difference,
    correct_rate,
)
from promptverdict.trials.evidence import FinalState

if TYPE_CHECKING:
    from promptverdict.runner.cells import Trial


def compare(path: Path, trials: list[Trial]) -> int:
    """Print, for each rubric with labels, the agreement and the figures corrected by it."""
    labels = read_labels(path)
    graded = {trial.id: _rubrics(trial) for trial in trials}
    told = match_labels(labels, graded)
    found: dict[Rubric, list[LabelledTrial]] = {rubric: [] for _, rubric in told}
    baselines: dict[Rubric, str] = {}
    for trial in trials:
        wanted = [rubric for rubric in dict.fromkeys(graded[trial.id].values()) if rubric in found]
        for rubric, passes in _judged(trial, wanted) if wanted else ():
            task, label = trial.cell.task, told.get((trial.id, rubric))
            scenario = format_scenario_id(task.suite, task.scenario)
            found[rubric].append(LabelledTrial(scenario, task.variant, passes, label))
            if baseline := trial.cell.scenario.suite.suite.baseline:
                baselines.setdefault(rubric, baseline)
    for rubric, verdicts in found.items():
        print("\n".join(_lines(rubric, verdicts, baselines.get(rubric))))
    return 0


def _rubrics(trial: Trial) -> dict[str, Rubric]:
    grades = trial.cell.scenario.scenario.grades
    return {name: grader for name, grader in grades.items() if isinstance(grader, Rubric)}


def _judged(trial: Trial, wanted: list[Rubric]) -> Iterator[tuple[Rubric, bool | None]]:
    """Grade a trial by rubrics, as it was judged; a stale one is told and left out."""
    from promptverdict.judging.gather import read_judgements
    from promptverdict.judging.rubrics import inquire_trial, list_questions
    from promptverdict.recording.digest import describe_parts, list_changed_parts
    from promptverdict.recording.files import open_sealed
    from promptverdict.runner.readback import read_events

    sealed = open_sealed(trial.location)
    if parts := list_changed_parts(sealed.head.digest, trial.cell.digest):
        print(f"{trial.id}: stale ({describe_parts(parts)} changed), left out")
        return
    evidence = asyncio.run(read_events(trial.cell, sealed))
    inquiry = inquire_trial(trial.location, sealed.seal)
    judged = read_judgements(inquiry, list_questions(wanted, evidence), trial.cell.judge)
    outcome = (evidence.outcome or FinalState()).model_copy(update={"judged": judged})
    evidence = evidence.model_copy(update={"outcome": outcome})
    for rubric in wanted:
        yield rubric, {"pass": True, "fail": False}.get(rubric.grade(evidence).outcome)


def _lines(rubric: Rubric, verdicts: list[LabelledTrial], baseline: str | None) -> list[str]:
    judge = count_confusion(verdicts)
    labelled = sum(one.label is not None for one in verdicts)
    lines = [
        f"{rubric.question} (pass if {rubric.pass_if}, about the {rubric.about})",
        f"  {format_count(labelled, 'labelled trial')}, {judge.n} judged yes or no",
    ]
    if not judge.n:
        return [*lines, "  nothing to compare; ask the judge: promptverdict judge"]
    lines += [
        f"  agreement {_share(judge.agreement, judge.agreement_limits)},"
        f" Cohen's kappa {_number(judge.kappa)}, Gwet's AC1 {_number(judge.ac1)}",
        f"  false passes {judge.false_pass} of {judge.failed}:"
        f" {_share(1 - judge.specificity, judge.false_pass_limits)}",
        f"  false fails {judge.false_fail} of {judge.passed}:"
        f" {_share(1 - judge.sensitivity, judge.false_fail_limits)}",
    ]
    if not judge.usable:
        least = f"J is {_number(judge.j)}, at least {judge.least_j:.2f}, {LEAST_J} is needed"
        return [*lines, f"  not usable for verdicts: {least}"]
    lines.append(f"  usable: J is {judge.j:.2f}, at least {judge.least_j:.2f}")
    return [*lines, *_corrected(verdicts, judge, baseline)]


def _corrected(verdicts: list[LabelledTrial], judge: Confusion, baseline: str | None) -> list[str]:
    variants = sorted({one.variant for one in verdicts}, key=lambda one: (one != baseline, one))
    lines = []
    for variant in variants:
        if each := list(compute_rates(verdicts, variant).values()):
            corrected = _figure(correct_rate(each, judge))
            seen = f"judged {fmean(each):.0%} in {format_count(len(each), 'scenario')}"
            lines.append(f"  {variant}: {seen}, corrected {corrected}")
    for variant in variants:
        if baseline is not None and variant != baseline:
            lines += _difference(verdicts, judge, baseline, variant)
    return lines


def _difference(
    verdicts: list[LabelledTrial], judge: Confusion, baseline: str, candidate: str
) -> Iterator[str]:
    before, after = compute_rates(verdicts, baseline), compute_rates(verdicts, candidate)
    if not (each := [after[one] - before[one] for one in sorted(before.keys() & after.keys())]):
        return
    labelled = list_differences(verdicts, baseline, candidate)
    if len(labelled) >= LEAST_LABELLED:
        corrected, how = correct_by_labels(each, labelled), "prediction-powered"
    else:
        corrected, how = correct_difference(each, judge), "Rogan-Gladen"
    seen = f"judged {fmean(each):+.0%} in {format_count(len(each), 'scenario')}"
    yield f"  {candidate} against {baseline}: {seen}, corrected {_figure(corrected, '+')} ({how})"


def _share(value: float, limits: Interval) -> str:
    return f"{_percent(value)} ({limits[0]:.0%} to {limits[1]:.0%})"


def _percent(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.0%}"


def _number(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.2f}"


def _figure(one: CorrectedEstimate, sign: str = "") -> str:
    told = f"{one.estimate:{sign}.0%} ({one.low:{sign}.0%} to {one.high:{sign}.0%})"
    return f"{told}, clipped" if one.clipped else told
