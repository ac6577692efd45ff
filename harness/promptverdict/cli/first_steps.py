"""What to do with first suites: their cells, what pyproject.toml needs, the commands."""

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

TOKENS_OF_A_TRIAL = (3, 56)
"""Thousands of tokens that the smallest and the largest recorded trial of our own suites took."""


@dataclass(frozen=True)
class FirstSteps:
    """The next steps of a project with agents and first suites."""

    place: str
    """Folder or file of the agents, as commands take it."""
    agents: tuple[Variant, ...]
    scenarios: tuple[LoadedScenario, ...]
    settings: Settings

    def render_cells(self) -> Iterator[str]:
        """Render what there is to record, and what it takes."""
        number = format_count(len(self.scenarios) * len(self.agents), "cell")
        scenarios = format_count(len(self.scenarios), "scenario")
        yield f"{number} ({scenarios} x {format_count(len(self.agents), 'agent')}):"
        names = [f"{scenario.suite.id}/{scenario.id}" for scenario in self.scenarios]
        width = max(map(len, names))
        for name, scenario in zip(names, self.scenarios, strict=True):
            yield f"  {name:{width}}  {scenario.scenario.title}"
        tokens, (least, most) = self._count_first_tokens(), TOKENS_OF_A_TRIAL
        yield f"To record them, the first requests alone are about {tokens:,} tokens. A trial takes"
        yield "more, since it asks again after its tool calls: the recorded trials of"
        yield f"promptverdict's own suites took {least},000 to {most},000 tokens each."

    def render_configuration(self) -> Iterator[str]:
        """Render what to add to pyproject.toml; nothing if it has enough."""
        unknown = [_format_model_key(agent) for agent in self.agents if not self._has_model(agent)]
        has_table = bool(read_table(Path("pyproject.toml")))
        names = [
            _format_key(name)
            for name in dict.fromkeys(unknown if has_table else ["default", *unknown])
        ]
        if not names:
            return
        where = "[tool.promptverdict.models] in pyproject.toml" if has_table else "pyproject.toml"
        verb = "Add to" if Path("pyproject.toml").exists() else "Create"
        with_ = "" if verb == "Add to" else " with these lines"
        yield f"{verb} {where}{with_}, and replace the dots by each model's full name:"
        yield ""
        if not has_table:
            yield "  [tool.promptverdict]"
            yield f"  agents = {_format_string(self.place)}"
            yield ""
            yield "  [tool.promptverdict.models]"
        yield "  # replace the dots by the model's full name, as its provider writes it"
        yield from (f'  {name} = "anthropic/..."' for name in names)
        yield "  # or, without a key, answered by hand:"
        yield from (f'  # {name} = "relay/me"' for name in names)
        yield ""

    def render_commands(self) -> Iterator[str]:
        """Render the commands to run next."""
        every = self._format_pytest(f"{EVALS}/")
        one_cell = self._format_pytest(
            format_node_id(
                f"{EVALS}/{self.scenarios[0].suite.id}/{self.scenarios[0].id}.yaml",
                self.agents[0].id,
            )
        )
        yield "Commit this, edit a prompt, and let one command record both sides and answer whether"
        yield "the agent improved or regressed since main:"
        yield "  export ANTHROPIC_API_KEY=..."
        yield f"  {every} --base main --record once"
        yield "  promptverdict report --open"
        yield "Or record one version alone: first one cell, to see what a trial takes, then all:"
        yield f"  {one_cell} --record once"
        yield f"  {every} --record once"
        yield "Or without a key, answered by hand, in three terminals:"
        yield '  promptverdict relay serve --name me --operator "me, by hand"'
        yield f"  {every} --model relay/me --record once"
        yield "  promptverdict relay take"
        yield "Replay the recordings, free and offline (the relay's with --model relay/me):"
        yield f"  {every}"
        yield "No behaviour is required yet, so nothing fails. To require all of them:"
        yield f"  {every} --promise all"
        yield "See the agents as they are read:"
        places = self.settings.model_copy(update={"agents": self.place}).agent_places
        yield f"  {escape_text(shlex.join(['promptverdict', 'agents', *places]))}"
        yield f"Plain `pytest` also collects {EVALS}/: name your tests' folder, or set testpaths."

    def _format_pytest(self, argument: str) -> str:
        options = [] if self.place == self.settings.agents else ["--agents", self.place]
        return escape_text(shlex.join(["pytest", argument, *options]))

    def _count_first_tokens(self) -> int:
        from promptverdict.runner.estimate import estimate

        # Models may not be configured yet, and a first request is as long with any of them.
        cells = [
            Cell(scenario, agent, "default") for scenario in self.scenarios for agent in self.agents
        ]
        planned = (
            cell.get_trial(number)
            for cell in cells
            for number in range(self.settings.trials or cell.scenario.suite.suite.trials)
        )
        return estimate(planned, {}).first_requests

    def _has_model(self, agent: Variant) -> bool:
        try:
            resolve_model(agent, self.settings)
        except InputError:
            return False
        return True


def _format_model_key(agent: Variant) -> str:
    """Return the key in [tool.promptverdict.models] that an agent's model is looked up by."""
    return "default" if agent.model in (None, "", "inherit") else str(agent.model)


def _format_key(name: str) -> str:
    """Format a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _format_string(name)


def _format_string(text: str) -> str:
    """Format a string of TOML."""
    return escape_text(json.dumps(text, ensure_ascii=False))
