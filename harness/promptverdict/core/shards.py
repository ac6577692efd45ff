"""Parts of a run that several machines share: which of them a scenario belongs to."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Any, NamedTuple, TypeVar

MOST = 10_000
"""Shards that a run can be cut into."""

_SHARD = re.compile(r"([1-9][0-9]*)/([1-9][0-9]*)")


class Shard(NamedTuple):
    """One part of a run, of so many."""

    number: int
    """Counted from 1."""
    total: int

    def __str__(self) -> str:
        return f"{self.number}/{self.total}"


def parse_shard(text: str) -> Shard:
    """Parse `3/16`, the third of sixteen. Raises ValueError for anything else."""
    parts = _SHARD.fullmatch(text)
    shard = Shard(*map(int, parts.groups())) if parts else Shard(0, 0)
    if not 1 <= shard.number <= shard.total <= MOST:
        raise ValueError(text)
    return shard


Place = TypeVar("Place", bound=Hashable)


def select_shard(places: Iterable[Place], shard: Shard) -> frozenset[Place]:
    """Select the places that belong to a shard; the order in which they are given is no matter.

    Sorted places are dealt out in turn: every shard gets as many, one more or less, and neighbours,
    which often take alike long, go to different shards.
    """
    ordered: list[Any] = sorted(set(places), key=repr)
    return frozenset(ordered[shard.number - 1 :: shard.total])
