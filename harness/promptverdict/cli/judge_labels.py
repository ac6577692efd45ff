"""`promptverdict judge --labels`: how far the judge agrees with people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING

from promptverdict.cli.recorded_trials import open_current, read_each
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


def compare_with_labels(path: Path, trials: list[Trial]) -> int:
    """Print, for each rubric with labels, the agreement and the rates corrected by it."""
    rubrics = {trial.id: _list_rubrics(trial) for trial in trials}
    labels = match_labels(read_labels(path), rubrics)
    labelled: dict[Rubric, list[LabelledTrial]] = {rubric: [] for _, rubric in labels}
    baselines: dict[Rubric, str] = {}

    def grade(trial: Trial) -> tuple[Trial, list[tuple[Rubric, bool | None]]]:
        wanted = [each for each in dict.fromkeys(rubrics[trial.id].values()) if each in labelled]
        return trial, list(_grade_as_judged(trial, wanted)) if wanted else []

    for trial, grades in read_each(trials, grade):
        for rubric, passes in grades:
            task, label = trial.cell.task, labels.get((trial.id, rubric))
            scenario = format_scenario_id(task.suite, task.scenario)
            labelled[rubric].append(LabelledTrial(scenario, task.variant, passes, label))
            if baseline := trial.cell.scenario.suite.suite.baseline:
                baselines.setdefault(rubric, baseline)
    for rubric, verdicts in labelled.items():
        print("\n".join(_render_rubric(rubric, verdicts, baselines.get(rubric))))
    return 0


def _list_rubrics(trial: Trial) -> dict[str, Rubric]:
    grades = trial.cell.scenario.scenario.grades
    return {name: grader for name, grader in grades.items() if isinstance(grader, Rubric)}


def _grade_as_judged(trial: Trial, wanted: list[Rubric]) -> Iterator[tuple[Rubric, bool | None]]:
    """Grade a trial by rubrics and stored answers; None: undecided. A stale trial is skipped."""
    from promptverdict.judging.gather import read_judgements
    from promptverdict.judging.rubrics import inquire_trial, list_questions
    from promptverdict.runner.readback import read_events

    sealed = open_current(trial)
    if sealed is None:
        return
    evidence = read_events(trial.cell, sealed)
    inquiry = inquire_trial(trial.location, sealed.seal)
    inquiry.file.check()
    judged = read_judgements(inquiry, list_questions(wanted, evidence), trial.cell.judge)
    outcome = (evidence.outcome or FinalState()).model_copy(update={"judged": judged})
    evidence = evidence.model_copy(update={"outcome": outcome})
    for rubric in wanted:
        yield rubric, {"pass": True, "fail": False}.get(rubric.grade(evidence).outcome)


def _render_rubric(
    rubric: Rubric, verdicts: list[LabelledTrial], baseline: str | None
) -> list[str]:
    judge = count_confusion(verdicts)
    labelled = sum(trial.label is not None for trial in verdicts)
    lines = [
        f"{rubric.question} (pass if {rubric.pass_if}, about the {rubric.about})",
        f"  {format_count(labelled, 'labelled trial')}, {judge.n} judged yes or no",
    ]
    if not judge.n:
        return [*lines, "  nothing to compare; ask the judge: promptverdict judge"]
    lines += [
        f"  agreement {_format_share(judge.agreement, judge.agreement_limits)},"
        f" Cohen's kappa {_format_number(judge.kappa)}, Gwet's AC1 {_format_number(judge.ac1)}",
        f"  false passes {judge.false_pass} of {judge.failed}:"
        f" {_format_share(1 - judge.specificity, judge.false_pass_limits)}",
        f"  false fails {judge.false_fail} of {judge.passed}:"
        f" {_format_share(1 - judge.sensitivity, judge.false_fail_limits)}",
    ]
    if not judge.usable:
        least = f"J is {_format_number(judge.j)}, at least {judge.least_j:.2f}, {LEAST_J} is needed"
        return [*lines, f"  not usable for verdicts: {least}"]
    lines.append(f"  usable: J is {judge.j:.2f}, at least {judge.least_j:.2f}")
    return [*lines, *_render_corrected(verdicts, judge, baseline)]


def _render_corrected(
    verdicts: list[LabelledTrial], judge: Confusion, baseline: str | None
) -> list[str]:
    names = {trial.variant for trial in verdicts}
    variants = sorted(names, key=lambda name: (name != baseline, name))
    lines = []
    for variant in variants:
        if rates := list(compute_rates(verdicts, variant).values()):
            corrected = _format_estimate(correct_rate(rates, judge))
            judged = f"judged {fmean(rates):.0%} in {format_count(len(rates), 'scenario')}"
            lines.append(f"  {variant}: {judged}, corrected {corrected}")
    for variant in variants:
        if baseline is not None and variant != baseline:
            lines += _render_difference(verdicts, judge, baseline, variant)
    return lines


def _render_difference(
    verdicts: list[LabelledTrial], judge: Confusion, baseline: str, candidate: str
) -> Iterator[str]:
    before, after = compute_rates(verdicts, baseline), compute_rates(verdicts, candidate)
    shared = sorted(before.keys() & after.keys())
    if not (changes := [after[scenario] - before[scenario] for scenario in shared]):
        return
    labelled = list_differences(verdicts, baseline, candidate)
    if len(labelled) >= LEAST_LABELLED:
        corrected, method = correct_by_labels(changes, labelled), "prediction-powered"
    else:
        corrected, method = correct_difference(changes, judge), "Rogan-Gladen"
    judged = f"judged {fmean(changes):+.0%} in {format_count(len(changes), 'scenario')}"
    estimate = _format_estimate(corrected, "+")
    yield f"  {candidate} against {baseline}: {judged}, corrected {estimate} ({method})"


def _format_share(value: float, limits: Interval) -> str:
    return f"{_format_percent(value)} ({limits[0]:.0%} to {limits[1]:.0%})"


def _format_percent(value: float) -> str:
    return "unknown" if math.isnan(value) else f"{value:.0%}"


def _format_number(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:.2f}"


def _format_estimate(corrected: CorrectedEstimate, sign: str = "") -> str:
    limits = f"{corrected.low:{sign}.0%} to {corrected.high:{sign}.0%}"
    text = f"{corrected.estimate:{sign}.0%} ({limits})"
    return f"{text}, clipped" if corrected.clipped else text
