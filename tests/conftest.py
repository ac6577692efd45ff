"""How the tests are run, and what several tests of whole sessions start from.

That is a small project, and a provider on loopback.
"""

from __future__ import annotations

import contextlib
import gc
import os
import shutil
import signal
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import Provider, project, provider, read_certificates, say, script, use
from tests.programs import import_everything, serve_programs
from tests.repositories import (
    clean_environment,
    kind_server,
    recorded,
    recorded_repository,
    repository,
)

__all__ = ["clean_environment", "kind_server", "recorded", "recorded_repository", "repository"]

ANSWERS = script(
    [say("Hello."), use("Write", file_path="hello.txt", content="hello\n")],
    [use("Bash", command="cat hello.txt")],
    [say("Done.")],
)


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Do not wait for the disk at every file: no test cuts the power."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def _certificates_read_once() -> Iterator[None]:
    """Let runs that end in this process share what each of them reads: it takes 20 ms."""
    from promptverdict.runner.resources import Resources

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Resources, "_tls", property(lambda _self: read_certificates()))
        yield


@pytest.fixture(scope="session", autouse=True)
def _garbage_is_left_to_the_tests() -> Iterator[None]:
    """Let no session in this process take back in what `pytest_collection_finish` leaves out."""
    from promptverdict.pytest_plugin.garbage import GarbageCollection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GarbageCollection, "freeze", lambda _self: None)
        yield


@pytest.fixture(scope="session")
def imported() -> None:
    """Import what sessions in this process use, once and before the first of them.

    pytester forgets what such a session imported. A module that a test patches must be the one that
    the session uses, the C parts of some packages do not survive being imported twice, and building
    all models again takes longer than most of the sessions.
    """
    import_everything()
    pytest_collection_finish()  # every session ends with garbage collections


@pytest.fixture(scope="session")
def programs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Serve `python`, `pytest` and `promptverdict` that start at once; see tests/programs.py."""
    if sys.platform != "linux":
        yield Path(sysconfig.get_path("scripts"))
        return
    served = getattr(request.config, "workerinput", {}).get("programs")
    if served:
        yield Path(served)
        return
    with serve_programs(tmp_path_factory.mktemp("programs")) as folder:
        yield folder


@pytest.fixture
def pytester(imported: None, pytester: pytest.Pytester) -> pytest.Pytester:
    return pytester


@pytest.fixture
def evals(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    project(pytester.path)
    return pytester


@pytest.fixture(scope="session")
def recorded_hello(imported: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record the small project once, with the answers of `server`."""
    from tests.recorded import record_project

    folder = project(tmp_path_factory.mktemp("hello"))
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.delenv("CI", raising=False)
        record_project(folder, ANSWERS)
    return folder


@pytest.fixture
def add_recordings(recorded_hello: Path, evals: pytest.Pytester) -> Callable[[], None]:
    """Return what does as `--record once` does in the small project, without asking anew."""

    def add() -> None:
        for name in ("evals/small/cassettes", "results"):
            shutil.copytree(recorded_hello / name, evals.path / name, symlinks=True)

    return add


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    with provider(ANSWERS) as running:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield running


PROGRAMS = pytest.StashKey[Path]()
"""Of a session with workers: where their programs are."""


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Let all workers have their programs from one server."""
    if PROGRAMS in node.config.stash:
        node.workerinput["programs"] = str(node.config.stash[PROGRAMS])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Start half again as many workers as cores, which else would be idle a tenth of the time.

    The variable of pytest-xdist that says how many goes first.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ or sys.platform != "linux":
        return None
    cores = len(os.sched_getaffinity(0))
    return cores + cores // 2


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    """Give each worker one half, of which the other steals: so that a module is set up once."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)


COSTLY = ("begun_pack", "first_run", "browser", "programs", "recorded_repository")
"""Fixtures that take seconds to make, in the order in which they are wanted."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, and put modules together that share what is costly to make.

    A worker that has nothing left steals from the end of the other's list. So what it steals is
    short, and needs a costly fixture of its own only when nothing else is left.
    """
    place: dict[str, int] = {}
    for item in items:
        names = getattr(item, "fixturenames", ())
        costly = [number for number, name in enumerate(COSTLY) if name in names]
        if not costly and item.get_closest_marker("e2e"):
            costly = [len(COSTLY)]
        module = item.nodeid.partition("::")[0]
        place[module] = min([*costly, place.get(module, len(COSTLY) + 1)])
    items.sort(key=lambda item: place[item.nodeid.partition("::")[0]])


def pytest_collection_finish() -> None:
    """Leave what is there out of every later garbage collection: it is large, and stays."""
    gc.collect()
    gc.freeze()


MEMORY = Path("/dev/shm")
ROOM = 1 << 30
"""Bytes; what the tests hold at a time is a fifth of it."""


def use_memory_for_temporary_files() -> None:
    """Keep temporary files in memory, which spares a tenth of the time, where there is room.

    `TMPDIR` decides where it is set. A container gives little shared memory, and some systems run
    no program from it.
    """
    if "TMPDIR" in os.environ or sys.platform != "linux" or not os.access(MEMORY, os.W_OK):
        return
    system = os.statvfs(MEMORY)
    if system.f_bavail * system.f_frsize >= ROOM and not system.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None  # it is looked up once in a process


def pytest_configure(config: pytest.Config) -> None:
    use_memory_for_temporary_files()
    let_interrupts_through()
    if getattr(config.option, "numprocesses", None) and sys.platform == "linux":
        fork_workers(config)


def fork_workers(config: pytest.Config) -> None:
    """Let the workers of pytest-xdist be programs that start at once, and have their own.

    Each would import for five seconds what the server of programs has imported already.
    """
    serving = contextlib.ExitStack()
    config.add_cleanup(serving.close)
    folder = Path(serving.enter_context(tempfile.TemporaryDirectory()))
    programs = serving.enter_context(serve_programs(folder))
    config.stash[PROGRAMS] = programs
    config.option.tx = [f"popen//python={programs / 'worker'}"] * config.option.numprocesses


def let_interrupts_through() -> None:
    """Let Ctrl-C interrupt again what tests start.

    A shell starts a job in the background with SIGINT ignored, and every child inherits that: the
    processes that tests interrupt would run for ever.
    """
    ignored = signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    if ignored and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
