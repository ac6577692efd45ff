"""The files of one recording: how they are named, saved, and opened again.

`<n>.http.yaml` and `<n>.world.yaml` are sealed. `<n>.probes.yaml`, `<n>.judge.yaml` and
`<n>.pairs.yaml` lie outside the seal and name it: what was sealed may be probed and judged again.
"""

from __future__ import annotations

import contextlib
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from promptverdict.core.errors import BrokenRecording, StorageError
from promptverdict.core.files import write_files
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.recording import yaml_format
from promptverdict.recording.delta import DeltaSerializer
from promptverdict.recording.expansion import check_trees
from promptverdict.recording.seal import LENGTH, seal_cassette
from promptverdict.recording.secrets import refuse_machine, refuse_secrets
from promptverdict.recording.texts import read_sealed_texts
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import Change

FORMAT = 1
_END_OF_HEAD = "\nversion: "
"""What follows the metadata, which come first so that a digest is read without the conversation."""

_EMPTY_WORLD = f"format: {FORMAT}\n"
"""The world of a trial without files and without calls: most of those that have one answer."""
_CURE = "restore it from version control, or record it again with --record all"

M = TypeVar("M", bound=Frozen)


class Head(Frozen):
    """What a recording was made of, and how; readable without the rest of it."""

    format: int = FORMAT
    suite: str
    scenario: str
    variant: str
    trial: int
    digest: dict[str, str]
    """Named part of what was asked -> hash (see digest.py)."""
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

    @property
    def steps(self) -> tuple[tuple[Change, ...], ...]:
        """What set-up and each call changed, in order."""
        return (self.start, *(result.changes for result in self.results))


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

    def list_inputs(self) -> Iterator[str]:
        """List the files that the record of a replay depends on: all but the pairs."""
        # As text: paths take longer to build than such files to read, and it is asked for often.
        begin = f"{self.folder}{os.sep}{self.number}"
        return (f"{begin}.{kind}.yaml" for kind in ("http", "world", "probes", "judge"))


@dataclass(frozen=True)
class Sealed:
    """A recording whose seal holds: its texts, still unread, and its head."""

    location: Location
    seal: str
    head: Head
    http: str
    world: str

    @property
    def conversation(self) -> str:
        """The cassette without its head, which has been read."""
        rest = self.http.partition(_END_OF_HEAD)[2]
        return f"{_END_OF_HEAD}{rest}" if rest else self.http

    def read_world(self) -> World:
        """Read the world file. Raises BrokenRecording."""
        return _parse_world(self.world, display_path(self.location.world))


def open_sealed(location: Location) -> Sealed:
    """Read a recording and check its seal.

    Raises MissingRecording when there is none, BrokenRecording when it cannot be trusted.
    """
    where = display_path(location.http)
    opened, world = read_sealed_texts(location.http, location.world)
    metadata = yaml_format.load(opened.cassette.partition(_END_OF_HEAD)[0], where)
    stored = metadata.get("metadata") if isinstance(metadata, dict) else None
    head = stored.get("recording") if isinstance(stored, dict) else None
    if isinstance(head, dict) and isinstance(head.get("format"), int) and head["format"] > FORMAT:
        raise BrokenRecording(
            f"{where} was written by a newer promptverdict (format {head['format']})\n"
            "  update: pip install --upgrade promptverdict"
        )
    return Sealed(location, opened.seal, _validate(Head, head, where), opened.cassette, world)


def save_sealed(location: Location, cassette: str, world: World) -> str:
    """Write both files, each at once or not at all, and return their seal.

    Raises StorageError when the disk refuses, when either text holds a key, names this machine or a
    path of its user, and when the recording could not be read again.
    """
    text = yaml_format.dump(
        world.model_dump(mode="json", exclude_defaults=True) or {"format": FORMAT}
    )
    for content in (cassette, text):
        if len(content.encode()) > yaml_format.MAX_BYTES - LENGTH:
            raise StorageError(
                f"the recording is larger than {yaml_format.MAX_BYTES // 2**20} MB"
                " and was not saved\n"
                "  let the task end earlier (limits), or keep its large files out of the workspace"
            )
        refuse_machine(content, platform.node(), str(Path.home()))
    # Both at once, since listing what the environment hides takes longer than looking for it.
    refuse_secrets(f"{cassette}\0{text}", os.environ)
    _check_readable(cassette, text)
    seal, http = seal_cassette(cassette, text)
    # The world first: while only it is new, the new cassette lies beside the old one, and
    # `read_sealed_texts` finds it there.
    write_files({location.world: text, location.http: http})
    return seal


def remove_unfinished(folder: Path) -> None:
    """Remove what processes that were killed while they wrote have left below a folder.

    Nobody may write there meanwhile, and recordings that it completes must have been opened before.
    """
    for path in folder.rglob(".*.yaml.*"):
        with contextlib.suppress(OSError):
            path.unlink()


def _check_readable(cassette: str, world: str) -> None:
    """Raise StorageError for what reading would refuse: a recording must serve when it is needed.

    Its texts may be short and come to gigabytes, since they name what went before.
    """
    try:
        _parse_world(world, "the workspace")
        read = DeltaSerializer("the conversation").deserialize(cassette)
        if "metadata" in read:
            _validate(Head, read["metadata"].get("recording"), "the conversation")
    except BrokenRecording as error:
        problem = str(error).partition("\n")[0]
        raise StorageError(
            f"the recording could not be read again and was not saved: {problem}\n"
            "  let the task end earlier (limits), or keep its large files out of the workspace"
        ) from error


def _parse_world(text: str, where: str) -> World:
    if text == _EMPTY_WORLD:
        return World()
    world = _validate(World, yaml_format.load(text, where), where)
    check_trees(world.steps, where)
    return world


def _validate(model: type[M], data: Any, where: str) -> M:
    if not isinstance(data, Mapping):
        raise BrokenRecording(f"{where}: it is not a recording\n  {_CURE}")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        wrong = describe_error_at_place(error.errors()[0])
        raise BrokenRecording(f"{where}: {wrong}\n  {_CURE}") from error
