"""From parsed YAML to a frozen model; every problem has its line and says what to do."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.loose_numbers import find_loose_numbers
from promptverdict.core.model import Frozen
from promptverdict.core.strict_yaml import Document
from promptverdict.core.validation_words import describe_error

M = TypeVar("M", bound=Frozen)

_FEW = ("one", "two", "three")


def validate_document(model: type[M], document: Document, path: str) -> M:
    """Build a model from a document. Raises InputError with one problem for each mistake."""
    if not isinstance(document.data, dict):
        raise InputError([Problem(path, "a mapping of keys is expected", _describe_key(model, ()))])
    try:
        built = model.model_validate(document.data)
    except ValidationError as error:
        mistakes = error.errors()
        places = [mistake["loc"] for mistake in mistakes]
        raise InputError(
            _build_problem(mistake, model, document, path)
            for mistake in mistakes
            if not _is_consequence(mistake, places)
        ) from error
    loose = [
        {"type": "float_parsing", "loc": place, "input": _find_part_of(document.data, place)}
        for place in find_loose_numbers(built, document.data)
    ]
    if loose:
        raise InputError(_build_problem(mistake, model, document, path) for mistake in loose)
    return built


def _find_part_of(data: Any, place: tuple[str | int, ...]) -> Any:
    for part in place:
        data = data[part]
    return data


def _is_consequence(mistake: Any, places: Sequence[tuple[int | str, ...]]) -> bool:
    """Return whether a list is too short only because its entries have mistakes of their own."""
    loc = mistake["loc"]
    inner = any(len(place) > len(loc) and place[: len(loc)] == loc for place in places)
    return mistake["type"] == "too_short" and inner


def _build_problem(mistake: Any, model: type[BaseModel], document: Document, path: str) -> Problem:
    place, kind = tuple(mistake["loc"]), mistake["type"]
    context = mistake.get("ctx", {})
    # pydantic reports a wrong tag at the union; people look for it at the key of the tag.
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        place = (*place, context["discriminator"].strip("'"))
    keys = _find_keys(place, document.data)
    if kind in ("missing", "union_tag_not_found"):
        keys = (*keys, place[-1])
    dotted = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
    where = f"{path}:{_find_line(keys, document)}: {dotted}"
    match kind:
        case "extra_forbidden":
            inner = _find_model(model, place[:-1])
            cure = _suggest_nearest(
                str(place[-1]), list(inner.model_fields) if inner else [], "key"
            )
            return Problem(where, describe_error(mistake), cure)
        case "missing" | "union_tag_not_found":
            return Problem(where, "this key is missing", _describe_key(model, place))
        case "union_tag_invalid":
            known = context["expected_tags"].replace("'", "").split(", ")
            tag = context["tag"]
            return Problem(
                where, f"there is no {place[-1]} {tag}", _suggest_nearest(tag, known, "type")
            )
        case "value_error":
            return Problem(where, str(context["error"]), _describe_key(model, place))
    message = describe_error(mistake)
    cure = _describe_key(model, place)
    if kind == "too_short":
        least = context["min_length"]
        few = _FEW[least - 1] if least <= len(_FEW) else str(least)
        cure = f"list {few} or more"
        if not _is_required(model, place):
            cure += f", or leave {place[-1]} out"
    return Problem(where, f"{message}, found {mistake['input']!r:.80}", cure)


def _is_required(model: type[BaseModel], place: tuple[str | int, ...]) -> bool:
    outer = _find_model(model, place[:-1])
    field = outer.model_fields.get(str(place[-1])) if outer else None
    return field is not None and field.is_required()


def _find_keys(place: tuple[str | int, ...], data: object) -> tuple[str | int, ...]:
    """Find the keys of the document that lead to a place of pydantic's.

    pydantic also names the members of unions on its way, which are no keys.
    """
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


def _find_line(keys: tuple[str | int, ...], document: Document) -> int:
    # A key that is missing has no line; the nearest one around it has.
    while keys and keys not in document.lines:
        keys = keys[:-1]
    return document.lines.get(keys, 1)


def _suggest_nearest(name: str, known: list[str], what: str) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known {what}s: {', '.join(known)}"


def _describe_key(model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    """Return what a key is for, or else what the nearest key around it is for."""
    while place:
        outer = _find_model(model, place[:-1])
        field = outer.model_fields.get(str(place[-1])) if outer else None
        if field and field.description:
            return field.description
        place = place[:-1]
    return f"see `promptverdict schema {model.__name__.lower()}`"


def _find_model(model: type[BaseModel], place: tuple[str | int, ...]) -> type[BaseModel] | None:
    """Find the model at a place, in whatever containers and unions; None if several may be."""
    current: Any = model
    for part in place:
        current = _find_part(current, part)
    found = _list_models(current)
    return found[0] if len(found) == 1 else None


def _find_part(annotation: Any, part: str | int) -> Any:
    models = _list_models(annotation)
    if len(models) == 1:
        field = models[0].model_fields.get(str(part))
        return field.annotation if field else None
    for model in models:
        if getattr(model.model_fields.get("type"), "default", None) == part:
            return model
    return next((inner for inner in get_args(annotation)[::-1] if inner is not Ellipsis), None)


def _list_models(annotation: Any) -> list[type[BaseModel]]:
    """List the models that a value itself may be, not those of its parts."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) not in (Union, UnionType, Annotated):
        return []
    return [model for inner in get_args(annotation) for model in _list_models(inner)]
