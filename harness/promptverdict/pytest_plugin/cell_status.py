"""What a cell's finished trials come to: faults, shortcomings and rates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from promptverdict.graders.grading import Standings, count_outcomes
from promptverdict.runner.cells import Cell
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import TrialSummary


@dataclass(frozen=True)
class CellStatus:
    """One cell after all of its trials."""

    cell: Cell
    trials: Sequence[TrialSummary]
    """By number."""
    read: Callable[[str], TrialRecord]
    """Reads the record of a trial by its key, for the reasons of what fell short."""

    @property
    def has_evidence(self) -> bool:
        """Whether each trial has a transcript."""
        return all(trial.has_transcript for trial in self.trials)

    @property
    def seconds(self) -> float:
        """How long the trials took, added up."""
        return sum(trial.seconds for trial in self.trials)

    def list_faults(self) -> list[str]:
        """List what broke, or why it cannot be decided whether the agent fell short."""
        faults = list(map(str, self.cell.find_lost_promises()))
        for trial in self.trials:
            if trial.fault and trial.has_transcript:
                faults.append(f"{self.cell.get_trial(trial.trial).id}: {trial.fault.message}")
            elif trial.fault:
                faults.append(trial.fault.message)
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
        return count_outcomes(behaviour, [trial.outcomes for trial in self.trials], require)

    def _list_reasons(self, standing: str, outcome: str) -> Iterator[str]:
        """List the required behaviours of a standing, with the reasons of their outcomes."""
        for counts in map(self._count_outcomes, self.cell.required):
            if counts.standing == standing:
                reasons = "".join(self._list_findings(counts.behaviour, outcome))
                yield f"{counts.behaviour}: {_format_rate(counts)}{reasons}"

    def _list_findings(self, behaviour: str, outcome: str) -> Iterator[str]:
        """List the reasons of one outcome of a behaviour, a line for each trial that has it."""
        for trial in self.trials:
            if (behaviour, outcome) in trial.outcomes:
                for grade in self.read(trial.key).grades:
                    if (grade.behaviour, grade.finding.outcome) == (behaviour, outcome):
                        yield f"\n  trial {trial.trial}: {grade.finding.reason}"


def _format_rate(counts: Standings) -> str:
    rate = f"shown in {counts.passed} of {counts.trials} trials"
    return f"{rate}, {counts.ungraded} ungraded" if counts.ungraded else rate
