"""What is kept of a trial in results/: self-describing, and enough to grade it again."""

from __future__ import annotations

from pydantic import Field

from promptverdict.core.errors import HarnessError
from promptverdict.core.ids import format_cell_id, format_trial_id
from promptverdict.core.model import Frozen
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Grade
from promptverdict.trials.integrity import UNKNOWN, Integrity
from promptverdict.trials.prices import Cost
from promptverdict.trials.provenance import Provenance

SCHEMA = 1


_LOST_TOOLS = " runs without the tools that it lists: none is offered"


def describe_lost_tools(variant: str) -> str:
    """Describe in words, as a notice of its records, that an agent has lost all of its tools."""
    return f"{variant}{_LOST_TOOLS}"


def is_about_lost_tools(notice: str) -> bool:
    """Whether a notice says that an agent has lost all of its tools."""
    return notice.endswith(_LOST_TOOLS)


class Fault(Frozen):
    """What broke the machinery, in its own words."""

    kind: str
    message: str
    exit_code: int

    @classmethod
    def of(cls, error: HarnessError) -> Fault:
        """Describe an error of ours."""
        return cls(kind=type(error).__name__, message=str(error), exit_code=error.exit_code)


class TrialRecord(Frozen):
    """Everything about one trial of one run."""

    schema_version: int = SCHEMA
    key: str
    """Names the trial among all of its kind: 16 hexadecimal digits."""
    suite: str
    scenario: str
    variant: str
    trial: int
    digest: dict[str, str]
    provenance: Provenance | None
    """None when there is no evidence."""
    compatible: dict[str, str | int] = Field(default_factory=dict)
    """What two recordings must share to be compared: toolset, sandbox, its Python and pytest."""
    revision: str | None = None
    """Commit whose recording it is, of what a run is compared with; None: the run's own."""
    integrity: Integrity = UNKNOWN
    """Whether what grades the trial stayed out of the agent's sight; a tainted one has a fault."""
    replayed: bool
    """Whether this run played a recording rather than made it."""
    seconds: float
    evidence: Evidence
    grades: tuple[Grade, ...] = ()
    """One for each behaviour that the scenario grades; none where the evidence is not whole."""
    behaviours: tuple[str, ...] = ()
    """What its scenario grades: missing, and not absent, where the trial has no grade of it."""
    required: tuple[str, ...] = ()
    """Behaviours that the cell fails without, in this run."""
    cost: Cost | None = None
    """What the trial's tokens cost when they were asked for, at the prices of this run's
    configuration; None where tokens or prices are unknown."""
    resumed: int = 0
    """How many of its answers an earlier run had paid for, whose attempt was cut off."""
    fault: Fault | None = None
    notices: tuple[str, ...] = ()
    """What a reader should know: deprecations, what could not be kept."""

    @property
    def cell(self) -> str:
        """`suite/scenario::agent/variant`."""
        return format_cell_id(self.suite, self.scenario, self.variant)

    @property
    def id(self) -> str:
        """`suite/scenario::agent/variant#number`."""
        return format_trial_id(self.suite, self.scenario, self.variant, self.trial)
