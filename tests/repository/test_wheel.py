"""The built wheel works where it is installed, far from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.repository.test_recordings import ROOT

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.name != "posix", reason="the environment is built of links"),
]

AGENT = "---\nname: builder\ndescription: Builds.\n---\n\nYou build.\n"
OURS = ("promptverdict", "_promptverdict", "__editable__")


def run(command: Sequence[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command as a user would, who has set none of Python's or our variables."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PYTEST", "PROMPTVERDICT", "COV"))
    }
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation"]
    done = run([*command, "--wheel-dir", folder, ROOT], folder)
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment that borrows all else from the running one.

    Everything but promptverdict is linked: installing the dependencies anew would take minutes.
    """
    folder = tmp_path_factory.mktemp("installed")
    borrowed = folder / "borrowed"
    borrowed.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(OURS):
            (borrowed / entry.name).symlink_to(entry)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv/bin/python"
    printed = run([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], folder)
    Path(printed.stdout.strip(), "borrowed.pth").write_text(f"{borrowed}\n")
    install = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps"]
    done = run([*install, "--no-compile", "--no-index", wheel], folder)
    assert done.returncode == 0, done.stderr
    return python.parent


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return add_agent(tmp_path)


def add_agent(folder: Path) -> Path:
    (folder / ".claude/agents").mkdir(parents=True)
    (folder / ".claude/agents/builder.md").write_text(AGENT)
    return folder


@pytest.fixture(scope="module")
def begun(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let the installed command write its first suite into a project, once."""
    folder = add_agent(tmp_path_factory.mktemp("begun"))
    done = run([programs / "promptverdict", "init"], folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 agent in .claude/agents:\n  builder\n")
    return folder


def test_the_wheel_claims_one_name_and_holds_what_is_read_at_run_time(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    packages = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    assert packages == {"promptverdict"}
    for needed in (
        "starter/first-look/suite.yaml",
        "starter/first-look/files/fix-a-bug/clock.py",
        "report/templates/page.html",
        "guest/probekit.py",
        "py.typed",
    ):
        assert f"promptverdict/{needed}" in names
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_holds_the_packs_as_they_are_here_without_recordings_and_schemas(
    wheel: Path,
) -> None:
    archive = zipfile.ZipFile(wheel)
    below = "promptverdict/packs/"
    packed = {name.removeprefix(below) for name in archive.namelist() if name.startswith(below)}
    listed = run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], ROOT / "evals"
    )
    written = {
        name
        for name in filter(None, listed.stdout.split("\0"))
        if "/cassettes/" not in name and "/" in name
    }
    assert packed == written
    for name in packed:
        assert archive.read(below + name) == (ROOT / "evals" / name).read_bytes(), name


def test_the_package_is_imported_from_where_it_is_installed(programs: Path, project: Path) -> None:
    done = run([programs / "python", "-c", "import promptverdict as p; print(p.__file__)"], project)
    assert Path(done.stdout.strip()).is_relative_to(programs.parent)
    done = run([programs / "python", "-c", "import harness"], project)
    assert "No module named 'harness'" in done.stderr


def test_the_command_is_there_and_writes_a_first_suite(programs: Path, begun: Path) -> None:
    done = run([programs / "promptverdict", "--help"], begun)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: promptverdict")
    assert (begun / "evals/first-look/suite.yaml").is_file()


def test_a_pack_is_written_far_from_the_checkout_and_has_no_mistake(
    programs: Path, project: Path
) -> None:
    configured = '[tool.promptverdict]\nagents = ".claude/agents"\nmodel = "relay/me"\n'
    (project / "pyproject.toml").write_text(configured)
    done = run([programs / "promptverdict", "init", "--pack", "tdd"], project)
    assert (done.returncode, done.stderr) == (0, "")
    assert (project / "evals/tdd/suite.yaml").is_file()
    done = run([programs / "promptverdict", "check", "--files-only"], project)
    assert done.returncode == 0, done.stderr
    done = run([programs / "promptverdict", "init", "--pack", "none-such"], project)
    assert done.returncode == 2
    assert "    tdd: Test-driven cycle, " in done.stderr


def test_pytest_has_the_options_and_collects_the_suite(programs: Path, begun: Path) -> None:
    done = run([programs / "python", "-m", "pytest", "--help"], begun)
    assert "promptverdict: prompt-behaviour evaluations" in done.stdout
    options = ["--agents", ".claude/agents", "--model", "relay/me", "--collect-only", "-q"]
    done = run([programs / "python", "-m", "pytest", "evals", *options], begun)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "evals/first-look/fix-a-bug.yaml::builder" in done.stdout
