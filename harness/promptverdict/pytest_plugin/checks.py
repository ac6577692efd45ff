"""What is checked before a run starts, and before anything is paid for."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import check_writable
from promptverdict.core.open_files import check_open_file_limit
from promptverdict.core.paths import display_path

if TYPE_CHECKING:
    from promptverdict.runner.cells import Cell, Trial
    from promptverdict.settings import Settings


def check_promise(promise: str | None, cells: Iterable[Cell]) -> None:
    """Raise InputError if `--promise` names a behaviour that no suite has."""
    names = set((promise or "all").replace(" ", "").split(","))
    suites = [cell.scenario.suite.suite for cell in cells]
    known = {name for suite in suites for name in suite.behaviours}
    if unknown := sorted(names - known - {"all"}):
        cure = f"there are: {', '.join(sorted(known)) or 'none'}"
        raise InputError([Problem("--promise", f"no behaviour {', '.join(unknown)}", cure)])


def check_recording(recording: Collection[Trial], settings: Settings) -> None:
    """Check prices, texts, keys and addresses once, before any trial is recorded with them.

    Raises InputError for an unknown price if there is a limit to hold, for a prompt or a task that
    no recording may hold, for a key or an address that cannot be used, where nothing listens at
    one, and where too few files may be open; DiskError where no recording could be written.
    """
    if problems := list(dict.fromkeys(_list_unstorable(recording))):
        raise InputError(problems)
    check_open_file_limit(min(settings.concurrency, len(recording)))
    for suite in {trial.cell.scenario.suite.folder for trial in recording}:
        check_writable(suite / "cassettes")
    if settings.max_cost is not None:
        from promptverdict.runner.estimate import refuse_unpriced

        refuse_unpriced([trial.cell for trial in recording], settings.prices)
    from promptverdict.providers.places import check_places
    from promptverdict.providers.reachability import check_reachable

    models = list(dict.fromkeys(_list_models(recording)))
    check_places(models)
    check_reachable(models, settings.relay)


def describe_models(recording: Iterable[Trial]) -> Iterable[str]:
    """Write what servers of one's own say of the models that will be asked."""
    from promptverdict.providers.reachability import describe_servers

    return describe_servers(dict.fromkeys(_list_models(recording)))


def _list_unstorable(recording: Iterable[Trial]) -> Iterable[Problem]:
    """List the prompts and tasks whose trials would be paid for and then not be stored."""
    from promptverdict.recording.secrets import find_machine, find_secret

    host, home = platform.node(), str(Path.home())
    for cell in {trial.cell.id: trial.cell for trial in recording}.values():
        turns = [turn if isinstance(turn, str) else turn.say for turn in cell.task.turns]
        texts = {
            cell.variant.path: cell.variant.prompt,
            display_path(cell.scenario.path): "\n".join([cell.task.message, *turns]),
        }
        for path, text in texts.items():
            if what := find_secret(text, os.environ) or find_machine(text, host, home):
                cure = "take it out; where a word stands for a key, let it be another word"
                yield Problem(path, f"no recording of it can be stored: it holds {what}", cure)


def _list_models(recording: Iterable[Trial]) -> Iterable[str]:
    for cell in {trial.cell.id: trial.cell for trial in recording}.values():
        yield cell.model
        if cell.task.user:
            yield cell.user_model
        if judge := cell.asks:
            yield judge
