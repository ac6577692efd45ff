"""The settings of a run as a value, and what each is for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from promptverdict.core.model import Frozen
from promptverdict.trials.prices import Price

PREFIX = "PROMPTVERDICT_"
"""How the names of environment variables begin that hold settings."""
RecordMode = Literal["none", "once", "stale", "both", "all"]


def _join_places(value: object) -> object:
    """Join a list of places, as pyproject.toml may have, into what every other source gives."""
    if isinstance(value, list) and all(isinstance(place, str) for place in value):
        return ", ".join(value)
    return value


class Settings(Frozen):
    """The settings of one run."""

    record: RecordMode = Field(
        default="none",
        description="none: replay only, no network; once: record what is missing (with --base, on"
        " both sides); stale: also what is out of date; both: with --base, both sides anew;"
        " all: everything anew",
    )
    trials: int | None = Field(
        default=None, ge=1, le=1000, description="Trials of each cell (default: the suite's)"
    )
    model: str | None = Field(
        default=None, description="Use this model for every agent, as provider/name"
    )
    max_cost: float | None = Field(
        default=None,
        gt=0,
        description="Stop recording before it costs more than this, by the price table",
    )
    user_model: str | None = Field(
        default=None,
        description="Model that plays simulated users, as provider/name (default: the agent's)",
    )
    judge: str | None = Field(
        default=None,
        description="Model that answers rubrics, as provider/name (default: none is asked, and"
        " every stored answer counts)",
    )
    agents: Annotated[str, BeforeValidator(_join_places)] = Field(
        default="agents",
        description="Folders or files with the agents, with commas between them; * stands for any"
        " name, as in plugins/*/agents",
    )
    allow_no_tools: bool = Field(
        default=False,
        description="true: also run agents that list tools of which a scenario offers none, which"
        " their platforms would not start",
    )
    concurrency: int = Field(default=8, ge=1, le=500, description="Trials that run at once")
    results: str = Field(default="results", description="Folder for the results of runs")
    sandbox: Literal["bubblewrap", "docker", "podman", "none"] = Field(
        default="bubblewrap", description="What isolates the commands that agents and probes run"
    )
    sandbox_image: str | None = Field(
        default=None,
        description="Image of docker's and podman's containers, which needs bash, git and Python"
        " (default: docker.io/library/python:3.13-bookworm)",
    )
    relay: str = Field(
        default="http://127.0.0.1:8765", description="Address of the relay, for relay/... models"
    )
    base: str | None = Field(
        default=None,
        description="Compare each variant with itself at the merge-base of HEAD and this revision",
    )
    controls: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="With --base and --record once: make so many trials of the recorded baseline"
        " again, to see whether it drifted; they count for no verdict",
    )
    promise: str | None = Field(
        default=None,
        description="Require these behaviours of every agent: names with commas between, or `all`",
    )
    shard: str | None = Field(
        default=None,
        description="Run one part of the scenarios, as 3/16: the third of sixteen, each scenario"
        " with all its sides and trials; `promptverdict merge` joins the parts",
    )
    ray: str | None = Field(
        default=None,
        description="Record on a Ray cluster: `auto` for the one here, or an address",
    )
    ray_workers: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="Processes on the cluster, which share the trials at once (default: one for"
        " each machine)",
    )
    models: dict[str, str] = Field(
        default_factory=dict,
        description="Model in an agent file, or `default` -> provider/name",
    )
    prices: dict[str, Price] = Field(
        default_factory=dict,
        description="provider/name -> price of a million tokens",
    )
    parameters: dict[str, dict[str, Any]] = Field(
        default_factory=dict,
        description="provider/name -> further parameters of its requests, as its API names them:"
        " stream, thinking, temperature",
    )

    @property
    def agent_places(self) -> tuple[str, ...]:
        """The places of the agents, one by one."""
        return tuple(place for part in self.agents.split(",") if (place := part.strip()))


TABLES = ("models", "parameters", "prices")
"""Settings that only pyproject.toml can have."""

RESERVED = frozenset({"model", "system", "instructions", "messages", "input", "tools"})
"""Keys of a request that hold what is evaluated; a parameter must not replace it."""

OPTIONS = tuple(name for name in Settings.model_fields if name not in TABLES)
