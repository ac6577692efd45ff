"""Reads files that may be anything, and writes them so that no reader finds half of a text."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from promptverdict.core.errors import DiskError, InputError, Problem
from promptverdict.core.paths import display_path

LFS_POINTER = b"version https://git-lfs.github.com/spec/"
"""How a file begins whose content Git LFS keeps elsewhere."""
# Of the last two, no system has both.
_READ_WITHOUT_WAITING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_ROOM = 1 << 16
"""Bytes that must be free before anything is paid for: what one trial's recording takes."""

_TEMPORARY = re.compile(r"\..+\.(?:[a-z0-9_]{8}|\d+)")
"""How files are named that will take the place of others; the last part is drawn, or a process."""
_WRITING_SECONDS = 60.0
"""How long nobody takes to write a file."""


def read_regular_file(path: Path | str, most: int) -> bytes:
    """Read the first bytes of a regular file, one more than the most that is allowed.

    Raises OSError for anything else: a pipe that nobody writes to would wait for ever.
    """
    # Without Python's file objects: they take as long as the reading of a small file itself.
    try:
        handle = os.open(path, _READ_WITHOUT_WAITING)
    except OSError as error:
        if error.errno != errno.ENXIO:  # a socket, or a device that is not there
            raise
        raise _build_kind_error(path) from error
    try:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(status.st_mode):
            raise _build_kind_error(path)
        return _read_first_bytes(handle, most + 1, status.st_size + 1)
    finally:
        os.close(handle)


def _build_kind_error(path: Path | str) -> OSError:
    return OSError(errno.EINVAL, "It is no regular file", str(path))


def _read_first_bytes(handle: int, most: int, at_once: int) -> bytes:
    """Read until the end of a file or until there are enough; one read may return less."""
    parts = []
    while most > 0 and (part := os.read(handle, min(most, at_once))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def find_names(folder: Path, suffix: str) -> Iterator[str]:
    """Find the names in a folder that end so; none where it is no folder.

    One at a time, where `Path.glob` holds more of each entry of a large folder than its name, and
    finds none in a folder that cannot be read. Raises InputError for such a folder.
    """
    try:
        entries = os.scandir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise build_unreadable(error) from error
    with entries:
        yield from (entry.name for entry in entries if entry.name.endswith(suffix))


def is_there(path: Path) -> bool:
    """Return whether something lies at a path, if only a link that leads nowhere.

    Raises InputError where that cannot be known, such as in a folder that is closed to us: what is
    there would count as missing.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: a NUL in the path
        return False
    except OSError as error:
        raise build_unreadable(error) from error
    return True


@contextlib.contextmanager
def refuse_unreadable() -> Iterator[None]:
    """Raise InputError in place of an OSError that names a path: that of a closed folder, say."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            raise
        raise build_unreadable(error) from error


def build_unreadable(error: OSError) -> InputError:
    """Build the error of a path that cannot be looked at."""
    where = display_path(Path(os.fsdecode(error.filename)))
    found = f"cannot be read: {describe_read_error(error)}"
    return InputError([Problem(where, found, "check the path and its permissions")])


def describe_read_error(error: OSError | ValueError) -> str:
    """Describe in a few words why a file cannot be read: what opening or decoding it raised."""
    if isinstance(error, UnicodeDecodeError):
        byte = error.object[error.start]
        return f"byte {byte:#04x} at offset {error.start} is not UTF-8"
    words = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return words.lower()


def write_file(path: Path, text: str) -> None:
    """Write a text to a file that may exist, and make its folder. Raises DiskError.

    What a process that was killed meanwhile has left beside it goes with the next text.
    """
    write_files({path: text})
    remove_temporary_files(list_unfinished(path))


def write_reproducible(path: Path, text: str | bytes) -> None:
    """Write what can be made again at no cost, and make its folder. Raises DiskError.

    No reader finds half of it. After a power loss the file may be empty: waiting for the disk takes
    many times as long as all the rest of writing it.
    """
    content = _encode(text) if isinstance(text, str) else text
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".{name}.{os.getpid()}")  # noqa: PTH118  once a trial
    try:
        try:
            _write_bytes(temporary, content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_bytes(temporary, content)
        os.replace(temporary, path)  # noqa: PTH105
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108
        raise DiskError(f"{display_path(path)} cannot be written: {error.strerror}") from error


def _write_bytes(path: str, content: bytes) -> None:
    with open(path, "wb", buffering=0) as file:  # noqa: PTH123
        left = memoryview(content)
        while left:
            left = left[file.write(left) :]


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


def remove_temporary_files(paths: Iterable[Path]) -> None:
    """Remove, of some files, those that were written to take another's place and are abandoned."""
    for path in paths:
        with contextlib.suppress(OSError):
            if _TEMPORARY.fullmatch(path.name) and path.is_file() and is_abandoned(path):
                path.unlink()


def is_abandoned(path: Path) -> bool:
    """Return whether something is older than it takes anybody to write it. Raises OSError."""
    # Both ways: a clock that went back must not keep it for years.
    return abs(time.time() - path.lstat().st_mtime) > _WRITING_SECONDS


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
