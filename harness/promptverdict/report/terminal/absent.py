"""Evidence that is not there: how much of which kind, and the command that records it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from promptverdict.core.errors import BrokenRecording, MissingRecording, StaleRecording
from promptverdict.core.text import format_count
from promptverdict.runner.invocation import Invocation
from promptverdict.trials.summary import TrialSummary

if TYPE_CHECKING:
    from promptverdict.runner.decisions import Decision

_MISSING, _STALE = MissingRecording.__name__, StaleRecording.__name__
_ABSENT = {_MISSING, _STALE, BrokenRecording.__name__}
"""Kinds of faults where there was nothing to play."""


def is_absent(trial: TrialSummary) -> bool:
    """Whether there was nothing to play; a recording that broke off while playing is shown."""
    return bool(trial.fault and trial.fault.kind in _ABSENT and not trial.has_transcript)


def render_absent(trials: Sequence[TrialSummary], invocation: Invocation) -> str:
    """Render what cannot be played, a line for each kind, with the command that records it."""
    kinds: dict[str, list[TrialSummary]] = {}
    for trial in trials:
        if trial.fault and is_absent(trial):
            kinds.setdefault(trial.fault.kind, []).append(trial)
    lines = []
    # One command for both: `stale` records what is missing, too.
    command = invocation.format_command("stale" if _STALE in kinds else "once")
    if missing := kinds.pop(_MISSING, []):
        verb = "was" if len(missing) == 1 else "were"
        lines.append(
            f"no evidence: {format_count(len(missing), 'trial')} {verb} never recorded;"
            f" record: {command}\n"
        )
    if stale := kinds.pop(_STALE, []):
        verb = "fits" if len(stale) == 1 else "fit"
        lines.append(
            f"stale: {format_count(len(stale), 'trial')} no longer {verb}; record: {command}\n"
        )
    if broken := [trial for group in kinds.values() for trial in group]:
        lines.append(_render_broken(broken, invocation))
    return "".join(lines)


def render_unrecorded(decisions: Sequence[Decision], invocation: Invocation) -> str:
    """Render which trials were to be recorded and are not, by what lies there instead."""
    states: dict[str, list[str]] = {}
    for decision in decisions:
        states.setdefault(decision.state, []).append(decision.trial.cell.id)
    missing, stale = states.pop("missing", []), states.pop("stale", [])
    older = [cell for cells in states.values() for cell in cells]
    lines = []
    if missing:
        command = invocation.format_command("once")
        lines.append(f"not recorded: {format_count(len(missing), 'trial')}; the rest: {command}\n")
    if stale:
        command = invocation.format_command("stale")
        lines.append(
            "not recorded again, and the older recording no longer fits:"
            f" {format_count(len(stale), 'trial')}; the rest: {command}\n"
        )
    if older:
        command = invocation.format_cells_command(older)
        lines.append(
            "not recorded again, and the older recording stays:"
            f" {format_count(len(older), 'trial')}; to replace it: {command}\n"
        )
    return "".join(lines)


def _render_broken(trials: Sequence[TrialSummary], invocation: Invocation) -> str:
    """Render the cells to record: the mode that replaces what is broken replaces all else too."""
    cells = [trial.cell for trial in trials]
    them = "it" if len(trials) == 1 else "them"
    line = (
        f"broken: {format_count(len(trials), 'trial')} cannot be played;"
        f" put {them} back from version control"
    )
    if not all(cell in invocation.nodes for cell in cells):
        return f"{line}\n"
    return f"{line}, or record {them}: {invocation.format_cells_command(cells)}\n"
