"""What recording will take counts what is sent, and nothing that is not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from promptverdict.runner.estimate import estimate, list_endings

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


def test_a_model_that_is_to_end_is_named_before_it_is_asked(tmp_path: Path) -> None:
    from anthropic.resources.messages import DEPRECATED_MODELS

    name, day = next(iter(DEPRECATED_MODELS.items()))
    asked = replace(cell(tmp_path), model=f"anthropic/{name}").get_trial(0)
    assert list_endings([asked, asked]) == [
        f"{name} is deprecated and will reach its end of life on {day}"
    ]


def test_models_that_do_not_end_or_are_played_by_hand_are_not_named(tmp_path: Path) -> None:
    lasting = replace(cell(tmp_path), model="anthropic/claude-of-tomorrow")
    assert list_endings([lasting.get_trial(0), cell(tmp_path).get_trial(0)]) == []
