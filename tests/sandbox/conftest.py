from __future__ import annotations

from collections.abc import Iterator

import pytest
from promptverdict.sandbox import (
    Sandbox,
    TrialFolders,
    make_trial_folders,
    open_sandbox,
    remove_trial_folders,
)

from tests.sandboxes import open_bubblewrap

from .shells import Shell, shell


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_bubblewrap()


@pytest.fixture(scope="module")
def unprotected() -> Sandbox:
    return open_sandbox("none")


@pytest.fixture
def folders() -> Iterator[TrialFolders]:
    made = make_trial_folders()
    yield made
    remove_trial_folders(made)


@pytest.fixture
def sh(sandbox: Sandbox, folders: TrialFolders) -> Shell:
    return shell(sandbox, folders)


@pytest.fixture(params=["sandbox", "unprotected"])
def any_sandbox(request: pytest.FixtureRequest) -> Sandbox:
    found: Sandbox = request.getfixturevalue(request.param)
    return found
