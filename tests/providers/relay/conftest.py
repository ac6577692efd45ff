from __future__ import annotations

from collections.abc import Iterator

import pytest

from .running import Relay, running


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as served:
        yield served
