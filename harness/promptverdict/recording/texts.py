"""Reads the two sealed texts of a recording, and says what is wrong where they do not fit."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from promptverdict.core.errors import BrokenRecording, InputError, MissingRecording
from promptverdict.core.files import LFS_POINTER, describe_read_error, is_there, list_unfinished
from promptverdict.core.paths import display_path
from promptverdict.recording import yaml_format
from promptverdict.recording.seal import Opened, is_broken_by_line_ends, open_seal


def read_sealed_texts(http: Path, world: Path) -> tuple[Opened, str]:
    """Read the cassette and the world whose files are given, and check their seal.

    Raises MissingRecording when there is none, BrokenRecording when it cannot be trusted.
    """
    # is_there: a link that leads nowhere, or to itself, is broken and not missing.
    cassette = read_text(http) if _is_there(http) else None
    if cassette is None and not _is_there(world):
        raise MissingRecording(f"{display_path(http)} does not exist")
    trees = read_text(world)
    opened = open_seal(cassette, trees) if cassette is not None else None
    opened = opened or _finish_saving(http, trees)
    if opened:
        return opened, trees
    if cassette is None:
        raise MissingRecording(f"{display_path(http)} does not exist")
    raise _explain_broken_seal(http, world, by_line_ends=is_broken_by_line_ends(cassette, trees))


def _is_there(path: Path) -> bool:
    try:
        return is_there(path)
    except InputError as error:
        raise BrokenRecording(str(error)) from error


def describe_line_end_cure(folder: Path) -> str:
    """Return what to do, in two lines, about files below a folder whose line ends Git changed."""
    where = display_path(folder)
    return (
        f"  write `* -text` to {where}/.gitattributes, and check the files out again:\n"
        f"  git rm -rq --cached {where}, then git checkout HEAD -- {where}"
    )


def _finish_saving(http: Path, world: str) -> Opened | None:
    """Put a cassette in place whose process ended between the renames of its two files.

    Returns what it holds; None where nothing that lies beside fits the world.
    """
    for path in list_unfinished(http):
        try:
            opened = open_seal(read_text(path), world)
        except BrokenRecording:
            continue
        if opened:
            with contextlib.suppress(OSError):  # a folder that is read-only can still be read
                path.replace(http)
            return opened
    return None


def _explain_broken_seal(http: Path, world: Path, *, by_line_ends: bool) -> BrokenRecording:
    where = display_path(http)
    if by_line_ends:
        evals = next((path.parents[1] for path in http.parents if path.name == "cassettes"), None)
        return BrokenRecording(
            f"{where}: its lines end in CRLF, which breaks the seal: Git made them so"
            f" (core.autocrlf)\n{describe_line_end_cure(evals or http.parent)}"
        )
    return BrokenRecording(
        f"{where}: the seal is broken: it or {world.name} was changed since it was"
        " recorded\n"
        "  restore both from version control, or record again with --record all"
    )


def read_text(path: Path) -> str:
    """Read one of the files of a recording. Raises BrokenRecording with the cure."""
    where = display_path(path)
    try:
        text = yaml_format.read(path, where)
    except FileNotFoundError as error:
        raise BrokenRecording(
            f"{where} is missing\n  restore it from version control, or record with --record all"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise BrokenRecording(
            f"{where} cannot be read: {describe_read_error(error)}\n"
            "  restore it from version control, or record with --record all"
        ) from error
    if text.startswith(LFS_POINTER.decode()):
        raise BrokenRecording(f"{where} is a Git LFS pointer\n  fetch its content: git lfs pull")
    if re.search(r"^(<<<<<<< |>>>>>>> )", text, re.MULTILINE):
        raise BrokenRecording(
            f"{where} holds merge conflict markers\n  restore one of its versions"
        )
    return text
