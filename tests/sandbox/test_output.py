from __future__ import annotations

from .shells import NEEDS_BUBBLEWRAP, Shell

pytestmark = NEEDS_BUBBLEWRAP


def test_what_was_said_before_the_stop_is_kept(sh: Shell) -> None:
    assert sh("echo said; sleep 20", timeout=0.5).output == "said\n"


def test_beginning_and_end_of_long_output_are_kept(sh: Shell) -> None:
    done = sh("echo first; yes äöü | head -n 20000; echo last")
    assert done.truncated
    assert done.output.startswith("first\n")
    assert done.output.endswith("last\n")
    assert "[... 50011 characters left out ...]" in done.output
    assert 30_000 < len(done.output) < 30_100


def test_output_that_is_not_text_is_replaced(sh: Shell) -> None:
    assert sh("printf 'a\\xffb\\xc3'").output == "a\ufffdb\ufffd"
