"""The command line of docker and podman: what a command in a container sees, and may not do."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.bubblewrap_options import SHARED_MEMORY, check_target
from promptverdict.sandbox.commands import ENVIRONMENT
from promptverdict.sandbox.container_engine import FOLDERS_LABEL, HOST_LABEL, EngineKind
from promptverdict.sandbox.container_python import CONFINE, FILTER
from promptverdict.sandbox.interface import Mount
from promptverdict.sandbox.limits import Limits
from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.trial_folders import CHANNEL, ETC, WORKSPACE, TrialFolders

_PROCESSORS = 2
"""Of one container; tests that start more workers share them."""
_OWN_PROCESSES = 4
"""That run beside a command: the first process, and what ends it if nobody else does."""

_USERS_PROCESSES = 4096
"""Of all containers of a user together."""

STARTED = "promptverdict: started"
_FIRST = f"echo '{STARTED}' >&2; " + 'exec 3>&1 2> /dev/null; "$@" >&3 2>&3 3>&-; exit $?'
"""What the first process of a container does: it runs the command and takes in the orphans.

A command that was the first process itself could not be killed by its own signals, and would leave
zombies. Its output is one stream here; the engine would give two, in no order. The shell's own
remarks on signals are no output of the command. Without the line about the start, whatever came of
it is an error of the harness and no result of the command.
"""


def build_container_options(
    kind: EngineKind,
    folders: TrialFolders,
    limits: Limits,
    mounts: Iterable[tuple[Path, str, bool]],
) -> list[str]:
    """Return the options that isolate a container; mounts: (source, target, whether read-only)."""
    user, group = find_user(folders)
    options = [
        *("--label", f"{HOST_LABEL}={socket.gethostname()}"),
        *("--label", f"{FOLDERS_LABEL}={folders.root}"),
        # Never fetched in passing: it could be another image than the record names.
        *("--pull", "never"),
        *("--network", "none", "--ipc", "private", "--hostname", "sandbox"),
        *("--user", f"{user}:{group}", "--cap-drop", "ALL"),
        *("--security-opt", "no-new-privileges", "--read-only"),
        *("--memory", str(limits.memory), "--memory-swap", str(limits.memory)),
        *("--pids-limit", str(limits.processes + _OWN_PROCESSES)),
        *("--cpus", str(min(_PROCESSORS, os.cpu_count() or 1))),
        *("--shm-size", str(SHARED_MEMORY), "--log-driver", "none"),
        *("--workdir", WORKSPACE, "--entrypoint", "/usr/bin/env"),
    ]
    for name, value in _list_limits(limits):
        options += ["--ulimit", f"{name}={value}:{value}"]
    if kind == "podman":
        # Without the first, podman puts writable file systems on /tmp and /run; the second would
        # hand the host's proxies on, with their passwords; the third lets the folders be seen
        # where SELinux is on.
        options += ["--read-only-tmpfs=false", "--http-proxy=false"]
        options += ["--security-opt", "label=disable"]
        # Without root, the folders' owner would be root inside, and nobody else could write.
        options += ["--userns", "keep-id"] if folders.owner is None else []
        options += _keep_process_limit()
    for source, target, is_read_only in mounts:
        options += ["--mount", _format_mount(source, target, is_read_only=is_read_only)]
    return options


def list_mounts(
    python: Path, folders: TrialFolders, mounts: Sequence[Mount]
) -> list[tuple[Path, str, bool]]:
    """List what a command sees of the host: (source, target, whether read-only)."""
    user, group = find_user(folders)
    seen = [(_write_names(folders, name, user, group), f"/etc/{name}", True) for name in _NAMES]
    seen += [(source, target, False) for target, source in folders.written.items()]
    seen += [(folders.channel, CHANNEL, True), (python, PYTHON_MOUNT, True)]
    return seen + [(mount.source, check_target(mount.target), True) for mount in mounts]


def build_command(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    ends_after: float,
    has_filter: bool = True,
) -> list[str]:
    """Return what the engine is to start: the command, with its environment and nothing besides.

    ends_after: seconds until it ends by itself, where the harness was killed and nobody ends it.
    has_filter: whether the image's Python at /opt/py, which sets the filter, is there already.
    """
    variables = [f"{name}={value}" for name, value in {**ENVIRONMENT, **environment}.items()]
    # The engine sets variables of the image's, and docker the proxies of its own settings. env -i
    # first: a command can read the environment of the first process.
    confine = [f"{PYTHON_MOUNT}/{part}" for part in ("bin/python3", CONFINE, FILTER)]
    confine[1:1] = ["-I", "-S"]
    first = ["-i", *(confine if has_filter else [])]
    first += ["bash", "--noprofile", "--norc", "-c", _FIRST, "first"]
    last = ["timeout", "--foreground", "--signal=KILL", f"{ends_after:.3f}"]
    return [*first, "env", "-i", *variables, *last, *argv]


def find_user(folders: TrialFolders) -> tuple[int, int]:
    """Find the user and group that commands run as: those the folders belong to, never root."""
    if folders.owner is not None:
        return folders.owner, folders.owner
    return os.getuid(), os.getgid()


_NAMES = ("passwd", "group")


def _write_names(folders: TrialFolders, name: str, user: int, group: int) -> Path:
    """Write the made-up users, with the agent as the user that it is in a container."""
    file = folders.root / "etc" / f"{name}-{user}"
    if not file.exists():
        ids = {"passwd": f":{user}:{group}:", "group": f":{group}:"}[name]
        old = {"passwd": ":1000:1000:", "group": ":1000:"}[name]
        file.write_text(ETC[name].replace(old, ids), encoding="utf-8")
        file.chmod(0o644)
    return file


def _keep_process_limit() -> list[str]:
    """Keep podman from raising the limit of a user's processes, which not every root may.

    The processes of a container are counted by its cgroup; this limit counts those of all.
    """
    return ["--ulimit", f"nproc={_USERS_PROCESSES}:{_USERS_PROCESSES}"]


def _list_limits(limits: Limits) -> Iterable[tuple[str, int]]:
    """List the limits of one process."""
    yield "data", limits.data
    yield "fsize", limits.file_size
    yield "nofile", limits.open_files
    yield "cpu", limits.cpu_seconds
    yield "stack", limits.stack
    # A core file would be in the workspace, and in the recording.
    yield "core", 0


def _format_mount(source: Path, target: str, *, is_read_only: bool) -> str:
    # Not --volume: where the source is missing docker makes a folder, and the command would run.
    if {",", '"', "\n"} & set(f"{source}{target}"):
        raise SandboxError(
            f"A container cannot be shown a folder with a comma or quote in its path: {source}.\n"
            "Set TMPDIR and XDG_CACHE_HOME to folders without them."
        )
    return f"type=bind,source={source},target={target}" + (",readonly" if is_read_only else "")
