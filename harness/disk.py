"""Writing files so that a reader finds the old text or the new one, and never half of it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from harness.errors import StorageError, shown


def write_whole(path: Path, text: str) -> None:
    """Replace a file by a new text, making its folder where needed.

    The text is on the disk when this returns. Raises StorageError, with the old file still there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
            temporary.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise
    except OSError as error:
        raise StorageError(f"{shown(path)} cannot be written: {error.strerror}") from error
