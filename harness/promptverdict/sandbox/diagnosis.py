"""Why bubblewrap does not start on this host, and what can be done about it."""

from __future__ import annotations

import re

from promptverdict.core.errors import SandboxError

_ADVICE = (
    (
        r"ENOSPC|No space left",
        "This kernel allows no further user namespaces: sudo sysctl -w"
        " user.max_user_namespaces=15000.",
    ),
    (
        r"RTM_NEWADDR|uid map: Permission denied|setting up uid map",
        "Ubuntu 24.04 restricts user namespaces. CI: sudo sysctl -w"
        " kernel.apparmor_restrict_unprivileged_userns=0. Laptop: install the AppArmor profile in"
        " docs/sandbox.md.",
    ),
    (
        r"No permissions to creat|Operation not permitted",
        "A container's seccomp profile forbids user namespaces: start it with --security-opt"
        " seccomp=unconfined, or run outside of it.",
    ),
    (
        r"Failed to make / slave",
        "A container forbids mounts: start it with --security-opt apparmor=unconfined, or run"
        " outside of it.",
    ),
    (
        r"Unknown option",
        "This bubblewrap is too old: version 0.8.0 or later is needed.",
    ),
)

WAY_OUT = (
    "Replay needs no sandbox. Elsewhere: --sandbox docker or podman. Unprotected, as your own user:"
    " --sandbox=none (marked in the results)."
)


def build_start_error(found: str) -> SandboxError:
    """Make the error for what bubblewrap said, with the advice that fits it."""
    line = next((line for line in found.splitlines() if line.startswith("bwrap:")), found)
    told = line.splitlines()[0][:300].rstrip(".")
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, line)), None)
    return SandboxError(
        f"Recording needs a sandbox for the Bash tool, and bubblewrap cannot run here: {told}.\n"
        f"{advice or 'Record on a Linux host that allows user namespaces.'}\n{WAY_OUT}"
    )
