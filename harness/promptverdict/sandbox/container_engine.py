"""The program that runs containers, docker or podman: what the harness asks of it."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from promptverdict.core.errors import SandboxError
from promptverdict.core.locked_folders import is_locked
from promptverdict.sandbox.container_diagnosis import build_engine_error

EngineKind = Literal["docker", "podman"]

HOST_LABEL, FOLDERS_LABEL = "promptverdict.host", "promptverdict.folders"
"""What each container is marked with: the machine that started it, and its trial's folders."""

_PATIENCE = 60.0
"""Seconds for an answer about an image or a container; an engine that takes longer hangs."""


@dataclass(frozen=True)
class Engine:
    """docker or podman, as found on this machine."""

    kind: EngineKind
    program: str

    def call(self, *arguments: str, patience: float = _PATIENCE) -> str:
        """Ask for something and return what was printed. Raises SandboxError."""
        done = self.try_to(*arguments, patience=patience)
        if done.returncode != 0:
            raise build_engine_error(self.kind, done.stderr or done.stdout)
        return done.stdout

    def try_to(
        self, *arguments: str, patience: float = _PATIENCE
    ) -> subprocess.CompletedProcess[str]:
        """Ask for something that may be refused. Raises SandboxError for an engine that hangs."""
        try:
            return subprocess.run(
                [self.program, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                timeout=patience,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            trouble = f"it does not answer within {patience:g} seconds"
            raise build_engine_error(self.kind, trouble) from error
        except OSError as error:
            raise build_engine_error(self.kind, str(error)) from error

    def read_state(self, name: str) -> dict[str, Any] | None:
        """Read how a container ended; None where there is none of this name."""
        done = self.try_to("container", "inspect", "--format", "{{json .State}}", name)
        if done.returncode != 0:
            return None
        try:
            state = json.loads(done.stdout)
        except ValueError:
            return None
        return state if isinstance(state, dict) else None

    def remove(self, names: Sequence[str]) -> bool:
        """Kill and remove containers; return whether the engine did so."""
        # podman would first ask politely and wait for ten seconds; docker never does.
        quick = ["--time", "0"] if self.kind == "podman" else []
        return self.try_to("rm", "--force", "--volumes", *quick, *names).returncode == 0

    def sweep(self) -> None:
        """Remove containers that this machine started and whose process was killed since.

        A container belongs to the folders of a trial, which their process holds a lock on.
        """
        label = f"label={HOST_LABEL}={socket.gethostname()}"
        found = self.call("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
        left = [name for name in found if not self._is_owned(name)]
        if left:
            self.remove(left)

    def _is_owned(self, name: str) -> bool:
        form = f'{{{{index .Config.Labels "{FOLDERS_LABEL}"}}}}'
        done = self.try_to("container", "inspect", "--format", form, name)
        # One that cannot be looked at is gone, or is another's.
        return done.returncode != 0 or is_locked(Path(done.stdout.strip()))


def find_engine(kind: EngineKind) -> Engine:
    """Find an engine that answers. Raises SandboxError, with what to do."""
    program = shutil.which(kind)
    if program is None:
        raise build_engine_error(kind, f"{kind} is not installed")
    engine = Engine(kind, program)
    # docker's client has a version even where no engine answers: its server is asked for.
    form = "{{.Server.Version}}" if kind == "docker" else "{{.Client.Version}}"
    engine.call("version", "--format", form, patience=30)
    return engine


def find_image(engine: Engine, name: str) -> str:
    """Return an image's digest, `sha256:` and 64 digits. Raises SandboxError if it is not here."""
    done = engine.try_to("image", "inspect", "--format", "{{.Id}}", name)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).lower()
        if "no such image" in words or "not known" in words or "failed to find image" in words:
            raise SandboxError(
                f"The image for the sandbox is not on this machine: {name}.\n"
                f"Fetch it once: {engine.kind} pull {name}\n"
                "Another one with bash, git and Python 3.11 or later: the setting sandbox_image."
            )
        raise build_engine_error(engine.kind, done.stderr or done.stdout)
    digest = done.stdout.strip()
    # podman leaves the algorithm out.
    return digest if ":" in digest else f"sha256:{digest}"
