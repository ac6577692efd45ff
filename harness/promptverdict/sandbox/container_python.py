"""The Python that commands in a container see at /opt/py: the image's own, with pinned packages.

It is laid out as a virtual environment, from outside: on macOS the interpreter of the harness does
not run in a container, and the packages are pure Python. It is made once for each image and kept in
the cache folder.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.core.locked_folders import (
    make_locked_folder,
    release_folder,
    remove_own_leftovers,
    remove_tree,
)
from promptverdict.sandbox.python import BUILD, find_cache_folder, move_into_place
from promptverdict.sandbox.python_packages import (
    MOUNT,
    PINS,
    PLUGIN_SOURCES,
    PYTEST_VERSION,
    download_packages,
    install_plugin,
    open_to_all,
    read_source,
    write_scripts,
)
from promptverdict.sandbox.seccomp import build_filter

FORMAT = 1
"""Raise when the same image, pins and plugin should give another result than before."""

_ABOUT = "image.json"
CONFINE, FILTER = "confine.py", "filter.bpf"
"""What puts the filter of system calls on a command, and that filter; below /opt/py."""

_ASK = (
    "import json, os, platform, sys; "
    "about = [os.path.realpath(sys.executable), platform.python_version(), platform.machine()]; "
    "print(json.dumps(about))"
)

RunInImage = Callable[[list[str], Path | None], str]
"""Runs a command in the image, with a folder that it can write at /opt/py; returns its output."""


@dataclass(frozen=True)
class ImagePython:
    """What a container shows at /opt/py; program: the interpreter's path in the image."""

    root: Path
    program: str
    python: str
    pytest: str


def find_image_python(digest: str, run: RunInImage, cache: Path | None = None) -> ImagePython:
    """Find the packages for an image, built the first time, which takes a package index.

    Raises SandboxError when they cannot be built.
    """
    cache = cache or find_cache_folder()
    sources = [read_source(name) for name in (*PLUGIN_SOURCES, CONFINE)]
    parts = [str(FORMAT), digest, *PINS, *sources]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
    target = cache / f"image-{key}"
    remove_own_leftovers(cache, BUILD)
    if not (target / _ABOUT).exists():
        try:
            cache.mkdir(mode=0o755, parents=True, exist_ok=True)
            _build_into(cache, target, run)
        except OSError as error:
            raise SandboxError(
                f"The Python for the sandbox could not be written: {error}.\n"
                f"It belongs in {cache} and takes about 30 MB.\n"
                "Make room there, or set XDG_CACHE_HOME to a folder that can be written."
            ) from error
    program, python = json.loads((target / _ABOUT).read_text(encoding="utf-8"))
    return ImagePython(target, program, python, PYTEST_VERSION)


def _build_into(cache: Path, target: Path, run: RunInImage) -> None:
    """Build beside the target, which is there only when it is whole. Raises OSError."""
    scratch, lock = make_locked_folder(cache, BUILD)
    try:
        scratch.chmod(0o755)
        packages = scratch / "pip" / "packages"
        download_packages(packages, scratch / "pip" / "venv")
        program, python, machine = json.loads(run(["python3", "-I", "-c", _ASK], None))
        _check_version(python)
        _lay_out(scratch / "py", packages, program, python)
        (scratch / "py" / CONFINE).write_text(read_source(CONFINE), encoding="utf-8")
        (scratch / "py" / FILTER).write_bytes(build_filter(machine))
        # Now, by the image's Python: a command cannot write here, and would compile each time.
        run([f"{MOUNT}/bin/python3", "-I", "-m", "compileall", *_COMPILE, MOUNT], scratch / "py")
        open_to_all(scratch / "py")
        about = scratch / "py" / _ABOUT
        about.write_text(json.dumps([program, python]), encoding="utf-8")
        about.chmod(0o644)
        move_into_place(scratch / "py", target)
    finally:
        remove_tree(scratch)
        release_folder(lock)


_COMPILE = ("-q", "--invalidation-mode", "unchecked-hash")


def _check_version(python: str) -> None:
    if tuple(map(int, python.split(".")[:2])) < (3, 11):
        raise SandboxError(
            f"The image for the sandbox has Python {python}.\n"
            "The pytest that agents get needs 3.11 or later.\n"
            "Name another image: the setting sandbox_image."
        )


def _lay_out(root: Path, packages: Path, program: str, python: str) -> None:
    """Lay out a virtual environment for an interpreter that is not on this machine."""
    minor = ".".join(python.split(".")[:2])
    site = root / "lib" / f"python{minor}" / "site-packages"
    site.parent.mkdir(parents=True)
    if (packages / "bin").exists():
        remove_tree(packages / "bin")
    packages.rename(site)
    install_plugin(site)
    scripts = root / "bin"
    scripts.mkdir()
    for name in ("python3", "python", f"python{minor}"):
        (scripts / name).symlink_to(program)
    write_scripts(scripts)
    home = os.path.dirname(program)  # noqa: PTH120  a path of the image, not of this machine
    (root / "pyvenv.cfg").write_text(
        f"home = {home}\ninclude-system-site-packages = false\nversion = {python}\n",
        encoding="utf-8",
    )
