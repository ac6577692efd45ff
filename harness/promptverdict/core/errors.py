"""The errors that people see, by what went wrong.

Three outcomes are kept apart everywhere: the agent fell short (a grade), the machinery broke (one
of these errors), the evidence does not say (ungraded). Each class has the exit code of the command
line. A message says where, what was found and what to do, in at most three lines. A bug in this
package is none of these and ends with a traceback.

HarnessError
 ├─ InputError          what a person wrote: an option, a scenario, an agent file      exit 2
 ├─ SandboxError        there is no sandbox, or it broke                               exit 3
 ├─ WorkerLost          every machine that a trial was sent to was lost                exit 3
 ├─ ProviderError       the model's API refused or failed                              exit 4
 │   ├─ ContextOverflow     the conversation no longer fits the model: the agent's outcome
 │   ├─ RateLimited         still asked to slow down, after all the waiting
 │   └─ RefusedByProvider   every request is refused: the key, the credit, the model's name
 ├─ TimeLimitReached    a trial's time is used up: the agent's outcome
 ├─ BudgetReached       recording would cost more than was allowed                     exit 4
 ├─ StorageError        a recording or a result could not be written                   exit 5
 │   └─ DiskError           the disk refuses: nothing more should be paid for
 └─ EvidenceError       recorded evidence cannot be used                               exit 7
     ├─ MissingRecording    there is none
     ├─ StaleRecording      made with another prompt, scenario or model
     ├─ BrokenRecording     its seal is broken, or it does not play to its end
     ├─ StaleProbes         a probe changed after it last ran
     ├─ TaintedTrial        the agent was shown what grades it
     └─ StaleSolution       a solution never ran, or changed since
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from promptverdict.core.secrets import hide_secrets
from promptverdict.core.text import escape_text

_LONGEST = 300
"""Characters of a place, and of what was found there."""


class HarnessError(Exception):
    """The base of all errors here; `exit_code` is the command line's."""

    exit_code = 1

    def __str__(self) -> str:
        """Return the message with every secret hidden: it may quote what came from below."""
        return hide_secrets(super().__str__())


@dataclass(frozen=True)
class Problem:
    """One thing wrong in one file: `where` is `path`, `path:line` or `path: key`."""

    where: str
    found: str
    cure: str

    def __str__(self) -> str:
        # A name or key of a file may hold a line break, and would look like another problem.
        # Secrets are hidden before anything is left out: half of one would not be known again.
        where, found = (_shorten(escape_text(hide_secrets(t))) for t in (self.where, self.found))
        return hide_secrets(f"{where}: {found}\n  {self.cure}")


def _shorten(text: str) -> str:
    """Leave out the middle of what nobody reads to its end: files may hold keys of a megabyte."""
    half = _LONGEST // 2
    return text if len(text) <= _LONGEST else f"{text[:half]} ... {text[-half:]}"


class InputError(HarnessError):
    """Something that a person wrote cannot be used; `problems` has all of one reading."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SandboxError(HarnessError):
    """Commands cannot be isolated here, or the sandbox itself broke; never an agent's failure."""

    exit_code = 3


class WorkerLost(HarnessError):
    """Every machine that a trial was sent to was lost before the trial came back."""

    exit_code = 3


class ProviderError(HarnessError):
    """The model's API could not be reached, refused the request or sent an unreadable answer.

    words: what the provider itself said, where it said something.
    """

    exit_code = 4

    def __init__(self, message: str, words: str = "") -> None:
        self.words = words
        super().__init__(message)


class ContextOverflow(ProviderError):
    """The conversation no longer fits the model; the tool loop ends the trial with it."""


class TimeLimitReached(HarnessError):
    """The time that a scenario gives a trial is used up; the tool loop makes it the ending."""


class RateLimited(ProviderError):
    """The provider still asks to slow down; a later try may work."""


class RefusedByProvider(ProviderError):
    """The provider refuses every request of the run, or the run was stopped for that reason."""


class BudgetReached(HarnessError):
    """Recording a trial would cost more than was allowed; it can be recorded later."""

    exit_code = 4


class StorageError(HarnessError):
    """A recording or a result could not be written."""

    exit_code = 5


class DiskError(StorageError):
    """The disk refuses to be written; what is paid for next could not be kept either."""


class EvidenceError(HarnessError):
    """A recording cannot serve as evidence."""

    exit_code = 7


class MissingRecording(EvidenceError):
    """No recording exists for this trial."""


class StaleRecording(EvidenceError):
    """The recording was made with something else; `parts` names what changed since."""

    def __init__(self, message: str, parts: tuple[str, ...]) -> None:
        self.parts = parts
        super().__init__(message)


class BrokenRecording(EvidenceError):
    """The recording was edited or cut, or does not play from its first exchange to its last."""


class TaintedTrial(EvidenceError):
    """The agent was shown what it is graded with, so that its trial says nothing."""


class StaleSolution(EvidenceError):
    """A solution's stored evidence is missing, or was made with something else."""


class StaleProbes(EvidenceError):
    """A probe's stored result is missing, or was made by another version of the probe."""
