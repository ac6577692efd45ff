"""A trial without its transcript: what tables and pages show of it, in less than a kilobyte.

Ten thousand trials take some megabytes so, where their records would take hundreds: read one
record, summarise it, let the record go. What is shown of a single transcript is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from sys import intern

from promptverdict.core.ids import format_cell_id, format_trial_id
from promptverdict.trials.grade import Outcome
from promptverdict.trials.integrity import Integrity
from promptverdict.trials.metrics import (
    count_calls,
    count_files_changed,
    count_test_runs,
    count_turns,
    describe_ending,
    sum_usage,
)
from promptverdict.trials.prices import Cost
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.record import Fault, TrialRecord, is_about_lost_tools
from promptverdict.trials.shared_values import (
    Tokens,
    share_integrity,
    share_mapping,
    share_names,
    share_origin,
    share_outcomes,
    share_tokens,
)
from promptverdict.trials.transcript import Usage, list_answer_notices

Place = tuple[str, str]
"""Suite and scenario."""


@dataclass(frozen=True, slots=True)
class TrialSummary:
    """One trial of one run; the fields that its record has too mean the same."""

    key: str
    suite: str
    scenario: str
    variant: str
    trial: int
    revision: str | None
    compatible: Mapping[str, str | int]
    integrity: Integrity
    replayed: bool
    seconds: float
    required: tuple[str, ...]
    fault: Fault | None
    outcomes: tuple[tuple[str, Outcome], ...]
    """Behaviour and outcome of every grade, in their order."""
    has_transcript: bool
    """Whether anything was played."""
    ending: str
    """How it ended, in a word or two."""
    turns: int
    calls: int
    test_runs: int
    files_changed: int
    resumed: int
    notices: tuple[str, ...]
    """What was odd about its answers and its agent's tools, each once."""
    _recorded: str
    _origin: Provenance | None
    _tokens: Tokens
    _money: tuple[float, str, date] | None

    @property
    def cell(self) -> str:
        """`suite/scenario::agent/variant`."""
        return format_cell_id(self.suite, self.scenario, self.variant)

    @property
    def id(self) -> str:
        """`suite/scenario::agent/variant#number`."""
        return format_trial_id(self.suite, self.scenario, self.variant, self.trial)

    @property
    def provenance(self) -> Provenance | None:
        """How its evidence came about; None when there is none."""
        # Trials of a run share all of it but the second in which they were recorded.
        return self._origin and self._origin.model_copy(update={"recorded": self._recorded})

    @property
    def used(self) -> Usage:
        """Tokens of the whole trial."""
        read, written, cache_read, cache_write, estimated = self._tokens
        return Usage(
            input=read,
            output=written,
            cache_read=cache_read,
            cache_write=cache_write,
            estimated=estimated,
        )

    @property
    def cost(self) -> Cost | None:
        """What its tokens cost; None where tokens or prices are unknown."""
        if self._money is None:
            return None
        amount, currency, as_of = self._money
        return Cost(amount=amount, currency=currency, as_of=as_of)


def summarise_trial(record: TrialRecord) -> TrialSummary:
    """Take what is shown of a trial, and nothing that holds its transcript."""
    events, used, cost = record.evidence.events, sum_usage(record.evidence.events), record.cost
    lost_tools = filter(is_about_lost_tools, record.notices)
    return TrialSummary(
        key=record.key,
        suite=intern(record.suite),
        scenario=intern(record.scenario),
        variant=intern(record.variant),
        trial=record.trial,
        revision=intern(record.revision) if record.revision else None,
        compatible=share_mapping(tuple(record.compatible.items())),
        integrity=share_integrity(record.integrity),
        replayed=record.replayed,
        seconds=record.seconds,
        required=share_names(record.required),
        fault=record.fault,
        outcomes=share_outcomes(
            tuple((grade.behaviour, grade.finding.outcome) for grade in record.grades)
        ),
        has_transcript=bool(events),
        ending=intern(describe_ending(record)),
        turns=count_turns(events),
        calls=count_calls(events),
        test_runs=count_test_runs(events),
        files_changed=count_files_changed(events),
        resumed=record.resumed,
        notices=share_names((*lost_tools, *list_answer_notices(events))),
        _recorded=record.provenance.recorded if record.provenance else "",
        _origin=share_origin(record.provenance),
        _tokens=share_tokens(
            (used.input, used.output, used.cache_read, used.cache_write, used.estimated)
        ),
        _money=(cost.amount, intern(cost.currency), cost.as_of) if cost else None,
    )


def group_by_scenario(trials: Iterable[TrialSummary]) -> dict[Place, list[TrialSummary]]:
    """Group trials by scenario, scenarios and trials in the order of their names."""
    scenarios: dict[Place, list[TrialSummary]] = {}
    for trial in sorted(
        trials, key=lambda trial: (trial.suite, trial.scenario, trial.variant, trial.trial)
    ):
        scenarios.setdefault((trial.suite, trial.scenario), []).append(trial)
    return scenarios
