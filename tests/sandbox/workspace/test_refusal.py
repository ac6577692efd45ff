from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.sandbox.workspace import Refused, Workspace

from tests.sandbox.attacks.paths import READS, WRITES

from .systems import NEEDS_POSIX

pytestmark = NEEDS_POSIX


@pytest.mark.parametrize("path", ["/workspace/src/a.py", "src/a.py", "./src/../src/a.py"])
def test_a_path_is_absolute_below_the_workspace_or_relative(
    workspace: Workspace, path: str
) -> None:
    assert workspace.read(path) == b"x = 1\n"


@pytest.mark.parametrize(("path", "reason"), READS)
def test_reading_a_hostile_path_is_refused_with_a_reason(
    workspace: Workspace, path: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        workspace.read(path)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("path", WRITES)
def test_writing_to_a_hostile_path_is_refused_and_changes_nothing(
    workspace: Workspace, path: str, outside: Path
) -> None:
    before = sorted(outside.parent.rglob("*"))
    with pytest.raises(Refused):
        workspace.write(path, b"written")
    assert outside.read_bytes() == b"secret"
    assert sorted(outside.parent.rglob("*")) == before
