"""Which trials exist, and what each is evidence of.

A recording is evidence for exactly what it was made with. That is the digest: a hash for each named
part of what was asked. A part that a trial does not have adds no entry, so that new kinds of part
leave old digests alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from promptverdict.agents.variant import Variant
from promptverdict.core.errors import Problem
from promptverdict.core.ids import format_cell_id, format_trial_id
from promptverdict.core.paths import display_path
from promptverdict.graders.extracted_claims import needs_judge
from promptverdict.graders.grading import grade_all
from promptverdict.providers.registry import load_api, resolve_requested_name
from promptverdict.recording.digest import build_digest, hash_part
from promptverdict.recording.files import Location
from promptverdict.runner.users import write_instructions
from promptverdict.scenarios.discovery import SUITE_FILE
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.mcp import list_mcp_tools
from promptverdict.trials.evidence import Evidence, Reply, Task
from promptverdict.trials.grade import Grade
from promptverdict.trials.toolset import list_offered
from promptverdict.trials.transcript import User


@dataclass(frozen=True)
class Cell:
    """One scenario with one variant: what one pytest item tests."""

    scenario: LoadedScenario
    variant: Variant
    model: str
    """What the variant's model means here, as `provider/name`."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """What is asked of that model besides, in its API's own words."""
    user_model: str = ""
    """What plays a simulated user, as `provider/name`."""
    promise: str | None = None
    """Behaviours that are required of every variant, separated by commas, or `all`."""
    judge: str | None = None
    """Whose answers to rubrics count, as `provider/name`; None: those of every judge."""
    place: str | None = None
    """Folder of its recordings below the scenario's; None: that of the variant's id."""

    @cached_property
    def id(self) -> str:
        """`suite/scenario::agent/variant`."""
        return format_cell_id(self.scenario.suite.id, self.scenario.id, self.variant.id)

    @cached_property
    def tools(self) -> tuple[dict[str, Any], ...]:
        """Schemas of the tools on offer."""
        scenario, variant = self.scenario.scenario, self.variant
        return (
            *list_offered(scenario.tools, variant.tools),
            *list_mcp_tools(scenario.mcp, variant.takes_mcp_tool),
        )

    @property
    def has_lost_tools(self) -> bool:
        """Whether the agent lists tools, the scenario offers some, and none of them is in both."""
        scenario = self.scenario.scenario
        is_asked = bool(self.variant.asked_tools) and bool(scenario.tools or scenario.mcp)
        return is_asked and not self.tools

    @cached_property
    def task(self) -> Task:
        """What the agent is asked."""
        scenario = self.scenario.scenario
        return Task(
            suite=self.scenario.suite.id,
            scenario=self.scenario.id,
            variant=self.variant.id,
            message=scenario.task,
            turns=scenario.turns,
            user=scenario.user,
            tools=tuple(tool["name"] for tool in self.tools),
            limits=scenario.limits,
        )

    @cached_property
    def digest(self) -> dict[str, str]:
        """Named part of what is asked -> 16 hexadecimal digits."""
        scenario = self.scenario.scenario
        api = load_api(self.model)
        first = api.build_request(
            resolve_requested_name(self.model),
            self.variant.prompt,
            self.tools,
            (User(text=scenario.task),),
            self.parameters,
        )
        parts: dict[str, Any] = {
            **api.split_request(first),
            "turns": [_dump_turn(turn) for turn in scenario.turns] or None,
            "user": self._describe_user(),
            "script": scenario.script.model_dump(exclude_defaults=True) or None,
            "mcp": scenario.model_dump(include={"mcp"}, exclude_defaults=True).get("mcp"),
            "setup": scenario.setup.model_dump(exclude_none=True) or None,
            "limits": scenario.limits.model_dump(exclude_none=True),
        }
        return build_digest(parts, self.scenario.workspace)

    def _describe_user(self) -> dict[str, Any] | None:
        user = self.task.user
        if user is None:
            return None
        model = self.user_model
        name = resolve_requested_name(model)
        first = load_api(model).build_request(name, write_instructions(user), (), ())
        return {"first": first, "turns": user.turns}

    def grade(self, evidence: Evidence) -> tuple[Grade, ...]:
        """Grade one trial of the cell, as the suite and the scenario say now."""
        return grade_all(self.scenario.scenario.grades, self.scenario.suite.checks, evidence)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """Name the behaviours that the cell fails without, among those its scenario grades.

        Of an agent that no suite names nothing is required, unless it is asked for; nor is what
        only a grader of words tells that is not reliable enough.
        """
        everyone = set((self.promise or "").replace(" ", "").split(","))
        return tuple(
            name
            for name in self.scenario.scenario.grades
            if (name in self._promised and name not in self.only_described)
            or everyone & {name, "all"}
        )

    @cached_property
    def only_described(self) -> dict[str, str]:
        """Promised behaviour that no cell fails by -> how unreliable its grader of words is."""
        suite = self.scenario.suite.suite
        return {
            name: measure
            for name, measure in self.scenario.unadmitted.items()
            if name in self._promised and not suite.behaviours[name].binds_on_words
        }

    @cached_property
    def _promised(self) -> frozenset[str]:
        suite = self.scenario.suite.suite
        if suite.variants and self.variant.id not in suite.variants:
            return frozenset()
        return frozenset(
            name
            for name in self.scenario.scenario.grades
            if suite.behaviours[name].is_required_of(self.variant.id)
        )

    @property
    def asks(self) -> str | None:
        """Who is asked about its trials once they are recorded: the judge, if a grader asks it."""
        return self.judge if needs_judge(self.scenario.scenario.grades.values()) else None

    def find_lost_promises(self) -> list[Problem]:
        """List the promises whose quoted words the variant's prompt no longer holds."""
        behaviours = self.scenario.suite.suite.behaviours
        if not any(self.variant.id in behaviour.promised for behaviour in behaviours.values()):
            return []
        prompt = " ".join(self.variant.prompt.split())
        where = display_path(self.scenario.suite.folder / SUITE_FILE)
        return [
            Problem(
                f"{where}: {name}",
                f"{self.variant.path} does not say {words!r}",
                f"quote the words that promise it now, or remove the promise of {self.variant.id}",
            )
            for name, behaviour in behaviours.items()
            if (words := behaviour.promised.get(self.variant.id)) is not None
            and " ".join(words.split()) not in prompt
        ]

    def get_trial(self, number: int) -> Trial:
        """Return one attempt at this cell, numbered from 0."""
        return Trial(self, number, Location(self._recordings, number))

    @cached_property
    def _recordings(self) -> Path:
        place = self.place or self.variant.id.replace("/", ".")
        return self.scenario.cassettes / place / self.model.replace("/", "-")


@dataclass(frozen=True)
class Trial:
    """One attempt at a cell, numbered from 0."""

    cell: Cell
    number: int
    location: Location

    @property
    def id(self) -> str:
        """`suite/scenario::agent/variant#number`."""
        cell = self.cell
        return format_trial_id(
            cell.scenario.suite.id, cell.scenario.id, cell.variant.id, self.number
        )

    @cached_property
    def key(self) -> str:
        """Name of the trial's record: equal exactly where cell, model, digest and number are."""
        return hash_part([self.cell.id, self.cell.model, self.cell.digest, self.number])

    def find_journal(self, folder: Path | None) -> Path | None:
        """Return where its paid answers are kept while it runs; None where no folder is given."""
        # Trials of an older side or of controls may have the key of one of this side.
        place = self.cell.place
        name = self.key if place is None else hash_part([self.key, place])
        return folder / f"{name}.jsonl" if folder else None


def _dump_turn(turn: str | Reply) -> Any:
    return turn if isinstance(turn, str) else turn.model_dump()
