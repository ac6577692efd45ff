"""Reads the JSON files that runs leave: regular files of a bounded size, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error, read_regular_file
from promptverdict.core.paths import display_path
from promptverdict.core.validation_words import describe_error_at_place

MAX_BYTES = 256 * 2**20
"""Size of the largest file that is read, save where a reader says another."""

M = TypeVar("M", bound=BaseModel)


def read_json(model: type[M], path: Path, found: str, cure: str) -> M:
    """Read a file into a model. Raises InputError that says `found`, why, and the cure."""
    content = read_json_file(path, found, cure)
    return parse_json(model, content, path, found, cure)


def read_json_file(path: Path, found: str, cure: str, most: int = MAX_BYTES) -> bytes:
    """Read the bytes of a file. Raises InputError for what is no regular file, or too large."""
    try:
        # Before it is read: the largest that is allowed takes seconds and much memory.
        too_large = path.stat().st_size > most
        content = b"" if too_large else read_regular_file(path, most)
    except OSError as error:
        reason = f"cannot be read: {describe_read_error(error)}"
    else:
        if not too_large and len(content) <= most:
            return content
        reason = f"larger than {most // 2**20} MB"
    raise InputError([Problem(display_path(path), f"{found}: {reason}", cure)])


def parse_json(model: type[M], content: bytes, path: Path, found: str, cure: str) -> M:
    """Read the bytes of a file into a model. Raises InputError as `read_json` does."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        reason = describe_error_at_place(error.errors()[0])
        raise InputError([Problem(display_path(path), f"{found}: {reason}", cure)]) from error
