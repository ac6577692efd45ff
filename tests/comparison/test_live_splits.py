"""The benchmark of live trials counts false verdicts of any run's folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.benchmarks.live_splits import main
from tests.compared import BASE, side


def write_run(folder: Path, *signs: str) -> Path:
    (folder / "trials").mkdir(parents=True)
    for number, record in enumerate(side(BASE, *signs)):
        (folder / "trials" / f"{number}.json").write_text(record.model_dump_json())
    return folder


def test_random_halves_of_one_prompts_trials_are_seldom_called_a_change(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = write_run(tmp_path / "run", *["++-+-+"] * 5, *["+-++++"] * 5)
    assert main([str(run), "--splits", "40"]) == 0
    told = capsys.readouterr().out
    assert "manners helper/base: 10 scenarios, 60 trials: " in told
    assert "of 40 behaviours" in told


def test_too_few_scenarios_are_said_and_are_no_success(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = write_run(tmp_path / "run", *["++"] * 5, *["+"] * 9)
    assert main([str(run)]) == 2
    assert "no suite has 6 scenarios with two trials" in capsys.readouterr().out
