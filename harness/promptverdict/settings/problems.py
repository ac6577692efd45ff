"""What is wrong with settings, in words: where each value came from, what it is, what to do."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from promptverdict.core.errors import Problem
from promptverdict.core.loose_numbers import find_loose_numbers
from promptverdict.core.shards import parse_shard
from promptverdict.core.validation_words import describe_error
from promptverdict.settings.model import OPTIONS, PREFIX, RESERVED, TABLES, Settings


def list_contradictions(settings: Settings, sources: Mapping[str, str]) -> Iterator[Problem]:
    """List settings that do not go together, and texts that are not what they should be.

    sources: setting -> where its value came from, as the beginning of a place.
    """
    if settings.record == "both" and not settings.base:
        found = "`both` needs an older revision to compare with"
        cure = "name the other side: --base main"
        yield Problem(_format_source(("record",), sources), found, cure)
    if settings.controls and not (settings.base and settings.record != "none"):
        found = "controls are recorded beside an older revision's recordings"
        cure = "add: --base main --record once"
        yield Problem(_format_source(("controls",), sources), found, cure)
    if settings.shard is not None:
        yield from _list_shard_problems(settings.shard, settings, sources)
    if not _is_address(settings.relay):
        found = f"{settings.relay} is not the address of a relay"
        yield Problem(_format_source(("relay",), sources), found, "write http://host:port")


def _list_shard_problems(
    shard: str, settings: Settings, sources: Mapping[str, str]
) -> Iterator[Problem]:
    where = _format_source(("shard",), sources)
    try:
        parse_shard(shard)
    except ValueError:
        cure = "write 3/16 for the third of sixteen; the first is 1/16"
        yield Problem(where, f"`{shard}` is not a shard", cure)
    if settings.controls:
        found = "controls are drawn from all scenarios, and a shard has some of them"
        yield Problem(where, found, "leave one of the two out: --shard or --controls")


def list_misspelt(environment: Mapping[str, str]) -> Iterator[Problem]:
    """List environment variables whose names are nearly those of settings.

    Others with the prefix may belong to another program and are left alone.
    """
    names = [name.removeprefix(PREFIX) for name in environment if name.startswith(PREFIX)]
    known = [name.upper() for name in Settings.model_fields]
    for name in names:
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if name.lower() in OPTIONS or not close or not environment[PREFIX + name]:
            continue
        cure = f"did you mean {PREFIX}{close[0]}?"
        if close[0].lower() in TABLES:
            cure = f"write [tool.promptverdict.{close[0].lower()}] in pyproject.toml"
        yield Problem(f"environment: {PREFIX}{name}", "unknown setting", cure)


def _is_address(url: str) -> bool:
    try:
        place = urlsplit(url)
        return place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        return False


def _format_source(loc: tuple[int | str, ...], sources: Mapping[str, str]) -> str:
    path = ".".join(str(part) for part in loc)
    source = sources.get(str(loc[0]), "")
    if source == "option: --":
        return source + path.replace("_", "-")
    return source + (path.upper() if source.endswith(PREFIX) else path)


def build_problem(mistake: Any, sources: Mapping[str, str]) -> Problem:
    """Describe one entry of ValidationError.errors(), with where the value came from."""
    name, where = str(mistake["loc"][0]), _format_source(mistake["loc"], sources)
    if isinstance(mistake["input"], dict) and f"{name}s" in TABLES:
        return Problem(where, "text is expected, not a table", f"did you mean {name}s?")
    if mistake["type"] == "extra_forbidden":
        close = difflib.get_close_matches(name, Settings.model_fields, n=1)
        cure = (
            f"did you mean {close[0]}?" if close else f"known: {', '.join(Settings.model_fields)}"
        )
        return Problem(where, "unknown setting", cure)
    found = f"{describe_error(mistake)}, got {mistake['input']!r:.80}"
    return Problem(where, found, _describe(name))


def list_unusable(
    settings: Settings, values: Mapping[str, Any], sources: Mapping[str, str]
) -> Iterator[Problem]:
    """List numbers that were written as something else, and texts that no path can hold."""
    own = {name: value for name, value in values.items() if name != "parameters"}
    for place in find_loose_numbers(settings, own):
        where = _format_source(place, sources)
        yield Problem(where, "a plain number is expected", _describe(str(place[0])))
    if not settings.agent_places:
        where = _format_source(("agents",), sources)
        yield Problem(where, "it names no folder or file", _describe("agents"))
    for name in ("agents", "results"):
        if "\0" in str(getattr(settings, name)):
            yield Problem(_format_source((name,), sources), "a NUL in a path", _describe(name))


def list_refused(parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    """List the parameters that no request may have: what is evaluated, and what is no JSON."""
    for model, given in parameters.items():
        for key, value in given.items():
            where = f'pyproject.toml: tool.promptverdict.parameters."{model}".{key}'
            if key in RESERVED:
                cure = "remove it: agent files, scenarios and [tool.promptverdict.models] set it"
                yield Problem(where, "this part of a request is what is being evaluated", cure)
                continue
            try:
                json.dumps(value, allow_nan=False)
            except (TypeError, ValueError):
                cure = "write text, a number, true, false, a list or a table"
                yield Problem(where, f"a request cannot hold {value!r}", cure)


def _describe(name: str) -> str:
    return f"{name}: {Settings.model_fields[name].description}"
