"""The settings of a run: resolved once into one frozen value, which its manifest keeps.

Order: option of the command > environment variable > `[tool.promptverdict]` or ini > default.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error, is_there, read_regular_file
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import MAX_BYTES, decode, refuse_conflict
from promptverdict.settings.model import OPTIONS, PREFIX, Settings
from promptverdict.settings.problems import (
    build_problem,
    list_contradictions,
    list_misspelt,
    list_refused,
    list_unusable,
)


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
    problems = list(list_misspelt(environment))
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
        problems += [build_problem(mistake, sources) for mistake in error.errors()]
        raise InputError(problems) from error
    problems += list_unusable(settings, values, sources)
    problems += list_refused(settings.parameters)
    problems += list_contradictions(settings, sources)
    if problems:
        raise InputError(problems)
    return settings


def read_table(path: Path) -> dict[str, Any]:
    """Read `[tool.promptverdict]`; empty if there is none. Raises InputError for bad TOML."""
    # A link that leads nowhere counts as a file: its settings would be ignored in silence.
    if not is_there(path):
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
