"""From parsed YAML to a frozen model, with every problem told at its line and with a cure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.model import Frozen
from promptverdict.core.strict_yaml import Document
from promptverdict.core.validation_words import describe_error

M = TypeVar("M", bound=Frozen)

_FEW = ("one", "two", "three")


def validated(model: type[M], document: Document, path: str) -> M:
    """Read a document as a model. Raises InputError with one problem for each thing wrong."""
    if not isinstance(document.data, dict):
        raise InputError([Problem(path, "a mapping of keys is expected", _described(model, ()))])
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        told = error.errors()
        places = [one["loc"] for one in told]
        raise InputError(
            _problem(one, model, document, path) for one in told if not _follows(one, places)
        ) from error


def _follows(told: Any, places: Sequence[tuple[int | str, ...]]) -> bool:
    """Whether a list is too short only because what it lists has errors of its own."""
    loc = told["loc"]
    inner = any(len(place) > len(loc) and place[: len(loc)] == loc for place in places)
    return told["type"] == "too_short" and inner


def _problem(told: Any, model: type[BaseModel], document: Document, path: str) -> Problem:
    place, kind = tuple(told["loc"]), told["type"]
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        place = (*place, told["ctx"]["discriminator"].strip("'"))
    keys = _keys(place, document.data)
    if kind in ("missing", "union_tag_not_found"):
        keys = (*keys, place[-1])
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    where = f"{path}:{_line(keys, document)}: {dotted}"
    match kind:
        case "extra_forbidden":
            inner = _model_at(model, place[:-1])
            cure = _nearest(str(place[-1]), list(inner.model_fields) if inner else [], "key")
            return Problem(where, describe_error(told), cure)
        case "missing" | "union_tag_not_found":
            return Problem(where, "this key is missing", _described(model, place))
        case "union_tag_invalid":
            known = told["ctx"]["expected_tags"].replace("'", "").split(", ")
            tag = told["ctx"]["tag"]
            return Problem(where, f"there is no {place[-1]} {tag}", _nearest(tag, known, "type"))
        case "value_error":
            return Problem(where, str(told["ctx"]["error"]), _described(model, place))
    message = describe_error(told)
    cure = _described(model, place)
    if kind == "too_short":
        least = told["ctx"]["min_length"]
        few = _FEW[least - 1] if least <= len(_FEW) else str(least)
        cure = f"list {few} or more"
        if not _is_required(model, place):
            cure += f", or leave {place[-1]} out"
    return Problem(where, f"{message}, found {told['input']!r:.80}", cure)


def _is_required(model: type[BaseModel], place: tuple[str | int, ...]) -> bool:
    outer = _model_at(model, place[:-1])
    field = outer.model_fields.get(str(place[-1])) if outer else None
    return field is not None and field.is_required()


def _keys(place: tuple[str | int, ...], data: object) -> tuple[str | int, ...]:
    """The keys of the document that lead to a place; pydantic also names types on its way."""
    keys: list[str | int] = []
    for part in place:
        if isinstance(data, dict) and part in data:
            data = data[str(part)]
        elif isinstance(data, list) and isinstance(part, int):
            data = data[part]
        else:
            continue
        keys.append(part)
    return tuple(keys)


def _line(keys: tuple[str | int, ...], document: Document) -> int:
    while keys and keys not in document.lines:
        keys = keys[:-1]
    return document.lines.get(keys, 1)


def _nearest(name: str, known: list[str], what: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known {what}s: {', '.join(known)}"


def _described(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    """Say what a key is for, or else the nearest one that it is part of."""
    while place:
        outer = _model_at(model, place[:-1])
        field = outer.model_fields.get(str(place[-1])) if outer else None
        if field and field.description:
            return field.description
        place = place[:-1]
    return f"see `promptverdict schema {model.__name__.lower()}`"


def _model_at(model: type[BaseModel], place: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Follow a place into nested models, through the containers and unions that hold them."""
    current: Any = model
    for part in place:
        current = _part_of(current, part)
    found = _models_in(current)
    return found[0] if len(found) == 1 else None


def _part_of(annotation: Any, part: str | int) -> Any:
    models = _models_in(annotation)
    if len(models) == 1:
        field = models[0].model_fields.get(str(part))
        return field.annotation if field else None
    for model in models:
        if getattr(model.model_fields.get("type"), "default", None) == part:
            return model
    return next((inner for inner in get_args(annotation)[::-1] if inner is not Ellipsis), None)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    """The models that a value itself may be, its parts apart."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) not in (Union, UnionType, Annotated):
        return []
    return [model for inner in get_args(annotation) for model in _models_in(inner)]
