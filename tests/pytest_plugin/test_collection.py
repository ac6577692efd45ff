"""Collection does once what is the same for every scenario, and leaves the process as it was."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.agents.variant import Variant
from promptverdict.pytest_plugin.cell_reader import CellReader
from promptverdict.runner import cell_selection
from promptverdict.runner.models import resolve_model
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.settings import Settings

from tests.fakes import SCENARIO, SUITE, write


def test_the_model_of_a_variant_is_resolved_once_for_all_scenarios_of_its_suite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenarios = {f"evals/small/s{number}.yaml": SCENARIO for number in range(3)}
    agents = {f"agents/helper/{name}.md": "You are kind." for name in ("base", "terse")}
    write(tmp_path, {"evals/small/suite.yaml": SUITE, **scenarios, **agents})
    resolved = []

    def resolve(variant: Variant, settings: Settings) -> str:
        resolved.append(variant.id)
        return resolve_model(variant, settings)

    monkeypatch.setattr(cell_selection, "resolve_model", resolve)
    settings = Settings(models={"default": "relay/a"})
    reader = CellReader(settings, tmp_path, agents_by_hand=False)
    cells = [
        (cell.scenario.id, cell.variant.id, cell.model)
        for path in list_scenarios(tmp_path / "evals/small")
        for cell in reader.select_cells(path).cells
    ]
    expected = [(f"s{n}", f"helper/{v}", "relay/a") for n in range(3) for v in ("base", "terse")]
    assert cells == expected
    assert resolved == ["helper/base", "helper/terse"]


def test_an_agent_that_cannot_be_used_is_named_where_its_error_is_deselected(
    evals: pytest.Pytester,
) -> None:
    (evals.path / "agents/helper/base.md").write_bytes(b"\xe9\xe9")

    def list_unsaid(*arguments: str) -> list[str]:
        lines = evals.runpytest_inprocess(
            "-p", "no:asyncio", "evals", "--collect-only", *arguments
        ).outlines
        return [line for line in lines if line.startswith("deselected, and cannot be used: ")]

    (line,) = list_unsaid("-k", "terse")
    assert "agents/helper/base.md" in line
    assert "is not UTF-8" in line
    assert list_unsaid() == []
