"""Builds the Python that agents see: a copy of the interpreter with the pinned packages."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import sys
import sysconfig
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.python_packages import (
    MOUNT,
    PINS,
    PLUGIN_SOURCES,
    download_packages,
    install_plugin,
    open_to_all,
    read_source,
    run_step,
    write_scripts,
)

FORMAT = 2
"""Raise when the same interpreter, pins and plugin should give another result than before."""

_LEFT_OUT = (
    "test",
    "tests",
    "idlelib",
    "tkinter",
    "turtledemo",
    "lib2to3",
    "site-packages",
    "dist-packages",
    "config-*",
    "__pycache__",
    "_tkinter*.so",
    "sitecustomize.py",
    "usercustomize.py",
)
"""Large, in need of a screen, or this host's own."""


def compute_build_key() -> str:
    """Return 16 hexadecimal digits that differ where the build would."""
    parts = [str(FORMAT), sys.version, platform.machine(), sys.base_prefix, *PINS]
    parts += [read_source(name) for name in PLUGIN_SOURCES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def build_python(root: Path, scratch: Path) -> None:
    """Build the copy at root; scratch is a folder for what is needed on the way.

    Raises SandboxError when a step fails, and OSError when a file cannot be written.
    """
    # First what needs the network, so that its absence is reported at once.
    packages = scratch / "packages"
    download_packages(packages, scratch / "venv")
    library = _copy_interpreter(root)
    python = root / "bin" / "python3"
    site = _site_packages(python)
    shutil.copytree(packages, site, ignore=shutil.ignore_patterns("bin"))
    install_plugin(site)
    write_scripts(root / "bin")
    _compile(python, root, {library, site})
    open_to_all(root)


def _copy_interpreter(root: Path) -> Path:
    """Copy binary, shared library and standard library; returns the folder of the latter."""
    prefix = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    stdlib = Path(sysconfig.get_path("stdlib"))
    library = root / stdlib.relative_to(prefix)
    shutil.copytree(
        stdlib,
        library,
        ignore=shutil.ignore_patterns(*_LEFT_OUT),
        ignore_dangling_symlinks=True,
    )
    binaries = root / "bin"
    binaries.mkdir()
    shutil.copy(prefix / "bin" / name, binaries / name)
    for link in ("python3", "python"):
        (binaries / link).symlink_to(name)
    _copy_shared_library(binaries / name, root)
    for file in library.glob("_sysconfigdata*.py"):
        _forget_host(file)
    return library


def _copy_shared_library(binary: Path, root: Path) -> None:
    """Copy libpython, if the binary needs it, and make the binary look for it in the copy."""
    name = sysconfig.get_config_var("INSTSONAME") or ""
    folder = sysconfig.get_config_var("LIBDIR") or ""
    content = binary.read_bytes()
    # A library below /usr is in the sandbox already, and found there.
    if not _is_foreign(folder) or f"\0{name}\0".encode() not in content:
        return
    target = root / "lib" / name
    target.parent.mkdir(exist_ok=True)
    shutil.copy(Path(folder) / name, target)
    # The new path is as long as the old, so that nothing in the file moves, and ends as the old
    # does, because linkers let a string serve as the end of another.
    old = os.fsencode(folder)
    start, end = b"$ORIGIN/..", b"/lib"
    if not old.endswith(end) or len(old) < len(start + end):
        raise SandboxError(
            f"The Python for the sandbox could not be built: its library lies in {folder}.\n"
            "That path cannot be replaced inside the binary.\n"
            "Install the harness with a Python from Debian, pyenv or uv."
        )
    new = start + b"/" * (len(old) - len(start + end)) + end
    binary.write_bytes(re.sub(re.escape(old) + rb"(?=[:\0])", lambda _: new, content))


def _is_foreign(path: str) -> bool:
    """Whether a path of this interpreter is one of this host alone."""
    return not Path(path).is_relative_to("/usr")


def _forget_host(file: Path) -> None:
    """Replace the paths that the interpreter was built in and for."""
    text = file.read_text(encoding="utf-8")
    names = {sys.base_prefix, *map(sysconfig.get_config_var, ("abs_builddir", "abs_srcdir"))}
    for name in filter(None, names):
        if _is_foreign(name):
            text = text.replace(name, MOUNT)
    file.write_text(text, encoding="utf-8")


def _site_packages(python: Path) -> Path:
    """Ask the copy where it looks for packages: Debian's looks in another folder than the rest."""
    code = "import site; print(site.getsitepackages()[-1])"
    return Path(run_step([str(python), "-I", "-c", code], "its interpreter does not start").strip())


def _compile(python: Path, root: Path, folders: set[Path]) -> None:
    """Compile all modules, with the paths in tracebacks that the sandbox will have."""
    options = ["-q", "-j", "0", "-s", str(root), "-p", MOUNT, "--invalidation-mode"]
    modules = [str(folder) for folder in sorted(folders)]
    run_step(
        [str(python), "-I", "-m", "compileall", *options, "unchecked-hash", *modules],
        "its modules do not compile",
    )
