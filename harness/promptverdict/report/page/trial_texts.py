"""What a page shows of single trials and no summary has: transcripts, tasks, words to search for.

Records are read again for it, one at a time, and only of the trials that the page has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from promptverdict.report.grid import CellKey
from promptverdict.report.page.transcript_pack import pack_transcripts
from promptverdict.report.transcript.lines import shorten_reason
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import Place, TrialSummary, group_by_scenario


@dataclass(frozen=True)
class TrialTexts:
    """The texts of the trials of one page."""

    packs: Mapping[Place, str]
    """The transcripts of a scenario; none where nothing was played, or nothing fits."""
    tasks: Mapping[Place, str]
    """What the agent was asked."""
    words: Mapping[CellKey, str]
    """What a cell can be found by: outcomes, and the reasons of what did not pass."""


def read_trial_texts(
    trials: Sequence[TrialSummary], read: Callable[[TrialSummary], TrialRecord]
) -> TrialTexts:
    """Read what a page shows of its trials. read: reads the record of one."""
    tasks: dict[Place, str] = {}
    first = {place: own[0].key for place, own in group_by_scenario(trials).items()}
    words: dict[str, str] = {}

    def read_and_note(trial: TrialSummary) -> TrialRecord:
        record = read(trial)
        # An older trial may have been asked something else.
        if first[place := (trial.suite, trial.scenario)] == trial.key:
            tasks[place] = record.evidence.task.message
        words[trial.key] = " ".join(_list_words(record))
        return record

    played: dict[Place, list[TrialSummary]] = {}
    for trial in trials:
        if trial.has_transcript:
            played.setdefault((trial.suite, trial.scenario), []).append(trial)
    packs = pack_transcripts(played, read_and_note)
    # Those that were not played, and those that came after the page was full.
    for trial in trials:
        if trial.key not in words:
            read_and_note(trial)
    cells: dict[CellKey, list[str]] = {}
    for trial in trials:
        if text := words[trial.key]:
            cells.setdefault((trial.suite, trial.scenario, trial.variant), []).append(text)
    return TrialTexts(packs, tasks, {key: " ".join(texts) for key, texts in cells.items()})


def _list_words(record: TrialRecord) -> Iterator[str]:
    for grade in record.grades:
        yield f"{grade.behaviour} {grade.finding.outcome}"
        if grade.finding.outcome != "pass":
            yield shorten_reason(grade.finding.reason)
    if record.fault:
        yield f"{record.fault.kind} {shorten_reason(record.fault.message)}"
