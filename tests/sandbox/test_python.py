from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.python import BUILD, GuestPython, find_guest_python, move_into_place
from promptverdict.sandbox.python_packages import PYTEST_VERSION

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="agents run on Linux"),
    pytest.mark.e2e,
]


@pytest.fixture(scope="module")
def guest() -> GuestPython:
    return find_guest_python()


def ask(guest: GuestPython, code: str) -> str:
    argv = [str(guest.root / "bin" / "python3"), "-I", "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True, env={}).stdout.strip()


def test_it_has_the_harness_version_and_the_pinned_pytest(guest: GuestPython) -> None:
    assert guest.python == ".".join(map(str, sys.version_info[:3]))
    assert guest.pytest == PYTEST_VERSION
    code = "import platform, pytest; print(platform.python_version(), pytest.__version__)"
    assert ask(guest, code) == f"{guest.python} {guest.pytest}"


def test_it_has_nothing_else_installed(guest: GuestPython) -> None:
    code = (
        "from importlib.metadata import distributions as all\n"
        "print(*sorted(d.name.lower() for d in all()))"
    )
    assert ask(guest, code) == "iniconfig packaging pip pluggy pygments pytest session-report"


def test_it_imports_from_itself_alone(guest: GuestPython) -> None:
    paths = ask(guest, "import sys; print(*sys.path, sep='\\n')").splitlines()
    assert all(Path(path).is_relative_to(guest.root) for path in paths)


def test_the_standard_library_works(guest: GuestPython) -> None:
    modules = "asyncio, ctypes, decimal, json, multiprocessing, sqlite3, ssl, unittest, venv, zlib"
    assert ask(guest, f"import {modules}; print(json.dumps(1))") == "1"


@pytest.mark.parametrize("name", ["test", "idlelib", "tkinter", "turtledemo", "lib2to3"])
def test_what_agents_do_not_need_is_left_out(guest: GuestPython, name: str) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        ask(guest, f"import {name}")


@pytest.mark.skipif(sys.base_prefix == "/usr", reason="/usr is in the sandbox anyway")
def test_its_configuration_names_no_path_of_the_host(guest: GuestPython) -> None:
    files = list(guest.root.rglob("_sysconfigdata*.py"))
    assert files
    for file in files:
        assert sys.base_prefix not in file.read_text(encoding="utf-8")


def test_every_module_is_compiled(guest: GuestPython) -> None:
    code = (
        "import json.decoder as m, pathlib as p\n"
        "print(p.Path(m.__cached__).exists(), p.Path(m.__cached__).read_bytes()[4:8])"
    )
    assert ask(guest, code).startswith("True b'\\x01")
    root = guest.root
    assert b"/opt/py/lib" in next(root.rglob("json/__pycache__/decoder*.pyc")).read_bytes()


def test_every_user_can_read_it_and_no_other_can_write(guest: GuestPython) -> None:
    for path in (guest.root, *guest.root.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            assert mode in (0o755, 0o644), path


def test_scripts_and_links_work_where_the_sandbox_shows_them(guest: GuestPython) -> None:
    binaries = guest.root / "bin"
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert (binaries / "python3").readlink() == Path(name)
    assert (binaries / "python").readlink() == Path(name)
    assert (binaries / "pytest").read_text().startswith("#!/opt/py/bin/python3\n")


def test_it_is_built_once(guest: GuestPython) -> None:
    before = guest.root.stat().st_ctime_ns
    assert find_guest_python() == guest
    assert guest.root.stat().st_ctime_ns == before


def test_a_process_that_comes_second_keeps_what_is_there(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "who").write_text(name)
        move_into_place(tmp_path / name, tmp_path / "target")
    assert (tmp_path / "target" / "who").read_text() == "first"


def test_a_package_index_out_of_reach_is_told_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(SandboxError, match="package index") as told:
        find_guest_python(tmp_path)
    assert len(str(told.value).splitlines()) == 3
    assert list(tmp_path.iterdir()) == []


def test_a_cache_that_cannot_be_written_is_told_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SandboxError, match="XDG_CACHE_HOME") as told:
        find_guest_python(tmp_path / "file")
    assert len(str(told.value).splitlines()) == 3


def test_where_pip_is_missing_one_is_made_and_where_that_fails_it_is_told_with_a_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object, folder: Path) -> None:
        assert folder.name == "venv"
        raise subprocess.CalledProcessError(1, "ensurepip")

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("venv.EnvBuilder.create", refuse)
    with pytest.raises(SandboxError, match="no ensurepip") as told:
        find_guest_python(tmp_path)
    assert len(str(told.value).splitlines()) == 3


def test_what_a_killed_build_left_is_removed_also_where_the_copy_is_whole(
    guest: GuestPython, tmp_path: Path
) -> None:
    copy = tmp_path / guest.root.name / "bin"
    copy.mkdir(parents=True)
    (copy / "python3").touch()
    (tmp_path / f"{BUILD}left/pip/packages").mkdir(parents=True)
    assert find_guest_python(tmp_path).root == copy.parent
    assert [path.name for path in tmp_path.iterdir()] == [guest.root.name]
