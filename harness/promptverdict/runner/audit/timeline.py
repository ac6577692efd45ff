"""A trial taken apart into what can be edited, and put together again.

Calls and their results are moved as one. Files are what each call left: a call that happens at
another time writes the same content, and all later trees follow from that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from promptverdict.trials.evidence import Evidence
from promptverdict.trials.transcript import Answered, Call, Event, Result, pair_calls
from promptverdict.trials.tree import Node, Tree, digest, list_changes

Delta = Mapping[str, Node | None]
"""Path -> what a call left there; None where it removed it."""


@dataclass(frozen=True)
class Done:
    """A call with its result."""

    call: Call
    result: Result
    delta: Delta
    trees: tuple[str, str]
    """Digests of the workspace before and after it, as it happened."""


@dataclass(frozen=True)
class Timeline:
    """The parts of a trial in their order: what was said and ended, and what was done."""

    evidence: Evidence
    parts: tuple[Event | Done, ...] = field(default=())

    @classmethod
    def of(cls, evidence: Evidence) -> Timeline:
        """Take a trial apart."""
        pairs = pair_calls(evidence.events)
        results = {call: number for number, call in pairs.items()}
        trees = [tree for _, tree in evidence.trees()]
        names = evidence.digests()
        order = [
            number for number, event in enumerate(evidence.events) if isinstance(event, Result)
        ]
        parts: list[Event | Done] = []
        for number, event in enumerate(evidence.events):
            if isinstance(event, Call) and number in results:
                result = evidence.events[results[number]]
                step = order.index(results[number])
                if isinstance(result, Result):
                    delta = _find_delta(trees[step], trees[step + 1])
                    parts.append(Done(event, result, delta, (names[step], names[step + 1])))
            elif number not in pairs:
                parts.append(event)
        return cls(evidence, tuple(parts))

    def list_done(self) -> list[int]:
        """List the places of calls in the parts."""
        return [place for place, part in enumerate(self.parts) if isinstance(part, Done)]

    def replace_parts(self, parts: Sequence[Event | Done]) -> Timeline:
        """Return a timeline with other parts."""
        return replace(self, parts=tuple(parts))

    def build(self) -> Evidence:
        """Put the trial together: events, and changes that fit the trees that they are made to.

        Probes' reports of trees that no longer occur are left out.
        """
        start = next(iter(self.evidence.trees()))[1]
        tree: Tree = start
        name = digest(tree)
        events: list[Event] = []
        waiting: list[Result] = []
        for part in self.parts:
            if isinstance(part, Done):
                after = _apply(tree, part.delta)
                names = {part.trees[0]: name, part.trees[1]: digest(after)}
                events.append(part.call)
                waiting.append(_rebase(part.result, tree, after, names))
                tree, name = after, names[part.trees[1]]
                continue
            if isinstance(part, Answered):
                # An answer without calls ends a turn: what moved away must not leave one behind.
                if not waiting and part.stop == "calls":
                    continue
                events += [part, *waiting]
                waiting = []
                continue
            events.append(part)
        outcome = self.evidence.outcome
        built = self.evidence.model_copy(update={"events": (*events, *waiting)})
        if outcome is None:
            return built
        return built.model_copy(
            update={"outcome": outcome.model_copy(update={"probes": (), "judged": ()})}
        )


def _find_delta(before: Tree, after: Tree) -> Delta:
    if before is after:
        return {}
    return {
        path: after.get(path)
        for path in before.keys() | after.keys()
        if before.get(path) != after.get(path)
    }


def _apply(tree: Tree, delta: Delta) -> Tree:
    if not delta:
        return tree
    built = {path: node for path, node in tree.items() if path not in delta}
    return built | {path: node for path, node in delta.items() if node is not None}


def _rebase(result: Result, before: Tree, after: Tree, names: Mapping[str, str]) -> Result:
    """Return a result whose changes and test reports fit other trees."""
    return result.model_copy(
        update={
            "changes": list_changes(before, after) if before is not after else (),
            "tests": tuple(
                report.model_copy(update={"tree": names.get(report.tree, report.tree)})
                for report in result.tests
            ),
        }
    )
