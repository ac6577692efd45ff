"""The settings of a run: resolved once into one frozen value, which its manifest keeps.

Order: option of the command > environment variable > `[tool.promptverdict]` or ini > default.
"""

from __future__ import annotations

import difflib
import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, ValidationError

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error, read_regular_file
from promptverdict.core.loose_numbers import find_loose_numbers
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.shards import parse_shard
from promptverdict.core.strict_yaml import MAX_BYTES, decode, refuse_conflict
from promptverdict.core.validation_words import describe_error
from promptverdict.trials.prices import Price

PREFIX = "PROMPTVERDICT_"
RecordMode = Literal["none", "once", "stale", "both", "all"]


def _join_places(value: object) -> object:
    """Join a list of places, as pyproject.toml may have, into what every other source gives."""
    if isinstance(value, list) and all(isinstance(place, str) for place in value):
        return ", ".join(value)
    return value


class Settings(Frozen):
    """The settings of one run."""

    record: RecordMode = Field(
        default="none",
        description="none: replay only, no network; once: record what is missing (with --base, on"
        " both sides); stale: also what is out of date; both: with --base, both sides anew;"
        " all: everything anew",
    )
    trials: int | None = Field(
        default=None, ge=1, le=1000, description="Trials of each cell (default: the suite's)"
    )
    model: str | None = Field(
        default=None, description="Use this model for every agent, as provider/name"
    )
    max_cost: float | None = Field(
        default=None,
        gt=0,
        description="Stop recording before it costs more than this, by the price table",
    )
    user_model: str | None = Field(
        default=None,
        description="Model that plays simulated users, as provider/name (default: the agent's)",
    )
    judge: str | None = Field(
        default=None,
        description="Model that answers rubrics, as provider/name (default: none is asked, and"
        " every stored answer counts)",
    )
    agents: Annotated[str, BeforeValidator(_join_places)] = Field(
        default="agents",
        description="Folders or files with the agents, with commas between them; * stands for any"
        " name, as in plugins/*/agents",
    )
    allow_no_tools: bool = Field(
        default=False,
        description="true: also run agents that list tools of which a scenario offers none, which"
        " their platforms would not start",
    )
    concurrency: int = Field(default=8, ge=1, le=500, description="Trials that run at once")
    results: str = Field(default="results", description="Folder for the results of runs")
    sandbox: Literal["bubblewrap", "docker", "podman", "none"] = Field(
        default="bubblewrap", description="What isolates the commands that agents and probes run"
    )
    sandbox_image: str | None = Field(
        default=None,
        description="Image of docker's and podman's containers, which needs bash, git and Python"
        " (default: docker.io/library/python:3.13-bookworm)",
    )
    relay: str = Field(
        default="http://127.0.0.1:8765", description="Address of the relay, for relay/... models"
    )
    base: str | None = Field(
        default=None,
        description="Compare each variant with itself at the merge-base of HEAD and this revision",
    )
    controls: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="With --base and --record once: make so many trials of the recorded baseline"
        " again, to see whether it drifted; they count for no verdict",
    )
    promise: str | None = Field(
        default=None,
        description="Require these behaviours of every agent: names with commas between, or `all`",
    )
    shard: str | None = Field(
        default=None,
        description="Run one part of the scenarios, as 3/16: the third of sixteen, each scenario"
        " with all its sides and trials; `promptverdict merge` joins the parts",
    )
    ray: str | None = Field(
        default=None,
        description="Record on a Ray cluster: `auto` for the one here, or an address",
    )
    ray_workers: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Processes on the cluster, which share the trials at once (default: one for"
        " each machine)",
    )
    models: dict[str, str] = Field(
        default_factory=dict,
        description="Model in an agent file, or `default` -> provider/name",
    )
    prices: dict[str, Price] = Field(
        default_factory=dict,
        description="provider/name -> price of a million tokens",
    )
    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="provider/name -> further parameters of its requests, as its API names them:"
        " stream, thinking, temperature",
    )

    @property
    def agent_places(self) -> tuple[str, ...]:
        """The places of the agents, one by one."""
        return tuple(place for part in self.agents.split(",") if (place := part.strip()))


TABLES = ("models", "parameters", "prices")
"""Settings that only pyproject.toml can have."""

RESERVED = frozenset({"model", "system", "instructions", "messages", "input", "tools"})
"""Keys of a request that hold what is evaluated; a parameter must not replace it."""

"""Size of the largest pyproject.toml that is read."""

OPTIONS = tuple(name for name in Settings.model_fields if name not in TABLES)


def resolve(
    root: Path,
    given: Mapping[str, Any],
    written: Mapping[str, Any] = MappingProxyType({}),
    environment: Mapping[str, str] = os.environ,
) -> Settings:
    """Resolve the settings of a run.

    root: the folder whose pyproject.toml is read. given: options of the command line. written: ini
    keys. Both by name, with None for what is not set. Raises InputError for a value or a key that
    cannot be used, with where it came from.
    """
    problems = list(_list_misspelt(environment))
    values = read_table(root / "pyproject.toml")
    sources = dict.fromkeys(values, "pyproject.toml: tool.promptverdict.")
    variables = {name: environment.get(PREFIX + name.upper()) for name in OPTIONS}
    for source, layer in (
        ("ini: promptverdict_", written),
        (f"environment: {PREFIX}", variables),
        ("option: --", given),
    ):
        for name in OPTIONS:
            # An empty variable is how CI writes one that is not set.
            if layer.get(name) not in (None, ""):
                values[name], sources[name] = layer[name], source
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        problems += [_build_problem(mistake, sources) for mistake in error.errors()]
        raise InputError(problems) from error
    problems += _list_unusable(settings, values, sources)
    problems += _list_refused(settings.parameters)
    if settings.record == "both" and not settings.base:
        cure = "name the other side: --base main"
        found = "`both` needs an older revision to compare with"
        problems.append(Problem(_format_source(("record",), sources), found, cure))
    if settings.controls and not (settings.base and settings.record != "none"):
        cure = "add: --base main --record once"
        found = "controls are recorded beside an older revision's recordings"
        problems.append(Problem(_format_source(("controls",), sources), found, cure))
    problems += _check_shard(settings, sources)
    if not _is_address(settings.relay):
        found = f"{settings.relay} is not the address of a relay"
        problems.append(
            Problem(_format_source(("relay",), sources), found, "write http://host:port")
        )
    if problems:
        raise InputError(problems)
    return settings


def _list_unusable(
    settings: Settings, values: Mapping[str, Any], sources: Mapping[str, str]
) -> Iterator[Problem]:
    """List numbers that were written as something else, and texts that no path can hold."""
    own = {name: value for name, value in values.items() if name != "parameters"}
    for place in find_loose_numbers(settings, own):
        where = _format_source(place, sources)
        yield Problem(where, "a plain number is expected", _describe(str(place[0])))
    for name in ("agents", "results"):
        if "\0" in str(getattr(settings, name)):
            yield Problem(_format_source((name,), sources), "a NUL in a path", _describe(name))


def _check_shard(settings: Settings, sources: Mapping[str, str]) -> Iterator[Problem]:
    if settings.shard is None:
        return
    where = _format_source(("shard",), sources)
    try:
        parse_shard(settings.shard)
    except ValueError:
        cure = "write 3/16 for the third of sixteen; the first is 1/16"
        yield Problem(where, f"`{settings.shard}` is not a shard", cure)
    if settings.controls:
        found = "controls are drawn from all scenarios, and a shard has some of them"
        yield Problem(where, found, "leave one of the two out: --shard or --controls")


def read_table(path: Path) -> dict[str, Any]:
    """Read `[tool.promptverdict]`; empty if there is none. Raises InputError for bad TOML."""
    # A link that leads nowhere counts as a file: its settings would be ignored in silence.
    if not os.path.lexists(path):
        return {}
    where = display_path(path)
    try:
        content = read_regular_file(path, MAX_BYTES)
    except OSError as error:
        found = f"cannot be read: {describe_read_error(error)}"
        raise InputError([Problem(where, found, "correct the file")]) from error
    if len(content) > MAX_BYTES:
        found = f"larger than {MAX_BYTES // 1_000_000} MB"
        raise InputError([Problem(where, found, "keep its settings alone")])
    text = decode(content, where)
    refuse_conflict(text, where)
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # of which TOMLDecodeError is the usual one
        words = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        problem = Problem(where, f"not valid TOML: {words:.200}", "correct the file")
        raise InputError([problem]) from error
    cure = "write [tool.promptverdict] above its keys"
    table: Any = data
    for number, key in enumerate(("tool", "promptverdict")):
        table = table.get(key, {})
        if not isinstance(table, dict):
            where = f"{display_path(path)}: {'.'.join(('tool', 'promptverdict')[: number + 1])}"
            raise InputError([Problem(where, f"a table is expected, got {table!r:.80}", cure)])
    return dict(table)


def _list_misspelt(environment: Mapping[str, str]) -> Iterator[Problem]:
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


def _build_problem(mistake: Any, sources: Mapping[str, str]) -> Problem:
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


def _list_refused(parameters: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
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
