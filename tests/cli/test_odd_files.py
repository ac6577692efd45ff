"""Files that are no plain files, too large or unreadable are told in three lines; nothing hangs."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.core.errors import BrokenRecording, InputError, StaleProbes
from promptverdict.judging.labels import read_labels
from promptverdict.recording.files import Location, open_sealed
from promptverdict.runner.probes import read_reports
from promptverdict.scenarios import workspace_files
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.scenarios.workspace_files import read_tree
from promptverdict.settings import read_table

from tests.fakes import project

pytestmark = pytest.mark.skipif(os.name != "posix", reason="needs pipes and symbolic links")

ROOT = Path(__file__).parents[2]
RECORDED = next(ROOT.glob("evals/json-contract/cassettes/*/*/*/0.http.yaml"))

LONGEST = 5.0
"""Seconds in which anything is told."""


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_dangling_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_cyclic_link(path: Path) -> None:
    path.symlink_to(path.name)


ODD = [make_folder, make_pipe, make_dangling_link, make_cyclic_link]
odd = pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)


def check_told(text: str, name: str) -> None:
    """Check one message: where, what was found, what to do."""
    assert name in text
    assert "Traceback" not in text
    assert 2 <= len(text.strip().splitlines()) <= 3, text


@odd
def test_a_pyproject_that_is_no_file_is_no_reason_to_ignore_its_settings(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "pyproject.toml")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "pyproject.toml")
    check_told(str(caught.value), "pyproject.toml: cannot be read")


@pytest.mark.parametrize("text", ['tool = "x"', "tool.promptverdict = 3"])
def test_a_pyproject_whose_tables_are_none_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(InputError, match="a table is expected") as caught:
        read_table(tmp_path / "pyproject.toml")
    check_told(str(caught.value), "pyproject.toml: tool")


@odd
@pytest.mark.parametrize("kind", ["http", "world"])
def test_a_recording_that_is_no_file_is_broken_and_not_missing(
    tmp_path: Path, make: Callable[[Path], None], kind: str
) -> None:
    for name in ("0.http.yaml", "0.world.yaml"):
        shutil.copy(RECORDED.with_name(name), tmp_path / name)
    location = Location(tmp_path, 0)
    open_sealed(location)
    path = getattr(location, kind)
    path.unlink()
    make(path)
    began = time.monotonic()
    with pytest.raises(BrokenRecording) as caught:
        open_sealed(location)
    assert time.monotonic() - began < LONGEST
    check_told(str(caught.value), path.name)


@odd
def test_labels_that_are_no_file_are_told(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "labels.csv")
    with pytest.raises(InputError) as caught:
        read_labels(tmp_path / "labels.csv")
    check_told(str(caught.value), "labels.csv: cannot be read")


def test_labels_that_are_too_many_are_refused_at_once(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_bytes(b"trial,behaviour,label\n" + b"x,y,z\n" * 8_000_000)
    began = time.monotonic()
    with pytest.raises(InputError, match="larger than 20 MB") as caught:
        read_labels(labels)
    assert time.monotonic() - began < LONGEST
    check_told(str(caught.value), "labels.csv")


def test_of_very_many_bad_labels_the_first_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_bytes(b"trial,behaviour,label\n" + b"x,y,z\n" * 50_000)
    with pytest.raises(InputError) as caught:
        read_labels(labels)
    assert len(caught.value.problems) == 21
    assert caught.value.problems[-1].found == "49980 more rows cannot be used"


@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read every file")
def test_a_workspace_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0)
    with pytest.raises(InputError, match="cannot be read: permission denied"):
        read_tree(tmp_path)


def test_a_workspace_that_is_no_folder_of_files_is_told_by_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project(tmp_path)
    make_pipe(tmp_path / "evals/small/files/hello/pipe")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--files-only"]) == 2
    check_told(capsys.readouterr().err, "evals/small/files/hello/pipe: this is neither a file")


def test_a_workspace_file_that_fails_to_be_read_is_told_whoever_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").write_text("x")

    def refuse(path: Path, most: int) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(workspace_files, "read_regular_file", refuse)
    with pytest.raises(InputError) as caught:
        read_tree(tmp_path)
    check_told(str(caught.value), "data: cannot be read: permission denied")


@pytest.mark.parametrize("make", [make_folder, make_pipe, make_cyclic_link])
def test_reports_of_probes_that_are_no_file_are_told_as_such(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    suite = ROOT / "evals/tdd-cycle"
    scenario = load_scenario(suite / "broken-fixture.yaml", load_suite(suite / "suite.yaml"))
    make(tmp_path / "0.probes.yaml")
    began = time.monotonic()
    with pytest.raises(StaleProbes) as caught:
        read_reports(scenario, Location(tmp_path, 0), "seal")
    assert time.monotonic() - began < LONGEST
    check_told(str(caught.value), "0.probes.yaml cannot be read")
