"""How this pytest was called, for the commands that go on where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import pytest

from promptverdict.runner.invocation import Invocation


def describe_invocation(
    config: pytest.Config, nodes: Mapping[str, str] | None = None
) -> Invocation:
    """Describe how pytest was called, without options for recording and for workers.

    nodes: as for `Invocation`.
    """
    given = map(str, config.invocation_params.args)
    arguments = list(_drop_options(given, ("--record", "-n", "--numprocesses"), ("-n",)))
    places = set(config.option.file_or_dir)
    # Of a few cells a shard would be another part than it was of all.
    whole = _drop_options(arguments, ("--shard",))
    options = tuple(argument for argument in whole if argument not in places)
    return Invocation(tuple(arguments), options, nodes or {})


def _drop_options(
    arguments: Iterable[str], names: tuple[str, ...], joined: tuple[str, ...] = ()
) -> Iterator[str]:
    """Drop options with their values; joined: names that a value may follow without a sign."""
    every = iter(arguments)
    for argument in every:
        if argument in names:
            next(every, None)
        elif not argument.startswith((*(f"{name}=" for name in names), *joined)):
            yield argument
