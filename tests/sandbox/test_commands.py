from __future__ import annotations

import os
import subprocess

import pytest
from promptverdict.sandbox import commands

from .shells import NEEDS_BUBBLEWRAP, Shell

pytestmark = NEEDS_BUBBLEWRAP


@pytest.mark.parametrize("script", ["echo \0", "echo \ud800", "# " + "x" * (1 << 17)])
def test_a_command_that_no_kernel_takes_is_answered(sh: Shell, script: str) -> None:
    done = sh(script)
    assert (done.exit_code, done.stopped) == (126, None)
    assert done.output.startswith("the command")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("setpriv", ["as installed", None])
def test_a_command_of_root_is_another_users_in_every_respect(
    monkeypatch: pytest.MonkeyPatch, setpriv: str | None
) -> None:
    if setpriv is None:
        monkeypatch.setattr(commands, "_find_setpriv", lambda: None)
    script = "grep -E '^(Uid|Gid|Groups|CapPrm|CapEff):' /proc/self/status"
    argv, options = commands.build_command_for_user(64123, ["bash", "-c", script])
    ended = subprocess.run(argv, **options, capture_output=True, text=True, check=True)
    told = dict(line.split(":") for line in ended.stdout.splitlines())
    assert {name: set(value.split()) for name, value in told.items()} == {
        "Uid": {"64123"},
        "Gid": {"64123"},
        "Groups": set(),
        "CapPrm": {"0" * 16},
        "CapEff": {"0" * 16},
    }
