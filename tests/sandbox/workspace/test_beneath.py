from __future__ import annotations

import os
from pathlib import Path

from promptverdict.sandbox.workspace.beneath import choose_opener, open_by_kernel, open_by_steps

from .systems import NEEDS_POSIX

pytestmark = NEEDS_POSIX


def test_the_kernel_is_asked_first_where_it_can_do_it(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        chosen = choose_opener(descriptor)
        assert chosen in (open_by_kernel, open_by_steps)
        assert (chosen is open_by_kernel) == (os.uname().sysname == "Linux")
    finally:
        os.close(descriptor)
