"""Garbage is looked for as before once a session is over, and all along where others have tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from promptverdict.pytest_plugin.garbage import GarbageCollection

FREEZE = GarbageCollection.freeze
"""Which tests of other things do without."""


@pytest.fixture(autouse=True)
def _usual_threshold() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


@pytest.mark.parametrize(
    ("usual", "during", "chosen", "after"),
    [
        ((700, 10, 10), (50_000, 10, 10), None, (700, 10, 10)),
        ((90_000, 10, 10), (90_000, 10, 10), None, (90_000, 10, 10)),
        # Switched off by who started pytest, and chosen by a conftest.py on the way.
        ((0, 10, 10), (0, 10, 10), None, (0, 10, 10)),
        ((700, 10, 10), (50_000, 10, 10), (5, 5, 5), (5, 5, 5)),
    ],
)
def test_garbage_is_looked_for_less_often_while_pytest_collects(
    usual: tuple[int, int, int],
    during: tuple[int, int, int],
    chosen: tuple[int, int, int] | None,
    after: tuple[int, int, int],
) -> None:
    gc.set_threshold(*usual)
    garbage = GarbageCollection()
    garbage.relax()
    assert gc.get_threshold() == during
    if chosen:
        gc.set_threshold(*chosen)
    garbage.restore()
    assert gc.get_threshold() == after


class _Spy:
    def __init__(self) -> None:
        self.seen: list[tuple[bool, bool]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        self.seen.append((gc.get_freeze_count() > 0, gc.get_threshold()[0] >= 50_000))


@pytest.fixture
def freezing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let sessions freeze, and nothing be frozen before."""
    monkeypatch.setattr(GarbageCollection, "freeze", FREEZE)
    gc.unfreeze()
    yield
    gc.collect()
    gc.freeze()


@pytest.mark.usefixtures("freezing")
def test_only_a_session_of_evaluations_alone_leaves_its_items_out(evals: pytest.Pytester) -> None:
    evals.makepyfile(test_other="def test_other(): pass")
    usual = gc.get_threshold()
    for arguments, expected in (
        (("evals",), (True, True)),
        (("evals", "test_other.py"), (False, False)),
        (("test_other.py",), (False, False)),
    ):
        spy = _Spy()
        evals.inline_run("-p", "no:asyncio", *arguments, "--collect-only", plugins=[spy])
        assert spy.seen == [expected], arguments
        assert (gc.get_freeze_count(), gc.get_threshold()) == (0, usual)
