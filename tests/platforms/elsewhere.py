"""Replays, compares and reports as on Windows: what that system lacks is taken away first.

python -m tests.platforms.elsewhere: in a folder with a recorded project. It prints, a line a step,
what was done and its exit code.
"""

from __future__ import annotations

import gc
import importlib
import os
import pkgutil
import selectors
import signal
import socket
import sys
import threading  # noqa: F401  looks at the system when it is imported
from collections.abc import Iterable

WINDOWS_LACKS = {
    os: (
        *("fork", "geteuid", "getegid", "getgid", "setsid", "killpg", "getpgid", "nice"),
        *("chown", "fchmod", "fchown", "lchown", "mkfifo", "pidfd_open", "memfd_create", "statvfs"),
        *("sysconf", "uname", "pread", "pwrite", "wait4", "posix_spawn", "sched_getaffinity"),
        *("O_NOFOLLOW", "O_DIRECTORY", "O_CLOEXEC", "O_NONBLOCK", "O_NOCTTY", "O_PATH"),
    ),
    socket: ("AF_UNIX", "SO_PEERCRED", "SCM_CREDENTIALS", "SO_PASSCRED"),
    selectors: ("EpollSelector", "PollSelector"),
    signal: (
        *("SIGHUP", "SIGKILL", "SIGALRM", "SIGCHLD", "SIGUSR1", "SIGPIPE", "SIGQUIT"),
        *("pthread_sigmask", "setitimer", "pidfd_send_signal"),
    ),
}
MODULES = ("fcntl", "resource", "pwd", "grp", "termios")
LIBRARIES = (
    *("anthropic", "h11", "httpx2", "jinja2", "numpy", "openai", "pandas", "py3langid", "pydantic"),
    *("pytest", "rich.console", "scipy.stats", "vcr", "yaml", "asyncio", "subprocess", "tempfile"),
    *("platform", "multiprocessing", "xml.etree.ElementTree", "logging.config"),
)
"""Loaded before anything is taken away: what they do on another system is their own affair."""


def take_away() -> None:
    """Take away what Windows lacks, bubblewrap and openat2 among it; macOS lacks less."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for module, names in WINDOWS_LACKS.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    sys.platform = "win32"
    import ctypes
    import platform
    import shutil

    find = shutil.which
    platform.system = lambda: "Windows"

    def which(name: str, *arguments: object) -> str | None:
        return None if name in ("bwrap", "docker", "podman") else find(name, *arguments)  # type: ignore[arg-type]

    shutil.which = which  # type: ignore[assignment]
    ctypes.CDLL = None  # type: ignore[assignment,misc]


def list_broken_modules() -> Iterable[str]:
    """List the modules of the package that cannot be imported here, with the reason."""
    import promptverdict

    for module in pkgutil.walk_packages(promptverdict.__path__, "promptverdict."):
        left_out = ("starter", "__main__", "ray_cluster", "packs", "guest.")
        if any(part in module.name for part in left_out):
            continue
        try:
            importlib.import_module(module.name)
        except Exception as error:
            yield f"{module.name}: {error!r}"


def main() -> None:
    """Import everything, replay, and read the results in every way."""
    gc.disable()  # of what is imported hardly anything is garbage, and to look for it takes long
    take_away()
    import pytest

    broken = list(list_broken_modules())
    gc.freeze()
    gc.enable()
    # What runs below is Linux after all: pytest asks Windows for its console, asyncio for its loop.
    sys.platform = "linux"
    socket.AF_UNIX = socket.AddressFamily(1)
    print("import", len(broken), *broken, flush=True)
    plugins = ["-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"]
    print("pytest", int(pytest.main(["evals", "-q", *plugins])), flush=True)
    from promptverdict.cli import main as promptverdict

    verbs = [["report"], ["compare"], ["runs"], ["export", "exported"], ["check", "--files-only"]]
    for verb in verbs:
        print(verb[0], promptverdict(verb), flush=True)
    from promptverdict.core.errors import SandboxError
    from promptverdict.sandbox import open_sandbox

    for kind in ("bubblewrap", "docker", "podman"):
        try:
            open_sandbox(kind)  # type: ignore[arg-type]
        except SandboxError as error:
            print(kind, SandboxError.exit_code, str(error).replace("\n", " "), flush=True)


if __name__ == "__main__":
    main()
