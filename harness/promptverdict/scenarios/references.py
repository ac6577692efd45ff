"""Checks that the names in a suite.yaml are those of variants, behaviours and scenarios it has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from promptverdict.core.errors import Problem
from promptverdict.core.ids import parse_node_id
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import Document
from promptverdict.scenarios.suite import Suite


def check_references(suite: Suite, document: Document, path: Path) -> Iterator[Problem]:
    """Check a suite that was read from a document at a path; yield what does not exist."""
    where = _Places(document, path)
    yield from _check_variants(suite, where)
    yield from _check_known_failing(suite, where)
    yield from _check_themes(suite, where)
    yield from _check_families_and_gate(suite, where)


class _Places:
    """Where the keys of a suite.yaml stand."""

    def __init__(self, document: Document, path: Path) -> None:
        self._document, self._path = document, path

    def format(self, *keys: str | int, shown: str) -> str:
        """Format the file and line of some keys, and the key that is shown."""
        return f"{display_path(self._path)}:{self._document.lines.get(keys, 1)}: {shown}"

    def has_scenario(self, name: str) -> bool:
        """Return whether a scenario lies beside the suite.yaml."""
        return self._path.with_name(f"{name}.yaml").is_file()


def _check_variants(suite: Suite, where: _Places) -> Iterator[Problem]:
    if not suite.variants:
        return
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("behaviours", name, stance), variant)
        for name, behaviour in suite.behaviours.items()
        for stance, variants in (("promised", behaviour.promised), ("weak", behaviour.weak))
        for variant in variants
    ]
    named += [
        (("known_failing", number), parse_node_id(known.cell)[1])
        for number, known in enumerate(suite.known_failing)
    ]
    for keys, variant in named:
        if variant not in suite.variants:
            yield Problem(
                where.format(*keys, shown=str(keys[0])),
                f"{variant or 'no variant'} is not in variants",
                f"name one of {', '.join(suite.variants)}",
            )


def _check_known_failing(suite: Suite, where: _Places) -> Iterator[Problem]:
    for number, known in enumerate(suite.known_failing):
        scenario, _ = parse_node_id(known.cell)
        if not where.has_scenario(scenario):
            yield Problem(
                where.format("known_failing", number, shown="known_failing"),
                f"there is no scenario {scenario}",
                "write scenario::agent/variant, with the stem of a file beside this one",
            )


def _check_themes(suite: Suite, where: _Places) -> Iterator[Problem]:
    for name, theme in suite.themes.items():
        for number, behaviour in enumerate(theme.behaviours):
            if behaviour not in suite.behaviours:
                yield Problem(
                    where.format("themes", name, "behaviours", number, shown=f"themes.{name}"),
                    f"{behaviour} is not a behaviour of this suite",
                    f"name some of {', '.join(suite.behaviours) or 'none: write behaviours'}",
                )


def _check_families_and_gate(suite: Suite, where: _Places) -> Iterator[Problem]:
    named = {("families", name): family for name, family in suite.families.items()}
    named["gate", "critical"] = suite.gate.critical if suite.gate else ()
    for keys, scenarios in named.items():
        for number, scenario in enumerate(scenarios):
            if not where.has_scenario(scenario):
                yield Problem(
                    where.format(*keys, number, shown=".".join(keys)),
                    f"there is no scenario {scenario}",
                    "write the stem of a file beside this one",
                )
