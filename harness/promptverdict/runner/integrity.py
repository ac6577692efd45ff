"""Inspects trials: whether the agent was shown anything that grades it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from promptverdict.core.errors import InputError, TaintedTrial
from promptverdict.runner.cells import Cell
from promptverdict.scenarios.grading_material import list_given_texts
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.integrity import Integrity, describe_integrity, inspect_events
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.transcript import Result


def inspect_record(cell: Cell, record: TrialRecord) -> TrialRecord:
    """Return a record with the integrity of its trial; a tainted one has a fault and no grades."""
    if not record.evidence.events:
        return record
    integrity = inspect_evidence(cell.scenario, cell.variant.prompt, record.evidence)
    update: dict[str, object] = {"integrity": integrity}
    if integrity.state == "tainted" and not record.fault:
        update |= {"fault": Fault.of(_build_error(integrity)), "grades": ()}
    return record.model_copy(update=update)


def inspect_evidence(scenario: LoadedScenario, prompt: str, evidence: Evidence) -> Integrity:
    """Look for the suite's grading material in a trial's evidence.

    prompt: the agent's, which it may quote.
    """
    try:
        index = scenario.suite.phrases
    except InputError as error:
        return Integrity(state="unknown", why=str(error.problems[0]).partition("\n")[0])
    given = (prompt, *list_given_texts(scenario.scenario))
    return inspect_events(evidence.events, index, given, _read_workspaces(evidence))


def _read_workspaces(evidence: Evidence) -> Callable[[int], Iterable[str]]:
    """Return what reads the workspace as it was before and after a result, by its event."""

    def read(number: int) -> Iterator[str]:
        results = sum(isinstance(event, Result) for event in evidence.events[: number + 1])
        trees = dict(evidence.trees())
        for tree in (trees[results - 1], trees[results]):
            for node in tree.values():
                if node.kind == "file":
                    yield node.content.decode("utf-8", "replace")

    return read


def _build_error(integrity: Integrity) -> TaintedTrial:
    return TaintedTrial(
        f"{describe_integrity(integrity)}\n"
        "  keep what grades out of the agent's reach, and record it again: --record all"
    )
