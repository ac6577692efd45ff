"""Whether a grader of words is reliable enough to bind a promise, by what was measured.

`measured.json` holds how often each of them was right on sentences that it was not made with, and
on answers of real trials that somebody read (docs/graders-measured.md; written by
tests/benchmarks/word_graders.py). One that is not reliable enough describes an agent; no cell fails
by it unless its suite gives a reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from promptverdict.core.model import Frozen
from promptverdict.graders.logic import AllOf, AnyOf, Not
from promptverdict.trials.grade import Grader

LEAST_PRECISION = 0.95
LEAST_RECALL = 0.80

Decided = Literal["pass", "fail"]


class Measure(Frozen):
    """How often one grader was right with one outcome."""

    right: int
    """Cases in which grader and reader both gave it."""
    given: int
    """Cases in which the grader gave it."""
    due: int
    """Cases in which the reader gave it."""

    @property
    def precision(self) -> float:
        """Share of the outcomes given that were right; 0 where none was given."""
        return self.right / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """Share of the outcomes due that were given; 0 where none was due."""
        return self.right / self.due if self.due else 0.0

    @property
    def is_enough(self) -> bool:
        """Whether both reach what a promise needs."""
        return self.precision >= LEAST_PRECISION and self.recall >= LEAST_RECALL


class Measured(Frozen):
    """What was measured of the graders over words."""

    date: str
    graders: dict[str, dict[Decided, Measure]]
    """Type of the grader -> outcome -> its measure."""


@lru_cache(maxsize=1)
def load_measured() -> Measured:
    """Read what was measured."""
    text = files("promptverdict.graders").joinpath("measured.json").read_text(encoding="utf-8")
    return Measured.model_validate_json(text)


def find_unadmitted(grader: Grader) -> tuple[str, ...]:
    """List the types of word graders that a grader rests on and that may not bind a promise."""
    graders = load_measured().graders
    return tuple(
        dict.fromkeys(
            type_
            for type_ in _walk_types(grader)
            if type_ in graders and not all(m.is_enough for m in graders[type_].values())
        )
    )


def describe_measure(type_: str) -> str:
    """Format the weaker outcome of a grader: `admits: fail has precision 0.80, recall 0.74`."""
    outcomes = load_measured().graders[type_]
    outcome, measure = min(outcomes.items(), key=lambda each: each[1].precision)
    return f"{type_}: {outcome} has precision {measure.precision:.2f}, recall {measure.recall:.2f}"


def _walk_types(grader: Grader) -> Iterator[str]:
    if isinstance(grader, AllOf | AnyOf):
        for part in grader.of:
            yield from _walk_types(part)
    elif isinstance(grader, Not):
        yield from _walk_types(grader.of)
    else:
        yield grader.type
