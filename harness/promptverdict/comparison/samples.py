"""A trial as a comparison needs it: what it came to, without its transcript.

Ten thousand trials take some megabytes so, where their records would take gigabytes: read one
record, take its sample, let the record go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from sys import intern
from types import MappingProxyType
from typing import Any, TypeVar

from promptverdict.comparison.fingerprint import MEASURES, measure_trial
from promptverdict.comparison.scenario_pair import TrialOutcome
from promptverdict.core.errors import StaleRecording
from promptverdict.core.ids import format_cell_id, parse_trial_id
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.transcript import End

Value = TypeVar("Value")

_CALLS = [*MEASURES].index("calls")

NO_RECORD = Fault(kind="NoRecord", message="planned, and left no record", exit_code=7)


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
    outcomes: Mapping[str, TrialOutcome]
    """Behaviour -> what its grader found, in the order of the scenario."""
    end: str
    """How it ended, as `End.reason`; empty where it did not."""
    measures: tuple[float | None, ...]
    """Each of fingerprint.MEASURES, in their order."""
    money: str
    """Currency and day of the prices that the trial's price was reckoned with; may be empty."""

    @property
    def is_absent(self) -> bool:
        """Whether it was planned and left no record."""
        return self.fault is NO_RECORD

    @property
    def is_idle(self) -> bool | None:
        """Whether it called no tool, and so did nothing but speak; None where that is not known."""
        calls = self.measures[_CALLS]
        return None if calls is None else calls == 0

    @property
    def is_stale(self) -> bool:
        """Whether it has a recording, and one that no longer fits."""
        return self.fault is not None and self.fault.kind == StaleRecording.__name__

    @property
    def place(self) -> tuple[str, str]:
        """Suite and scenario."""
        return self.suite, self.scenario

    @property
    def cell(self) -> str:
        """`suite/scenario::agent/variant`."""
        return format_cell_id(self.suite, self.scenario, self.variant)

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
            digest=_share_mapping(tuple(record.digest.items())),
            compatible=_share_mapping(tuple(record.compatible.items())),
            provenance=_share_provenance(record.provenance),
            fault=record.fault,
            outcomes=_share_mapping(
                (
                    *((behaviour, "missing") for behaviour in record.behaviours),
                    *((grade.behaviour, grade.finding.outcome) for grade in record.grades),
                )
            ),
            end=intern(_find_end(record)),
            measures=tuple(map(_share_number, measure_trial(record).values())),
            money=intern(f"{cost.currency} {cost.as_of}") if cost else "",
        )

    @classmethod
    def absent(cls, trial: str, key: str, behaviours: Iterable[str]) -> Sample:
        """Stand for a trial that was planned and left no record: missing, never as if not asked.

        trial: `suite/scenario::agent/variant#number`. behaviours: what its scenario grades.
        """
        suite, scenario, variant, number = parse_trial_id(trial)
        return cls(
            key=key,
            suite=intern(suite),
            scenario=intern(scenario),
            variant=intern(variant),
            trial=number,
            digest=_share_mapping(()),
            compatible=_share_mapping(()),
            provenance=None,
            fault=NO_RECORD,
            outcomes=_share_mapping(tuple((behaviour, "missing") for behaviour in behaviours)),
            end="",
            measures=(None,) * len(MEASURES),
            money="",
        )


def _find_end(record: TrialRecord) -> str:
    last = record.evidence.events[-1] if record.evidence.events else None
    return last.reason if isinstance(last, End) else ""


@lru_cache(maxsize=4096)
def _share_mapping(items: tuple[tuple[str, Value], ...]) -> Mapping[str, Value]:
    """Keep alike mappings once: most trials of a cell share theirs."""
    return MappingProxyType(dict(items))


@lru_cache(maxsize=4096)
def _share_number(number: float | None) -> float | None:
    """Keep a number once: most measures are small counts, and there are forty of each trial."""
    return number


def _share_provenance(provenance: Provenance | None) -> Provenance | None:
    """Keep alike provenances once: many trials are recorded in one second."""
    if provenance is None:
        return None
    fields = dict(provenance)
    versions = tuple(fields.pop("versions").items())
    return _build_provenance(tuple(fields.items()), versions)


@lru_cache(maxsize=4096)
def _build_provenance(
    fields: tuple[tuple[str, Any], ...], versions: tuple[tuple[str, str], ...]
) -> Provenance:
    return Provenance(**dict(fields), versions=dict(versions))
