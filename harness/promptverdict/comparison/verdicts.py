"""What a comparison says: the verdicts, and all that they rest on, down to single trials.

Reports are made from these models alone, and a run keeps them in derived/comparison.json. Shares
and differences lie in -1..1 (0.1 is 10 points). What is not known is None, never NaN and never 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import Field, model_validator

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict, Theme
from promptverdict.comparison.controls import Controls
from promptverdict.comparison.measured import Measured
from promptverdict.core.model import Frozen
from promptverdict.stats.terms import Estimand, GateMode, GateOutcome

SCHEMA = 1


_DERIVED = ("word", "sentence")
"""Keys that are written for other programs and never read: they follow from the rest."""


Word = Literal[
    "improved",
    "regressed",
    "improved and regressed",
    "blocked",
    "improved in part",
    "inconclusive",
    "invalid",
    "too few scenarios",
    "unchanged",
    "stale",
    "unrecorded",
]
"""What a comparison comes to, in the word that every report shows.

blocked: nothing is shown to be worse, and a gate blocks all the same. improved in part: evidence is
lacking beside what improved, or a gate is undecided.
"""


class Side(Frozen):
    """One of the two that are compared."""

    label: str
    """As it is called in this comparison: a variant's id, with `@ main` where that tells more."""
    variant: str
    revision: str | None = None
    """Commit (40 hexadecimal digits) its prompt and recordings were read at; None: as they lie."""
    run: str | None = None
    """Older run whose trials these are, with its name and `/` before their keys; None: no other."""
    model: str | None
    """What was asked, as `provider/name`; None where there is no evidence."""
    provenance: tuple[str, ...] = ()
    """How its evidence came about, in words, each way once: `relay: claude, answering by relay`."""
    answered: tuple[str, ...] = ()
    """What the answers said they came from, each once."""
    cut: int = 0
    """Trials that the output limit or the size of the context ended."""
    oldest: str | None = None
    """When the oldest of its evidence was recorded, in UTC: 2026-01-31T12:00:00Z."""
    newest: str | None = None
    trials: int = 0
    """Trials that count: those without evidence do, those of scenarios that were asked or recorded
    differently do not."""


class Unpaired(Frozen):
    """A scenario that cannot be compared."""

    suite: str
    scenario: str
    why: str


class SuiteGate(Frozen):
    """What a suite's gate says in all: the worst of what it says of each behaviour and theme."""

    suite: str
    outcome: GateOutcome
    mode: GateMode
    estimand: Estimand = "population"
    reasons: tuple[str, ...]
    """What decided, one behaviour, theme or critical scenario each."""
    warnings: tuple[str, ...] = ()
    exit_code: int
    """0 does not block, 1 fail, 6 undecided and blocking, 7 invalid."""


class Comparison(Frozen):
    """A baseline and a candidate, over all suites in which both ran."""

    status: Literal["compared", "unchanged", "stale", "unrecorded"] = "compared"
    """unchanged: one prompt at two revisions, and it is the same; stale: the candidate was edited
    and nothing is recorded of it; unrecorded: nothing is recorded of the baseline. In the last two
    there is no evidence, and no verdict."""
    baseline: Side
    candidate: Side
    themes: tuple[Theme, ...] = ()
    behaviours: tuple[BehaviourVerdict, ...] = ()
    unpaired: tuple[Unpaired, ...] = ()
    gates: tuple[SuiteGate, ...] = ()
    fingerprint: tuple[Measured, ...] = ()
    """What no grader asked for, what is worth a look first. Neither word nor exit code know it."""
    controls: Controls | None = None
    """Trials of the baseline that were made again to see whether it drifted, where there are some.
    No verdict rests on them."""
    prompt_diff: str = ""
    """Unified diff of the two prompts."""
    same_prompt: bool = False
    """Whether both prompts are known, and are the same."""
    created: str
    """When, in UTC: 2026-01-31T12:00:00Z."""
    notes: tuple[str, ...] = ()
    """What a reader should know besides: what recording will take, tools that differ."""

    @model_validator(mode="before")
    @classmethod
    def _leave_out_derived(cls, read: Any) -> Any:
        if not isinstance(read, dict):
            return read
        return {key: value for key, value in read.items() if key not in _DERIVED}

    @property
    def judged(self) -> tuple[BehaviourVerdict, ...]:
        """What the word is about: primary themes and whatever regressed; else every behaviour."""
        primary = tuple(theme for theme in self.themes if theme.role == "primary")
        if not primary:
            return self.behaviours
        worse = [theme for theme in self.themes if theme.verdict == "regressed"]
        in_themes = {(theme.suite, name) for theme in worse for name in theme.behaviours}
        return (
            *primary,
            *(theme for theme in worse if theme.role == "control"),
            *(
                behaviour
                for behaviour in self.behaviours
                if behaviour.verdict == "regressed"
                and (behaviour.suite, behaviour.behaviour) not in in_themes
            ),
        )

    @property
    def asked(self) -> tuple[BehaviourVerdict, ...]:
        """What a verdict should be about: the themes where one is primary, else the behaviours."""
        has_primary = any(theme.role == "primary" for theme in self.themes)
        return self.themes if has_primary else self.behaviours

    @property
    def lacking(self) -> tuple[BehaviourVerdict, ...]:
        """What a verdict should be about and has no evidence that can be used."""
        return tuple(verdict for verdict in self.asked if verdict.verdict == "invalid")

    @property
    def word(self) -> Word:
        """What it comes to in all: never improved where anything blocks or lacks evidence.

        invalid comes first where most of what was asked has no evidence that can be used.
        """
        if self.status != "compared":
            return self.status
        verdicts = {verdict.verdict for verdict in self.judged}
        code = find_worst_exit_code({gate.exit_code for gate in self.gates})
        mostly_lacking = 2 * len(self.lacking) > len(self.asked)
        if "regressed" in verdicts and not mostly_lacking:
            return "improved and regressed" if "improved" in verdicts else "regressed"
        if code == 1 and not mostly_lacking:
            return "blocked"
        if mostly_lacking or code == 7 or verdicts <= {"invalid"}:
            return "invalid"
        if "improved" in verdicts:
            return "improved in part" if self.lacking or code == 6 else "improved"
        return "inconclusive" if "inconclusive" in verdicts else "too few scenarios"

    @property
    def exit_code(self) -> int:
        """The command line's: by the gates where there are any, else by the verdicts."""
        if self.status in ("stale", "unrecorded"):
            return 7
        if self.gates:
            codes = {gate.exit_code for gate in self.gates}
            return find_worst_exit_code(codes)
        verdicts = {verdict.verdict for verdict in (*self.behaviours, *self.themes)}
        return 1 if "regressed" in verdicts else 7 if self.word == "invalid" else 0


class Comparisons(Frozen):
    """All comparisons of a run, one for each pair of variants or of revisions of one."""

    schema_version: int = SCHEMA
    comparisons: tuple[Comparison, ...]
    notes: tuple[str, ...] = ()
    """What was not compared at all, and why."""
    records: dict[str, int] = Field(default_factory=dict)
    """Folder of the run -> how many records lay in it when this was stored beside them; empty
    where it was not counted."""

    @property
    def exit_code(self) -> int:
        """The worst of them."""
        return find_worst_exit_code({comparison.exit_code for comparison in self.comparisons})


def find_worst_exit_code(codes: Iterable[int]) -> int:
    """Choose what was shown to be worse (1), then unusable evidence (7), then doubt (6), else 0."""
    present = set(codes)
    return next((code for code in (1, 7, 6) if code in present), 0)
