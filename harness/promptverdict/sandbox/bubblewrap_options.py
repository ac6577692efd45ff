"""bubblewrap's command line: what a command sees, and what it may not do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from promptverdict.sandbox.commands import ENVIRONMENT
from promptverdict.sandbox.interface import Mount
from promptverdict.sandbox.limits import Limits
from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.trial_folders import (
    CHANNEL,
    ETC,
    HOME,
    REPORTS,
    TMP,
    WORKSPACE,
    TrialFolders,
)

SHARED_MEMORY = 32 << 20
"""Bytes of /dev/shm, which multiprocessing needs: memory that no limit of a process counts."""

_MASKED = (
    "lib*/python*/site-packages",
    "lib*/python*/dist-packages",
    "local/lib*/python*/site-packages",
    "local/lib*/python*/dist-packages",
    "local/bin",
    "local/src",
    "src",
)
"""Below /usr: packages and programs that differ from host to host (the harness may be one of them),
and where images put an application. An agent that finds them behaves differently on each host."""


def build_options(
    python: Path,
    masked: Sequence[str],
    folders: TrialFolders,
    mounts: Sequence[Mount],
    environment: Mapping[str, str],
) -> list[str]:
    """Return the options that isolate a command and show it what it may see, Python included."""
    options = [
        # --disable-userns: in a user namespace of its own an agent would have capabilities again,
        # and with them kernel code that has had most of the escapes.
        *("--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns"),
        # -try: kernels and containers without cgroup namespaces are common, and little is lost.
        *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
        # --new-session: a command could otherwise type into the terminal of whoever records.
        *("--unshare-net", "--hostname", "sandbox", "--die-with-parent", "--new-session"),
        # --cap-drop: nothing runs as root, so there should be none; this makes it certain.
        *("--cap-drop", "ALL", "--clearenv"),
    ]
    for name, value in {**ENVIRONMENT, **environment}.items():
        options += ["--setenv", name, value]
    options += _build_system_options(masked, folders)
    options += ["--ro-bind", str(python), PYTHON_MOUNT]
    for target, source in folders.written.items():
        options += ["--bind", str(source), target]
    # Read-only: the socket in it can be connected to, and not be replaced.
    options += ["--ro-bind", str(folders.channel), CHANNEL]
    for mount in mounts:
        options += ["--ro-bind", str(mount.source), check_target(mount.target)]
    # bubblewrap's own / and /dev are file systems in memory, writable and without a limit: what is
    # written there would count for no disk. Last, because mount points are made in them before.
    return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORKSPACE]


def _build_system_options(masked: Sequence[str], folders: TrialFolders) -> list[str]:
    """Return options that show the host's programs, and made-up files below /etc."""
    options = ["--ro-bind", "/usr", "/usr"]
    for folder in ("/etc", "/home", "/opt", "/run"):
        options += ["--perms", "0755", "--dir", folder]
    for folder in masked:
        options += ["--ro-bind", str(folders.root / "empty"), folder]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        # Links into /usr on most systems, folders on older ones.
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    # The links of Debian's commands (awk, editor), where libraries are, and the time zone.
    for name in ("alternatives", "ld.so.cache", "localtime"):
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in ETC:
        options += ["--ro-bind", str(folders.root / "etc" / name), f"/etc/{name}"]
    shared = ("--size", str(SHARED_MEMORY), "--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108
    return [*options, "--proc", "/proc", "--dev", "/dev", *shared]


def find_masked_folders() -> tuple[str, ...]:
    """Find the folders below /usr that a command must see as empty."""
    usr = Path("/usr")
    matches = {path.resolve() for pattern in _MASKED for path in usr.glob(pattern)}
    matches.add(Path(__file__).resolve().parents[2])
    below = [path for path in matches if path.is_dir() and path.is_relative_to(usr)]
    # Only the outermost: there is nothing to mount on in a folder that is already empty.
    return tuple(
        str(path)
        for path in sorted(below)
        if path != usr and not any(other in path.parents for other in below)
    )


def check_target(target: str) -> str:
    """Return a mount point that no agent could have replaced by a link to the host.

    bubblewrap follows such a link when it mounts (CVE-2026-87766). Raises ValueError: mounts are
    the harness's own.
    """
    taken = (WORKSPACE, TMP, HOME, REPORTS, CHANNEL, PYTHON_MOUNT, "/usr", "/etc", "/proc", "/dev")
    path = Path(target)
    if not path.is_absolute() or ".." in path.parts or path == Path("/"):
        raise ValueError(f"a mount needs an absolute path: {target}")
    if any(path.is_relative_to(other) for other in taken):
        raise ValueError(f"nothing can be mounted at {target}")
    return target


def build_limits_prefix(limits: Limits) -> list[str]:
    """Return the command that sets the limits of one process and then runs what follows."""
    # Run inside the sandbox: the kernel counts processes for each user in each user namespace, and
    # outside it would count those of every other trial.
    return [
        "prlimit",
        f"--nproc={limits.processes}",
        # Not --as: Go, Java and sanitizers reserve far more address space than they use.
        f"--data={limits.data}",
        f"--fsize={limits.file_size}",
        f"--nofile={limits.open_files}",
        f"--cpu={limits.cpu_seconds}",
        f"--stack={limits.stack}",
        # A core file would be in the workspace, and in the recording.
        "--core=0",
        "--",
    ]
