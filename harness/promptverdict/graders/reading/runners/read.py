"""All test runs that a text shows, whichever runner printed them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from promptverdict.graders.reading.runners.cargo_text import read_cargo
from promptverdict.graders.reading.runners.go_text import read_go
from promptverdict.graders.reading.runners.jest_text import read_jest
from promptverdict.graders.reading.runners.junit_xml import read_junit
from promptverdict.graders.reading.runners.mocha_text import read_mocha
from promptverdict.graders.reading.runners.printed import PrintedRun, strip_colours
from promptverdict.graders.reading.runners.spec_text import read_spec
from promptverdict.graders.reading.runners.tap_text import read_tap
from promptverdict.graders.reading.runners.unittest_text import read_unittest
from promptverdict.graders.reading.runners.vitest_text import read_vitest

_READERS: tuple[tuple[tuple[str, ...], Callable[[str], Iterator[PrintedRun]]], ...] = (
    (("\nRan ", "Ran "), read_unittest),
    (("ok 1",), read_tap),
    (("ℹ tests ",), read_spec),
    (("Test Suites: ",), read_jest),
    (("Test Files  ",), read_vitest),
    ((" passing (", "Exception during run: "), read_mocha),
    (("ok  \t", "FAIL\t", '"Action":'), read_go),
    (("test result: ", "could not compile "), read_cargo),
    (("<testsuite",), read_junit),
)
"""Words without which a reader cannot find anything, and the reader."""


def read_printed(text: str) -> tuple[PrintedRun, ...]:
    """Read the runs that a text shows; those of one runner in their order."""
    plain = strip_colours(text)
    return tuple(
        run
        for words, reader in _READERS
        if any(word in plain for word in words)
        for run in reader(plain)
    )
