"""Commands that go on where a run ended repeat how it was called, but for what must differ."""

from __future__ import annotations

from typing import Any, cast

import pytest
from promptverdict.pytest_plugin.invoked import describe_invocation


class _Called:
    """What is read of pytest's configuration."""

    def __init__(self, *arguments: str) -> None:
        self.invocation_params = self
        self.args = arguments
        self.option: Any = self
        self.file_or_dir = ["evals/"]


def test_a_call_is_repeated_without_how_it_recorded_was_distributed_and_of_cells_sharded() -> None:
    called = _Called(
        *("evals/", "-k", "a or b", "--record=once", "-n4", "-n", "2", "--record", "all"),
        *("--numprocesses=3", "--shard", "2/3", "--sandbox=podman", "--base", "main"),
    )
    invocation = describe_invocation(cast("pytest.Config", called))
    assert invocation.format_command("stale") == (
        "pytest evals/ -k 'a or b' --shard 2/3 --sandbox=podman --base main --record stale"
    )
    assert invocation.format_node_command("evals/x.yaml::a", "once") == (
        "pytest -k 'a or b' --sandbox=podman --base main evals/x.yaml::a --record once"
    )
