"""What pytest collects from a suite.yaml: the gate, where the suite has one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from promptverdict.core.errors import HarnessError, InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_lines, escape_text
from promptverdict.pytest_plugin.item_base import GATE, STATUS, EvalItem, Evals, FellShort
from promptverdict.scenarios.discovery import list_scenarios

LEFT_TO_MERGE = "gates are judged when all shards are merged: promptverdict merge"


class SuiteFile(pytest.File):
    """A suite: its gate, where it has one."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._evals = evals

    def collect(self) -> Iterable[pytest.Item]:
        """Check what lies beside the suite.yaml, and make the gate's item."""
        from promptverdict.scenarios.consistency import check_folders

        scenarios = list_scenarios(self.path.parent)
        # pytest itself would pass over a scenario that is a folder, a pipe or a broken link.
        problems = [
            Problem(display_path(path), "a scenario must be a regular file", "replace it")
            for path in scenarios
            if not path.is_file()
        ]
        try:
            problems += check_folders(self.path.parent, (path.stem for path in scenarios))
        except InputError as error:
            problems += error.problems
        if problems:
            raise self.CollectError(escape_lines("\n".join(map(str, problems))))
        if self._evals.has_gate(self.path.parent):
            yield GateItem.from_parent(self, name="gate", evals=self._evals)


class GateItem(EvalItem):
    """What a suite's comparison must not show."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._blocking: tuple[str, ...] = ()

    def setup(self) -> None:
        """Wait for the run and compare; evidence that cannot be used is an error."""
        try:
            session = self.evals.get_session()
            if session.settings.shard:
                pytest.skip(f"shard {session.settings.shard}: {LEFT_TO_MERGE}")
            gate = session.conclude_gate(self.path.parent, self.evals.write_line)
        except HarnessError as error:
            pytest.fail(escape_lines(str(error)), pytrace=False)
        status = {0: "passed", 7: "ERROR"}.get(gate.exit_code, "FAILED")
        self.user_properties += [(STATUS, status), (GATE, escape_text(" | ".join(gate.reasons)))]
        self.user_properties += [
            (f"promptverdict:{name}", verdict) for name, verdict in gate.verdicts.items()
        ]
        if gate.exit_code == 7:
            pytest.fail(escape_lines("\n".join(gate.reasons)), pytrace=False)
        self._blocking = gate.reasons if gate.exit_code else ()

    def runtest(self) -> None:
        """Fail if the gate blocks."""
        if self._blocking:
            raise FellShort(escape_lines("\n".join(self._blocking)))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the gate as a person would."""
        return self.path, 0, f"gate of {self.path.parent.name}"
