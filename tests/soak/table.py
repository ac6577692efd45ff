"""What a fault of the process is: its name, what is specified for it, and how it is made to happen.

A row makes its fault happen to a recording in processes of its own, and holds what came of it
against what is specified: exit code, words, what is kept, how to go on.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.fakes import turn_of, use
from tests.soak.lab import Lab, answer, list_processes, open_lab

Row = Callable[[Lab], None]


@dataclass(frozen=True)
class Fault:
    """One fault, and what is specified for it."""

    name: str
    specified: str
    row: Row
    lab: dict[str, Any]
    needs: str = ""
    """`root`: mounting, in a mount namespace of its own. `bwrap`, `git`: a program."""

    @property
    def why_not_here(self) -> str | None:
        """Why it cannot be made to happen here."""
        if self.needs == "root" and (os.geteuid() != 0 or not shutil.which("unshare")):
            return "needs root, for a mount namespace"
        if self.needs in ("bwrap", "git") and not shutil.which(self.needs):
            return f"needs {self.needs}"
        return None

    def happen(self, python: list[str]) -> None:
        """Make it happen. Raises AssertionError where what is specified does not hold."""
        with open_lab(python=python, **self.lab) as lab:
            self.row(lab)


def fault(name: str, specified: str, needs: str = "", **lab: Any) -> Callable[[Row], Fault]:
    """Make a fault of a row. lab: how its project differs, as `open_lab` takes it."""
    return lambda row: Fault(name, specified, row, lab, needs)


def render_table(faults: Iterable[Fault]) -> str:
    """Render the faults as a table in Markdown."""
    rows = [f"| {each.name} | {each.specified} |\n" for each in faults]
    return "".join(["| fault | what holds |\n|---|---|\n", *rows])


STARTED = [sys.executable]
"""A Python that is started and not forked: limits and closed descriptors are its own."""
_SLEEP = "sleep 600.77"


def hold_last(scenarios: int) -> Callable[[dict[str, Any]], list[dict[str, Any]]]:
    """Answer like `answer`, but let the call of the last scenario's second turn take for ever."""

    def script(body: dict[str, Any]) -> list[dict[str, Any]]:
        if f"task {scenarios - 1}." in json.dumps(body["messages"][0]) and turn_of(body) == 1:
            # Two commands, so that the shell does not become the second one.
            return [use("Bash", command=f"true; {_SLEEP}")]
        return answer(body)

    return script


def is_slow(lab: Lab) -> bool:
    """Whether the call that takes for ever runs."""
    return any(_SLEEP in line for line in list_processes(lab.temp))


HANGING: dict[str, Any] = {"script": hold_last(3)}
"""A project of three scenarios, of which the last one's trial takes for ever."""
