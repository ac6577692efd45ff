"""`promptverdict init`: write a first suite, or packs, and print what to do next.

It only adds files. If one exists with other content, it says so and writes nothing.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from promptverdict.agents.candidates import find_top
from promptverdict.agents.discovery import find_agents
from promptverdict.agents.variant import Variant
from promptverdict.cli.first_steps import EVALS, SUITE, FirstSteps
from promptverdict.cli.starter_files import list_missing_files, write_missing_files
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.text import escape_text, format_count
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.scenarios.packs import choose_packs, find_packs
from promptverdict.settings import Settings, resolve

PLACES = (
    ".claude/agents",
    ".opencode/agent",
    ".opencode/agents",
    "agents",
    ".github/agents",
    ".gemini/agents",
)
"""Usual folders of agents; the first with agents is taken, and the others are named."""

_MOST_SHOWN = 3
"""Of many agents, and of files that cannot be read."""
_MOST_AGENTS = 12
"""That are all named."""


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "init",
        help="write a first suite for your own agents",
        description=f"Find the agents, write {EVALS}/{SUITE} (eight small scenarios for any agent"
        " that works on code) or, with --pack, larger suites on one subject each, and print how to"
        " record them. Existing files are never overwritten.",
    )
    parser.add_argument(
        "--pack",
        metavar="NAMES",
        help=f"write these packs to {EVALS}/ instead, such as tdd or tdd,json; a name that is"
        " none lists them",
    )
    parser.add_argument(
        "--agents",
        help=f"folder or file of the agents (default: the configured one, or {', '.join(PLACES)})",
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Write the suite and print what to do next.

    Raises InputError if no agent can be read, or if a file is in the way.
    """
    settings = resolve(Path.cwd(), {})
    packs = [] if asked.pack is None else choose_packs(asked.pack, find_packs())
    place, agents, remarks = _find_agents(asked.agents, settings)
    # Nothing is written before every file in the way is known.
    missing = list_missing_files(packs)
    write_missing_files(missing)
    suites = [EVALS / name for name in [pack.name for pack in packs] or [SUITE]]
    steps = FirstSteps(place, agents, tuple(load_scenarios(suites)), settings)
    lines = [
        *_render_agents(place, agents),
        *remarks,
        "",
        _format_written(suites, list(missing)),
        "",
        *steps.render_cells(),
        "",
        *steps.render_configuration(),
        *steps.render_commands(),
    ]
    print("\n".join(lines))
    return 0


def _find_agents(
    given: str | None, settings: Settings
) -> tuple[str, tuple[Variant, ...], list[str]]:
    """Find the agents: their place, themselves, and what is not taken, a line each."""
    configured = settings.model_copy(update={"agents": given} if given else {})
    places = [Path(place) for place in configured.agent_places]
    is_configured = "agents" in settings.model_fields_set and any(
        find_top(place).exists() for place in places
    )
    if given or is_configured:
        agents = find_agents(places)
        if not agents.variants:
            raise InputError(agents.problems)
        return configured.agents, agents.variants, list(_format_skipped(agents.problems))
    problems: list[Problem] = []
    found: dict[str, tuple[Variant, ...]] = {}
    for name in filter(os.path.lexists, PLACES):
        agents = find_agents([Path(name)])
        if agents.variants:
            found[name] = agents.variants
        if len(found) <= bool(agents.variants):
            problems += agents.problems
    if found:
        place = next(iter(found))
        remarks = [*_format_skipped(problems), *_format_other_places(found)]
        return place, found[place], remarks
    nowhere = Problem(
        "agents",
        f"there are none in {', '.join(PLACES)}",
        "name their folder: promptverdict init --agents FOLDER",
    )
    raise InputError(problems or [nowhere])


def _format_skipped(problems: Sequence[Problem]) -> Iterator[str]:
    for problem in problems[:_MOST_SHOWN]:
        yield f"skipped {escape_text(problem.where)}: {escape_text(problem.found)}"
    if len(problems) > _MOST_SHOWN:
        yield f"skipped {len(problems) - _MOST_SHOWN} more files that cannot be read"


def _format_other_places(found: Mapping[str, Sequence[Variant]]) -> Iterator[str]:
    """Name the places whose agents are not taken, and how to take all."""
    others = list(found)[1:]
    if others:
        counts = ", ".join(f"{name} ({format_count(len(found[name]), 'agent')})" for name in others)
        every = shlex.join(["promptverdict", "init", "--agents", ",".join(found)])
        yield f"not taken: {counts}; to take all: {every}"


def _render_agents(place: str, agents: Sequence[Variant]) -> Iterator[str]:
    yield f"{format_count(len(agents), 'agent')} in {escape_text(place)}:"
    if len(agents) > _MOST_AGENTS:
        yield from _render_many_agents(place, agents)
        return
    for agent in agents:
        yield f"  {escape_text(agent.id)}"
        for diagnostic in agent.diagnostics:
            text = escape_text(f"{diagnostic.kind}: {diagnostic.text}")
            yield f"    line {diagnostic.line}: {text}"


def _render_many_agents(place: str, agents: Sequence[Variant]) -> Iterator[str]:
    """Render the first agents, what is unusual in all of them, and how to choose some."""
    yield from (f"  {escape_text(agent.id)}" for agent in agents[:_MOST_SHOWN])
    listing = escape_text(shlex.join(["promptverdict", "agents", place]))
    yield f"  and {len(agents) - _MOST_SHOWN} more; list them: {listing}"
    kinds = Counter(diagnostic.kind for agent in agents for diagnostic in agent.diagnostics)
    if kinds:
        counts = ", ".join(f"{kind} ({count})" for kind, count in kinds.most_common())
        yield f"  unusual in their files, all listed there: {escape_text(counts)}"
    name = escape_text(shlex.quote(agents[0].id.partition("/")[0]))
    yield f"  choose some: name them under `variants` in a suite.yaml, or run with -k {name}"


def _format_written(suites: Sequence[Path], written: Sequence[Path]) -> str:
    names = ", ".join(map(str, suites))
    if not written:
        return f"{names} and the schemas exist already: nothing was written"
    return f"{format_count(len(written), 'file')} written: {names} and the schemas"
