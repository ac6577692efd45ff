"""Each input of agent_files is read as its platform reads it, and whatever is odd is told."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from promptverdict.agents.discovery import find_agents
from promptverdict.agents.variant import Variant
from promptverdict.runner.cell_selection import list_cells, select_cells
from promptverdict.scenarios.loading import LoadedScenario, load_scenario, load_suite
from promptverdict.settings import Settings
from promptverdict.trials.toolset import NAMES

from tests.fakes import SCENARIO, SUITE, write

HERE = Path(__file__).parent
ROWS: dict[str, dict[str, Any]] = yaml.safe_load((HERE / "agent_files.yaml").read_text("utf-8"))


def list_mismatches(variant: Variant, expected: dict[str, Any]) -> Iterator[str]:
    """List what a variant is otherwise than a row says."""
    told = [str(diagnostic) for diagnostic in variant.diagnostics]
    for key, value in expected.items():
        match key:
            case "tools":
                wanted = None if value == "all" else sorted(value)
                held = variant.tools if variant.tools is None else sorted(variant.tools)
            case "all_but":
                wanted = sorted(set(NAMES) - set(value))
                held = sorted(variant.tools or ())
            case "told":
                wanted, held = value, [w for w in value if any(w in line for line in told)]
            case "not_told":
                wanted, held = [], [w for w in value if any(w in line for line in told)]
            case "description_begins":
                wanted, held = value, (variant.description or "")[: len(value)]
            case "description_ends":
                wanted, held = value, (variant.description or "")[-len(value) :]
            case _:
                wanted, held = value, getattr(variant, key)
        if held != wanted:
            yield f"{variant.id}.{key}: {held!r} instead of {wanted!r}; told {told}"


def load_small(root: Path) -> LoadedScenario:
    write(
        root,
        {
            "evals/small/suite.yaml": SUITE,
            "evals/small/hello.yaml": SCENARIO,
            "evals/small/files/hello/README.md": "# Hello\n",
        },
    )
    suite = load_suite(root / "evals/small/suite.yaml")
    return load_scenario(root / "evals/small/hello.yaml", suite)


def test_there_are_thirty_rows_and_every_input_has_one() -> None:
    assert len(ROWS) == 30
    inputs = {Path(row["input"]).parts[0] for row in ROWS.values()}
    assert inputs == {path.name for path in (HERE / "agent_files").iterdir()}


@pytest.mark.parametrize("name", ROWS)
def test_each_input_is_read_as_its_platform_reads_it(name: str, tmp_path: Path) -> None:
    row = ROWS[name]
    found = find_agents([HERE / "agent_files" / row["input"]])
    wrong = []
    if "agents" in row:
        read = {variant.id: variant for variant in found.variants}
        if sorted(read) != sorted(row["agents"]):
            wrong.append(f"agents {sorted(read)} instead of {sorted(row['agents'])}")
        for id_ in read.keys() & row["agents"].keys():
            wrong += list_mismatches(read[id_], row["agents"][id_])
    refused = [problem.found for problem in found.problems]
    if len(refused) != len(row.get("refused", ())):
        wrong.append(f"refused: {refused}")
    wrong += [w for w in row.get("refused", ()) if not any(w in text for text in refused)]
    skipped = sorted(path.rpartition("/")[2] for path in found.skipped)
    if skipped != row.get("skipped", []):
        wrong.append(f"skipped: {skipped}")
    scenario = load_small(tmp_path)
    if "models" in row:
        chosen = select_cells(scenario, found, Settings(), by_hand=True)
        asked = "\n".join(str(problem) for problem in chosen.problems)
        wrong += [f"{model} is not named" for model in row["models"] if model not in asked]
        runnable = [cell.variant.id for cell in chosen.cells]
        if runnable != ["three"]:
            wrong.append(f"runnable: {runnable}")
    if "cell" in row:
        settings = Settings(models={"default": "relay/me"})
        chosen = select_cells(scenario, found, settings, by_hand=True)
        reasons = [problem.found for problem in chosen.problems]
        if chosen.cells or row["cell"] not in "".join(reasons):
            wrong.append(f"measured: {chosen.cells}, {reasons}")
        asked_for = settings.model_copy(update={"allow_no_tools": True})
        if len(list_cells(scenario, found.variants, asked_for, by_hand=True)) != 1:
            wrong.append("not even where it is asked for")
    assert not wrong, "\n".join(wrong)
