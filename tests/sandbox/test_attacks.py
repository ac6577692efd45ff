"""The attack table on the shipped sandbox; `python -m tests.sandbox.attacks` prints it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from promptverdict.sandbox import Sandbox
from promptverdict.sandbox.bubblewrap import Bubblewrap

from tests.sandbox.attacks import host, naive, runs, table
from tests.sandbox.attacks.__main__ import find_unreadable, run_as_ordinary_user
from tests.sandbox.attacks.rows import INSIDE
from tests.sandbox.attacks.table import Tried

from .shells import NEEDS_BUBBLEWRAP

pytestmark = NEEDS_BUBBLEWRAP

Try = Callable[[Bubblewrap], Iterator[Tried]]


def check(tried: list[Tried]) -> None:
    assert [row for row in tried if not row.is_as_it_must_be] == []
    assert {row.design is None for row in tried} == {True, False}


def test_every_attack_of_a_command_is_refused_and_naive_designs_let_theirs_through(
    sandbox: Sandbox,
) -> None:
    assert isinstance(sandbox, Bubblewrap)
    check([*table.try_inside(sandbox), *table.try_controls(sandbox)])


@pytest.mark.parametrize(
    "try_some",
    [
        pytest.param(runs.try_greeds, id="what takes too much", marks=pytest.mark.e2e),
        pytest.param(runs.try_remains, id="what would stay", marks=pytest.mark.e2e),
        pytest.param(lambda _: host.try_paths(), id="paths"),
        pytest.param(lambda _: host.try_race(), id="a race of links"),
        pytest.param(host.try_places, id="places of mounts and workspaces"),
    ],
)
def test_every_attack_on_the_host_is_refused(sandbox: Sandbox, try_some: Try) -> None:
    assert isinstance(sandbox, Bubblewrap)
    tried = list(try_some(sandbox))
    assert [row for row in tried if not row.is_as_it_must_be] == []
    assert tried


@pytest.mark.e2e
@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs root")
def test_the_same_holds_for_a_harness_that_is_an_ordinary_user(sandbox: Sandbox) -> None:
    assert isinstance(sandbox, Bubblewrap)
    if folders := find_unreadable():
        pytest.skip(f"an ordinary user cannot read {folders[0]}")
    done = run_as_ordinary_user(sandbox._guest, "--short")
    assert done.returncode == 0, done.stdout
    assert ", 0 not held, " in done.stdout


def test_every_control_of_a_row_is_a_design_that_there_is() -> None:
    named = {control for attack in INSIDE for control in attack.controls}
    assert named == naive.DESIGNS.keys()
    assert len({attack.name for attack in INSIDE}) == len(INSIDE)


def test_a_row_that_is_not_as_it_must_be_is_counted() -> None:
    rows = [Tried("a", held=True), Tried("b", held=False), Tried("a", held=True, design="naive")]
    assert table.count(rows) == "2 attacks, 1 not held, 0 controls failed as they must, 1 did not"
    assert [row.is_as_it_must_be for row in rows] == [True, False, False]
