"""Faults that come from signals, from kills, and from other processes."""

from __future__ import annotations

import os
import re
import signal
import time

from tests.soak.lab import Ended, Lab, find_pids, list_processes
from tests.soak.table import HANGING, Fault, Row, fault, is_slow


def _interrupt(lab: Lab, number: int) -> Ended:
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab) and len(lab.list_records()) == 2, process)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    return lab.end(process)


def _interrupted_row(number: int) -> Row:
    def row(lab: Lab) -> None:
        ended = _interrupt(lab, number)
        ended.check(2, "KeyboardInterrupt", "--record once")
        lab.check_nothing_left()
        assert len(lab.list_records()) == 2, "finished trials are kept"
        paid = len(lab.server.paid)
        assert len(lab.list_journals()) == 1, "what was paid for of the other one is kept"
        # The next run goes on where the last answer was: it asks nothing before the call ends.
        process = lab.start("--record", "once")
        lab.wait_until(lambda: is_slow(lab), process)
        assert len(lab.server.paid) == paid, "what was answered is not asked again"
        os.killpg(process.pid, signal.SIGINT)
        lab.end(process)

    return row


_INTERRUPTED = (
    "exit 2; asking stops at once, commands are killed; finished trials and paid answers are kept;"
    " the summary says how to record the rest"
)
sigint = Fault("SIGINT once", _INTERRUPTED, _interrupted_row(signal.SIGINT), HANGING)
sigterm = Fault("SIGTERM", _INTERRUPTED, _interrupted_row(signal.SIGTERM), HANGING)
sighup = Fault("SIGHUP, a closed terminal", _INTERRUPTED, _interrupted_row(signal.SIGHUP), HANGING)


STUCK = """\
import time
from pathlib import Path

from promptverdict.trials.grade import passed


def stuck(evidence):
    Path("grading").touch()
    time.sleep(600)
    return passed("at last")
"""
FINISHING = """\
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    Path("finishing").touch()
"""


@fault(
    "SIGINT twice",
    "exit 130, also where a grader is stuck; nothing is left behind",
    files={
        "evals/small/checks.py": STUCK,
        "evals/small/s000.yaml": """\
            title: A scenario
            description: For tests
            task: Write a.txt of task 0.
            tools: [Read, Write, Bash]
            behaviours: [kind]
            grades:
              kind: {type: custom, function: stuck}
            """,
        "conftest.py": FINISHING,
    },
)
def sigint_twice(lab: Lab) -> None:
    process = lab.start("--record", "once")
    lab.wait_until((lab.root / "grading").exists, process)
    os.killpg(process.pid, signal.SIGINT)
    lab.wait_until((lab.root / "finishing").exists)
    time.sleep(0.5)
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process).check(130)
    lab.check_nothing_left()


@fault(
    "kill -9 of the harness",
    "no summary; the next run keeps finished trials, asks no answer again that was received,"
    " unless a call that is carried out again does something else,"
    " and sweeps folders; no process is left",
    **HANGING,
)
def kill_9_of_the_harness(lab: Lab) -> None:
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab) and len(lab.list_records()) == 2, process)
    process.kill()
    lab.end(process)
    for pid in find_pids(lab.temp, "sleep"):
        os.kill(pid, signal.SIGKILL)  # without a sandbox nothing else ends it
    lab.check_nothing_left(after_kill=True)
    paid = len(lab.server.paid)
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab), process)
    assert len(lab.server.paid) == paid, "what was answered is not asked again"
    assert len(list(lab.temp.iterdir())) == 1, "the folder of the killed one was swept"
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process)
    lab.check_nothing_left()


KILLER = """\
import os, signal
from pathlib import Path

from promptverdict.trials.grade import passed


def deadly(evidence):
    if os.environ.get("PYTEST_XDIST_WORKER"):
        if os.environ.get("SOAK_DEADLY"):
            os.kill(os.getpid(), int(os.environ["SOAK_DEADLY"]))
    return passed("it is there")
"""


DEADLY = {
    "evals/small/checks.py": KILLER,
    "evals/small/s001.yaml": """\
        title: A scenario
        description: For tests
        task: Write a.txt of task 1.
        tools: [Read, Write, Bash]
        behaviours: [kind]
        grades:
          kind: {type: custom, function: deadly}
        """,
}


def _check_lost_worker(lab: Lab, number: int) -> None:
    lab.record().check(0)
    lab.more["SOAK_DEADLY"] = str(int(number))
    ended = lab.replay("-n", "2")
    ended.check(1, r"worker .*crashed", "2 measured", "1 failed|1 error")
    lab.more.clear()
    lab.replay("-n", "2").check(0, "3 measured")
    lab.check_finished(3)


@fault(
    "kill -9 of a worker of pytest-xdist",
    "exit 1; the cell is a failure that names the crash, all others are kept",
    files=DEADLY,
)
def kill_9_of_a_worker(lab: Lab) -> None:
    _check_lost_worker(lab, signal.SIGKILL)


@fault(
    "SIGSEGV of a worker",
    "exit 1; the cell is a failure that names the crash, all others are kept",
    files=DEADLY,
)
def sigsegv_of_a_worker(lab: Lab) -> None:
    _check_lost_worker(lab, signal.SIGSEGV)


@fault(
    "kill -9 of bubblewrap",
    "exit 1; a fault of the sandbox and no failure; the next run asks nothing again",
    "bwrap",
    **HANGING,
)
def kill_9_of_bubblewrap(lab: Lab) -> None:
    process = lab.start("--record", "once", "--sandbox", "bubblewrap")
    lab.wait_until(lambda: find_pids(lab.temp, "sleep"), process)
    lab.wait_until(lambda: len(lab.list_records()) == 2, process)
    # The outer one: the inner one is the first process of the command's own namespace.
    os.kill(min(find_pids(lab.temp, "bwrap --args")), signal.SIGKILL)
    ended = lab.end(process)
    ended.check(1, "bubblewrap was killed", "--record once")
    lab.check_nothing_left()
    paid = len(lab.server.paid)
    process = lab.start("--record", "once", "--sandbox", "bubblewrap")
    lab.wait_until(lambda: find_pids(lab.temp, "sleep"), process)
    assert len(lab.server.paid) == paid, "what was answered is not asked again"
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process)


SIX = {"scenarios": 6}


FAKE_BUBBLEWRAP = """\
#!/bin/sh
echo "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted" >&2
exit 1
"""


@fault(
    "bubblewrap cannot start",
    "exit 4 with its words, the cure and the way out, before anything is asked",
    files={"bin/bwrap": FAKE_BUBBLEWRAP},
)
def bubblewrap_cannot_start(lab: Lab) -> None:
    (lab.root / "bin/bwrap").chmod(0o755)
    lab.more["PATH"] = f"{lab.root / 'bin'}:{os.environ['PATH']}"
    ended = lab.record("--sandbox", "bubblewrap")
    ended.check(4, "Failed RTM_NEWADDR", "apparmor_restrict", "--sandbox=none")
    assert lab.server.paid == [], "something was asked"
    lab.record().check(0)
    lab.check_finished(3)


@fault(
    "a second run",
    "the second is refused with the first one's pid; nothing is paid for twice",
    **HANGING,
)
def a_second_run(lab: Lab) -> None:
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab) and len(lab.list_records()) == 2, process)
    second = lab.record()
    (told,) = re.findall(r"process (\d+)", second.out) or [0]
    second.check([2, 3, 4], r"process \d+", r"s002\.yaml")
    assert int(told) in find_pids(lab.temp, ""), f"process {told} is not the one that records"
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process)
    assert set(lab.server.count_turns().values()) == {1}, "something was paid for twice"


@fault("a stale lock", "a lock whose process was killed holds nobody up", **HANGING)
def a_stale_lock(lab: Lab) -> None:
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab) and len(lab.list_records()) == 2, process)
    process.kill()
    lab.end(process)
    for pid in find_pids(lab.temp, "sleep"):
        os.kill(pid, signal.SIGKILL)
    lab.wait_until(lambda: not list_processes(lab.temp))
    process = lab.start("--record", "once")
    lab.wait_until(lambda: is_slow(lab), process)
    os.killpg(process.pid, signal.SIGINT)
    lab.end(process).check(2)


RENAMES = """\
import os, signal
from pathlib import Path

def pytest_configure():
    if not os.environ.get("SOAK_RENAMES"):
        return
    real = Path.replace
    def replace(self, target):
        done = real(self, target)
        if str(target).endswith("0.world.yaml"):
            os.kill(os.getpid(), signal.SIGKILL)
        return done
    Path.replace = replace
"""


@fault(
    "kill between two renames",
    "the new recording is whole: the next run puts the other file in place, and asks nothing",
    files={"conftest.py": RENAMES},
    scenarios=1,
)
def kill_between_two_renames(lab: Lab) -> None:
    lab.record().check(0)
    lab.more["SOAK_RENAMES"] = "1"
    lab.end(lab.start("--record", "all"))
    lab.more.clear()
    paid = len(lab.server.paid)
    lab.replay().check(0)
    lab.record().check(0)
    assert len(lab.server.paid) == paid, "something was asked again"
    lab.check_finished(1, paid=None)


@fault(
    "a full budget mid-way",
    "the trial stops before the answer that goes beyond; its answers are kept and used",
    **SIX,
)
def a_full_budget_mid_way(lab: Lab) -> None:
    # One trial costs 3 x (100 x 5 + 50 x 25) / 1e6 = 0.00525.
    ended = lab.record("--max-cost", "0.012", "--concurrency", "1")
    ended.check(1, "is spent", "--record once")
    assert len(lab.list_sealed()) == 2
    lab.record().check(0)
    lab.check_finished(6)
