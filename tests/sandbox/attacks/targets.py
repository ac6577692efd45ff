"""What of the host the attacks are after; all of it exists while the table runs."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import promptverdict

KEY = "canary-7b1f0c22"


@dataclass(frozen=True)
class Targets:
    """Names in the attacks' code -> what stands for them, and a descriptor of the canary."""

    names: dict[str, str]
    canary: int

    def fill(self, code: str) -> str:
        """Return an attack's code with the host's names in it."""
        for name, value in self.names.items():
            code = code.replace(f"@{name}@", value)
        return code


@contextlib.contextmanager
def open_targets(root: Path) -> Iterator[Targets]:
    """Set up servers, a key and a file that everybody may read; root: the trial's folder."""
    with contextlib.ExitStack() as opened:
        # A design that shows the whole host has a /dev/shm of its own: no canary there is shown.
        is_hidden = Path(tempfile.gettempdir()).resolve().is_relative_to("/dev")
        made = tempfile.TemporaryDirectory(prefix="canary-", dir="/var/tmp" if is_hidden else None)
        folder = Path(opened.enter_context(made))
        folder.chmod(0o755)
        file = folder / "canary.txt"
        file.write_text("canary\n", encoding="utf-8")
        descriptor = os.open(file, os.O_RDONLY)
        opened.callback(os.close, descriptor)
        tcp = opened.enter_context(socket.create_server(("127.0.0.1", 0)))
        path, abstract = str(folder / "socket"), f"\0canary-{os.getpid()}"
        for address in (path, abstract):
            server = opened.enter_context(socket.socket(socket.AF_UNIX))
            server.bind(address)
            server.listen()
        Path(path).chmod(0o777)
        opened.enter_context(mock.patch.dict(os.environ, {"CANARY_API_KEY": KEY}))
        port = tcp.getsockname()[1]
        yield Targets(
            {
                "CANARY": str(file),
                "KEY": KEY,
                "PID": str(os.getpid()),
                "TCP": f"('127.0.0.1', {port})",
                "PORT": str(port),
                "SOCKET": repr(path),
                "ABSTRACT": repr(abstract),
                "ROOT": str(root),
                "PACKAGE": str(Path(promptverdict.__file__).parent),
            },
            descriptor,
        )
