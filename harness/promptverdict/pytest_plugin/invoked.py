"""How this pytest was called, for the commands that go on where it ends."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from promptverdict.runner.invocation import Invocation


def describe_invocation(
    config: pytest.Config, nodes: Mapping[str, str] | None = None
) -> Invocation:
    """Describe how pytest was called, without options for recording and for workers.

    nodes: as for `Invocation`.
    """
    arguments: list[str] = []
    every = iter(config.invocation_params.args)
    for argument in map(str, every):
        if argument in ("--record", "-n", "--numprocesses"):
            next(every, None)
        elif not argument.startswith(("--record=", "-n", "--numprocesses=")):
            arguments.append(argument)
    places = set(config.option.file_or_dir)
    options = tuple(argument for argument in arguments if argument not in places)
    return Invocation(tuple(arguments), options, nodes or {})
