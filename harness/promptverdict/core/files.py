"""Writing files so that a reader finds the old text or the new one, and never half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from promptverdict.core.errors import StorageError
from promptverdict.core.paths import display_path


def write_whole(path: Path, text: str) -> None:
    """Replace a file by a new text, making its folder where needed. Raises StorageError."""
    write_together({path: text})


def write_together(texts: Mapping[Path, str]) -> None:
    """Replace several files by new texts; none is touched before all are on the disk.

    Raises StorageError; the old files are then still there.
    """
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, text in texts.items():
            written[path] = _beside(path, text)
        for path, temporary in written.items():
            temporary.replace(path)
    except OSError as error:
        raise StorageError(f"{display_path(path)} cannot be written: {error.strerror}") from error
    finally:
        for temporary in written.values():
            with contextlib.suppress(OSError):
                temporary.unlink()


def _beside(path: Path, text: str) -> Path:
    """Write a text into a file beside the one that it is to replace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)
