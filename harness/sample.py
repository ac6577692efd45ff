"""A trial as a comparison needs it: what it came to, without its transcript.

Ten thousand trials take some megabytes so, where their records would take gigabytes: read one
record, take its sample, let the record go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import TypeVar

from harness.fingerprint import measures
from harness.records import Fault, Provenance, TrialRecord
from harness.verdicts import Outcome

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Sample:
    """One trial of one side; the fields that its record has too mean the same."""

    key: str
    suite: str
    scenario: str
    variant: str
    trial: int
    digest: Mapping[str, str]
    compatible: Mapping[str, str | int]
    provenance: Provenance | None
    fault: Fault | None
    outcomes: Mapping[str, Outcome]
    """Behaviour -> what its grader found, in the order of the scenario."""
    measures: tuple[float | None, ...]
    """Each of fingerprint.MEASURES, in their order."""
    money: str
    """Currency and day of the prices that the trial's price was reckoned with; may be empty."""

    @classmethod
    def of(cls, record: TrialRecord) -> Sample:
        """Take what a comparison needs of a record, and nothing that holds its transcript."""
        cost = record.cost
        return cls(
            key=record.key,
            suite=intern(record.suite),
            scenario=intern(record.scenario),
            variant=intern(record.variant),
            trial=record.trial,
            digest=_shared(tuple(record.digest.items())),
            compatible=_shared(tuple(record.compatible.items())),
            provenance=record.provenance,
            fault=record.fault,
            outcomes=_shared(
                tuple((grade.behaviour, grade.finding.outcome) for grade in record.grades)
            ),
            measures=tuple(measures(record).values()),
            money=intern(f"{cost.currency} {cost.as_of}") if cost else "",
        )


@lru_cache(maxsize=4096)
def _shared(items: tuple[tuple[str, Value], ...]) -> Mapping[str, Value]:
    """Keep alike mappings once: most trials of a cell share theirs."""
    return MappingProxyType(dict(items))
