"""What is to become of each trial: replayed, recorded, or refused for want of evidence.

Decided for a whole trial before anything is spent: a recording never holds half an old conversation
and half a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from promptverdict.agents.frontmatter import describe_unread
from promptverdict.core.errors import (
    BrokenRecording,
    EvidenceError,
    MissingRecording,
    StaleRecording,
)
from promptverdict.core.ids import format_node_id, format_trial_id
from promptverdict.core.paths import display_path
from promptverdict.recording.digest import (
    describe_parts,
    differs_in_line_ends_alone,
    list_changed_parts,
)
from promptverdict.recording.files import Sealed, open_sealed
from promptverdict.recording.texts import describe_line_end_cure
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.runner.known_replay import KnownReplay
from promptverdict.runner.probes import has_unrun_probes
from promptverdict.settings import RecordMode

State = Literal["fresh", "missing", "stale", "broken"]


@dataclass(frozen=True)
class Decision:
    """What is to become of one trial in this run."""

    trial: Trial
    state: State
    sealed: Sealed | None
    """The recording to replay; None where a new one is made."""
    error: EvidenceError | None
    """Why there is neither a recording to replay nor leave to make one."""
    probes: bool = False
    """Whether the probes are run on the recording, since one of them never ran."""
    known: KnownReplay | None = None
    """What a replay would come to, of one with the same inputs; nothing is opened then."""
    is_known: bool = False
    """Whether there was one, which is stored by now."""

    @property
    def records(self) -> bool:
        """Whether the trial will be asked of a model."""
        return not self._has_evidence and self.error is None

    @property
    def replays(self) -> bool:
        """Whether the trial is played from its recording, and nothing else is to be done."""
        return self._has_evidence and self.error is None and not self.probes

    @property
    def _has_evidence(self) -> bool:
        return self.sealed is not None or self.known is not None or self.is_known

    def drop_texts(self) -> Decision:
        """Return it without the texts of the recording, which take most room and were played."""
        if self.sealed is None:
            return replace(self, known=None, is_known=self.is_known or self.known is not None)
        return replace(self, sealed=replace(self.sealed, http="", world=""))


def decide(trial: Trial, mode: RecordMode, invocation: Invocation = WHOLE) -> Decision:
    """Decide what to do about a trial, by its recording and the mode.

    invocation: of the run, whose options cures repeat.
    """
    sealed: Sealed | None = None
    error: EvidenceError | None = None
    state: State = "fresh"
    try:
        sealed = open_sealed(trial.location)
        check_place(trial, sealed)
        if parts := list_changed_parts(sealed.head.digest, trial.cell.digest):
            state, error = "stale", _describe_stale(trial, parts, sealed, invocation)
    except MissingRecording:
        state, error = "missing", _describe_missing(trial, invocation)
    except BrokenRecording as broken:
        state, error = "broken", broken
    # A broken recording is replaced by `all` alone: somebody may want to know what broke it.
    anew = {"none": (), "once": ("missing",), "stale": ("missing", "stale")}.get(mode)
    if anew is None or state in anew:
        return Decision(trial, state, None, None)
    if error or sealed is None:
        return Decision(trial, state, None, error)
    # An interrupt after the recording was sealed leaves it without reports; no model is needed to
    # make them, so whoever lets this run record gets them too.
    unrun = mode != "none" and has_unrun_probes(trial.cell.scenario, trial.location, sealed.seal)
    return Decision(trial, state, sealed, None, probes=unrun)


def check_place(trial: Trial, sealed: Sealed) -> None:
    """Raise BrokenRecording for a recording that was copied or renamed: its seal still holds."""
    head, task = sealed.head, trial.cell.task
    origin = format_trial_id(head.suite, head.scenario, head.variant, head.trial)
    if (head.suite, head.scenario, head.variant, head.trial) != (
        task.suite,
        task.scenario,
        task.variant,
        trial.number,
    ):
        raise BrokenRecording(
            f"{display_path(trial.location.http)} is the recording of {origin},"
            f" and not of {trial.id}\n"
            f"  put it back where it was, or record anew: {_format_command(trial, 'all', WHOLE)}"
        )


def _describe_missing(trial: Trial, invocation: Invocation) -> MissingRecording:
    return MissingRecording(
        f"missing: nothing is recorded for {trial.id} with {trial.cell.model}\n"
        f"  record it: {_format_command(trial, 'once', invocation)}"
    )


def _describe_stale(
    trial: Trial, parts: tuple[str, ...], sealed: Sealed, invocation: Invocation
) -> StaleRecording:
    cell, recorded = trial.cell, sealed.head.digest.get("workspace", "")
    if parts == ("workspace",) and differs_in_line_ends_alone(recorded, cell.scenario.workspace):
        where, cure = cell.scenario.files, describe_line_end_cure(cell.scenario.suite.folder.parent)
        change = f"only line ends differ: Git made them CRLF in {display_path(where)}"
        return StaleRecording(f"stale: {change}\n{cure}", parts)
    changes = ", ".join(f"{describe_parts([part])} ({locate_part(part, cell)})" for part in parts)
    unread = describe_unread(cell.variant)
    damage = f"; {unread}" if unread else ""
    return StaleRecording(
        f"stale: {changes} changed since {trial.id} was recorded{damage}\n"
        f"  record it again: {_format_command(trial, 'stale', invocation)}",
        parts,
    )


def locate_part(part: str, cell: Cell) -> str:
    """Return the file or files that a part of a cell's digest is written in."""
    scenario, agent, settings = cell.scenario.path.name, cell.variant.path, "pyproject.toml"
    return {
        "system": agent,
        "tools": f"{scenario} or {agent}",
        "workspace": display_path(cell.scenario.files),
        "user": f"{scenario} or {settings}",
        "model": f"{agent} or {settings}",
        "parameters": settings,
    }.get(part, scenario)


def _format_command(trial: Trial, mode: str, invocation: Invocation) -> str:
    """Write the command that records a trial's cell."""
    node = format_node_id(display_path(trial.cell.scenario.path), trial.cell.variant.id)
    return invocation.format_node_command(node, mode)
