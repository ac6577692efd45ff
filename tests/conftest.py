"""What several tests of whole sessions start from: a small project, and a provider on loopback."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

# Imported here because pytester forgets what a session in this process imported: a module that a
# test patches must be the one that the session uses, and the C parts of some packages do not
# survive being imported twice.
import anthropic  # noqa: F401
import httpcore2  # noqa: F401
import openai  # noqa: F401
import pandas as pd  # noqa: F401
import pytest
import rich.table  # noqa: F401
import scipy.stats  # noqa: F401
import vcr  # noqa: F401
import yaml  # noqa: F401

from tests.fakes import Provider, project, provider, say, script, use

ANSWERS = script(
    [say("Hello."), use("Write", file_path="hello.txt", content="hello\n")],
    [use("Bash", command="cat hello.txt")],
    [say("Done.")],
)


@pytest.fixture
def evals(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    project(pytester.path)
    return pytester


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider(ANSWERS) as running:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield running


def pytest_configure() -> None:
    """Let Ctrl-C interrupt again what tests start.

    A shell starts a job in the background with SIGINT ignored, and every child inherits that: the
    processes that tests interrupt would run for ever.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
