"""Scores made of differences, and the published figures that results are held to."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

Arm = dict[str, list[float | None]]


@dataclass(frozen=True)
class Figure:
    """One published figure; tests/data/stats_vectors.json names its source."""

    inputs: dict[str, Any]
    expected: Any
    tolerance: float

    @property
    def about(self) -> Any:
        return pytest.approx(self.expected, abs=self.tolerance)


def published() -> dict[str, Figure]:
    path = Path(__file__).parents[1] / "data/stats_vectors.json"
    return {
        name: Figure(kept["inputs"], kept["expected"], kept["tolerance"])
        for name, kept in json.loads(path.read_text()).items()
    }


def arm(*scenarios: Sequence[float | None]) -> Arm:
    """Scores of s0, s1, ...: one sequence of trials each."""
    return {f"s{number}": list(trials) for number, trials in enumerate(scenarios)}


def flat(score: float, count: int, trials: int = 1) -> Arm:
    """As many scenarios that all have this score in each trial."""
    return arm(*[[score] * trials] * count)


def moved(*changes: float) -> tuple[Arm, Arm]:
    """Baseline and candidate of one trial whose scenarios differ by these changes."""
    return (
        arm(*[[max(-change, 0.0)] for change in changes]),
        arm(*[[max(change, 0.0)] for change in changes]),
    )
