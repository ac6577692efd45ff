from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import Sandbox, open_sandbox
from promptverdict.sandbox.unprotected import Unprotected

from .shells import NEEDS_BUBBLEWRAP

pytestmark = NEEDS_BUBBLEWRAP


def test_the_kinds_say_what_they_are(sandbox: Sandbox, unprotected: Sandbox) -> None:
    assert (sandbox.kind, unprotected.kind) == ("bubblewrap", "none")
    assert isinstance(unprotected, Unprotected)
    assert sandbox.pytest == unprotected.pytest


def test_missing_bubblewrap_is_told_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="apt install bubblewrap") as told:
        open_sandbox("bubblewrap")
    assert len(str(told.value).splitlines()) == 3


def test_another_system_than_linux_is_told_where_to_record(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    with pytest.raises(SandboxError, match="bubblewrap runs on Linux, and this is Darwin") as told:
        open_sandbox("bubblewrap")
    lines = str(told.value).splitlines()
    assert len(lines) == 3
    assert "--sandbox docker" in lines[1]
    assert "--sandbox=none" in lines[2]


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("bwrap: Creating new namespace failed: No space left on device", "max_user_namespaces"),
        ("bwrap: No permissions to create new namespace, likely because", "seccomp=unconfined"),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "apparmor_restrict"),
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict"),
        ("bwrap: Failed to make / slave: Permission denied", "apparmor=unconfined"),
        ("bwrap: Unknown option --disable-userns", "0.8.0"),
        ("bwrap: something else", "user namespaces"),
    ],
)
def test_what_bubblewrap_says_is_told_with_a_cure(
    monkeypatch: pytest.MonkeyPatch, line: str, cure: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "bwrap")
        program.write_text(f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
        for path in (program, program.parent):
            path.chmod(0o755)
        monkeypatch.setenv("PATH", folder)
        with pytest.raises(SandboxError, match=cure) as told:
            open_sandbox("bubblewrap")
    lines = str(told.value).splitlines()
    assert len(lines) == 3
    assert line in lines[0]
    assert "--sandbox=none" in lines[2]
