"""What to do with a first suite, in words: its cells, what pyproject.toml lacks, the commands."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from promptverdict.agents.variant import Variant
from promptverdict.core.errors import InputError
from promptverdict.core.ids import format_node_id
from promptverdict.core.text import escape_text, format_count
from promptverdict.runner.cells import Cell
from promptverdict.runner.models import resolve_model
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.settings import Settings, read_table

EVALS = Path("evals")
SUITE = "first-look"

SPENT = (12, 52)
"""Thousands of tokens that the cheapest and the dearest recorded trial of our own suites took."""


@dataclass(frozen=True)
class Start:
    """A project that has agents and its first suite."""

    place: str
    """Where the agents lie, as it is given to a command."""
    agents: tuple[Variant, ...]
    scenarios: tuple[LoadedScenario, ...]
    settings: Settings

    def cells(self) -> Iterator[str]:
        """List what there is to record, and say what it takes."""
        number = format_count(len(self.scenarios) * len(self.agents), "cell")
        scenarios = format_count(len(self.scenarios), "scenario")
        yield f"{number} ({scenarios} x {format_count(len(self.agents), 'agent')}):"
        width = max(len(one.id) for one in self.scenarios)
        yield from (f"  {SUITE}/{one.id:{width}}  {one.scenario.title}" for one in self.scenarios)
        asked, (least, most) = self._first_requests(), SPENT
        yield f"To record them, the first requests alone are about {asked:,} tokens. A trial asks"
        yield "again after its tool calls, and takes more: recorded trials of promptverdict's own"
        yield f"suites took {least} to {most} thousand tokens each."

    def configuration(self) -> Iterator[str]:
        """Say what pyproject.toml lacks; nothing where it says enough."""
        unknown = [_asked(agent) for agent in self.agents if not self._is_known(agent)]
        told = bool(read_table(Path("pyproject.toml")))
        names = [_key(name) for name in dict.fromkeys(unknown if told else ["default", *unknown])]
        if not names:
            return
        where = "[tool.promptverdict.models] in pyproject.toml" if told else "pyproject.toml"
        yield f"Add to {where}, with each model's full name in place of the dots:"
        yield ""
        if not told:
            yield "  [tool.promptverdict]"
            yield f"  agents = {_text(self.place)}"
            yield ""
            yield "  [tool.promptverdict.models]"
        yield "  # in place of the dots: the model's full name, as its provider writes it"
        yield from (f'  {name} = "anthropic/..."' for name in names)
        yield "  # or, without a key, answered by hand:"
        yield from (f'  # {name} = "relay/me"' for name in names)
        yield ""

    def commands(self) -> Iterator[str]:
        """Give the commands that lead on."""
        every = self._pytest(f"{EVALS}/")
        one = self._pytest(
            format_node_id(f"{EVALS}/{SUITE}/{self.scenarios[0].id}.yaml", self.agents[0].id)
        )
        yield "Record with a key: one cell, which shows what a trial takes, then what is missing:"
        yield "  export ANTHROPIC_API_KEY=..."
        yield f"  {one} --record once"
        yield f"  {every} --record once"
        yield "Or without a key, answered by hand, in three terminals:"
        yield '  promptverdict relay serve --name me --operator "me, by hand"'
        yield f"  {every} --model relay/me --record once"
        yield "  promptverdict relay take"
        yield "Replay what was recorded, free and offline (after the relay, with --model relay/me):"
        yield f"  {every}"
        yield "Nothing is promised yet, so nothing fails. To have what is not shown fail:"
        yield f"  {every} --promise all"
        yield "See the agents as they are read:"
        yield f"  {escape_text(shlex.join(['promptverdict', 'agents', self.place]))}"
        yield f"A bare `pytest` collects {EVALS}/ too: name your tests' folder, or set testpaths."

    def _pytest(self, argument: str) -> str:
        asked = [] if self.place == self.settings.agents else ["--agents", self.place]
        return escape_text(shlex.join(["pytest", argument, *asked]))

    def _first_requests(self) -> int:
        from promptverdict.runner.estimate import estimate

        # What a model means here need not be known yet: a first request is as long with any.
        cells = [Cell(one, agent, "default") for one in self.scenarios for agent in self.agents]
        trials = self.settings.trials or self.scenarios[0].suite.suite.trials
        planned = (cell.get_trial(number) for cell in cells for number in range(trials))
        return estimate(planned, {}).first_requests

    def _is_known(self, agent: Variant) -> bool:
        try:
            resolve_model(agent, self.settings)
        except InputError:
            return False
        return True


def _asked(agent: Variant) -> str:
    """Give the name under which [tool.promptverdict.models] is asked for an agent's model."""
    return "default" if agent.model in (None, "", "inherit") else str(agent.model)


def _key(name: str) -> str:
    """Write a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(text: str) -> str:
    """Write a text of TOML."""
    return escape_text(json.dumps(text, ensure_ascii=False))
