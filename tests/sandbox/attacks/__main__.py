"""The attack table as a command: python -m tests.sandbox.attacks.

Prints each row that is not as it must be, and one line for all. Where the harness runs as root the
table is gone through twice: as root, whose sandboxes drop to another user, and as an ordinary user.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from promptverdict.sandbox.bubblewrap import Bubblewrap
from promptverdict.sandbox.python import GuestPython, find_guest_python
from promptverdict.sandbox.python_packages import PYTEST_VERSION

from tests.sandbox.attacks import host, runs, table
from tests.sandbox.attacks.table import Tried

ORDINARY_UID = 64124
"""A user with no entry in any file, and not the one that root's sandboxes drop to."""


def try_commands(sandbox: Bubblewrap) -> Iterator[Tried]:
    """Try what a single command can try."""
    yield from table.try_inside(sandbox)
    yield from table.try_controls(sandbox)


def try_all(sandbox: Bubblewrap) -> Iterator[Tried]:
    """Try the whole table as the user that this process is."""
    yield from try_commands(sandbox)
    yield from runs.try_greeds(sandbox)
    yield from runs.try_remains(sandbox)
    yield from host.try_paths()
    yield from host.try_race()
    yield from host.try_places(sandbox)


def print_all(guest: GuestPython, who: str, *, short: bool = False) -> bool:
    """Print the rows that are not as they must be, and the count; return whether there are none."""
    sandbox = Bubblewrap(shutil.which("bwrap") or "bwrap", guest)
    tried = list(try_commands(sandbox) if short else try_all(sandbox))
    wrong = [row for row in tried if not row.is_as_it_must_be]
    for row in wrong:
        print(f"NOT AS IT MUST BE: {row}")
    print(f"{who}: {table.count(tried)}")
    return not wrong


def find_unreadable() -> list[Path]:
    """Find the folders that an ordinary user would need to read, and cannot."""
    packages = (Path(place) for place in sys.path if place.endswith("-packages"))
    places = [Path(__file__).resolve(), *(place for place in packages if place.exists())]
    folders = {parent for place in places for parent in place.parents}
    return sorted(folder for folder in folders if folder.stat().st_mode & 0o005 != 0o005)


def run_as_ordinary_user(guest: GuestPython, *options: str) -> subprocess.CompletedProcess[str]:
    """Go through the table in a process of an ordinary user, which needs a Python it can read."""
    root = Path(__file__).resolve().parents[3]
    packages = [path for path in sys.path if path.endswith("-packages")]
    program = [guest.root / "bin/python3", "-B", "-m", "tests.sandbox.attacks"]
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, ORDINARY_UID, ORDINARY_UID)
        return subprocess.run(
            [*program, f"--python={guest.root}", *options],
            env={
                "PATH": os.environ["PATH"],
                "HOME": home,
                "PYTHONPATH": ":".join([str(root), str(root / "harness"), *packages]),
            },
            cwd="/",
            user=ORDINARY_UID,
            group=ORDINARY_UID,
            extra_groups=(),
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )


def main(argv: list[str]) -> int:
    """Go through the table; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.attacks")
    parser.add_argument("--short", action="store_true", help="only what a single command can try")
    parser.add_argument("--python", type=Path, help="the agents' Python, where it is built")
    chosen = parser.parse_args(argv)
    if chosen.python is None:
        guest = find_guest_python()
    else:
        guest = GuestPython(chosen.python, platform.python_version(), PYTEST_VERSION)
    is_root = os.geteuid() == 0
    who = "root, dropped" if is_root else "an ordinary user"
    held = print_all(guest, who, short=chosen.short)
    if is_root:
        other = run_as_ordinary_user(guest, *(["--short"] if chosen.short else []))
        print(other.stdout, end="")
        held = held and other.returncode == 0
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
