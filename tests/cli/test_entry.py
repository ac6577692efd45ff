"""Every end of the command has its exit code, and an error of ours is words, never a traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import promptverdict
import pytest
from promptverdict.cli import main
from promptverdict.cli.entry import VERBS
from promptverdict.core import errors

from tests.fakes import SCENARIO, project, write

COMMAND = [sys.executable, "-m", "promptverdict.cli"]
ROOT = Path(promptverdict.__file__).parents[1]
PROBED = SCENARIO + "probes:\n  - {name: p, run: echo PASS x}\n"

posix = pytest.mark.skipif(os.name != "posix", reason="signals and pipes are POSIX's")


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def told(arguments: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str]]:
    """Run a command that fails; give its exit code and the lines of its error."""
    code = main(arguments)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("error: ")
    assert "Traceback" not in printed.err
    return code, printed.err.rstrip("\n").split("\n")


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **more}


def test_every_kind_of_error_has_its_exit_code() -> None:
    kinds = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.HarnessError)
    }
    assert kinds == {
        "HarnessError": 1,
        "InputError": 2,
        "SandboxError": 3,
        "WorkerLost": 3,
        "ProviderError": 4,
        "ContextOverflow": 4,
        "RateLimited": 4,
        "RefusedByProvider": 4,
        "BudgetReached": 4,
        "StorageError": 5,
        "DiskError": 5,
        "EvidenceError": 7,
        "MissingRecording": 7,
        "StaleRecording": 7,
        "BrokenRecording": 7,
        "StaleProbes": 7,
        "StaleSolution": 7,
        "TaintedTrial": 7,
        "TimeLimitReached": 1,
    }


def test_a_command_that_did_its_work_ends_with_0(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project(root)
    assert main(["agents"]) == 0
    assert main(["schema", "suite"]) == 0
    assert main(["probe"]) == 0
    assert capsys.readouterr().err == ""


def test_bad_input_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines = told(["show", "x"], capsys)
    assert code == 2
    assert lines == [
        "error: results: latest: there is no such run",
        "  run first: pytest evals/",
    ]


@pytest.mark.parametrize("path", ["loop/x", "x" * 300], ids=["cyclic", "long"])
def test_a_path_that_cannot_be_looked_at_ends_with_2(
    root: Path, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "loop").symlink_to("loop")
    for arguments in (["agents", path], ["show", "--failed", "--run", path], ["check", path]):
        assert main(arguments) == 2, arguments
        assert 2 <= len(capsys.readouterr().err.splitlines()) <= 3, arguments


def test_a_bad_setting_ends_with_2(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pyproject.toml").write_text("[tool.promptverdict]\ntrails = 2\n")
    code, lines = told(["agents"], capsys)
    assert code == 2
    assert lines == [
        "error: pyproject.toml: tool.promptverdict.trails: unknown setting",
        "  did you mean trials?",
    ]


def test_a_provider_that_cannot_be_reached_ends_with_4(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    code, lines = told(["relay", "take", "--wait", "1", "--url", url], capsys)
    assert code == 4
    assert len(lines) <= 3


def test_a_disk_that_cannot_be_written_ends_with_5(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "file").write_text("x")
    code, lines = told(["schema", "--write", "file/evals"], capsys)
    assert code == 5
    assert len(lines) <= 3


def test_a_recording_that_is_broken_ends_with_7(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = "evals/small/cassettes/hello/helper.base/relay-scripted"
    write(project(root, **{"evals/small/hello.yaml": PROBED}), {f"{folder}/0.http.yaml": "x\n"})
    write(root, {f"{folder}/0.world.yaml": "x\n"})
    code, lines = told(["probe"], capsys)
    assert code == 7
    assert len(lines) <= 3
    assert folder in lines[0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "VERB"),
        (["no-such-verb"], 2, "no-such-verb"),
        (["show"], 2, "--failed"),
        (["show", "x", "--number", "one"], 2, "--number"),
        (["--version"], 0, promptverdict.__version__),
        (["--help"], 0, "promptverdict"),
    ],
)
def test_usage_ends_with_2_and_help_with_0(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert (caught.value.code or 0) == code
    printed = capsys.readouterr()
    assert words in (printed.err if code else printed.out)


def test_a_closed_output_and_a_deleted_folder_are_bad_input(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = root / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert main(["runs"]) == 2
    assert "the working folder: it was deleted\n  change into" in capsys.readouterr().err
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "stdout", None)
    assert main(["runs"]) == 2
    assert "standard output: it is closed\n  leave" in capsys.readouterr().err


def test_the_help_tells_what_each_verb_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    described = {words[0] for words in lines if len(words) > 3 and words[0] in VERBS}
    assert described == set(VERBS)


@pytest.mark.e2e
def test_the_module_is_the_command(root: Path) -> None:
    done = subprocess.run(
        [*COMMAND, "show", "x"], cwd=root, env=environment(), capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: results: latest: there is no such run")


def opened_by_its_reader(pipe: Path, process: subprocess.Popen[bytes]) -> int:
    """Wait until a command has begun to read from a pipe, or has ended before it did."""
    while process.poll() is None:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            time.sleep(0.01)
    raise AssertionError(process.communicate())


@pytest.mark.e2e
@posix
def test_ctrl_c_ends_with_130_and_without_a_word(root: Path) -> None:
    os.mkfifo(root / "answer")
    process = subprocess.Popen(
        [*COMMAND, "relay", "answer", "c1", "--file", "answer"],
        cwd=root,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    pipe = opened_by_its_reader(root / "answer", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    os.close(pipe)
    assert (process.returncode, out, err) == (130, b"", b"")


@pytest.mark.e2e
@posix
def test_ctrl_c_while_the_verbs_are_loaded_ends_with_130_too(root: Path) -> None:
    write(root, {"early/yaml.py": "raise KeyboardInterrupt\n"})
    done = subprocess.run(
        [*COMMAND, "schema"],
        cwd=root,
        env=environment(PYTHONPATH=f"{root / 'early'}{os.pathsep}{ROOT}"),
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.e2e
@posix
@pytest.mark.parametrize("arguments", [["agents"], ["schema"], ["show", "record.json"]])
def test_a_reader_that_has_gone_away_is_no_error(
    root: Path, programs: Path, arguments: list[str]
) -> None:
    from tests.report.made import record

    project(root, **{"record.json": record().model_dump_json()})
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = subprocess.run(
            [programs / "promptverdict", *arguments],
            cwd=root,
            env=environment(),
            stdout=pipe,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, b"")
