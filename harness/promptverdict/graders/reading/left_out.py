"""Which tests a last run left out, though runs before it had them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptverdict.graders.reading.test_run import TestRun
from promptverdict.graders.reading.test_sources import get_function, get_short_id, is_gone, split_id
from promptverdict.trials.tree import Tree


@dataclass(frozen=True)
class LeftOut:
    """Tests that no run of the last ones had, by how they ended when they ran last."""

    failing: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Tests that a last run may have had: it does not name all that it had."""

    @property
    def words(self) -> str:
        """Name a few of those that were left out."""
        return format_names(self.failing + self.passing)


def format_names(names: Sequence[str]) -> str:
    """Format a few names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def find_left_out(
    runs: Sequence[TestRun], final: Sequence[TestRun], trees: Sequence[Tree]
) -> LeftOut:
    """Find the tests of earlier runs that the final ones left out and that still stand.

    runs: all runs, in order; final: the last of them; trees: as evidence has them, one a result.
    """
    last: dict[str, tuple[TestRun, bool]] = {}
    for run in runs:
        for node in run.nodes:
            if node.outcome != "skipped" and not run.doubt:
                last[node.id] = run, node.outcome == "failed"
    ran = {node.id for run in final for node in run.nodes if node.outcome != "skipped"}
    short = {get_short_id(name) for name in ran}
    files = {split_id(name)[0] for name in ran}
    functions = {get_function(name) for name in ran if get_function(name) != name}
    found: dict[str, list[str]] = {"failing": [], "passing": [], "unknown": []}
    for name, (run, failed) in last.items():
        covered = get_short_id(name) in short if "::" in name else name in files
        # With other parameters, the same test has other names.
        covered = covered or (get_function(name) in functions and not failed)
        if covered or is_gone(trees[run.number], trees[-1], name):
            continue
        held = [_may_hold(other, run) for other in final]
        if True in held:
            continue
        kind = "unknown" if None in held else "failing" if failed else "passing"
        found[kind].append(name)
    return LeftOut(**{kind: tuple(names) for kind, names in found.items()})


def _may_hold(final: TestRun, run: TestRun) -> bool | None:
    """Whether a run had the tests of another that it does not name; None where that is unknown."""
    if final.runner != run.runner:
        return False
    # These two count their tests in parts, of which the end alone may be seen.
    if final.cut and final.runner in ("go", "cargo"):
        return None
    named = sum(node.phase == "call" and node.outcome == "passed" for node in final.nodes)
    if final.passed <= named or final.total < run.total:
        return False
    return True if final.skipped <= run.skipped else None
