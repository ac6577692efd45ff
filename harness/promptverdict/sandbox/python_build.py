"""Builds the Python that agents see: copies the interpreter, fetches pytest, adds our plugin."""

from __future__ import annotations

import hashlib
import importlib.resources
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Sequence
from pathlib import Path

from promptverdict.core.errors import SandboxError

MOUNT = "/opt/py"
"""Where the sandbox shows this Python."""

FORMAT = 2
"""Raise when the same interpreter, pins and plugin should give another result than before."""

PYTEST_VERSION = "9.2.0"
PLUGGY_VERSION = "1.7.0"
INICONFIG_VERSION = "2.3.1"
PACKAGING_VERSION = "26.3"
PYGMENTS_VERSION = "2.21.0"
PIP_VERSION = "26.3"

_PINS = (
    f"pytest=={PYTEST_VERSION}",
    f"pluggy=={PLUGGY_VERSION}",
    f"iniconfig=={INICONFIG_VERSION}",
    f"packaging=={PACKAGING_VERSION}",
    f"pygments=={PYGMENTS_VERSION}",
    f"pip=={PIP_VERSION}",
)
"""No ranges: an agent's test run must end alike on every machine, for years. pip is there because
agents ask it what can be had, and the answer has to be that there is no network, not that pip is
broken."""

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

_PLUGIN = "session_report"
_PLUGIN_SOURCES = ("pytest_report.py", "treehash.py")

_SCRIPTS = {
    "pytest": "from _pytest.config import _console_main as main",
    "pip": "from pip._internal.cli.main import main",
    "pip3": "from pip._internal.cli.main import main",
}
"""Name of each command, and where its main function is."""


def compute_build_key() -> str:
    """Return 16 hexadecimal digits that differ where the build would."""
    parts = [str(FORMAT), sys.version, platform.machine(), sys.base_prefix, *_PINS]
    parts += [_read_source(name) for name in _PLUGIN_SOURCES]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _read_source(name: str) -> str:
    return (
        importlib.resources.files("promptverdict.guest").joinpath(name).read_text(encoding="utf-8")
    )


def build_python(root: Path, scratch: Path) -> None:
    """Build the copy at root; scratch is a folder for what is needed on the way.

    Raises SandboxError when a step fails, and OSError when a file cannot be written.
    """
    # First what needs the network, so that its absence is reported at once.
    packages = scratch / "packages"
    _download_pytest(packages, scratch / "venv")
    library = _copy_interpreter(root)
    python = root / "bin" / "python3"
    site = _site_packages(python)
    shutil.copytree(packages, site, ignore=shutil.ignore_patterns("bin"))
    _install_plugin(site)
    for name, line in _SCRIPTS.items():
        script = root / "bin" / name
        script.write_text(
            f"#!{MOUNT}/bin/python3\nimport sys\n\n{line}\n\nsys.exit(main())\n", encoding="utf-8"
        )
        script.chmod(0o755)
    _compile(python, root, {library, site})
    _open_to_all(root)


def _download_pytest(packages: Path, environment: Path) -> None:
    pip = [_find_python_with_pip(environment), "-I", "-m", "pip", "install", "--no-deps"]
    options = ["--quiet", "--no-compile", "--only-binary", ":all:", "--target", str(packages)]
    _run([*pip, *options, *_PINS], "pip cannot fetch the pytest that agents get")


def _find_python_with_pip(environment: Path) -> str:
    """Return this Python, or where it has no pip, that of an environment built for it."""
    if importlib.util.find_spec("pip"):
        return sys.executable
    try:
        venv.EnvBuilder(with_pip=True, symlinks=True).create(environment)
    except subprocess.CalledProcessError as error:
        raise SandboxError(
            f"The Python for the sandbox could not be built: {sys.base_prefix} has no ensurepip.\n"
            "It is needed once, to fetch the pytest that agents get.\n"
            "Debian and Ubuntu: sudo apt install python3-venv."
        ) from error
    return str(environment / "bin" / "python")


def _run(argv: Sequence[str], trouble: str) -> str:
    """Run one step of the build and return what it printed.

    Raises SandboxError with its last line when it fails.
    """
    finished = subprocess.run(
        argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if finished.returncode == 0:
        return finished.stdout
    lines = (finished.stderr or finished.stdout).strip().splitlines() or ["no message"]
    raise SandboxError(
        f"The Python for the sandbox could not be built: {trouble}.\n"
        f"{lines[-1][:300]}\n"
        "The build happens once and needs a package index (pip's settings are obeyed); replay needs"
        " none of it."
    )


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
    return Path(_run([str(python), "-I", "-c", code], "its interpreter does not start").strip())


def _install_plugin(site: Path) -> None:
    """Install the report plugin the way pip would, so that pytest finds it by its entry point."""
    package = site / _PLUGIN
    package.mkdir()
    (package / "__init__.py").touch()
    for name in _PLUGIN_SOURCES:
        (package / name).write_text(_read_source(name), encoding="utf-8")
    metadata = site / f"{_PLUGIN}-1.dist-info"
    metadata.mkdir()
    name = _PLUGIN.replace("_", "-")
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        f"[pytest11]\n{name} = {_PLUGIN}.pytest_report\n", encoding="utf-8"
    )


def _compile(python: Path, root: Path, folders: set[Path]) -> None:
    """Compile all modules, with the paths in tracebacks that the sandbox will have."""
    options = ["-q", "-j", "0", "-s", str(root), "-p", MOUNT, "--invalidation-mode"]
    modules = [str(folder) for folder in sorted(folders)]
    _run(
        [str(python), "-I", "-m", "compileall", *options, "unchecked-hash", *modules],
        "its modules do not compile",
    )


def _open_to_all(root: Path) -> None:
    """Let every user read it, whatever the umask was: root's sandboxes run as another user."""
    root.chmod(0o755)
    for path in root.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
