"""What people said about trials, from a CSV file, and what the judge said about the same."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Literal

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error, read_regular_file
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import decode, refuse_conflict
from promptverdict.graders.rubric import Rubric
from promptverdict.stats.agreement import Confusion

_MAX_BYTES = 20_000_000
_MOST_TOLD = 20

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
class LabelledTrial:
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

    Raises InputError with a problem for each of the first rows that cannot be used, and a count of
    the rest.
    """
    where = display_path(path)
    try:
        text = decode(read_regular_file(path, _MAX_BYTES), where, _MAX_BYTES)
        refuse_conflict(text, where)
        rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        columns = rows.fieldnames or ()
        read = [(rows.line_num, row) for row in rows]
    except (OSError, csv.Error) as error:
        words = describe_read_error(error) if isinstance(error, OSError) else str(error)
        raise InputError([Problem(where, f"cannot be read: {words}", _CURE)]) from error
    subjects = [kind for kind in SUBJECTS if kind in columns]
    is_unclear = len(subjects) != 1 or len(set(columns)) != len(columns)
    if is_unclear or not {"trial", "label"} <= set(columns):
        problem = f"its columns are: {', '.join(columns) or 'none':.200}"
        raise InputError([Problem(where, problem, _CURE)])
    if not read:
        raise InputError([Problem(where, "it has no rows below its columns", _CURE)])
    kind: Literal["question", "behaviour"] = "question" if "question" in columns else "behaviour"
    parsed = [_parse_row(f"{where}:{line}", row, kind) for line, row in read]
    labels = [label for label in parsed if isinstance(label, Label)]
    problems = [problem for problem in parsed if isinstance(problem, Problem)]
    if problems := [*problems, *_find_duplicates(labels)]:
        raise InputError(_shorten(problems, where))
    return tuple(labels)


def _shorten(problems: list[Problem], where: str) -> list[Problem]:
    """Return the first problems, and a last one that counts the others."""
    if len(problems) <= _MOST_TOLD:
        return problems
    rest = Problem(where, f"{len(problems) - _MOST_TOLD} more rows cannot be used", _CURE)
    return [*problems[:_MOST_TOLD], rest]


def match_labels(
    labels: Iterable[Label], trials: Mapping[str, Mapping[str, Rubric]]
) -> dict[tuple[str, Rubric], bool]:
    """Return (trial, rubric) -> whether people passed it. trials: id -> behaviour -> its rubric.

    Raises InputError for a trial that is not recorded, and for what no rubric of it asks.
    """
    passed: dict[tuple[str, Rubric], bool] = {}
    problems = []
    for label in labels:
        graded = trials.get(label.trial)
        if graded is None:
            cure = "write suite/scenario::agent/variant#number of a trial that is recorded"
            problems.append(Problem(label.where, f"there is no trial {label.trial}", cure))
            continue
        named = [(_name_subject(label.kind, *pair), pair[1]) for pair in graded.items()]
        rubrics = [rubric for subject, rubric in named if subject == label.subject]
        if not rubrics:
            problem = f"no rubric of {label.trial} is about this {label.kind}: {label.subject}"
            known = ", ".join(subject for subject, _ in named) or "none"
            problems.append(Problem(label.where, problem, f"there are: {known}"))
        for rubric in rubrics:
            answer: Literal["yes", "no"] = "yes" if label.yes else "no"
            asks = label.kind == "question"
            passed[label.trial, rubric] = rubric.is_wanted(answer) if asks else label.yes
    if problems:
        raise InputError(_shorten(problems, "the labels"))
    return passed


def count_confusion(trials: Iterable[LabelledTrial]) -> Confusion:
    """Count the trials on which both judge and person gave an answer."""
    both = [(trial.passes, trial.label) for trial in trials]
    return Confusion(
        true_pass=both.count((True, True)),
        false_pass=both.count((True, False)),
        true_fail=both.count((False, False)),
        false_fail=both.count((False, True)),
    )


def compute_rates(trials: Iterable[LabelledTrial], variant: str) -> dict[str, float]:
    """Return, for each scenario, the share of a variant's trials that the judge passed."""
    judged: dict[str, list[bool]] = defaultdict(list)
    for trial in trials:
        if trial.variant == variant and trial.passes is not None:
            judged[trial.scenario].append(trial.passes)
    return {scenario: fmean(passes) for scenario, passes in judged.items()}


def list_differences(
    trials: Iterable[LabelledTrial], baseline: str, candidate: str
) -> list[tuple[float, float]]:
    """List, for each scenario with labels on both sides, the difference by people and by the judge.

    A difference is the candidate's rate minus the baseline's.
    """
    both = [trial for trial in trials if trial.label is not None and trial.passes is not None]
    by_label = [replace(trial, passes=trial.label) for trial in both]
    judged = [compute_rates(both, variant) for variant in (baseline, candidate)]
    truth = [compute_rates(by_label, variant) for variant in (baseline, candidate)]
    common = sorted(judged[0].keys() & judged[1].keys())
    return [(truth[1][name] - truth[0][name], judged[1][name] - judged[0][name]) for name in common]


_QUOTE = "put a text that holds a comma in double quotes"
_CURE = "give a CSV file with the columns trial, question (or behaviour) and label (yes or no)"


def _parse_row(
    where: str, row: Mapping[str, str | None], kind: Literal["question", "behaviour"]
) -> Label | Problem:
    trial, subject, label = (
        " ".join((row.get(name) or "").split()) for name in ("trial", kind, "label")
    )
    if None in row:  # as the csv module names what is beyond the last column
        return Problem(where, "it has more cells than there are columns", _QUOTE)
    if not trial or not subject:
        return Problem(where, f"its trial or its {kind} is empty", _CURE)
    if label.lower() not in ("yes", "no"):
        cure = "write yes or no, and leave out rows that nobody can decide"
        return Problem(where, f"its label is {label!r:.80}", cure)
    return Label(where, trial, kind, subject, label.lower() == "yes")


def _find_duplicates(labels: list[Label]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for label in labels:
        first = seen.setdefault((label.trial, label.subject), label.where)
        if first != label.where:
            yield Problem(label.where, f"it is labelled in {first} already", "keep one of them")


def _name_subject(kind: Literal["question", "behaviour"], behaviour: str, rubric: Rubric) -> str:
    return behaviour if kind == "behaviour" else rubric.question
