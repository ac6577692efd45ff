"""Reads files that may be anything, and writes them so that no reader finds half of a text."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from promptverdict.core.errors import DiskError
from promptverdict.core.paths import display_path

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins whose content Git LFS keeps elsewhere."""
_ROOM = 1 << 16
"""Bytes that must be free before anything is paid for: what one trial's recording takes."""


def read_regular_file(path: Path, most: int) -> bytes:
    """Read the first bytes of a regular file, one more than the most that is allowed.

    Raises OSError for anything else: a pipe that nobody writes to would wait for ever.
    """
    try:
        with open(path, "rb", opener=_open_without_waiting) as file:
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file.read(most + 1)
    except OSError as error:
        if error.errno != errno.ENXIO:  # a socket, or a device that is not there
            raise
    raise OSError(errno.EINVAL, "It is no regular file", str(path))


def find_names(folder: Path, suffix: str) -> Iterator[str]:
    """Find the names in a folder that end so; none where it is no folder, or cannot be read.

    One at a time, where `Path.glob` holds more of each entry of a large folder than its name.
    """
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    with entries:
        yield from (entry.name for entry in entries if entry.name.endswith(suffix))


def describe_read_error(error: OSError | ValueError) -> str:
    """Describe in a few words why a file cannot be read: what opening or decoding it raised."""
    if isinstance(error, UnicodeDecodeError):
        byte = error.object[error.start]
        return f"byte {byte:#04x} at offset {error.start} is not UTF-8"
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return words.lower()


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def write_file(path: Path, text: str) -> None:
    """Write a text to a file that may exist, and make its folder. Raises DiskError."""
    write_files({path: text})


def write_reproducible(path: Path, text: str) -> None:
    """Write a text that can be made again at no cost, and make its folder. Raises DiskError.

    No reader finds half of it. After a power loss the file may be empty: waiting for the disk takes
    many times as long as all the rest of writing it.
    """
    temporary, content = path.with_name(f".{path.name}.{os.getpid()}"), _encode(text)
    try:
        try:
            temporary.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise DiskError(f"{display_path(path)} cannot be written: {error.strerror}") from error


def write_files(texts: Mapping[Path, str | bytes]) -> None:
    """Write several files, of text or bytes; none is replaced before all new ones are on the disk.

    Raises DiskError; if a text could not be written, the old files are unchanged.
    """
    written: dict[Path, Path] = {}
    replaced = False
    path = Path()
    try:
        for path, text in texts.items():
            written[path] = _write_beside(path, text)
        for path, temporary in written.items():
            temporary.replace(path)
            replaced = True
    except OSError as error:
        raise DiskError(f"{display_path(path)} cannot be written: {error.strerror}") from error
    finally:
        # After the first rename the others must follow, at the latest when somebody reads them.
        for temporary in () if replaced else written.values():
            with contextlib.suppress(OSError):
                temporary.unlink()


def check_writable(folder: Path) -> None:
    """Write and remove a file of some size where a folder is or will be. Raises DiskError."""
    there = next((place for place in (folder, *folder.parents) if place.is_dir()), folder)
    try:
        # Without a name where the system can: a process that is killed here leaves nothing.
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(bytes(_ROOM))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskError(f"{display_path(folder)} cannot be written: {error.strerror}") from error


def list_unfinished(path: Path) -> list[Path]:
    """List the texts that were written for a file and not put in its place, by name."""
    return sorted(path.parent.glob(f".{glob.escape(path.name)}.*"))


def _write_beside(path: Path, text: str | bytes) -> Path:
    """Write a text or bytes to a temporary file beside the one that it will replace."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_encode(text) if isinstance(text, str) else text)
            file.flush()
            # Without it, a crash after the rename can leave an empty file under the final name.
            os.fsync(file.fileno())
        Path(name).chmod(0o644)  # mkstemp makes files that nobody else may read
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
    return Path(name)


def _encode(text: str) -> bytes:
    # Half a character has no bytes, and is no reason to lose all the others.
    return text.encode(errors="replace")
