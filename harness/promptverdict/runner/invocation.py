"""How pytest was called, to write commands that call it again and record."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from promptverdict.core.secrets import hide_secrets

MOST_CELLS = 5
"""Cells that one command names."""


@dataclass(frozen=True)
class Invocation:
    """A call of pytest."""

    arguments: tuple[str, ...] = ("evals/",)
    """Without how it recorded and was distributed."""
    options: tuple[str, ...] = ()
    """Those of the arguments that name nothing to collect."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Every cell of the run, `suite/scenario::agent/variant` -> its node id as seen from here."""

    def format_command(self, mode: str) -> str:
        """Write the command that looks at all there is."""
        return _format(["pytest", *self.arguments, "--record", mode])

    def format_node_command(self, node: str, mode: str) -> str:
        """Write the command that looks at one node."""
        return _format(["pytest", *self.options, node, "--record", mode])

    def format_cells_command(self, cells: Sequence[str]) -> str:
        """Write the command that records these cells and no others, whatever recordings they have.

        Raises KeyError for a cell without a node.
        """
        nodes = [self.nodes[cell] for cell in dict.fromkeys(cells)]
        if len(nodes) == len(self.nodes):
            return self.format_command("all")
        left_out = len(nodes) - MOST_CELLS
        more = f" (and {left_out} more)" if left_out > 0 else ""
        named = [*self.options, *nodes[:MOST_CELLS]]
        return _format(["pytest", *named, "--record", "all"]) + more


def _format(words: Sequence[str]) -> str:
    """Write a command, without the password of a relay's address that stands in it."""
    return hide_secrets(shlex.join(words), {})


WHOLE = Invocation()
"""The call of all there is."""
