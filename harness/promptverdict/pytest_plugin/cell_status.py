"""What a cell's finished trials come to: what broke, what the agent fell short of, how often."""

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
        """Whether each trial left something to read."""
        return all(record.evidence.events for record in self.records)

    @property
    def seconds(self) -> float:
        """How long the trials took, added up."""
        return sum(record.seconds for record in self.records)

    def faults(self) -> list[str]:
        """Say what broke, or why nobody can tell whether the agent fell short."""
        faults = list(map(str, self.cell.find_lost_promises()))
        for record in self.records:
            if record.fault and record.evidence.events:
                faults.append(f"{self.cell.get_trial(record.trial).id}: {record.fault.message}")
            elif record.fault:
                faults.append(record.fault.message)
        if not faults and not self.shortcomings():
            faults = [f"undecided: {told}" for told in self._told("undecided", "ungraded")]
        return faults

    def shortcomings(self) -> list[str]:
        """Say of each behaviour that the cell must show and does not, why."""
        return list(self._told("short", "fail"))

    def rates(self) -> dict[str, str]:
        """Say of each graded behaviour how often it was shown."""
        return {name: _counted(self._standing(name)) for name in self.cell.scenario.scenario.grades}

    def _standing(self, behaviour: str) -> Standings:
        require = self.cell.scenario.suite.suite.require
        return count_outcomes(behaviour, [record.grades for record in self.records], require)

    def _told(self, standing: str, outcome: str) -> Iterator[str]:
        for one in map(self._standing, self.cell.required):
            if one.standing == standing:
                reasons = "\n".join(self._reasons(one.behaviour, outcome))
                yield f"{one.behaviour}: {_counted(one)}\n{reasons}"

    def _reasons(self, behaviour: str, outcome: str) -> Iterator[str]:
        for record in self.records:
            for grade in record.grades:
                if grade.behaviour == behaviour and grade.finding.outcome == outcome:
                    yield f"  trial {record.trial}: {grade.finding.reason}"


def _counted(one: Standings) -> str:
    told = f"shown in {one.passed} of {one.trials} trials"
    return f"{told}, {one.ungraded} ungraded" if one.ungraded else told
