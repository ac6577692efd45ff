"""The packages of the Python that agents see: a pinned pytest, pip, and our report plugin."""

from __future__ import annotations

import importlib.resources
import importlib.util
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path

from promptverdict.core.errors import SandboxError

MOUNT = "/opt/py"
"""Where the sandbox shows this Python."""

PYTEST_VERSION = "9.2.0"
PLUGGY_VERSION = "1.7.0"
INICONFIG_VERSION = "2.3.1"
PACKAGING_VERSION = "26.3"
PYGMENTS_VERSION = "2.21.0"
PIP_VERSION = "26.3"

PINS = (
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

_PLUGIN = "session_report"
PLUGIN_SOURCES = ("pytest_report.py", "treehash.py")

_SCRIPTS = {
    "pytest": "from _pytest.config import _console_main as main",
    "pip": "from pip._internal.cli.main import main",
    "pip3": "from pip._internal.cli.main import main",
}
"""Name of each command, and where its main function is."""


def read_source(name: str) -> str:
    """Read one source file of the plugin."""
    return (
        importlib.resources.files("promptverdict.guest").joinpath(name).read_text(encoding="utf-8")
    )


def download_packages(packages: Path, environment: Path) -> None:
    """Fetch the pinned packages into a folder; environment: where a pip is put if there is none.

    All are pure Python, so that they serve every interpreter. Raises SandboxError.
    """
    pip = [_find_python_with_pip(environment), "-I", "-m", "pip", "install", "--no-deps"]
    options = ["--quiet", "--no-compile", "--only-binary", ":all:", "--target", str(packages)]
    run_step([*pip, *options, *PINS], "pip cannot fetch the pytest that agents get")


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


def run_step(argv: Sequence[str], trouble: str) -> str:
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


def install_plugin(site: Path) -> None:
    """Install the report plugin the way pip would, so that pytest finds it by its entry point."""
    package = site / _PLUGIN
    package.mkdir()
    (package / "__init__.py").touch()
    for name in PLUGIN_SOURCES:
        (package / name).write_text(read_source(name), encoding="utf-8")
    metadata = site / f"{_PLUGIN}-1.dist-info"
    metadata.mkdir()
    name = _PLUGIN.replace("_", "-")
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n", encoding="utf-8"
    )
    (metadata / "entry_points.txt").write_text(
        f"[pytest11]\n{name} = {_PLUGIN}.pytest_report\n", encoding="utf-8"
    )


def write_scripts(folder: Path) -> None:
    """Write the commands of the packages, for the interpreter as commands see it."""
    for name, line in _SCRIPTS.items():
        script = folder / name
        script.write_text(
            f"#!{MOUNT}/bin/python3\nimport sys\n\n{line}\n\nsys.exit(main())\n", encoding="utf-8"
        )
        script.chmod(0o755)


def open_to_all(root: Path) -> None:
    """Let every user read a tree, whatever the umask was: root's sandboxes run as another user."""
    root.chmod(0o755)
    for path in root.rglob("*"):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
