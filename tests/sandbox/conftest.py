from __future__ import annotations

from collections.abc import Iterator

import pytest
from promptverdict.sandbox import Place, Sandbox, make_place, open_sandbox, remove_place

from .shells import Shell, shell


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("bubblewrap")


@pytest.fixture(scope="module")
def unprotected() -> Sandbox:
    return open_sandbox("none")


@pytest.fixture
def place() -> Iterator[Place]:
    made = make_place()
    yield made
    remove_place(made)


@pytest.fixture
def sh(sandbox: Sandbox, place: Place) -> Shell:
    return shell(sandbox, place)
