"""From parsed YAML to a frozen model, with every problem told at its line and with a cure."""

from __future__ import annotations

import difflib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from harness.errors import InputError, Problem
from harness.frozen import Frozen
from harness.loading.yamltext import Document

M = TypeVar("M", bound=Frozen)

_A_MAPPING = "a mapping of keys is expected"
_PLAINLY = {"tuple_type": "a list is expected", "dict_type": _A_MAPPING, "model_type": _A_MAPPING}
"""Errors of pydantic that speak of Python's types and not of what is in the file."""


def validated(model: type[M], document: Document, path: str) -> M:
    """Read a document as a model. Raises InputError with one problem for each thing wrong."""
    if not isinstance(document.data, dict):
        raise InputError([Problem(path, _A_MAPPING, _described(model, ()))])
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        raise InputError(
            _problem(told, model, document, path) for told in error.errors()
        ) from error


def _problem(told: Any, model: type[BaseModel], document: Document, path: str) -> Problem:
    keys = tuple(key for key in told["loc"] if key != "[key]")
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    where = f"{path}:{_line(keys, document)}: {dotted}"
    if told["type"] == "extra_forbidden":
        return Problem(where, "unknown key", _nearest(str(keys[-1]), _known(model, keys[:-1])))
    if told["type"] == "missing":
        return Problem(where, "this key is missing", _described(model, keys))
    if told["type"] == "value_error":
        return Problem(where, str(told["ctx"]["error"]), _described(model, keys))
    message = _PLAINLY.get(told["type"]) or told["msg"][:1].lower() + told["msg"][1:]
    return Problem(where, f"{message}, found {told['input']!r:.80}", _described(model, keys))


def _line(keys: tuple[str | int, ...], document: Document) -> int:
    while keys and keys not in document.lines:
        keys = keys[:-1]
    return document.lines.get(keys, 1)


def _nearest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"


def _known(model: type[BaseModel], keys: tuple[str | int, ...]) -> list[str]:
    inner = _model_at(model, keys)
    return list(inner.model_fields) if inner else []


def _described(model: type[BaseModel], keys: tuple[str | int, ...]) -> str:
    """Say what a key is for, or else the nearest one that it is part of."""
    while keys:
        outer = _model_at(model, keys[:-1])
        field = outer.model_fields.get(str(keys[-1])) if outer else None
        if field and field.description:
            return field.description
        keys = keys[:-1]
    return f"see `promptverdict schema {model.__name__.lower()}`"


def _model_at(model: type[BaseModel], keys: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Follow keys into nested models, through the containers that hold them."""
    current: type[BaseModel] | None = model
    for key in keys:
        if isinstance(key, int) or current is None:
            continue
        field = current.model_fields.get(key)
        current = _model_in(field.annotation) if field else None
    return current


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in getattr(annotation, "__args__", ()):
        if found := _model_in(inner):
            return found
    return None
