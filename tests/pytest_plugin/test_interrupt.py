"""Ctrl-C while recording, in processes of its own: what is given up, what is kept, what is left."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from promptverdict.trials.stored_records import read_records

from tests.fakes import SCENARIO, Blocks, Provider, project, provider, run, say, use, write
from tests.sandbox.shells import is_running

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.e2e,
]

NEEDS_BUBBLEWRAP = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")
SANDBOX = "bubblewrap" if shutil.which("bwrap") else "none"

PROBED = SCENARIO + "probes: [{name: slow, run: sleep MARKER, timeout: 600}]\n"

TERSE = ["helper.terse/0.http.yaml", "helper.terse/0.world.yaml"]

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
import time
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish():
    Path("finishing").touch()
"""


@dataclass
class Running:
    """A pytest that records, and the project it records in."""

    process: subprocess.Popen[bytes]
    root: Path
    said: Path
    """The file with all that it says."""
    marker: str

    def until(self, true: Callable[[], bool]) -> None:
        """Wait for something that the run will do."""
        deadline = time.monotonic() + 120
        while not true():
            assert self.process.poll() is None, self.said.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)

    def sleeps(self) -> bool:
        return is_running(self.marker)

    def kept(self) -> list[str]:
        return [record.variant for record in read_records(self.root / "results/latest")]

    def recordings(self) -> list[str]:
        """Everything below cassettes/, hidden or not."""
        found = (self.root / "evals/small/cassettes").rglob("*")
        return sorted(f"{path.parts[-3]}/{path.name}" for path in found if path.is_file())

    def has_kept(self, variant: str) -> bool:
        found = self.root.glob("results/*/trials/*.json")
        return any(json.loads(path.read_text())["variant"] == variant for path in found)

    def told(self) -> str:
        """Wait for its end, and give all that it said."""
        self.process.wait(120)
        return self.said.read_text()


@pytest.fixture
def temp() -> Iterator[Path]:
    """A folder that other users can come to, as tmp_path is not: root's agents are other users."""
    made = Path(tempfile.mkdtemp(prefix="interrupt-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@contextmanager
def recording(
    root: Path, temp: Path, sandbox: str, python: Path | str, answer: Any = None
) -> Iterator[Running]:
    """Record two trials, of which the careful helper's sleeps and the terse one's is done at once.

    It has a process group of its own, as a terminal gives it.
    """
    marker = f"600.{os.getpid()}{time.monotonic_ns()}"
    for path in root.rglob("*.yaml"):
        path.write_text(path.read_text().replace("MARKER", marker))

    def answered(body: dict[str, Any]) -> Blocks:
        if "careful" in json.dumps(body["system"]):
            return [use("Bash", command=f"echo x > a; sleep {marker}")]
        return [say("Done.")]

    with provider(answer(marker) if answer else answered) as server:
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        environment |= {"TMPDIR": str(temp), "PROMPTVERDICT_RELAY": server.url}
        options = ["--record", "once", "--sandbox", sandbox, "-p", "no:randomly"]
        said = root / "said.txt"
        with said.open("w") as file:
            process = subprocess.Popen(
                [python, "-m", "pytest", "evals", *options],
                cwd=root,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            yield Running(process, root, said, marker)
        finally:
            process.kill()
            process.wait()


def to_the_group(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGINT)


def by_termination(process: subprocess.Popen[bytes]) -> None:
    process.terminate()


@pytest.mark.parametrize(
    ("sandbox", "interrupt", "forked"),
    [
        # One is a Python that was started, so that nothing rests on how the others come to be.
        pytest.param("bubblewrap", to_the_group, False, marks=NEEDS_BUBBLEWRAP),
        ("none", to_the_group, True),
        ("none", by_termination, True),
    ],
)
def test_an_interrupt_gives_up_what_is_unfinished_and_leaves_nothing_behind(
    tmp_path: Path,
    temp: Path,
    programs: Path,
    sandbox: str,
    interrupt: Callable[[object], None],
    forked: bool,
) -> None:
    python = programs / "python" if forked else sys.executable
    with recording(project(tmp_path), temp, sandbox, python) as run:
        run.until(run.sleeps)
        run.until(lambda: run.has_kept("helper/terse"))
        assert list(temp.iterdir())
        interrupt(run.process)
        told = run.told()
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED
    assert "KeyboardInterrupt" in told
    assert "Traceback" not in told
    assert not run.sleeps()
    assert list(temp.iterdir()) == []
    assert run.kept() == ["helper/terse"]
    assert run.recordings() == TERSE


def test_what_was_given_up_is_recorded_by_the_next_run(
    evals: pytest.Pytester, server: Provider, temp: Path, programs: Path
) -> None:
    def sleep_for_long(marker: str) -> Callable[[dict[str, Any]], Blocks]:
        # The next run carries the call out again, for as long as the model lets it.
        return lambda body: (
            [use("Bash", command=f"sleep {marker}", timeout=4000)]
            if "careful" in json.dumps(body["system"])
            else [say("Done.")]
        )

    with recording(evals.path, temp, "none", programs / "python", sleep_for_long) as interrupted:
        interrupted.until(interrupted.sleeps)
        interrupted.until(lambda: interrupted.has_kept("helper/terse"))
        to_the_group(interrupted.process)
        interrupted.told()
    assert run(evals, "evals", "--record", "once").ret == 0
    assert {
        record.variant: record.replayed for record in read_records(evals.path / "results/latest")
    } == {
        "helper/base": False,
        "helper/terse": True,
    }


def test_interrupted_probes_leave_the_recording_that_they_look_at(
    tmp_path: Path, temp: Path, programs: Path
) -> None:
    project(tmp_path, **{"evals/small/hello.yaml": PROBED})
    python = programs / "python"
    with recording(tmp_path, temp, SANDBOX, python, lambda _: lambda _: [say("Done.")]) as run:
        run.until(run.sleeps)
        run.until(lambda: len(run.recordings()) == 4)
        to_the_group(run.process)
        told = run.told()
    assert run.process.returncode == pytest.ExitCode.INTERRUPTED
    assert "Traceback" not in told
    assert not run.sleeps()
    assert list(temp.iterdir()) == []
    assert run.kept() == []
    assert not any("probes" in name for name in run.recordings())


def test_a_second_interrupt_ends_a_run_that_is_stuck(
    tmp_path: Path, temp: Path, programs: Path
) -> None:
    """A grader that hangs holds up the event loop, and so the orderly end."""
    files = {
        "evals/small/hello.yaml": SCENARIO + "grades:\n  kind: {type: custom, function: stuck}\n",
        "evals/small/checks.py": STUCK,
        "conftest.py": FINISHING,
    }

    def patient(marker: str) -> Callable[[dict[str, Any]], Blocks]:
        """Let nobody be done before the command runs."""

        def answer(body: dict[str, Any]) -> Blocks:
            if "careful" in json.dumps(body["system"]):
                return [use("Bash", command=f"sleep {marker}")]
            while not is_running(marker):
                time.sleep(0.02)
            return [say("Done.")]

        return answer

    with recording(project(tmp_path, **files), temp, "none", programs / "python", patient) as run:
        run.until((tmp_path / "grading").exists)
        to_the_group(run.process)
        run.until((tmp_path / "finishing").exists)
        time.sleep(0.5)  # the run gets stuck right after it
        assert run.process.poll() is None
        to_the_group(run.process)
        told = run.told()
    assert run.process.returncode == 130
    assert "Traceback" not in told
    assert not run.sleeps()
    assert run.recordings() == TERSE


def test_a_second_interrupt_outside_of_the_harness_leaves_nothing_behind_either(
    tmp_path: Path, temp: Path, programs: Path
) -> None:
    project(tmp_path)
    write(tmp_path, {"conftest.py": FINISHING + "    time.sleep(600)\n"})
    with recording(tmp_path, temp, SANDBOX, programs / "python") as run:
        run.until(run.sleeps)
        to_the_group(run.process)
        run.until((tmp_path / "finishing").exists)
        to_the_group(run.process)
        run.told()
    assert run.process.returncode in (130, -signal.SIGINT)
    assert not run.sleeps()
    assert list(temp.iterdir()) == []
    assert not any("base" in name for name in run.recordings())
