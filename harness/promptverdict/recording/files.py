"""The files of one recording, and the seal that holds them together.

`<n>.http.yaml` begins with a seal: a hash of all that follows in it and of the whole of
`<n>.world.yaml`. One byte changed in either, and the recording is refused. `<n>.probes.yaml`,
`<n>.judge.yaml` and `<n>.pairs.yaml` lie outside the seal and name it: what was sealed may be
probed and judged again.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from promptverdict.core.errors import BrokenRecording, MissingRecording, StorageError
from promptverdict.core.files import write_files
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.recording import yaml_format
from promptverdict.recording.expansion import refuse_growth
from promptverdict.recording.secrets import refuse_machine, refuse_secrets
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import Change

FORMAT = 1
_SEAL = "seal: "
_END_OF_HEAD = "\nversion: "

M = TypeVar("M", bound=Frozen)


class Head(Frozen):
    """What a recording was made of, and how; readable without the rest of it."""

    format: int = FORMAT
    suite: str
    scenario: str
    variant: str
    trial: int
    digest: dict[str, str]
    """Named part of what was asked -> hash (see plan.py)."""
    compatible: dict[str, str | int]
    """What two recordings must share to be compared: toolset, sandbox, its Python and pytest."""
    provenance: Provenance
    end: str
    """Why the trial ended."""


class World(Frozen):
    """What the workspace answered: how it was set up, and the result of each call in order."""

    format: int = FORMAT
    start: tuple[Change, ...] = ()
    results: tuple[Result, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be kept, in words."""


@dataclass(frozen=True)
class Location:
    """Where the recording of one trial lies."""

    folder: Path
    number: int

    @property
    def http(self) -> Path:
        """The cassette."""
        return self.folder / f"{self.number}.http.yaml"

    @property
    def world(self) -> Path:
        """The workspace's answers."""
        return self.folder / f"{self.number}.world.yaml"

    @property
    def probes(self) -> Path:
        """The probes' reports."""
        return self.folder / f"{self.number}.probes.yaml"

    @property
    def judge(self) -> Path:
        """The judges' answers."""
        return self.folder / f"{self.number}.judge.yaml"

    @property
    def pairs(self) -> Path:
        """What judges said of it beside the baseline's trial of the same number."""
        return self.folder / f"{self.number}.pairs.yaml"


@dataclass(frozen=True)
class Sealed:
    """A recording whose seal holds: its texts, still unread, and its head."""

    location: Location
    seal: str
    head: Head
    http: str
    world: str

    def read_world(self) -> World:
        """Read the world file. Raises BrokenRecording."""
        where = display_path(self.location.world)
        world = _validated(World, yaml_format.load(self.world, where), where)
        refuse_growth((world.start, *(result.changes for result in world.results)), where)
        return world


def open_sealed(location: Location) -> Sealed:
    """Read a recording and check its seal.

    Raises MissingRecording when there is none, BrokenRecording when it cannot be trusted.
    """
    if not location.http.exists():
        raise MissingRecording(f"{display_path(location.http)} does not exist")
    http, world = _read(location.http), _read(location.world)
    first, _, rest = http.partition("\n")
    if not first.startswith(_SEAL) or first != _SEAL + _seal(rest, world):
        raise BrokenRecording(
            f"{display_path(location.http)}: the seal is broken:"
            f" it or {location.world.name} was changed since it was recorded\n"
            "  restore both from version control, or record again with --record all"
        )
    where = display_path(location.http)
    metadata = yaml_format.load(rest.partition(_END_OF_HEAD)[0], where)
    kept = metadata.get("metadata") if isinstance(metadata, dict) else None
    head = kept.get("recording") if isinstance(kept, dict) else None
    if isinstance(head, dict) and isinstance(head.get("format"), int) and head["format"] > FORMAT:
        raise BrokenRecording(
            f"{where} was written by a newer promptverdict (format {head['format']})\n"
            "  update: pip install --upgrade promptverdict"
        )
    sealed = first.removeprefix(_SEAL)
    return Sealed(location, sealed, _validated(Head, head, where), rest, world)


def save_sealed(location: Location, http: str, world: World) -> str:
    """Write both files and their seal, each at once or not at all; give the seal.

    Raises StorageError when the disk refuses, and when either text holds a key, tells the name of
    this machine or a path of its user, or is too long to be read again.
    """
    text = yaml_format.dump(
        world.model_dump(mode="json", exclude_defaults=True) or {"format": FORMAT}
    )
    for content in (http, text):
        if len(content.encode("utf-8", "surrogatepass")) > yaml_format.MAX_BYTES - len(_SEAL) - 100:
            raise StorageError(
                f"the recording is larger than {yaml_format.MAX_BYTES // 2**20} MB"
                " and was not saved\n"
                "  let the task end earlier (limits), or keep its large files out of the workspace"
            )
        refuse_secrets(content, os.environ)
        refuse_machine(content, platform.node(), str(Path.home()))
    seal = _seal(http, text)
    write_files({location.world: text, location.http: f"{_SEAL}{seal}\n{http}"})
    return seal


def _seal(http: str, world: str) -> str:
    return (
        "sha256:" + hashlib.sha256(f"{http}\0{world}".encode("utf-8", "surrogatepass")).hexdigest()
    )


def _read(path: Path) -> str:
    try:
        text = yaml_format.read(path, display_path(path))
    except FileNotFoundError as error:
        raise BrokenRecording(
            f"{display_path(path)} is missing\n"
            "  restore it from version control, or record with --record all"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenRecording(f"{display_path(path)} cannot be read: {error}") from error
    if text.startswith("version https://git-lfs"):
        raise BrokenRecording(
            f"{display_path(path)} is a Git LFS pointer\n  fetch its content: git lfs pull"
        )
    if re.search(r"^(<<<<<<< |>>>>>>> )", text, re.MULTILINE):
        raise BrokenRecording(
            f"{display_path(path)} holds merge conflict markers\n  restore one of its versions"
        )
    return text


def _validated(model: type[M], data: Any, where: str) -> M:
    if not isinstance(data, Mapping):
        raise BrokenRecording(f"{where}: this is no recording of ours")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = describe_error_at_place(error.errors()[0])
        raise BrokenRecording(f"{where}: {wrong}") from error
