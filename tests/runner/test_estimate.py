"""What recording will take counts what is sent, and nothing that is not."""

from __future__ import annotations

import json
from pathlib import Path

from promptverdict.runner.estimate import estimate

from tests.fakes import SCENARIO
from tests.runner.test_cells import cell


def test_tools_that_are_not_offered_cost_nothing(tmp_path: Path) -> None:
    bare = cell(tmp_path, SCENARIO.replace("tools: [Read, Write, Bash]", "tools: []"))
    asked = len(bare.variant.prompt) + len(bare.task.message)
    assert estimate([bare.get_trial(0)], {}).first_requests == asked // 4


def test_tools_that_are_offered_are_counted_by_their_schemas(tmp_path: Path) -> None:
    armed = cell(tmp_path)
    asked = len(armed.variant.prompt) + len(armed.task.message) + len(json.dumps(armed.tools))
    assert estimate([armed.get_trial(0)], {}).first_requests == asked // 4
