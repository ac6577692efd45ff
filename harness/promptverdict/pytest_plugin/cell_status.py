"""What a cell's finished trials come to: faults, shortcomings and rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptverdict.graders.grading import Standings, count_outcomes
from promptverdict.runner.cells import Cell
from promptverdict.trials.record import TrialRecord


@dataclass(frozen=True)
class CellStatus:
    """One cell after all of its trials."""

    cell: Cell
    records: Sequence[TrialRecord]
    """One for each trial, by number."""

    @property
    def has_evidence(self) -> bool:
        """Whether each trial has a transcript."""
        return all(record.evidence.events for record in self.records)

    @property
    def seconds(self) -> float:
        """How long the trials took, added up."""
        return sum(record.seconds for record in self.records)

    def list_faults(self) -> list[str]:
        """List what broke, or why it cannot be decided whether the agent fell short."""
        faults = list(map(str, self.cell.find_lost_promises()))
        for record in self.records:
            if record.fault and record.evidence.events:
                faults.append(f"{self.cell.get_trial(record.trial).id}: {record.fault.message}")
            elif record.fault:
                faults.append(record.fault.message)
        if not faults and not self.list_shortcomings():
            undecided = self._list_reasons("undecided", "ungraded")
            faults = [f"undecided: {reason}" for reason in undecided]
        return faults

    def list_shortcomings(self) -> list[str]:
        """List the behaviours that the cell must show and does not, each with the reasons."""
        return list(self._list_reasons("short", "fail"))

    def format_rates(self) -> dict[str, str]:
        """Format for each graded behaviour how often it was shown."""
        names = self.cell.scenario.scenario.grades
        return {name: _format_rate(self._count_outcomes(name)) for name in names}

    def _count_outcomes(self, behaviour: str) -> Standings:
        require = self.cell.scenario.suite.suite.require
        return count_outcomes(behaviour, [record.grades for record in self.records], require)

    def _list_reasons(self, standing: str, outcome: str) -> Iterator[str]:
        """List the required behaviours of a standing, with the reasons of their outcomes."""
        for counts in map(self._count_outcomes, self.cell.required):
            if counts.standing == standing:
                reasons = "".join(
                    f"\n  trial {record.trial}: {grade.finding.reason}"
                    for record in self.records
                    for grade in record.grades
                    if grade.behaviour == counts.behaviour and grade.finding.outcome == outcome
                )
                yield f"{counts.behaviour}: {_format_rate(counts)}{reasons}"


def _format_rate(counts: Standings) -> str:
    rate = f"shown in {counts.passed} of {counts.trials} trials"
    return f"{rate}, {counts.ungraded} ungraded" if counts.ungraded else rate
