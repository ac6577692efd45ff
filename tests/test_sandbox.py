from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import harness
from harness.errors import SandboxError
from harness.sandbox import (
    DROPPED_UID,
    Bubblewrap,
    Finished,
    Limits,
    Mount,
    Place,
    Sandbox,
    Unprotected,
    make_place,
    open_sandbox,
    remove_place,
)
from harness.tree import TestReport, digest
from harness.workspace import Workspace

pytestmark = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux"),
]

Shell = Callable[..., Finished]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("bubblewrap")


@pytest.fixture
def place() -> Iterator[Place]:
    made = make_place()
    yield made
    remove_place(made)


@pytest.fixture
def sh(sandbox: Sandbox, place: Place) -> Shell:
    return shell(sandbox, place)


def shell(sandbox: Sandbox, place: Place) -> Shell:
    def run(script: str, *, timeout: float = 20, **options: object) -> Finished:
        argv = ["bash", "--noprofile", "--norc", "-c", script]
        return sandbox.run(argv, place, timeout=timeout, **options)  # type: ignore[arg-type]

    return run


def limited(sandbox: Sandbox, place: Place, limits: Limits) -> Shell:
    """A shell in the same sandbox, with other limits."""
    assert isinstance(sandbox, Bubblewrap)
    return shell(Bubblewrap(sandbox._program, sandbox._guest, limits), place)


def python(code: str) -> str:
    return f"python3 - <<'END'\n{code}\nEND\n"


def call(name: str, x86: int, arm: int, *arguments: int) -> str:
    """Python that makes a system call and fails with its error."""
    return python(
        "import ctypes, os\n"
        f"number = {x86} if os.uname().machine == 'x86_64' else {arm}\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"if libc.syscall(number, {', '.join(map(str, arguments))}) < 0:\n"
        f"    raise OSError(ctypes.get_errno(), '{name}')"
    )


def test_a_command_gives_its_output_and_exit_code(sh: Shell) -> None:
    done = sh("echo out; echo err >&2; exit 7")
    assert (done.exit_code, done.output, done.stopped) == (7, "out\nerr\n", None)
    assert not done.truncated
    assert 0 < done.seconds < 5


def test_a_signal_is_told_as_a_shell_tells_it(sh: Shell) -> None:
    assert sh("kill -9 $$").exit_code == 137


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


@pytest.mark.parametrize("package", ["harness", "anthropic", "openai", "pydantic", "yaml"])
def test_nothing_of_the_harness_can_be_imported(sh: Shell, package: str) -> None:
    for interpreter in ("python3", "/usr/bin/python3"):
        done = sh(
            f"command -v {interpreter} > /dev/null || exit 1; {interpreter} -c 'import {package}'"
        )
        assert done.exit_code == 1
        assert "Traceback" not in done.output or "No module named" in done.output


def test_the_harness_itself_cannot_be_seen(sh: Shell) -> None:
    source = Path(harness.__file__).resolve().parent
    assert sh(f"ls {source}").exit_code != 0


def test_environment_of_the_harness_does_not_leak(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-1f0c")
    done = sh("env; cat /proc/*/environ /proc/*/cmdline | tr '\\0' '\\n' | grep -v grep")
    assert "HOME=/home/agent" in done.output
    assert "canary-1f0c" not in done.output
    assert "ANTHROPIC" not in done.output.replace("cmdline", "")


def test_no_descriptor_leaks(sh: Shell, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        assert sh("for f in /proc/$$/fd/*; do readlink $f; done | sed 's/:.*//'").output == (
            "/dev/null\npipe\npipe\n"
        )
    finally:
        os.close(descriptor)


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
    "vsock": python("import socket; socket.socket(40, socket.SOCK_STREAM)"),
    "packet socket": python("import socket; socket.socket(17, socket.SOCK_RAW)"),
    "crypto socket": python("import socket; socket.socket(38, socket.SOCK_SEQPACKET)"),
    "type into a terminal": python(
        "import errno, fcntl\n"
        "try: fcntl.ioctl(0, 0x5412, b'x')\n"
        "except OSError as error: raise SystemExit(error.errno == errno.EPERM)"
    ),
    "keyring": call("keyctl", 250, 219, 0, -3, 0),
    "io_uring": call("io_uring_setup", 425, 425, 1, 0),
    "userfaultfd": call("userfaultfd", 323, 282, 1),
    "ptrace": call("ptrace", 101, 117, 0, 0, 0, 0),
    "bpf": call("bpf", 321, 280, 0, 0, 0),
    "kernel log": call("syslog", 103, 116, 10, 0, 0),
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


def test_without_the_filter_some_calls_would_pass(sandbox: Sandbox, place: Place) -> None:
    open_ = Bubblewrap(sandbox._program, sandbox._guest)  # type: ignore[attr-defined]
    open_._filter = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)
    assert shell(open_, place)(REFUSED["keyring"]).exit_code == 0
    with contextlib.suppress(OSError), socket.socket(40, socket.SOCK_STREAM):
        assert shell(open_, place)(REFUSED["vsock"]).exit_code == 0


def test_system_calls_are_refused_by_the_filter(sh: Shell) -> None:
    for attack in ("keyring", "io_uring", "userfaultfd", "ptrace", "bpf", "kernel log"):
        assert "PermissionError: [Errno 1]" in sh(REFUSED[attack]).output
    assert "Address family not supported" in sh(REFUSED["vsock"]).output


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


def test_killing_everything_ends_only_the_command(sh: Shell) -> None:
    assert sh("kill -9 -1; kill -9 1; echo alive").exit_code is not None
    assert sh("echo next").output == "next\n"


@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs root")
def test_root_drops_to_another_user(sh: Shell, place: Place) -> None:
    assert place.owner == DROPPED_UID
    sh("touch /workspace/a; cp /usr/bin/env /workspace/b; chmod u+s /workspace/b")
    for name in ("a", "b"):
        assert (place.workspace / name).stat().st_uid == DROPPED_UID


def test_a_command_that_ignores_signals_is_stopped_in_time(sh: Shell) -> None:
    done = sh("trap '' TERM INT HUP; while :; do sleep 1; done", timeout=0.5)
    assert (done.exit_code, done.stopped) == (None, "timeout")
    assert done.seconds < 3


def test_a_command_that_closes_its_output_is_still_timed(sh: Shell) -> None:
    assert sh("exec >&- 2>&-; sleep 20", timeout=0.5).stopped == "timeout"
    assert sh("exec >&- 2>&-; sleep 0.2; exit 3").exit_code == 3


def test_what_was_said_before_the_stop_is_kept(sh: Shell) -> None:
    assert sh("echo said; sleep 20", timeout=0.5).output == "said\n"


def test_input_is_empty(sh: Shell) -> None:
    done = sh("cat; read x; echo end")
    assert (done.output, done.stopped) == ("end\n", None)


def test_a_background_child_does_not_hold_the_command_up(sh: Shell) -> None:
    done = sh("sleep 60 & echo started")
    assert done.output == "started\n"
    assert done.seconds < 3


def test_a_daemon_dies_with_its_command(sh: Shell, place: Place) -> None:
    script = "while :; do date +%N > /workspace/beat; sleep 0.02; done"
    sh(f"setsid nohup bash -c '{script}' > /dev/null 2>&1 & sleep 0.3")
    beat = (place.workspace / "beat").read_bytes()
    assert beat
    time.sleep(0.2)
    assert (place.workspace / "beat").read_bytes() == beat


def test_a_killed_harness_leaves_no_process(place: Place) -> None:
    marker = f"61.{os.getpid()}"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from harness.sandbox import *\n"
        "place = Place(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2] else None)\n"
        f"argv = ['bash', '-c', 'echo > /workspace/on; setsid sleep {marker} & sleep {marker}']\n"
        "Bubblewrap(sys.argv[3], guest_python()).run(argv, place, timeout=60)\n"
    )
    program = shutil.which("bwrap") or ""
    owner = "" if place.owner is None else str(place.owner)
    argv = [sys.executable, "-c", code, str(place.root), owner, program]
    with subprocess.Popen(argv, cwd=Path(harness.__file__).parents[1]) as process:
        _wait_until((place.workspace / "on").exists)
        _wait_until(lambda: _is_running(marker))
        process.send_signal(signal.SIGKILL)
        process.wait()
    _wait_until(lambda: not _is_running(marker))


def _is_running(marker: str) -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes() == f"sleep\0{marker}\0".encode():
                return True
    return False


def _wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_flood_of_output_is_stopped(sh: Shell) -> None:
    done = sh("yes")
    assert (done.stopped, done.truncated) == ("output-flood", True)
    assert len(done.output) < 31_000
    assert done.seconds < 5


def test_beginning_and_end_of_long_output_are_kept(sh: Shell) -> None:
    done = sh("echo first; yes äöü | head -n 20000; echo last")
    assert done.truncated
    assert done.output.startswith("first\n")
    assert done.output.endswith("last\n")
    assert "[... 50011 characters left out ...]" in done.output
    assert 30_000 < len(done.output) < 30_100


def test_output_that_is_not_text_is_replaced(sh: Shell) -> None:
    assert sh("printf 'a\\xffb\\xc3'").output == "a\ufffdb\ufffd"


def test_many_processes_together_run_out_of_memory(sandbox: Sandbox, place: Place) -> None:
    small = limited(sandbox, place, Limits(memory=100 << 20))
    hog = "x = bytearray(50 << 20)\nimport time; time.sleep(10)"
    done = small("\n".join(f"python3 -c '{hog}' &" for _ in range(4)) + "\nwait")
    assert done.stopped == "memory"
    assert done.seconds < 5


def test_memory_shared_by_forks_counts_once(sandbox: Sandbox, place: Place) -> None:
    small = limited(sandbox, place, Limits(memory=150 << 20))
    code = (
        "import os, time\nx = bytearray(60 << 20)\n[os.fork() for _ in range(3)]\ntime.sleep(0.5)"
    )
    assert small(python(code)).stopped is None


def test_one_process_that_wants_too_much_memory_is_refused(sh: Shell) -> None:
    assert "MemoryError" in sh("python3 -c 'x = bytearray(3 << 30)'").output


@pytest.mark.parametrize(
    "filling",
    [
        "for i in $(seq 200); do head -c 1M /dev/zero > /workspace/$i; sleep 0.01; done",
        "for i in $(seq 200); do head -c 1M /dev/zero > /tmp/$i; sleep 0.01; done",
        "for i in $(seq 200); do head -c 1M /dev/zero > ~/$i; sleep 0.01; done",
        "exec 3> /tmp/x; rm /tmp/x; head -c 30M /dev/zero >&3; sleep 9",
        python(
            "import os, time\n"
            "for _ in range(3): os.write(os.memfd_create('x'), bytes(10 << 20))\n"
            "time.sleep(9)"
        ),
    ],
)
def test_a_full_disk_is_stopped(sandbox: Sandbox, place: Place, filling: str) -> None:
    done = limited(sandbox, place, Limits(disk=20 << 20))(filling)
    assert done.stopped == "disk"
    assert done.seconds < 5


def test_too_many_files_are_stopped(sandbox: Sandbox, place: Place) -> None:
    script = python("i = 0\nwhile True:\n    i += 1\n    open(f'/workspace/{i}', 'w').close()")
    assert limited(sandbox, place, Limits(entries=2000))(script).stopped == "too-many-files"


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


def test_a_fork_bomb_is_survived(sh: Shell) -> None:
    done = sh("bomb() { bomb | bomb & }; bomb; sleep 20", timeout=1)
    assert done.stopped in ("timeout", "output-flood")
    assert sh("echo next").output == "next\n"


def test_tmp_and_home_last_for_a_trial_and_no_longer(sandbox: Sandbox, sh: Shell) -> None:
    sh("echo 1 > /tmp/a; echo 2 > ~/b; echo 3 > c")
    assert sh("cat /tmp/a ~/b /workspace/c").output == "1\n2\n3\n"
    other = make_place()
    try:
        assert shell(sandbox, other)("cat /tmp/a ~/b c 2> /dev/null").output == ""
    finally:
        remove_place(other)


def test_a_command_starts_where_it_should(sh: Shell) -> None:
    sh("mkdir -p a/b /tmp/c")
    assert sh("pwd").output == "/workspace\n"
    assert sh("pwd", cwd="/workspace/a/b").output == "/workspace/a/b\n"
    assert sh("pwd", cwd="/tmp/c").output == "/tmp/c\n"


def test_a_folder_that_is_gone_is_the_agents_affair(sh: Shell) -> None:
    done = sh("pwd", cwd="/workspace/gone")
    assert done.exit_code == 125
    assert "/workspace/gone" in done.output


def test_an_agent_cannot_lock_itself_out(sh: Shell) -> None:
    sh("chmod 000 /workspace /tmp ~ /run/reports")
    assert sh("echo x > /workspace/a && cat /workspace/a").output == "x\n"


@pytest.mark.parametrize("script", ["echo \0", "echo \ud800", "# " + "x" * (1 << 17)])
def test_a_command_that_no_kernel_takes_is_answered(sh: Shell, script: str) -> None:
    done = sh(script)
    assert (done.exit_code, done.stopped) == (126, None)
    assert done.output.startswith("the command")


def test_a_mount_is_seen_and_cannot_be_written(sh: Shell, place: Place) -> None:
    folder = place.root / "probes"
    folder.mkdir()
    Workspace(folder, place.owner).write("check.py", b"print('checked')")
    done = sh("python3 /probes/check.py; touch /probes/x", mounts=[Mount(folder, "/probes")])
    assert done.output.startswith("checked\n")
    assert "Read-only" in done.output


@pytest.mark.parametrize(
    "target",
    ["/workspace/p", "/tmp/p", "/home/agent/p", "/run/reports/p", "/usr/p", "p", "/a/../b"],
)
def test_nothing_is_mounted_where_an_agent_can_write(
    sh: Shell, tmp_path: Path, target: str
) -> None:
    with pytest.raises(ValueError, match=r"mount"):
        sh("true", mounts=[Mount(tmp_path, target)])


def test_a_sandbox_that_cannot_start_is_an_error_of_the_harness(sh: Shell) -> None:
    with pytest.raises(SandboxError, match="source path /nowhere"):
        sh("true", mounts=[Mount(Path("/nowhere"), "/probes")])


def test_commands_run_at_the_same_time_in_threads(sandbox: Sandbox) -> None:
    outputs: list[str] = []

    def work(number: int) -> None:
        own = make_place()
        try:
            outputs.append(shell(sandbox, own)(f"sleep 0.2; echo {number}").output)
        finally:
            remove_place(own)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outputs) == [f"{number}\n" for number in range(8)]


def test_a_place_is_closed_and_outside_of_any_repository(place: Place) -> None:
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700
    assert not any((folder / ".git").exists() for folder in place.root.parents)
    assert list(place.workspace.iterdir()) == []


def test_no_place_is_made_inside_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    with pytest.raises(SandboxError, match="inside the repository"):
        make_place()


@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs root")
def test_no_place_is_made_where_another_user_cannot_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SandboxError, match="closed to others"):
        make_place()


def test_a_place_is_removed_whatever_is_in_it(sandbox: Sandbox) -> None:
    place = make_place()
    script = python(
        "import os\n"
        "for _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
        "os.chdir('/workspace')\n"
        "os.mkdir('closed'); open('closed/f', 'w').close(); os.chmod('closed', 0)\n"
        "os.mkfifo('pipe'); os.symlink('/usr', 'link'); open(b'\\xff', 'w').close()"
    )
    assert shell(sandbox, place)(script).exit_code == 0
    remove_place(place)
    assert not place.root.exists()
    assert Path("/usr/bin").is_dir()


def test_missing_bubblewrap_is_told_with_a_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="apt install bubblewrap") as told:
        open_sandbox("bubblewrap")
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("bwrap: Creating new namespace failed: No space left on device", "max_user_namespaces"),
        ("bwrap: No permissions to create new namespace, likely because", "seccomp=unconfined"),
        ("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "apparmor_restrict"),
        ("bwrap: setting up uid map: Permission denied", "apparmor_restrict"),
        ("bwrap: Failed to make / slave: Permission denied", "apparmor=unconfined"),
        ("bwrap: Unknown option --disable-userns", "0.8.0"),
        ("bwrap: something else", "user namespaces"),
    ],
)
def test_what_bubblewrap_says_is_told_with_a_cure(
    monkeypatch: pytest.MonkeyPatch, line: str, cure: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "bwrap")
        program.write_text(f"#!/bin/sh\necho '{line}' >&2\nexit 1\n")
        for path in (program, program.parent):
            path.chmod(0o755)
        monkeypatch.setenv("PATH", folder)
        with pytest.raises(SandboxError, match=cure) as told:
            open_sandbox("bubblewrap")
    lines = str(told.value).splitlines()
    assert len(lines) == 3
    assert line in lines[0]
    assert "--sandbox=none" in lines[2]


@pytest.fixture(scope="module")
def unprotected() -> Sandbox:
    return open_sandbox("none")


def test_unprotected_commands_see_the_paths_of_the_sandbox(
    unprotected: Sandbox, place: Place
) -> None:
    run = shell(unprotected, place)
    done = run("echo 1 > /workspace/a; cd /workspace; pwd; cat a; echo 'x/workspace'; exit 3")
    assert (done.exit_code, done.output) == (3, "/workspace\n1\nx/workspace\n")
    assert (place.workspace / "a").read_text() == "1\n"
    folder = place.root / "kit"
    folder.mkdir(mode=0o755)
    Workspace(folder, place.owner).write("kit.py", b"value = 5")
    done = run(
        "python3 -c 'import kit; print(kit.value, kit.__file__)'",
        mounts=[Mount(folder, "/opt/kit")],
        environment={"PYTHONPATH": "/opt/kit"},
    )
    assert done.output == "5 /opt/kit/kit.py\n"


def test_unprotected_commands_get_no_key_either(
    unprotected: Sandbox, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-1f0c")
    assert "canary" not in shell(unprotected, place)("env").output


def test_unprotected_commands_are_stopped_with_their_children(
    unprotected: Sandbox, place: Place
) -> None:
    run = shell(unprotected, place)
    marker = f"62.{os.getpid()}"
    assert run(f"sleep {marker} & sleep {marker}", timeout=0.5).stopped == "timeout"
    assert run(f"sleep {marker} & echo on").output == "on\n"
    _wait_until(lambda: not _is_running(marker))
    assert run("yes").stopped == "output-flood"
    assert run("true", cwd="/workspace/gone").exit_code == 127


def test_unprotected_test_runs_are_reported(unprotected: Sandbox, place: Place) -> None:
    workspace = Workspace(place.workspace, place.owner)
    workspace.write("test_a.py", b"def test_a(): assert 1 == 2\n")
    tree = digest(workspace.snapshot().tree)
    done = shell(unprotected, place)("pytest -q -p no:cacheprovider")
    assert done.exit_code == 1
    (name,) = place.reports.iterdir()
    report = TestReport.model_validate_json(name.read_bytes())
    assert report.tree == tree
    assert [node.outcome for node in report.nodes] == ["failed"]


def test_the_kinds_say_what_they_are(sandbox: Sandbox, unprotected: Sandbox) -> None:
    assert (sandbox.kind, unprotected.kind) == ("bubblewrap", "none")
    assert isinstance(unprotected, Unprotected)
    assert sandbox.pytest == unprotected.pytest
