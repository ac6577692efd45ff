"""What a row came to, and the sum of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tests.tables.bounded import Ended


@dataclass(frozen=True)
class Outcome:
    """One row: as specified, or in what not."""

    row: str
    mistakes: tuple[str, ...] = ()
    ended: Ended | None = None
    """How the command ended, where the row ran one."""


def render_sum(noun: str, outcomes: Sequence[Outcome]) -> str:
    """Render the sum of a table, and below it each row that is not as specified."""
    wrong = [outcome for outcome in outcomes if outcome.mistakes]
    ended = [outcome.ended for outcome in outcomes if outcome.ended]
    traces = sum(bool(each.traceback) or "Traceback (" in each.err + each.out for each in ended)
    hangs = sum(each.hung for each in ended)
    lines = [
        f"{len(outcomes)} {noun}, {len(outcomes) - len(wrong)} as specified,"
        f" {traces} tracebacks, {hangs} hangs"
    ]
    lines += [f"  {outcome.row}: {'; '.join(outcome.mistakes)}" for outcome in wrong]
    return "\n".join(lines)
