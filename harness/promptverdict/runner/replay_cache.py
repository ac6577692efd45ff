"""Records of earlier replays, beside the results: a replay with the very same inputs is left out.

Nothing in it is needed, and nothing in it is trusted: a record counts only if all that it depends
on hashes to the same (see replay_inputs.py), and if this user's key signed it. What is old, cut
off, edited or from elsewhere is passed over, and the recording is replayed.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from promptverdict.core.errors import InputError, StorageError
from promptverdict.core.files import find_names, read_regular_file, write_reproducible
from promptverdict.runner.cells import Trial
from promptverdict.runner.known_replay import KnownReplay
from promptverdict.runner.replay_inputs import ReplayInputs
from promptverdict.settings import Settings
from promptverdict.trials.summary_text import format_summary, parse_summary

FOLDER = ".replays"
FILE = "records"
"""Each worker of pytest-xdist has a file of its own beside it, which ends in its name."""
MAX_BYTES = 64 * 2**20
"""Of a whole file: records of trials that were not asked for go first."""
_KEY_BYTES = 32
"""Of the user's secret."""
_KEY_LENGTH = 16
"""Of a trial's key."""
_SIGNATURE = 64
"""Characters at the beginning of a line; then a blank, the trial's key, a blank, the hash of its
inputs, a blank, its summary, a tab (which JSON never holds), and its sealed record."""
_NAMED = slice(_SIGNATURE + 1, _SIGNATURE + 1 + _KEY_LENGTH + 1 + 64)
"""Where key and inputs stand in a line."""


class ReplayCache:
    """The records of one results folder.

    root: the folder of the project. is_cleared: whether what is there is passed over. worker: name
    of the worker of pytest-xdist that this process is; None where it is none.
    """

    def __init__(
        self, settings: Settings, root: Path, *, is_cleared: bool = False, worker: str | None = None
    ) -> None:
        self._folder = root / settings.results / FOLDER
        self._path = self._folder / (f"{FILE}.{worker}" if worker else FILE)
        self._is_worker = worker is not None
        self._inputs = ReplayInputs(settings)
        self._secret = _read_secret()
        self._known: dict[bytes, bytes] = {}
        if self._secret and not is_cleared:
            for path in (self._folder / FILE, *self._list_workers_files()):
                self._known |= _read_lines(path)
        self._used: dict[bytes, bytes] = {}
        self._left = MAX_BYTES
        self._hashes: dict[str, str] = {}
        self._has_new = False

    def find(self, trial: Trial) -> KnownReplay | None:
        """Find what a replay of a trial would come to."""
        inputs = self._inputs.hash_trial(trial) if self._secret else None
        if inputs is None:
            return None
        self._hashes[trial.key] = inputs
        name = f"{trial.key} {inputs}".encode()
        line = self._known.get(name)
        if line is None:
            return None
        signed = line[_SIGNATURE + 1 :]
        if not hmac.compare_digest(self._sign(signed), line[:_SIGNATURE]):
            return None
        summary, _, content = signed[len(name) + 1 :].partition(b"\t")
        self._use(name, line)
        return KnownReplay(parse_summary(summary), content)

    def add(self, trial: Trial, replay: KnownReplay) -> None:
        """Add what a replay came to, if its inputs were known before it; one with a fault never.

        A fault is looked into each time: what caused it may lie outside of all inputs.
        """
        inputs = self._hashes.get(trial.key)
        # Asked again: what was edited meanwhile is not what was replayed.
        if inputs is None or replay.summary.fault or self._inputs.hash_trial(trial) != inputs:
            return
        name = f"{trial.key} {inputs}".encode()
        signed = b"%b %b\t%b" % (name, format_summary(replay.summary).encode(), replay.content)
        self._has_new = self._use(name, b"%b %b" % (self._sign(signed), signed)) or self._has_new

    def write(self) -> None:
        """Write what was used and added, if anything was added, with what room is left for others.

        Where it cannot be written, the next run replays.
        """
        if not self._has_new:
            return
        # Other workers write what they used; this one keeps what was in its own file besides.
        others = _read_lines(self._path) if self._is_worker else self._known
        keys = {name[:_KEY_LENGTH] for name in self._used}
        lines, left = list(self._used.values()), self._left
        for name, line in others.items():
            if name[:_KEY_LENGTH] not in keys and len(line) <= left:
                left -= len(line)
                lines.append(line)
        with contextlib.suppress(StorageError, OSError):
            write_reproducible(self._folder / ".gitignore", "*\n")
            write_reproducible(self._path, b"".join(b"%b\n" % line for line in lines))
            for path in () if self._is_worker else self._list_workers_files():
                path.unlink(missing_ok=True)

    def _use(self, name: bytes, line: bytes) -> bool:
        """Keep a line for the next run while there is room; return whether there was."""
        if len(line) > self._left:
            return False
        self._left -= len(line)
        self._used[name] = line
        return True

    def _list_workers_files(self) -> list[Path]:
        try:
            names = sorted(find_names(self._folder, ""))
        except InputError:
            return []  # it saves time alone: whoever needs the folder of results says what is wrong
        return [self._folder / name for name in names if name.startswith(f"{FILE}.")]

    def _sign(self, signed: bytes) -> bytes:
        return hmac.digest(self._secret, signed, hashlib.sha256).hex().encode()


def _read_lines(path: Path) -> dict[bytes, bytes]:
    """Read the lines of a cache by keys and inputs; none where the file cannot be read."""
    try:
        content = read_regular_file(path, 2 * MAX_BYTES)
    except OSError:
        return {}
    if len(content) > 2 * MAX_BYTES:
        return {}
    # Only at line feeds: JSON may hold other characters at which `splitlines` ends lines.
    return {line[_NAMED]: line for line in content.split(b"\n") if line}


def _read_secret() -> bytes:
    """Read this user's key, made at first use; empty where there can be none, and so no cache."""
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    try:
        path = Path(home).expanduser() / "promptverdict" / "replays.key"
        with contextlib.suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
        content = path.read_bytes()
    except (OSError, RuntimeError):
        return b""
    return content if len(content) == _KEY_BYTES else b""
