"""`promptverdict agents`: every agent file as it is read, and what is unusual in it."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from promptverdict.agents.candidates import find_top
from promptverdict.agents.discovery import find_agents
from promptverdict.agents.variant import Variant
from promptverdict.cli.init import PLACES
from promptverdict.core.errors import InputError
from promptverdict.core.text import escape_text, format_count
from promptverdict.settings import resolve


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "agents",
        help="list the agents as they are read, with anything unusual in their files",
        description="List every agent with the dialect, model, tools and prompt size that are read"
        " from its file, and anything unusual in the file, with its line.",
    )
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="folders, files or patterns such as 'plugins/*/agents' (default: the configured ones)",
    )
    parser.add_argument("--json", action="store_true", help="print the agents as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the agents, and what is wrong with files that are none; 2 where there is any such."""
    places = arguments.paths or _find_places()
    agents = find_agents([Path(place) for place in places])
    variants = list(agents.variants)
    if arguments.json:
        print(json.dumps([_build_normal_form(variant) for variant in variants], indent=2))
    elif sys.stdout.isatty():
        _print_styled(variants)
    else:
        print("\n".join(_render_plain(variants)))
    if agents.skipped and not arguments.json:
        print(f"no agents: {escape_text(', '.join(agents.skipped))}")
    if agents.problems:
        raise InputError(agents.problems)
    return 0


def _find_places() -> tuple[str, ...]:
    """Return the configured places if one of them exists, and else the first usual one."""
    configured = resolve(Path.cwd(), {}).agent_places
    if any(find_top(Path(place)).exists() for place in configured):
        return configured
    return next(((place,) for place in PLACES if Path(place).exists()), configured)


def _build_normal_form(variant: Variant) -> dict[str, object]:
    return {"id": variant.id, **variant.model_dump(mode="json")}


def _list_rows(variant: Variant) -> list[tuple[str, str]]:
    """List what is shown of a variant, as (label, text), without its diagnostics."""
    tools = "all that a scenario allows"
    if variant.tools is not None:
        tools = ", ".join(variant.tools) or "none"
    if variant.unknown_tools:
        tools += f" (not ours: {', '.join(variant.unknown_tools)})"
    lines = variant.prompt.count("\n") + 1
    return [
        ("file", f"{variant.path}, {variant.dialect}"),
        ("name", variant.name or "none given"),
        ("model", variant.model or "none given"),
        ("tools", tools),
        (
            "prompt",
            f"{format_count(lines, 'line')}, {format_count(len(variant.prompt), 'character')}",
        ),
    ]


def _list_diagnostics(variant: Variant) -> list[tuple[str, str]]:
    return [
        (f"line {diagnostic.line}", f"{diagnostic.kind}: {diagnostic.text}")
        for diagnostic in variant.diagnostics
    ]


def _render_plain(variants: list[Variant]) -> list[str]:
    lines = []
    for variant in variants:
        lines.append(escape_text(variant.id))
        lines += [f"  {label:8}  {escape_text(text)}" for label, text in _list_rows(variant)]
        lines += [f"  {label:8}  {escape_text(text)}" for label, text in _list_diagnostics(variant)]
        lines.append("")
    return [*lines, _format_summary(variants)]


def _print_styled(variants: list[Variant]) -> None:
    # Slow to import, and not needed for JSON and plain text.
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for variant in variants:
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in _list_rows(variant):
            table.add_row(Text(label, "dim"), Text(escape_text(text)))
        for label, text in _list_diagnostics(variant):
            table.add_row(Text(label, "yellow"), Text(escape_text(text)))
        console.print(Text(escape_text(variant.id), "bold"))
        console.print(Padding(table, (0, 0, 1, 2)))
    console.print(Text(_format_summary(variants), "dim"))


def _format_summary(variants: list[Variant]) -> str:
    odd = sum(len(variant.diagnostics) for variant in variants)
    return f"{format_count(len(variants), 'agent file')}, {format_count(odd, 'diagnostic')}"
