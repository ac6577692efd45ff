"""What fuzzing begins with is read without a fault: else it would find nothing but that."""

from __future__ import annotations

import pytest

from tests.fuzzing.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_every_seed_of_a_target_is_read(name: str) -> None:
    target = TARGETS[name]
    seeds = target.list_seeds()
    assert len(seeds) > 1
    for seed in seeds[:20]:
        target.run(seed)
        target.run(seed[: len(seed) // 2])
