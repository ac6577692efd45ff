"""What people said about trials, from a CSV file, and what the judge said about the same."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Literal

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.graders.rubric import Rubric
from promptverdict.stats.agreement import Confusion

SUBJECTS = ("question", "behaviour")


@dataclass(frozen=True)
class Label:
    """One row: what a person answered about one trial."""

    where: str
    """The file and its line."""
    trial: str
    """`suite/scenario::agent/variant#number`."""
    kind: Literal["question", "behaviour"]
    subject: str
    """The question as a rubric asks it, or the behaviour that a rubric grades."""
    yes: bool
    """The answer to the question, or whether the behaviour was shown."""


@dataclass(frozen=True)
class Verdict:
    """One rubric on one trial: what the judge and, perhaps, a person said."""

    scenario: str
    """`suite/scenario`."""
    variant: str
    passes: bool | None
    """By the judge; None where it was not asked, or cannot tell."""
    label: bool | None
    """By a person, as pass or fail; None where nobody said."""


def read_labels(path: Path) -> tuple[Label, ...]:
    """Read a file of labels: columns trial, question or behaviour, label (yes or no).

    Raises InputError with one problem for each row that is none.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file, strict=True)
            columns = rows.fieldnames or ()
            read = [(rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(
            [Problem(display_path(path), f"cannot be read: {error}", _CURE)]
        ) from error
    subjects = [kind for kind in SUBJECTS if kind in columns]
    if len(subjects) != 1 or not {"trial", "label"} <= set(columns):
        found = f"its columns are: {', '.join(columns) or 'none'}"
        raise InputError([Problem(display_path(path), found, _CURE)])
    kind: Literal["question", "behaviour"] = "question" if "question" in columns else "behaviour"
    each = [_label(f"{display_path(path)}:{line}", row, kind) for line, row in read]
    labels = [one for one in each if isinstance(one, Label)]
    problems = [one for one in each if isinstance(one, Problem)]
    if problems := [*problems, *_twice(labels)]:
        raise InputError(problems)
    return tuple(labels)


def labels_of(
    labels: Iterable[Label], trials: Mapping[str, Mapping[str, Rubric]]
) -> dict[tuple[str, Rubric], bool]:
    """Say for (trial, rubric) whether people passed it. trials: id -> behaviour -> its rubric.

    Raises InputError for a trial that is not recorded, and for what no rubric of it asks.
    """
    told: dict[tuple[str, Rubric], bool] = {}
    problems = []
    for label in labels:
        graded = trials.get(label.trial)
        if graded is None:
            cure = "write suite/scenario::agent/variant#number of a trial that is recorded"
            problems.append(Problem(label.where, f"there is no trial {label.trial}", cure))
            continue
        asked = list(_meant(label, graded))
        if not asked:
            known = ", ".join(_names(label, graded))
            found = f"no rubric of {label.trial} is about this {label.kind}: {label.subject}"
            problems.append(Problem(label.where, found, f"there are: {known or 'none'}"))
        for rubric in asked:
            answer: Literal["yes", "no"] = "yes" if label.yes else "no"
            asks = label.kind == "question"
            told[label.trial, rubric] = rubric.is_wanted(answer) if asks else label.yes
    if problems:
        raise InputError(problems)
    return told


def confusion(verdicts: Iterable[Verdict]) -> Confusion:
    """Count the verdicts that both gave."""
    both = [(one.passes, one.label) for one in verdicts if None not in (one.passes, one.label)]
    return Confusion(
        true_pass=both.count((True, True)),
        false_pass=both.count((True, False)),
        true_fail=both.count((False, False)),
        false_fail=both.count((False, True)),
    )


def rates(verdicts: Iterable[Verdict], variant: str) -> dict[str, float]:
    """Give, for each scenario, the share of a variant's trials that the judge passed."""
    found: dict[str, list[bool]] = defaultdict(list)
    for one in verdicts:
        if one.variant == variant and one.passes is not None:
            found[one.scenario].append(one.passes)
    return {scenario: fmean(passes) for scenario, passes in found.items()}


def labelled_differences(
    verdicts: Iterable[Verdict], baseline: str, candidate: str
) -> list[tuple[float, float]]:
    """Give, for each scenario with labels in both arms, the difference by them and by the judge."""
    both = [one for one in verdicts if one.label is not None and one.passes is not None]
    by_label = [Verdict(one.scenario, one.variant, passes=one.label, label=None) for one in both]
    judged = [rates(both, variant) for variant in (baseline, candidate)]
    truth = [rates(by_label, variant) for variant in (baseline, candidate)]
    common = sorted(judged[0].keys() & judged[1].keys())
    return [(truth[1][one] - truth[0][one], judged[1][one] - judged[0][one]) for one in common]


_CURE = "give a CSV file with the columns trial, question (or behaviour) and label (yes or no)"


def _label(
    where: str, row: Mapping[str, str | None], kind: Literal["question", "behaviour"]
) -> Label | Problem:
    trial, subject, label = (
        " ".join((row.get(name) or "").split()) for name in ("trial", kind, "label")
    )
    if not trial or not subject:
        return Problem(where, f"its trial or its {kind} is empty", _CURE)
    if label.lower() not in ("yes", "no"):
        cure = "write yes or no, and leave out what cannot be told"
        return Problem(where, f"its label is {label!r}", cure)
    return Label(where, trial, kind, subject, label.lower() == "yes")


def _twice(labels: list[Label]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for one in labels:
        first = seen.setdefault((one.trial, one.subject), one.where)
        if first != one.where:
            yield Problem(one.where, f"it is labelled in {first} already", "keep one of them")


def _meant(label: Label, graded: Mapping[str, Rubric]) -> Iterator[Rubric]:
    for behaviour, rubric in graded.items():
        if label.subject == (behaviour if label.kind == "behaviour" else rubric.question):
            yield rubric


def _names(label: Label, graded: Mapping[str, Rubric]) -> Iterator[str]:
    for behaviour, rubric in graded.items():
        yield behaviour if label.kind == "behaviour" else rubric.question
