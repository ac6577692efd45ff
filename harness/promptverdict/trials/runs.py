"""The folder of results: which runs it holds, which of them is meant, and what goes."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from promptverdict.core.errors import InputError, Problem, StorageError
from promptverdict.core.files import (
    find_names,
    is_abandoned,
    is_there,
    remove_temporary_files,
)
from promptverdict.core.paths import display_path
from promptverdict.trials.store import LATEST, MANIFEST, Manifest, is_run_name, read_manifest

_MOST_SWEPT = 20
"""Newest runs that are looked at for what was left."""
_SHARD_NAME = re.compile(r"-\d+of\d+$")


def is_shard_name(name: str) -> bool:
    """Return whether the name of a run is that of a shard."""
    return _SHARD_NAME.search(name) is not None


def list_runs(results: Path) -> list[Path]:
    """List the folders of runs below a results folder, oldest first. Raises InputError."""
    if is_there(results) and not results.is_dir():
        problem = Problem(display_path(results), "it is no folder", "name one for the runs")
        raise InputError([problem])
    folders = map(results.joinpath, find_names(results, ""))
    return sorted(
        # is_there: whoever reads a manifest that is no file hears what is wrong with it.
        folder
        for folder in folders
        if not folder.is_symlink() and is_there(folder / MANIFEST)
    )


def find_run(results: Path, name: str = LATEST) -> Path:
    """Find a run by its name, by the beginning of one, by its path, or the latest.

    Raises InputError.
    """
    path = Path(name)
    # realpath: unlike Path.resolve it says nothing of links that lead in a circle.
    if len(path.parts) > 1 and os.path.realpath(path.parent) != os.path.realpath(results):
        results = path.parent
    name, known = path.name, list_runs(results)
    if name == LATEST and known and not (results / LATEST / MANIFEST).is_file():
        return known[-1]
    if (results / name / MANIFEST).is_file():
        return (results / name).resolve()
    fitting = [run for run in known if run.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    newest = ", ".join(run.name for run in reversed(known[-3:]))
    cure = f"the newest are: {newest}" if known else "run first: pytest evals/"
    what = "fits several runs" if fitting else "there is no such run"
    raise InputError([Problem(f"{display_path(results)}: {name}", what, cure)])


def prune(results: Path, keep: int) -> list[Path]:
    """Delete all but the newest runs and return their folders; what is no run is never touched.

    Raises StorageError for one that cannot be deleted.
    """
    # -0 would be a slice of nothing, where keeping none means deleting all.
    doomed = list_runs(results)[: -keep or None]
    for folder in doomed:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StorageError(
                f"{display_path(folder)} cannot be deleted: {error.strerror}"
            ) from error
    return doomed


def is_running(manifest: Manifest) -> bool:
    """Return whether the process that writes a run is alive, as far as this machine can tell."""
    if manifest.finished or manifest.pid is None or os.name == "nt":
        return False
    try:
        # Signal 0 reaches nobody; it only asks whether there is somebody to reach.
        os.kill(manifest.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def remove_unfinished(results: Path) -> None:
    """Remove what processes that were killed while they wrote have left in a folder of results."""
    _remove_temporary(results)
    with contextlib.suppress(InputError):
        names = sorted(name for name in find_names(results, "") if is_run_name(name))
        for folder in map(results.joinpath, names[-_MOST_SWEPT:]):
            with contextlib.suppress(InputError, OSError):
                _remove_unfinished_of_run(folder)


def _remove_unfinished_of_run(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        return
    if (folder / MANIFEST).is_file() and is_running(read_manifest(folder)):
        return
    is_old = is_abandoned(folder)
    for place in (folder, *(path for path in folder.iterdir() if path.is_dir())):
        if not place.is_symlink():
            _remove_temporary(place)
    if is_old and not any(folder.iterdir()):
        folder.rmdir()  # the process was killed before it had a manifest


def _remove_temporary(folder: Path) -> None:
    """Remove the files of a folder that were to take the place of others."""
    with contextlib.suppress(InputError):
        # Another machine's run looks dead from here: its files are new.
        remove_temporary_files(folder / name for name in find_names(folder, ""))
