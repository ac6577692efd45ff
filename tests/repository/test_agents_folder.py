"""The five agents keep every clause they promise, and base and candor differ by one block alone."""

from __future__ import annotations

import csv
import difflib
from pathlib import Path

import pytest
import yaml

from tests.agents.loaded import load_agents

ROOT = Path(__file__).parents[2]
AGENTS = ROOT / "agents"
SEEDS = ROOT.parent / "shared" / "seeds"
FILES = {path.stem: path for path in AGENTS.glob("*/*.md")}


def anchors() -> list[dict[str, str]]:
    with (Path(__file__).parents[1] / "data" / "anchors.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def test_every_clause_has_a_line_that_can_be_quoted() -> None:
    lines = {name: path.read_text(encoding="utf-8").split("\n") for name, path in FILES.items()}
    lost = [
        f"{row['clause']}: {row['anchor']}"
        for row in anchors()
        if not any(row["anchor"] in line for line in lines[row["variant"]])
    ]
    assert lost == []
    assert len({row["clause"] for row in anchors()}) == 368


def test_candor_is_base_with_one_block_added() -> None:
    base, candor = (
        FILES[name].read_text(encoding="utf-8").split("\n") for name in ("base", "candor")
    )
    changes = [
        (tag, base[a1:a2], candor[b1:b2])
        for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(
            None, base, candor, autojunk=False
        ).get_opcodes()
        if tag != "equal"
    ]
    assert all(not any(line.strip() for line in removed) for _, removed, _ in changes)
    assert sum(len(added) for _, _, added in changes) > 80


def test_the_frontmatters_keep_their_shapes_and_quirks() -> None:
    loaded = {one.id: one for one in load_agents(AGENTS)}
    assert set(loaded) == {
        "backend-api-code-writer-agent/base",
        "backend-api-code-writer-agent/candor",
        "backend-api-developer/tdd",
        "backend-developer/structured",
        "backend-development-agent/reliability",
    }
    base, candor = (loaded[f"backend-api-code-writer-agent/{one}"] for one in ("base", "candor"))
    assert (base.name, base.tools) == (candor.name, candor.tools)
    tdd = loaded["backend-api-developer/tdd"]
    assert tdd.tools is None
    assert (tdd.description or "").count("\\n") == 26
    with pytest.raises(yaml.YAMLError):
        yaml.safe_load(FILES["tdd"].read_text(encoding="utf-8").split("---")[1])
    structured = loaded["backend-developer/structured"]
    assert structured.metadata["emoji"] == "\u00f0\u0178\u0178\u00a0"
    assert structured.metadata["max_tool_calls"] == 120
    reliability = loaded["backend-development-agent/reliability"]
    assert reliability.name is None
    assert reliability.model == "anthropic/claude-sonnet-4-20250514"


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the sources are not on this machine")
def test_no_sentence_of_a_source_is_copied() -> None:
    """No run of six words is shared but in frontmatter facts; letter case and marks aside."""
    order = ("candor", "base", "tdd", "structured", "reliability")
    for name, seed in zip(order, sorted(SEEDS.glob("*.txt")), strict=True):
        ours, theirs = (
            _runs(path.read_text(encoding="utf-8").partition("\n---\n")[2])
            for path in (FILES[name], seed)
        )
        assert ours & theirs == set(), name


def _runs(text: str, length: int = 6) -> set[tuple[str, ...]]:
    plain = "".join(char if char.isalnum() else " " for char in text.lower())
    words = plain.split()
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
