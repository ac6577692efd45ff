from __future__ import annotations

import pytest

from .shells import NEEDS_BUBBLEWRAP, Shell

pytestmark = NEEDS_BUBBLEWRAP


@pytest.mark.parametrize("script", ["echo \0", "echo \ud800", "# " + "x" * (1 << 17)])
def test_a_command_that_no_kernel_takes_is_answered(sh: Shell, script: str) -> None:
    done = sh(script)
    assert (done.exit_code, done.stopped) == (126, None)
    assert done.output.startswith("the command")
