"""Faults of disks: full, read-only, failing."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.soak.lab import TURNS, Ended, Lab
from tests.soak.table import fault


def mount_over(place: Path, options: str) -> list[str]:
    """Return a program that starts Python where another file system is mounted on a folder."""
    place.mkdir(parents=True, exist_ok=True)
    mount = f"mount {options} {place}"
    return ["unshare", "-m", "sh", "-c", f'{mount} && exec {sys.executable} "$@"', "sh"]


def _check_disk_fault(lab: Lab, ended: Ended, *words: str, most: int = 3) -> None:
    """Hold a disk fault: few words, little paid; the next run, with a good disk, ends it."""
    ended.check([1, 2, 3, 4, 5], *words)
    paid = len(lab.server.paid)
    assert paid <= most, f"{paid} answers were paid for after the disk had refused"
    lab.record().check(0)
    assert len(lab.list_sealed()) == 6
    lab.check_nothing_left()


SIX = {"scenarios": 6}


@fault(
    "disk full in results/",
    "one message; recording ends; what was paid for is kept and used",
    "root",
    **SIX,
)
def disk_full_in_results(lab: Lab) -> None:
    python = mount_over(lab.root / "results", "-t tmpfs -o size=12k none")
    ended = lab.record("--concurrency", "1", python=python)
    _check_disk_fault(lab, ended, "No space left on device", most=3 * TURNS)


@fault("disk full in TMPDIR", "a sandbox error that names TMPDIR; nothing is asked", "root", **SIX)
def disk_full_in_tmpdir(lab: Lab) -> None:
    python = mount_over(lab.temp, "-t tmpfs -o size=8k,mode=1777 none")
    ended = lab.record("--concurrency", "1", python=python)
    _check_disk_fault(lab, ended, "TMPDIR|temporary", most=0)


@fault(
    "disk full of cassettes",
    "one message; recording ends with the first; its answers are kept and used",
    "root",
    **SIX,
)
def disk_full_of_cassettes(lab: Lab) -> None:
    python = mount_over(lab.root / "evals/small/cassettes", "-t tmpfs -o size=8k none")
    ended = lab.record("--concurrency", "1", python=python)
    ended.check([1, 2, 3, 4, 5], "No space left on device")
    paid = len(lab.server.paid)
    assert paid <= TURNS, f"{paid} answers were paid for"
    lab.record().check(0)
    lab.check_finished(6)


@fault("read-only evals/", "one message before anything is asked", "root", **SIX)
def read_only_evals(lab: Lab) -> None:
    evals = lab.root / "evals"
    python = mount_over(evals, f"--bind -o ro {evals}")
    ended = lab.record("--concurrency", "1", python=python)
    _check_disk_fault(lab, ended, "Read-only file system", most=0)


@fault("read-only results/", "one message before anything is asked", "root", **SIX)
def read_only_results(lab: Lab) -> None:
    results = lab.root / "results"
    results.mkdir()
    python = mount_over(results, f"--bind -o ro {results}")
    ended = lab.record("--concurrency", "1", python=python)
    _check_disk_fault(lab, ended, "Read-only file system", most=0)


LIMITED = """\
import errno, os

def pytest_configure():
    real = os.fsync
    def fsync(descriptor):
        if os.environ.get("SOAK_FULL", "?") in os.readlink(f"/proc/self/fd/{descriptor}"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor)
    os.fsync = fsync
"""


@fault(
    "fsync fails in cassettes",
    "one message; recording ends with the first; its answers are kept and used",
    files={"conftest.py": LIMITED},
)
def fsync_fails_in_cassettes(lab: Lab) -> None:
    lab.more["SOAK_FULL"] = "/cassettes/"
    ended = lab.record("--concurrency", "1")
    ended.check([1, 2, 3, 4, 5], "No space left on device")
    assert len(lab.server.paid) <= TURNS, f"{len(lab.server.paid)} answers were paid for"
    lab.more.clear()
    lab.record().check(0)
    lab.check_finished(3)


@fault(
    "fsync fails in results/",
    "one message; recording ends with the first; its answers are kept and used",
    files={"conftest.py": LIMITED},
)
def fsync_fails_in_results(lab: Lab) -> None:
    lab.more["SOAK_FULL"] = "/trials/"
    ended = lab.record("--concurrency", "1")
    ended.check([1, 2, 3, 4, 5], "No space left on device")
    assert len(lab.server.paid) <= 2 * TURNS, f"{len(lab.server.paid)} answers were paid for"
    lab.more.clear()
    lab.record().check(0)
    lab.check_finished(3)
