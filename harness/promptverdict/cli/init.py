"""`promptverdict init`: a first suite for the agents that a project has, and how to go on.

It only adds files: one that is there with other content is told, and then nothing is written.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from promptverdict.agents.discovery import load_agents
from promptverdict.agents.variant import Variant
from promptverdict.cli import schema
from promptverdict.cli.first_steps import EVALS, SUITE, Start
from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import write_files
from promptverdict.core.text import escape_text, format_count
from promptverdict.scenarios.loading import LoadedScenario, load_scenarios
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.settings import Settings, resolve

STARTER = Path(__file__).parents[1] / "starter"
"""Holds what is written into evals/."""

PLACES = (".claude/agents", ".opencode/agent", ".opencode/agents", "agents")
"""Where agents are looked for, in this order."""

ATTRIBUTES = """\
# Recordings are sealed and workspace files hashed, so Git must not change their line ends.
* -text
"""
"""What stands in evals/.gitattributes, unless there is such a file."""

_MOST_TOLD = 3


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "init",
        help="write a first suite for your own agents",
        description=f"Find the agents, write {EVALS}/{SUITE} (three small scenarios that say"
        " something of any agent that works on code), and tell how to record it. A file that is"
        " there is never overwritten.",
    )
    parser.add_argument(
        "--agents",
        help=f"folder or file of the agents (default: the configured one, or {', '.join(PLACES)})",
    )
    parser.set_defaults(run=run)


def run(asked: argparse.Namespace) -> int:
    """Write the suite and say what to do next.

    Raises InputError where there is no agent that can be read, and where a file is in the way.
    """
    settings = resolve(Path.cwd(), {})
    place, agents, passed_over = _agents(asked.agents, settings)
    missing = _missing(_starter())
    write_files(missing)
    start = Start(place, agents, _scenarios(), settings)
    lines = [
        *_about_agents(place, agents),
        *(f"passed over {told}" for told in passed_over),
        "",
        _about_files(list(missing)),
        "",
        *start.cells(),
        "",
        *start.configuration(),
        *start.commands(),
    ]
    print("\n".join(lines))
    return 0


def _agents(given: str | None, settings: Settings) -> tuple[str, tuple[Variant, ...], list[str]]:
    """Find the agents: where they lie, they themselves, and what was passed over on the way."""
    configured = "agents" in settings.model_fields_set and Path(settings.agents).exists()
    if given or configured:
        place = given or settings.agents
        return place, load_agents(Path(place)), []
    problems: list[Problem] = []
    for place in filter(os.path.lexists, PLACES):
        try:
            return place, load_agents(Path(place)), list(_told(problems))
        except InputError as error:
            problems += error.problems
    nowhere = Problem(
        "agents",
        f"there are none in {', '.join(PLACES)}",
        "say where they are: promptverdict init --agents FOLDER",
    )
    raise InputError(problems or [nowhere])


def _told(problems: list[Problem]) -> Iterator[str]:
    yield from (
        f"{escape_text(one.where)}: {escape_text(one.found)}" for one in problems[:_MOST_TOLD]
    )
    if len(problems) > _MOST_TOLD:
        yield f"{len(problems) - _MOST_TOLD} more files that cannot be read"


def _starter() -> dict[Path, str]:
    """Give what is to stand below evals/."""
    texts = {EVALS / path: node.content.decode() for path, node in read_tree(STARTER).items()}
    texts |= {EVALS / f"{kind}.schema.json": schema.render_schema(kind) for kind in schema.SCHEMAS}
    attributes = EVALS / ".gitattributes"
    return texts if os.path.lexists(attributes) else texts | {attributes: ATTRIBUTES}


def _missing(texts: dict[Path, str]) -> dict[Path, str]:
    """Leave out what is there already. Raises InputError for files with other content."""
    there = {path for path in texts if os.path.lexists(path)}
    if problems := [
        Problem(str(path), "is there already, with other content", _cure(path))
        for path in texts
        if path in there and _read(path) != texts[path].encode()
    ]:
        raise InputError(problems)
    return {path: text for path, text in texts.items() if path not in there}


def _cure(path: Path) -> str:
    if path.parent == EVALS:
        return f"if it is an old schema, renew it: promptverdict schema --write {EVALS}"
    return "rename or remove it to have the starter's; nothing was written"


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _scenarios() -> tuple[LoadedScenario, ...]:
    return tuple(load_scenarios([STARTER / SUITE]))


def _about_agents(place: str, agents: Sequence[Variant]) -> Iterator[str]:
    yield f"{format_count(len(agents), 'agent')} in {escape_text(place)}:"
    for agent in agents:
        yield f"  {escape_text(agent.id)}"
        for one in agent.diagnostics:
            yield f"    line {one.line}: {escape_text(f'{one.kind}: {one.text}')}"


def _about_files(written: Sequence[Path]) -> str:
    if not written:
        return f"{EVALS}/{SUITE} and the schemas are there already: nothing was written"
    return f"{format_count(len(written), 'file')} written: {EVALS}/{SUITE} and the schemas"
