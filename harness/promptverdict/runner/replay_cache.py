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
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from promptverdict.core.errors import StorageError
from promptverdict.core.files import write_reproducible
from promptverdict.runner.cells import Trial
from promptverdict.runner.replay_inputs import ReplayInputs
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord

FOLDER = ".replays"
FILE = "records"
MAX_BYTES = 64 * 2**20
"""Of the whole file: records of trials that were not asked for go first."""
_KEY_BYTES = 32


class ReplayCache:
    """The records of one results folder.

    root: the folder of the project. is_cleared: whether what is there is passed over.
    """

    def __init__(self, settings: Settings, root: Path, *, is_cleared: bool = False) -> None:
        self._path = root / settings.results / FOLDER / FILE
        self._inputs = ReplayInputs(settings)
        self._secret = _read_secret()
        self._known = {} if is_cleared or not self._secret else _read_lines(self._path)
        self._used: dict[str, str] = {}
        self._hashes: dict[str, str] = {}
        self._has_new = False

    def find(self, trial: Trial) -> TrialRecord | None:
        """Find the record that a replay of a trial would make."""
        inputs = self._inputs.hash_trial(trial) if self._secret else None
        if inputs is None:
            return None
        self._hashes[trial.key] = inputs
        line = self._known.get(trial.key, "")
        signature, _, signed = line.partition(" ")
        text = signed.removeprefix(f"{trial.key} {inputs} ")
        if text == signed or not hmac.compare_digest(self._sign(signed), signature):
            return None
        try:
            record = TrialRecord.model_validate_json(text)
        except ValidationError:
            return None
        self._used[trial.key] = line
        return record

    def add(self, trial: Trial, record: TrialRecord) -> None:
        """Add the record of a replay, if its inputs were known before it; one with a fault never.

        A fault is looked into each time: what caused it may lie outside of all inputs.
        """
        inputs = self._hashes.get(trial.key)
        # Asked again: what was edited meanwhile is not what was replayed.
        if inputs is None or record.fault or self._inputs.hash_trial(trial) != inputs:
            return
        try:
            text = record.model_dump_json()
        except PydanticSerializationError:
            return  # half a character, from a grader of the suite's own: no file can hold it
        signed = f"{trial.key} {inputs} {text}"
        self._used[trial.key] = f"{self._sign(signed)} {signed}"
        self._has_new = True

    def write(self) -> None:
        """Write what was used and added, if anything was added, with what room is left for others.

        Where it cannot be written, the next run replays.
        """
        if not self._has_new:
            return
        lines, left = list(self._used.values()), MAX_BYTES - sum(map(len, self._used.values()))
        for key, line in self._known.items():
            if key not in self._used and (left := left - len(line)) > 0:
                lines.append(line)
        with contextlib.suppress(StorageError):
            write_reproducible(self._path.parent / ".gitignore", "*\n")
            write_reproducible(self._path, "".join(f"{line}\n" for line in lines))

    def _sign(self, text: str) -> str:
        return hmac.digest(
            self._secret, text.encode("utf-8", "surrogatepass"), hashlib.sha256
        ).hex()


def _read_lines(path: Path) -> Mapping[str, str]:
    """Read the lines of a cache by their trials' keys; none where the file cannot be read."""
    try:
        if path.stat().st_size > 2 * MAX_BYTES:
            return {}
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return {}
    # Only at line feeds: JSON may hold other characters at which `splitlines` ends lines.
    return {line[65:81]: line for line in text.split("\n") if line}


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
