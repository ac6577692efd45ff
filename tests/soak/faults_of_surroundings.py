"""Faults of what surrounds a process: clock, descriptors, limits, environment, paths, git."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys

from tests.soak.lab import Ended, Lab
from tests.soak.table import STARTED, fault, hold_last, is_slow

CLOCK = """\
import datetime, os, time

def pytest_configure():
    shift = float(os.environ.get("SOAK_CLOCK", "0"))
    if not shift:
        return
    real, real_time = datetime.datetime, time.time
    class Shifted(real):
        @classmethod
        def now(cls, tz=None):
            return real.now(tz) + datetime.timedelta(seconds=shift)
    import promptverdict.core.clock, promptverdict.trials.store
    for module in (promptverdict.core.clock, promptverdict.trials.store):
        module.datetime = Shifted
    time.time = lambda: real_time() + shift
"""


YEAR = 365 * 24 * 3600


def _check_clock(lab: Lab, shift: int) -> None:
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab) and len(lab.list_records()) == 2, process)
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process)
    lab.more["SOAK_CLOCK"] = str(shift)
    ended = lab.replay()
    ended.check(1, "2 measured", "1 error")
    lab.verb("runs").check(0)
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab), process)
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process).check(2)
    lab.check_nothing_left()


@fault("clock forward a year", "recorded trials are replayed, the run goes on", script=hold_last(3),
       files={"conftest.py": CLOCK})  # fmt: skip
def clock_forward_a_year(lab: Lab) -> None:
    _check_clock(lab, YEAR)


@fault("clock back a year", "recorded trials are replayed, the run goes on", script=hold_last(3),
       files={"conftest.py": CLOCK})  # fmt: skip
def clock_back_a_year(lab: Lab) -> None:
    _check_clock(lab, -YEAR)


def _shell(lab: Lab, line: str) -> Ended:
    """Run a line of a shell in which $PY is a Python that is started."""
    process = subprocess.Popen(
        ["bash", "-c", line],
        cwd=lab.root,
        env=lab.environment | {"PY": sys.executable, "P": "evals -p no:randomly -p no:asyncio"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    return lab.end(process)


@fault(
    "closed stdout",
    "verbs: exit 2 and the cure; pytest cannot start, in its own words, and nothing is asked",
)
def closed_stdout(lab: Lab) -> None:
    assert _shell(lab, "$PY -m pytest $P --record once >&-").code != 0
    assert lab.server.paid == []
    lab.record().check(0, "3 measured")
    _shell(lab, "$PY -m promptverdict.cli runs >&-").check(2, "standard output: it is closed")
    lab.check_finished(3)


@fault(
    "closed stderr",
    "the verbs do their work; pytest does without its faulthandler, and else asks nothing",
)
def closed_stderr(lab: Lab) -> None:
    assert _shell(lab, "$PY -m pytest $P --record once 2>&-").code != 0
    assert lab.server.paid == []
    line = "$PY -m pytest $P -p no:faulthandler --record once 2>&-"
    _shell(lab, line).check(0, "3 measured")
    _shell(lab, "$PY -m promptverdict.cli runs 2>&-").check(0, "3 of 3 trials")
    _shell(lab, "$PY -m promptverdict.cli show nothing 2>&-").check(2)
    lab.check_finished(3)


@fault(
    "broken pipe", "no traceback; what was recorded is kept, the rest is recorded by the next run"
)
def broken_pipe(lab: Lab) -> None:
    ended = _shell(lab, "$PY -m pytest $P --record once | head -1")
    ended.check(0)
    _shell(lab, "$PY -m promptverdict.cli runs | head -c 1").check(0)
    lab.record().check(0, "3 measured")
    lab.check_finished(3)


@fault("ulimit -Sn 64", "the soft limit is raised, 50 trials at once are recorded", scenarios=50)
def ulimit_sn_64(lab: Lab) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 4096))

    ended = lab.record("--concurrency", "50", python=STARTED, preexec_fn=limit)
    ended.check(0, "50 measured")
    lab.check_finished(50)


@fault("ulimit -Hn 64", "one message that names the limit, before anything is asked", scenarios=50)
def ulimit_hn_64(lab: Lab) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

    ended = lab.record("--concurrency", "50", python=STARTED, preexec_fn=limit)
    if ended.code:
        ended.check([2, 3, 4], "open files")
        assert lab.server.paid == []
    lab.record().check(0)
    lab.check_finished(50)


@fault(
    "prlimit --as, 700 MB", "it works, or one message says what to raise; nothing is paid for twice"
)
def prlimit_as_700_mb(lab: Lab) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (700 << 20, 700 << 20))

    ended = lab.record(python=STARTED, preexec_fn=limit)
    ended.check([0, 1, 2, 3, 4])
    lab.record().check(0)
    lab.check_finished(3)


@fault("deleted current folder", "verbs: exit 2 and the cure")
def deleted_current_folder(lab: Lab) -> None:
    line = "mkdir gone && cd gone && rmdir ../gone && exec $PY -m promptverdict.cli runs"
    _shell(lab, line).check(2, "the working folder: it was deleted")


@fault("HOME unset", "the run does its work")
def home_unset(lab: Lab) -> None:
    ended = _shell(lab, "unset HOME; $PY -m pytest $P --record once")
    ended.check(0, "3 measured")
    lab.check_finished(3)


@fault("HOME unwritable", "the run does its work")
def home_unwritable(lab: Lab) -> None:
    lab.more["HOME"] = "/proc/nowhere"
    lab.record("--sandbox", "bubblewrap" if shutil.which("bwrap") else "none").check(
        0, "3 measured"
    )
    lab.check_finished(3)


@fault(
    "TMPDIR missing",
    "as Python does, another temporary folder serves; or one message that names TMPDIR",
)
def tmpdir_missing(lab: Lab) -> None:
    lab.more["TMPDIR"] = str(lab.temp / "missing")
    lab.record().check(0, "3 measured")
    lab.check_finished(3)


@fault(
    "TMPDIR unwritable",
    "as Python does, another temporary folder serves; or one message that names TMPDIR",
)
def tmpdir_unwritable(lab: Lab) -> None:
    lab.more["TMPDIR"] = "/proc/self"
    lab.record().check(0, "3 measured")
    lab.check_finished(3)


NON_ASCII = {
    "evals/small/s000.yaml": """\
        title: Écriture 書く
        description: For tests
        task: Write a.txt of task 0. Schreib es hübsch, 書く.
        tools: [Read, Write, Bash]
        behaviours: [kind]
        grades:
          kind: {type: says, all_of: [done]}
        """
}


@fault("LC_ALL=C PYTHONUTF8=0", "the run and the verbs do their work", files=NON_ASCII)
def lc_all_c_and_pythonutf8_0(lab: Lab) -> None:
    lab.more |= {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    lab.record(python=STARTED).check(0, "3 measured")
    lab.verb("show", "s000", python=STARTED).check(0, "hello|hübsch|h\\\\xfcbsch|h.bsch")
    lab.verb("report", python=STARTED).check(0)
    lab.check_finished(3)


def _move(lab: Lab, name: bytes) -> None:
    target = lab.root.parent / os.fsdecode(name)
    shutil.copytree(lab.root, target)
    lab.root = target


@fault("a path with spaces and a newline", "the run and the verbs do their work")
def a_path_with_spaces_and_a_newline(lab: Lab) -> None:
    _move(lab, b"my  odd\nproject")
    lab.record().check(0, "3 measured")
    lab.verb("show", "s000").check(0)
    lab.verb("report").check(0)
    lab.check_finished(3)


@fault(
    "a path that is no UTF-8",
    "the run and the verbs do their work, or one message says that the path is no text",
)
def a_path_that_is_not_utf_8(lab: Lab) -> None:
    _move(lab, b"caf\xe9 project")
    ended = lab.record()
    ended.check([0, 2, 4])
    if ended.code == 0:
        lab.verb("show", "s000").check(0)
        lab.verb("report").check(0)
        lab.check_finished(3)


def _make_repository(lab: Lab) -> None:
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=lab.root, check=True)
    subprocess.run(["git", "add", "-A"], cwd=lab.root, check=True)
    subprocess.run([*git, "commit", "-qm", "x"], cwd=lab.root, check=True)


@fault(
    "dubious git ownership",
    "exit 4 with git's reason and `safe.directory`; a plain run works",
    "git",
)
def dubious_git_ownership(lab: Lab) -> None:
    lab.record().check(0)
    _make_repository(lab)
    lab.more["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
    lab.replay("--base", "main").check([2, 4], "safe.directory")
    lab.verb("compare", "--base", "main").check(2, "safe.directory")
    lab.replay().check(0, "3 measured")


@fault("no git", "--base: one message that git is not installed; a plain run works", "git")
def no_git(lab: Lab) -> None:
    lab.record().check(0)
    _make_repository(lab)
    empty = lab.root.parent / "bin"
    empty.mkdir()
    lab.more["PATH"] = str(empty)
    lab.replay("--base", "main", python=STARTED).check([2, 4], "git: cannot be run")
    lab.replay(python=STARTED).check(0, "3 measured")
