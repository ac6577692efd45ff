"""What can go wrong, named by the boundary that was crossed.

Three kinds of trouble are kept apart everywhere: the agent fell short (a grade), the machinery
broke (one of these errors), the evidence cannot tell (ungraded). Each class carries the exit code
that the command line ends with. A message says where, what was found and what to do, in at most
three lines; a bug in the harness is none of these and surfaces as itself.

HarnessError
 ├─ InputError          what a person wrote: an option, a scenario, an agent file      exit 2
 ├─ SandboxError        no sandbox can be had, or it broke                             exit 3
 ├─ ProviderError       the model's API refused or failed                              exit 4
 │   ├─ ContextOverflow     the conversation no longer fits the model: the agent's outcome
 │   ├─ RateLimited         still told to ask less, after all the waiting there is patience for
 │   └─ RefusedByProvider   it refuses the whole run: the key, the credit or the model's name
 ├─ BudgetReached       recording would cost more than was allowed                exit 4
 ├─ StorageError        a disk that cannot be written                                  exit 5
 └─ EvidenceError       the recorded evidence cannot be used                           exit 7
     ├─ MissingRecording    there is none
     ├─ StaleSolution       a solution was never run, or changed since
     ├─ StaleRecording      it was made of another prompt, scenario or model
     ├─ BrokenRecording     its seal is broken, or it does not play to its end
     └─ StaleProbes         a probe changed after it was last run
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from promptverdict.core.secrets import hide_secrets


class HarnessError(Exception):
    """The root of every error that has a cure to tell; `exit_code` is the command line's."""

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
        return hide_secrets(f"{self.where}: {self.found}\n  {self.cure}")


class InputError(HarnessError):
    """Something a person wrote cannot be used; all problems of one reading are told together."""

    exit_code = 2

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class SandboxError(HarnessError):
    """Commands cannot be isolated here, or the sandbox itself broke; never an agent's failure."""

    exit_code = 3


class ProviderError(HarnessError):
    """The model's API could not be reached, refused the request or answered nonsense."""

    exit_code = 4


class ContextOverflow(ProviderError):
    """The conversation no longer fits the model; the tool loop makes it the trial's ending."""


class RateLimited(ProviderError):
    """The provider still says that it is asked too much; later it may not."""


class RefusedByProvider(ProviderError):
    """The provider refuses every request of the run alike, or the run was stopped for that."""


class BudgetReached(HarnessError):
    """Recording a trial would cost more than was allowed; it can be recorded later."""

    exit_code = 4


class StorageError(HarnessError):
    """A recording or a result could not be written."""

    exit_code = 5


class EvidenceError(HarnessError):
    """A recording cannot serve as evidence."""

    exit_code = 7


class MissingRecording(EvidenceError):
    """Nothing was recorded for this trial."""


class StaleRecording(EvidenceError):
    """The recording was made of something else; `parts` names what changed since."""

    def __init__(self, message: str, parts: tuple[str, ...]) -> None:
        self.parts = parts
        super().__init__(message)


class BrokenRecording(EvidenceError):
    """The recording was edited, cut or does not play from its first exchange to its last."""


class StaleSolution(EvidenceError):
    """A solution's stored evidence is absent, or was made of something else."""


class StaleProbes(EvidenceError):
    """A probe's stored result is absent or was made by another version of the probe."""
