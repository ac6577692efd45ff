"""Which cells of a scenario run, and what keeps the others from it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from promptverdict.agents.discovery import AgentFiles
from promptverdict.agents.variant import Variant
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.runner.cells import Cell
from promptverdict.runner.models import check_model, resolve_model
from promptverdict.scenarios.discovery import SUITE_FILE
from promptverdict.scenarios.loading import LoadedScenario, LoadedSuite
from promptverdict.settings import Settings

_MOST_NAMED = 5
"""Tools that a message names."""


@dataclass(frozen=True)
class CellSelection:
    """The cells that can run, and what is wrong with those that cannot."""

    cells: tuple[Cell, ...] = ()
    refused: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)
    """Variant's id -> why its cell cannot run."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why cells cannot run, each reason once."""
        return tuple(dict.fromkeys(p for problems in self.refused.values() for p in problems))


@dataclass(frozen=True)
class ResolvedVariant:
    """A variant that a suite runs with, and what its model means: the same in every scenario."""

    id: str
    variant: Variant
    model: str = ""
    """As `provider/name`; empty where there are problems."""
    problems: tuple[Problem, ...] = ()
    """Why its model means nothing here."""


@dataclass(frozen=True)
class VariantSelection:
    """The variants that a suite runs with, and those whose files cannot be used."""

    resolved: tuple[ResolvedVariant, ...]
    broken: Mapping[str, tuple[Problem, ...]]
    """Id that a file would have -> its problems."""


def list_cells(
    scenario: LoadedScenario, agents: Iterable[Variant], settings: Settings, *, by_hand: bool
) -> list[Cell]:
    """List the cells of a scenario, as `select_cells` does.

    Raises InputError with everything that keeps one of them from running.
    """
    chosen = select_cells(scenario, AgentFiles(tuple(agents)), settings, by_hand=by_hand)
    if chosen.problems:
        raise InputError(chosen.problems)
    return list(chosen.cells)


def select_cells(
    scenario: LoadedScenario, agents: AgentFiles, settings: Settings, *, by_hand: bool
) -> CellSelection:
    """Select the cells of a scenario with the variants of its suite. Raises InputError.

    A file that cannot be used, a model that means nothing here and an agent whose tools are all
    missing keep only their own cells from running.
    """
    variants = select_variants(scenario.suite, agents, settings, by_hand=by_hand)
    return build_cells(scenario, variants, settings)


def select_variants(
    suite: LoadedSuite, agents: AgentFiles, settings: Settings, *, by_hand: bool
) -> VariantSelection:
    """Select the variants that a suite names, or all.

    by_hand: the agents were asked for on the command line. Then those the suite names run if they
    are among them, and if none is, all of them: measured, since nothing is required of them.
    Raises InputError for a variant that should be there, for a stance of one that does not run,
    and for a model that the whole run is to use.
    """
    if settings.model:
        check_model(settings.model, "--model", f"`{settings.model}`")
    _check_run_model(settings.user_model, "user_model")
    _check_run_model(settings.judge, "judge")
    known = {agent.id: agent for agent in agents.variants}
    broken = {name: problems for name, problems in agents.broken.items() if name not in known}
    named = suite.suite.variants
    missing = [name for name in named if name not in known and name not in broken]
    if missing and not by_hand:
        where = f"{display_path(suite.folder / SUITE_FILE)}: variants"
        cure = f"there are: {', '.join(sorted(known)) or 'none'}"
        raise InputError(
            Problem(where, f"there is no {name} in {settings.agents}", cure) for name in missing
        )
    if not by_hand:
        _check_stances(suite, named or (*known, *broken))
    wanted = [name for name in named if name in known or name in broken]
    return VariantSelection(
        tuple(
            _resolve_variant(name, known[name], settings)
            for name in wanted or known
            if name in known
        ),
        {name: broken[name] for name in wanted or broken if name in broken},
    )


def _resolve_variant(name: str, variant: Variant, settings: Settings) -> ResolvedVariant:
    try:
        return ResolvedVariant(name, variant, resolve_model(variant, settings))
    except InputError as error:
        return ResolvedVariant(name, variant, problems=error.problems)


def build_cells(
    scenario: LoadedScenario, variants: VariantSelection, settings: Settings
) -> CellSelection:
    """Build the cells of a scenario with the variants that its suite runs with."""
    refused = dict(variants.broken)
    cells = []
    for resolved in variants.resolved:
        if resolved.problems:
            refused[resolved.id] = resolved.problems
            continue
        try:
            cells.append(_build_cell(scenario, resolved, settings))
        except InputError as error:
            refused[resolved.id] = error.problems
    return CellSelection(tuple(cells), refused)


def _check_stances(suite: LoadedSuite, variants: Collection[str]) -> None:
    """Raise InputError for a stance of a variant that does not run: a typo would lose a promise."""
    where = display_path(suite.folder / SUITE_FILE)
    raised = [
        Problem(
            f"{where}: behaviours.{name}",
            f"{variant} does not run here",
            f"there are: {', '.join(sorted(variants)) or 'none'}",
        )
        for name, behaviour in suite.suite.behaviours.items()
        for variant in (*behaviour.promised, *behaviour.weak)
        if variant not in variants
    ]
    if raised:
        raise InputError(raised)


def _build_cell(scenario: LoadedScenario, resolved: ResolvedVariant, settings: Settings) -> Cell:
    """Build a cell. Raises InputError for lost tools."""
    model = resolved.model
    cell = Cell(
        scenario,
        resolved.variant,
        model,
        settings.parameters.get(model, {}),
        settings.user_model or model,
        settings.promise,
        settings.judge,
    )
    if not settings.allow_no_tools:
        _check_tools(cell)
    return cell


def _check_tools(cell: Cell) -> None:
    """Raise InputError for an agent that lists tools and is offered none: no platform starts it."""
    if not cell.has_lost_tools:
        return
    offered = (*cell.scenario.scenario.tools, *cell.scenario.scenario.mcp)
    asked = ", ".join(cell.variant.asked_tools[:_MOST_NAMED])
    raise InputError(
        [
            Problem(
                cell.variant.path,
                f"it ends with no tools in {cell.scenario.suite.id}/{cell.scenario.id}: it lists"
                f" {asked}, and the scenario offers {', '.join(offered[:_MOST_NAMED])}",
                "correct its list, script its MCP server (mcp), or ask with --allow-no-tools true",
            )
        ]
    )


def _check_run_model(model: str | None, where: str) -> None:
    """Raise InputError for a model, named for the whole run, that is none."""
    if model is not None:
        check_model(model, where, model)
