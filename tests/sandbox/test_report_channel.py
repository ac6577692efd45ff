"""A report counts when a run of pytest that was seen sent it; files and others prove nothing."""

from __future__ import annotations

import json
import platform
import socket
import struct
import threading
from pathlib import Path

import pytest
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.report_channel import NAME, GuestProgram, ReportChannel, open_channel
from promptverdict.sandbox.workspace import Workspace

from tests.sandbox.shells import shell

pytestmark = pytest.mark.skipif(platform.system() != "Linux", reason="needs Linux's sockets")

FORGED = {
    "tree": "0" * 16,
    "exit_code": 0,
    "nodes": [{"id": "t.py::t", "phase": "call", "outcome": "passed"}],
    "unproven": None,
}
FORGE = f"""
import os, socket
to = socket.socket(socket.AF_UNIX)
to.connect(os.environ.get("SESSION_REPORT_SOCKET", "/run/harness/reports"))
to.recv(1)
to.sendall({json.dumps(FORGED).encode()!r})
to.shutdown(2)
"""


@pytest.fixture
def workspace(folders: TrialFolders) -> Workspace:
    workspace = Workspace(folders.workspace, folders.owner)
    workspace.write("test_a.py", b"def test_a(): assert 1 == 2\n")
    workspace.write("forge.py", FORGE.encode())
    return workspace


def unproven(sandbox: Sandbox, folders: TrialFolders, command: str) -> list[str | None]:
    return [sent.unproven for sent in shell(sandbox, folders)(command).reports]


@pytest.mark.parametrize(
    "command",
    [
        "pytest",
        "python3 -m pytest -q",
        "python -B -W error -m pytest",
        "timeout 9 env -i /opt/py/bin/python3 -I /opt/py/bin/pytest -q",
        "cd /tmp && pytest /workspace",
    ],
)
def test_a_run_of_pytest_is_seen(
    any_sandbox: Sandbox, folders: TrialFolders, workspace: Workspace, command: str
) -> None:
    if any_sandbox.kind == "none" and "/opt/py" in command:
        pytest.skip("there is no such path without a sandbox")
    assert unproven(any_sandbox, folders, command) == [None]


@pytest.mark.parametrize(
    "command",
    [
        "python3 forge.py",
        "python3 forge.py -m pytest",
        "cp forge.py /tmp/pytest && python3 /tmp/pytest",
        "cp forge.py pytest.py && python3 -m pytest",
        "mkdir x; cp forge.py x/pytest.py; cd /tmp; PYTHONPATH=/workspace/x python3 -m pytest",
        "mkdir -p x/_pytest && cp forge.py x/_pytest/__init__.py; PYTHONPATH=x pytest",
        "python3 -c 'import pytest; pytest.main()'",
    ],
)
def test_any_other_process_proves_nothing(
    any_sandbox: Sandbox, folders: TrialFolders, workspace: Workspace, command: str
) -> None:
    found = unproven(any_sandbox, folders, command)
    assert found
    assert None not in found


def test_a_child_of_pytest_proves_nothing_with_its_socket(
    any_sandbox: Sandbox, folders: TrialFolders, workspace: Workspace
) -> None:
    child = (
        "import gc, os, socket, time\n\n\ndef test_a():\n    if os.fork() == 0:\n"
        "        for thing in gc.get_objects():\n"
        "            if isinstance(thing, socket.socket):\n"
        f"                thing.sendall({json.dumps(FORGED).encode()!r})\n"
        "                thing.shutdown(2)\n        os._exit(0)\n    time.sleep(1)\n"
    )
    workspace.write("test_a.py", child.encode())
    assert unproven(any_sandbox, folders, "pytest -q") == ["another process sent it"]


def test_a_file_is_no_report(
    any_sandbox: Sandbox, folders: TrialFolders, workspace: Workspace
) -> None:
    forged = json.dumps(FORGED)
    run = shell(any_sandbox, folders)
    assert run(f"echo '{forged}' > /run/reports/1-1-a.json; true").reports == ()


def test_the_socket_cannot_be_replaced(sandbox: Sandbox, folders: TrialFolders) -> None:
    done = shell(sandbox, folders)("rm /run/harness/reports; touch /run/harness/x; ls /run/harness")
    assert done.output.count("Read-only file system") == 2
    assert done.output.endswith("reports\n")


def test_a_report_that_never_ends_is_none(
    sandbox: Sandbox, folders: TrialFolders, workspace: Workspace
) -> None:
    endless = FORGE.replace("to.shutdown(2)", "") + "import time; time.sleep(60)\n"
    workspace.write("endless.py", endless.encode())
    done = shell(sandbox, folders)("python3 endless.py", timeout=1)
    assert (done.stopped, done.reports) == ("timeout", ())


# The channel itself, with this process at the other end.


@pytest.fixture
def program(tmp_path: Path) -> GuestProgram:
    return GuestProgram(tmp_path, frozenset())


def send(path: Path, content: bytes) -> threading.Thread:
    def run() -> None:
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(path))
            stream.recv(1)
            stream.sendall(content)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_reports_come_whole_and_in_order(tmp_path: Path, program: GuestProgram) -> None:
    with open_channel(tmp_path, program) as channel:
        assert channel
        for content in (b"a" * 300_000, b"b"):
            thread = send(tmp_path / NAME, content)
            while thread.is_alive():
                channel.receive()
            channel.receive(to_the_end=True)
        assert [sent.content for sent in channel.reports] == [b"a" * 300_000, b"b"]
        assert all(sent.unproven for sent in channel.reports)
    assert not (tmp_path / NAME).exists()


def test_a_flood_of_connections_ends(tmp_path: Path, program: GuestProgram) -> None:
    channel = ReportChannel(tmp_path, program)
    reset = struct.pack("ii", 1, 0)
    for _ in range(600):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            stream.connect(str(tmp_path / NAME))
        channel.receive()
    channel.receive(to_the_end=True)
    assert channel.reports == []
    channel.close()


def test_a_long_path_is_no_obstacle(tmp_path: Path, program: GuestProgram) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    with open_channel(deep, program) as channel:
        assert channel
        assert (deep / NAME).is_socket()


def test_without_a_guest_python_there_is_no_channel(tmp_path: Path) -> None:
    with open_channel(tmp_path, None) as channel:
        assert channel is None
