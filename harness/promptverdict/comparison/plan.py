"""A comparison as it is planned, before results are seen: what will be asked, judged and counted.

A plan can be sealed: its digest is kept in the results, and every comparison made later says
whether it kept to the plan, and what changed since.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from promptverdict.comparison.git import merge_base
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.core.clock import format_now
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import is_there, write_file
from promptverdict.core.json_files import read_json
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.recording.digest import hash_part
from promptverdict.runner.cells import Cell
from promptverdict.runner.probes import hash_probes
from promptverdict.scenarios.checks_file import CHECKS_FILE
from promptverdict.settings import Settings

FILE = "plan.json"
"""Below the folder of the results: the plan that was sealed last."""

_JUDGED = ("behaviours", "themes", "families", "gate", "contemporary", "require", "baseline")
"""Keys of a suite that decide what a comparison says."""


class Plan(Frozen):
    """What a comparison will consist of; two plans are equal exactly where their digests are."""

    base: str | None
    """Revision that each variant is compared with; None: the suites' baselines."""
    suites: dict[str, dict[str, Any]]
    """Suite -> its trials a cell, and how its behaviours are judged."""
    cells: dict[str, str]
    """`suite/scenario::agent/variant` -> hash of everything that its trials are asked."""
    graders: dict[str, str]
    """`suite/scenario` -> hash of its graders."""

    @property
    def digest(self) -> str:
        """16 hexadecimal digits over the whole plan."""
        return hash_part(self.model_dump(mode="json"))


class SealedPlan(Frozen):
    """A plan, and when it was sealed."""

    plan: Plan
    digest: str
    sealed: str
    """When, in UTC: 2026-01-31T12:00:00Z."""


def build_plan(cells: Sequence[Cell], settings: Settings, root: Path) -> Plan:
    """Build the plan of comparing some cells, as suites, scenarios, agents and settings lie.

    root: a folder of the repository. Raises InputError where there is no such revision.
    """
    suites: dict[str, dict[str, Any]] = {}
    graders: dict[str, str] = {}
    for cell in cells:
        scenario = cell.scenario
        suite = scenario.suite.suite
        if scenario.suite.id not in suites:
            judged = suite.model_dump(mode="json", include=set(_JUDGED))
            checks = scenario.suite.folder / CHECKS_FILE
            suites[scenario.suite.id] = {
                "trials": settings.trials or suite.trials,
                "checks.py": _hash_text(checks) if checks.is_file() else None,
                **judged,
            }
        name = f"{scenario.suite.id}/{scenario.id}"
        if name not in graders:
            graded = scenario.scenario.model_dump(mode="json", include={"grades"})
            graders[name] = hash_part([graded, hash_probes(scenario)])
    return Plan(
        base=_find_base(settings, root),
        suites=suites,
        cells={cell.id: hash_part([cell.model, cell.digest]) for cell in cells},
        graders=graders,
    )


def _hash_text(path: Path) -> str:
    # Python reads what is not UTF-8 in a comment, and so must this.
    return hash_part(path.read_bytes().decode("utf-8", "replace"))


def _find_base(settings: Settings, root: Path) -> str | None:
    """Name the commit that is compared with: a branch may have moved since the plan was sealed."""
    if settings.base is None:
        return None
    return f"{settings.base} ({merge_base(root, settings.base).commit[:12]})"


def seal_plan(plan: Plan, results: Path) -> SealedPlan:
    """Keep a plan in the results, in the place of the one before. Raises StorageError."""
    sealed = SealedPlan(plan=plan, digest=plan.digest, sealed=format_now())
    write_file(results / FILE, sealed.model_dump_json(indent=1) + "\n")
    return sealed


def read_sealed_plan(results: Path) -> SealedPlan | None:
    """Read the plan that was sealed last; None where there is none. Raises InputError."""
    path = results / FILE
    if not is_there(path):
        return None
    cure = "seal the plan again: promptverdict plan --seal"
    sealed = read_json(SealedPlan, path, "not a sealed plan", cure)
    if sealed.digest != sealed.plan.digest:
        cure = "restore it from version control, or seal a new plan: promptverdict plan --seal"
        raise InputError([Problem(display_path(path), "was edited after it was sealed", cure)])
    return sealed


def add_plan_note(
    comparisons: Comparisons, cells: Sequence[Cell], settings: Settings, root: Path
) -> Comparisons:
    """Add to comparisons whether they kept to the sealed plan. Raises InputError."""
    sealed = read_sealed_plan(root / settings.results)
    if sealed is None:
        return comparisons
    sides = [side for each in comparisons.comparisons for side in (each.baseline, each.candidate)]
    moments = [side.oldest for side in sides if side.oldest]
    plan = build_plan(cells, settings, root)
    notes = note_plan(sealed, plan, min(moments, default=None))
    return comparisons.model_copy(update={"notes": (*comparisons.notes, *notes)})


def note_plan(sealed: SealedPlan, plan: Plan, oldest: str | None) -> Iterator[str]:
    """Note whether a comparison kept to the sealed plan, and what differs.

    oldest: when the oldest evidence was recorded. A plan that was sealed after it may have been
    made with the results in sight.
    """
    name = f"the plan {sealed.digest} of {sealed.sealed}"
    if changes := list(list_changes(sealed.plan, plan)):
        yield f"differs from {name}: {'; '.join(changes)}"
    elif oldest is not None and oldest < sealed.sealed:
        yield f"as {name}, which was sealed after the oldest evidence was recorded ({oldest})"
    else:
        yield f"kept to {name}"


def list_changes(old: Plan, new: Plan) -> Iterator[str]:
    """List what differs between two plans, each in a few words."""
    if old.base != new.base:
        yield f"compared with {new.base or 'baselines'} and not {old.base or 'baselines'}"
    yield from _list_keys("suite", old.suites, new.suites)
    for name in sorted(old.suites.keys() & new.suites.keys()):
        before, after = old.suites[name], new.suites[name]
        for key in sorted(before.keys() | after.keys()):
            if before.get(key) != after.get(key):
                yield f"{name}: {key} changed"
    yield from _list_keys("cell", old.cells, new.cells)
    asked = [name for name, digest in new.cells.items() if old.cells.get(name, digest) != digest]
    if asked:
        yield f"asked differently: {_shorten(asked)}"
    graded = [
        name for name, digest in new.graders.items() if old.graders.get(name, digest) != digest
    ]
    if graded:
        yield f"graded differently: {_shorten(graded)}"


def _list_keys(kind: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for names, happened in ((new.keys() - old.keys(), "added"), (old.keys() - new.keys(), "gone")):
        if names:
            yield f"{kind} {happened}: {_shorten(sorted(names))}"


def _shorten(names: Iterable[str]) -> str:
    listed = list(names)
    more = f" and {len(listed) - 3} more" if len(listed) > 3 else ""
    return f"{', '.join(listed[:3])}{more}"


def format_plan(plan: Plan) -> str:
    """Write a plan as JSON, keys sorted."""
    return json.dumps(plan.model_dump(mode="json"), indent=1, sort_keys=True)
