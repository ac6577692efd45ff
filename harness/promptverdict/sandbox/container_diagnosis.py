"""Why docker or podman does not run a container here, and what can be done about it."""

from __future__ import annotations

import re

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.diagnosis import WAY_OUT

_ADVICE = (
    (
        r"(?:docker|podman) is not installed|No such file or directory: '[^']*(?:docker|podman)'",
        "Install it (docs.docker.com/get-docker, podman.io), or record with bubblewrap on Linux.",
    ),
    (
        r"permission denied .*(?:docker daemon|docker API|docker\.sock)"
        r"|docker\.sock.*permission denied",
        "Your user may not use docker: sudo usermod -aG docker $USER, and log in again; or use"
        " --sandbox podman.",
    ),
    (
        r"Cannot connect to Podman|podman machine|unable to connect to Podman",
        "Start its machine: podman machine start.",
    ),
    (
        r"Cannot connect to the Docker daemon|docker daemon running|failed to connect to the docker"
        r"|error during connect|no such host",
        "Start it: open Docker Desktop, or on Linux: sudo systemctl start docker.",
    ),
    (
        r"does not answer",
        "Restart it; on macOS quit and open Docker Desktop, or podman machine stop and start.",
    ),
    (
        r"Mounts denied|not shared from|bind source path does not exist|statfs .*: no such file"
        r"|/workspace cannot be written|is not the trial's folder",
        "The engine must run on this machine, see the folder for temporary files (Docker Desktop:"
        " Settings, Resources, File sharing) and not be rootless docker; else set TMPDIR, or use"
        " podman.",
    ),
    (
        r"cgroup|memory limit|pids limit|NanoCPUs|CPUs",
        "This engine cannot limit memory, processes or processors: it needs cgroups (version 2 for"
        " an engine without root).",
    ),
    (
        r"(?:bash|git|python3|env|timeout)\b.*(?:not found|not installed|no such file)"
        r"|has no pytest|executable file",
        "The image needs bash, git, GNU coreutils and Python 3.11 or later: the setting"
        " sandbox_image.",
    ),
)


def build_engine_error(kind: str, words: str) -> SandboxError:
    """Build the error for what an engine said, with the advice that fits it."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    # Warnings come first; the reason is the last line that names an error.
    line = next((line for line in reversed(lines) if "rror" in line), (lines or ["no message"])[-1])
    found = line.removeprefix("Error: ")[:300].rstrip(".")
    advice = next(
        (advice for pattern, advice in _ADVICE if re.search(pattern, words, re.IGNORECASE)), None
    )
    return SandboxError(
        f"Recording needs a sandbox for the Bash tool, and {kind} cannot run one here: {found}.\n"
        f"{advice or f'Try `{kind} run --rm IMAGE true`, and see docs/sandbox.md.'}\n{WAY_OUT}"
    )
