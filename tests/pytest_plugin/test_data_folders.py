"""pytest, however it is called, imports and executes nothing below a suite's data folders."""

from __future__ import annotations

import errno
import itertools
import os
from pathlib import Path
from typing import Any

import pytest

from tests.canaries import PLACES, list_executed, write_project
from tests.fakes import run, write

pytestmark = pytest.mark.e2e


@pytest.fixture
def project(evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    write_project(evals.path)
    return evals


def call(project: pytest.Pytester, *arguments: str) -> int:
    """Call pytest in a process of its own, which loads conftest.py as a person's does."""
    done = project.runpytest_subprocess("-p", "no:randomly", "-p", "no:asyncio", *arguments)
    return int(done.ret)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (".", "evals/small", "evals/small/suite.yaml", "--keep-duplicates"),
        ("evals/small/hello.yaml::helper/base", "evals/small/hello.yaml"),
        ("evals", "--doctest-modules", "--doctest-glob=*.py", "--import-mode=importlib"),
    ],
    ids=" ".join,
)
def test_what_lies_in_data_folders_is_not_collected(
    project: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    result = run(project, *arguments)
    assert list_executed(project.path) == []
    assert result.parseoutcomes()["errors"] >= 2
    assert "inner" not in result.stdout.str()


def test_an_argument_below_a_data_folder_is_refused(project: pytest.Pytester) -> None:
    names = itertools.cycle(["", "test_it.py::test_it", "inner.yaml"])
    for place, name in zip(PLACES, names, strict=False):
        result = run(project, "evals", f"evals/small/{place}/{name}".rstrip("/"))
        assert result.ret == pytest.ExitCode.USAGE_ERROR, (place, name)
    assert list_executed(project.path) == []


@pytest.mark.e2e
def test_a_process_that_starts_as_a_persons_does_runs_nothing_either(
    project: pytest.Pytester,
) -> None:
    assert call(project) == pytest.ExitCode.TESTS_FAILED
    assert call(project, "evals/small/files/hello") == pytest.ExitCode.USAGE_ERROR
    assert list_executed(project.path) == []


def test_a_path_into_data_by_any_other_way_is_refused(project: pytest.Pytester) -> None:
    (project.path / "linked").symlink_to("evals/small/files/hello", target_is_directory=True)
    write(project.path, {"testpaths.ini": "[pytest]\ntestpaths = evals/small/fil*/hello\n"})
    for arguments in (
        ("linked",),
        ("evals/small/../small/files/hello",),
        ("-c", "testpaths.ini"),
        ("--pyargs", "evals.small.files.hello.test_it"),
    ):
        assert run(project, *arguments).ret == pytest.ExitCode.USAGE_ERROR, arguments
    run(project, ".")
    assert list_executed(project.path) == []


@pytest.mark.parametrize("place", ["conftest.py", "evals/conftest.py", "evals/small/conftest.py"])
def test_a_conftest_that_is_a_link_into_data_is_refused_before_it_is_loaded(
    project: pytest.Pytester, place: str
) -> None:
    link = project.path / place
    link.unlink(missing_ok=True)
    link.symlink_to(next(project.path.glob("evals/small/files/**/conftest.py")))
    result = run(project, "evals")
    assert result.ret in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERRUPTED)
    output = result.stdout.str() + result.stderr.str()
    assert f"{place} is a link to an evaluation's data, which is never run" in output
    assert "Error: " not in output, "three lines and no traceback"
    assert list_executed(project.path) == []


@pytest.mark.parametrize("what", ["deleted", "misnamed", "dangling", "cyclic", "folder"])
def test_data_stays_data_and_the_missing_suite_is_named_whatever_happens_to_suite_yaml(
    project: pytest.Pytester, what: str
) -> None:
    suite = project.path / "evals/small/suite.yaml"
    text = suite.read_text()
    suite.unlink()
    match what:
        case "misnamed":
            suite.with_suffix(".yml").write_text(text)
        case "dangling":
            suite.symlink_to("nowhere.yaml")
        case "cyclic":
            suite.symlink_to("suite.yaml")
        case "folder":
            suite.mkdir()
    for arguments in ((), ("evals/small/hello.yaml",), ("evals/small/files/hello",)):
        result = run(project, *arguments)
        assert result.ret not in (pytest.ExitCode.OK, pytest.ExitCode.INTERNAL_ERROR), arguments
        told = result.stdout.str() + result.stderr.str()
        assert "Traceback" not in told
        assert "suite.y" in told or "evaluation's data" in told, arguments
    assert list_executed(project.path) == []


def test_a_canary_that_is_no_data_is_executed(project: pytest.Pytester) -> None:
    """The other tests prove nothing unless the same code runs where it may."""
    (project.path / "evals/small/other").mkdir()
    canary = project.path / "evals/small/files/hello/test_it.py"
    (project.path / "evals/small/other/test_it.py").write_text(canary.read_text())
    run(project, "evals")
    assert list_executed(project.path) == ["evals/small/other/test_it.py"]


def test_folders_of_these_names_are_collected_where_no_suite_is(pytester: pytest.Pytester) -> None:
    test = "def test_it():\n    pass\n"
    write(
        pytester.path,
        {
            "files/test_a.py": test,
            "evals/probes/test_b.py": test,
            "tests/solutions/test_c.py": test,
            "tests/cassettes/test_api/a.yaml": "a: 1\n",
            "tests/cassettes/test_d.py": test,
            "docker-compose.yaml": "services: {}\n",
        },
    )
    run(pytester).assert_outcomes(passed=4)


def test_a_scenario_that_is_no_file_is_an_error_and_not_passed_over(
    evals: pytest.Pytester,
) -> None:
    (evals.path / "evals/small/folder.yaml").mkdir()
    result = run(evals)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.stdout.fnmatch_lines(["evals/small/folder.yaml: a scenario must be a regular file"])


@pytest.mark.parametrize("folder", ["solutions", "probes"])
def test_a_folder_that_cannot_be_looked_into_is_an_error_of_three_lines(
    evals: pytest.Pytester, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = evals.path / "evals/small" / folder
    closed.mkdir()
    iterdir = Path.iterdir

    # Whoever tests as root may look into every folder.
    def refuse(path: Path) -> Any:
        if path == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return iterdir(path)

    monkeypatch.setattr(Path, "iterdir", refuse)
    result = run(evals)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    told = result.stdout.str()
    assert f"evals/small/{folder}: cannot be read: permission denied" in told
    assert "Traceback" not in told
    assert "PermissionError" not in told


def test_a_suites_folder_that_is_closed_is_an_error_of_three_lines(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    access = os.access

    # Whoever tests as root may look into every folder.
    def refuse(path: Path, mode: int, **more: bool) -> bool:
        return access(path, mode, **more) and path != evals.path / "evals/small"

    monkeypatch.setattr(os, "access", refuse)
    result = run(evals, "evals")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    told = result.stdout.str()
    assert "evals/small: cannot be read: permission denied\n  check its permissions" in told
    assert "Error: " not in told
