"""The older side of a shard's comparison, stored with the shard until all are merged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from promptverdict.comparison.base_revision import BaseRevision
from promptverdict.comparison.git import merge_base
from promptverdict.core.errors import InputError
from promptverdict.core.locked_folders import open_scratch_folder
from promptverdict.runner.cells import Cell
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord


def store_older_side(
    ref: str,
    root: Path,
    here: Sequence[Cell],
    settings: Settings,
    keep: Callable[[TrialRecord], object],
) -> None:
    """Hand on the records of the older side of some cells, as their comparison will read them.

    A variant of which no cell changed has no older side here. Raises InputError where there is no
    such revision, and where its agents cannot be read.
    """
    revision = merge_base(root, ref)
    with open_scratch_folder() as folder:
        places = [root / place for place in settings.agent_places]
        base = BaseRevision(revision, folder, places, here, settings, keep)
        pairs: dict[str, list[tuple[Cell, Cell]]] = {}
        for cell in here:
            if cell.variant.id in base.agents:
                # What an older agent's model means may be gone: its comparison says so.
                with suppress(InputError):
                    pairs.setdefault(cell.variant.id, []).append((base.cell(cell), cell))
        for cells in pairs.values():
            if any(older.digest != cell.digest for older, cell in cells):
                for older, _ in cells:
                    base.samples(older)
