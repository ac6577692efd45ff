from __future__ import annotations

import os
import socket
from pathlib import Path

import promptverdict
import pytest
from promptverdict.sandbox import Mount, Sandbox, TrialFolders
from promptverdict.sandbox.workspace import Workspace

from .shells import NEEDS_BUBBLEWRAP, Shell, python

pytestmark = NEEDS_BUBBLEWRAP


def test_it_is_the_pinned_python_and_pytest(sandbox: Sandbox, sh: Shell) -> None:
    assert sh("python3 --version").output == f"Python {sandbox.python}\n"
    assert sh("pytest --version").output == f"pytest {sandbox.pytest}\n"
    assert sh("which python python3 pytest").output == (
        "/opt/py/bin/python\n/opt/py/bin/python3\n/opt/py/bin/pytest\n"
    )


def test_git_and_the_agents_own_loopback_work(sh: Shell) -> None:
    code = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "import multiprocessing\n"
        "with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1]))"
    )
    assert sh("git init -q . && git status --short && " + python(code)).output == "[1]\n"


@pytest.mark.parametrize("package", ["promptverdict", "anthropic", "openai", "pydantic", "yaml"])
def test_nothing_of_the_harness_can_be_imported(sh: Shell, package: str) -> None:
    for interpreter in ("python3", "/usr/bin/python3"):
        done = sh(
            f"command -v {interpreter} > /dev/null || exit 1; {interpreter} -c 'import {package}'"
        )
        assert done.exit_code == 1
        assert "Traceback" not in done.output or "No module named" in done.output


def test_the_harness_itself_cannot_be_seen(sh: Shell) -> None:
    source = Path(promptverdict.__file__).resolve().parent
    assert sh(f"ls {source}").exit_code != 0


def test_environment_of_the_harness_does_not_leak(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-1f0c")
    done = sh("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n' | grep -v grep")
    assert "HOME=/home/agent" in done.output
    assert "canary-1f0c" not in done.output
    assert "ANTHROPIC" not in done.output.replace("cmdline", "")


def test_an_environment_of_the_callers_is_added(sh: Shell) -> None:
    done = sh("echo $PYTHONPATH $HOME", environment={"PYTHONPATH": "/opt/kit"})
    assert done.output == "/opt/kit /home/agent\n"


REFUSED = {
    "read shadow": "cat /etc/shadow",
    "read root's home": "ls /root",
    "read the host's home folders": "ls /home/* | grep -v '^$' | grep .",
    "write /usr": "touch /usr/x",
    "write /etc": "touch /etc/x",
    "write over passwd": "echo >> /etc/passwd",
    "write /": "touch /x",
    "write /opt/py": "touch /opt/py/x",
    "write /run": "touch /run/x",
    "write /dev": "touch /dev/x",
    "open the core pattern": ": >> /proc/sys/kernel/core_pattern",
    "open sysrq": ": >> /proc/sysrq-trigger",
    "replace the workspace": "mv /workspace /tmp/w",
    "remove the workspace": "rmdir /workspace",
    "hard link to a system file": "ln /usr/bin/env /workspace/env",
    "hard link between mounts": "touch /tmp/a && ln /tmp/a /workspace/a",
    "nested user namespace": "unshare --user true",
    "mount": "mount -t tmpfs x /tmp",
    "remount": "mount -o remount,rw /usr",
    "chroot": "chroot / true",
    "make a device": "mknod /workspace/n c 1 3",
    "become root": "su -c id < /dev/null",
    "change the host name": "hostname other",
    "set the clock": "date -s '2001-01-01'",
    "huge sparse file": "truncate -s 1T /workspace/x",
    "file over the limit": "head -c 100M /dev/zero > /workspace/x",
    "fill shared memory": "head -c 40M /dev/zero > /dev/shm/x",
    "internet": "exec 3<> /dev/tcp/1.1.1.1/53",
    "cloud metadata": "exec 3<> /dev/tcp/169.254.169.254/80",
    "name server": "getent hosts example.org",
    "docker": "ls /var/run/docker.sock /run/docker.sock 2>&1 | grep -v 'No such'",
}


@pytest.mark.parametrize("attack", REFUSED)
def test_attack_is_refused(sh: Shell, attack: str) -> None:
    done = sh(REFUSED[attack])
    assert done.stopped is None
    assert done.exit_code != 0, done.output


def test_servers_of_the_host_cannot_be_reached(sh: Shell, tmp_path: Path) -> None:
    path, name = str(tmp_path / "s"), f"\0host-{os.getpid()}"
    tcp = socket.create_server(("127.0.0.1", 0))
    by_path, abstract = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    with tcp, by_path, abstract:
        by_path.bind(path)
        abstract.bind(name)
        by_path.listen()
        abstract.listen()
        families = {tcp.getsockname(): socket.AF_INET, path: socket.AF_UNIX, name: socket.AF_UNIX}
        for address, family in families.items():
            with socket.socket(family) as client:  # the control: the host itself gets through
                client.connect(address)
            done = sh(python(f"import socket\nsocket.socket({int(family)}).connect({address!r})"))
            assert done.exit_code == 1
            assert "Error" in done.output


def test_processes_of_the_host_cannot_be_seen(sh: Shell) -> None:
    done = sh(f"ls -d /proc/[0-9]* | wc -l; kill -0 {os.getpid()}")
    assert int(done.output.split()[0]) < 8
    assert done.exit_code == 1


def test_one_process_that_wants_too_much_memory_is_refused(sh: Shell) -> None:
    assert "MemoryError" in sh("python3 -c 'x = bytearray(3 << 30)'").output


def test_processes_are_limited(sh: Shell) -> None:
    code = (
        "import os, time\n"
        "n = 0\n"
        "try:\n"
        "    while n < 1000:\n"
        "        if os.fork() == 0: time.sleep(9); os._exit(0)\n"
        "        n += 1\n"
        "except BlockingIOError: print(n)"
    )
    assert 50 < int(sh(python(code)).output) < 128


def test_a_mount_is_seen_and_cannot_be_written(sh: Shell, folders: TrialFolders) -> None:
    folder = folders.root / "probes"
    folder.mkdir()
    Workspace(folder, folders.owner).write("check.py", b"print('checked')")
    done = sh("python3 /probes/check.py; touch /probes/x", mounts=[Mount(folder, "/probes")])
    assert done.output.startswith("checked\n")
    assert "Read-only" in done.output


@pytest.mark.parametrize(
    "target",
    [
        "/workspace/p",
        "/tmp/p",
        "/home/agent/p",
        "/run/reports/p",
        "/run/harness/p",
        "/usr/p",
        "p",
        "/a/../b",
    ],
)
def test_nothing_is_mounted_where_an_agent_can_write(
    sh: Shell, tmp_path: Path, target: str
) -> None:
    with pytest.raises(ValueError, match=r"mount"):
        sh("true", mounts=[Mount(tmp_path, target)])
