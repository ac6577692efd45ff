"""Numbers that a schema makes of what nobody would call one: 010, 1_000, nan, true."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel

_PLAIN = re.compile(r"[-+]?(?:0|[1-9][0-9]*)(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?|[-+]?\.[0-9]+")

Place = tuple[str | int, ...]


def find_loose_numbers(value: object, written: object, place: Place = ()) -> Iterator[Place]:
    """Find the numbers of a model that were written as no plain number.

    value: a model or a part of one. written: the data that it was made of; parts that a validator
    gave another shape are passed over. Yields keys and positions from the top.
    """
    if isinstance(value, BaseModel) and isinstance(written, Mapping):
        for name in type(value).model_fields:
            if name in written:
                yield from find_loose_numbers(getattr(value, name), written[name], (*place, name))
    elif isinstance(value, Mapping) and isinstance(written, Mapping):
        for name in value:
            if name in written:
                yield from find_loose_numbers(value[name], written[name], (*place, str(name)))
    elif isinstance(value, list | tuple) and isinstance(written, Sequence):
        if len(value) == len(written) and not isinstance(written, str):
            for at, (part, given) in enumerate(zip(value, written, strict=True)):
                yield from find_loose_numbers(part, given, (*place, at))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        is_text = isinstance(written, str) and not _PLAIN.fullmatch(written.strip())
        if is_text or isinstance(written, bool) or not math.isfinite(value):
            yield place
