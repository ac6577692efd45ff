"""Check a call's input against its tool's schema, in words that help whoever wrote it.

The part of JSON Schema that tools use: type, properties, required, enum, items,
additionalProperties. Anything else in a schema is not checked.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}


def find_faults(value: Any, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """List what is wrong with a value; `path` names it, empty for a call's whole input."""
    wanted = list_types(schema)
    if wanted and not any(_is(value, kind) for kind in wanted):
        yield f"parameter `{path}` must be {' or '.join(wanted)}, not {_name_type(value)}"
        return
    if "enum" in schema and json.dumps(value) not in map(json.dumps, schema["enum"]):
        choices = ", ".join(map(str, schema["enum"]))
        yield f"parameter `{path}` must be one of: {choices}"
    if isinstance(value, dict):
        yield from _find_object_faults(value, schema, path)
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for at, item in enumerate(value):
            yield from find_faults(item, schema["items"], f"{path}[{at}]")


def list_types(schema: dict[str, Any]) -> tuple[str, ...]:
    """List the types that a schema allows; empty when it does not say."""
    named = schema.get("type") or ()
    return (named,) if isinstance(named, str) else tuple(named)


def _find_object_faults(value: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    properties: dict[str, Any] = schema.get("properties") or {}
    extra = schema.get("additionalProperties", True)
    prefix = f"{path}." if path else ""
    for name in schema.get("required") or ():
        if name not in value:
            yield f"parameter `{prefix}{name}` is missing"
    for name, item in value.items():
        if name in properties:
            yield from find_faults(item, properties[name], prefix + name)
        elif extra is False:
            yield f"parameter `{prefix}{name}` is unknown{suggest_name(name, properties)}"
        elif isinstance(extra, dict):
            yield from find_faults(item, extra, prefix + name)


def suggest_name(name: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """Name the known word that a wrong one most likely means, as the end of a sentence."""
    spelt = {word.lower(): word for word in known}
    close = difflib.get_close_matches(name.lower(), spelt, n=1, cutoff=cutoff)
    return f"; did you mean `{spelt[close[0]]}`?" if close else ""


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES.get(kind, object))


def _name_type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return next(kind for kind, type_ in _TYPES.items() if isinstance(value, type_))
