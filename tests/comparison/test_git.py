"""A repository is read from its objects; what it cannot tell is an error with a cure."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from promptverdict.comparison.git import merge_base
from promptverdict.core.errors import InputError

from tests.repositories import Repository


def test_files_are_read_as_they_were_and_nothing_is_checked_out(
    repository: Repository, tmp_path: Path
) -> None:
    odd = "agents/übung ☂.md"
    (repository.folder / odd).write_bytes(b"line\r\n\x00\xff")
    (repository.folder / "agents/link.md").symlink_to("helper/base.md")
    first = repository.commit("First")
    (repository.folder / odd).write_text("changed")
    revision = merge_base(repository.folder, "HEAD")
    assert revision.commit == first
    files = revision.files([revision.inside(repository.folder / "agents")])
    assert set(files) == {"agents/helper/base.md", "agents/helper/other.md", odd}
    revision.write(files, tmp_path / "out")
    assert (tmp_path / "out" / odd).read_bytes() == b"line\r\n\x00\xff"
    assert (repository.folder / odd).read_text() == "changed"
    assert revision.files([]) == revision.files(["nowhere"]) == {}
    assert "pyproject.toml" in revision.files(["."])


def test_a_folder_inside_the_repository_is_as_good_as_its_top(repository: Repository) -> None:
    repository.commit("First")
    revision = merge_base(repository.folder / "evals", "main")
    assert revision.inside(repository.folder / "evals/manners") == "evals/manners"


def test_what_lies_outside_is_refused(repository: Repository) -> None:
    repository.commit("First")
    revision = merge_base(repository.folder, "main")
    with pytest.raises(InputError, match="lies outside of the repository"):
        revision.inside(repository.folder.parent)


def test_no_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(InputError, match=r"--base main: git says: .+\n  run this inside"):
        merge_base(tmp_path, "main")


@pytest.mark.skipif(getattr(os, "geteuid", lambda: 1)() != 0, reason="needs root")
def test_a_repository_of_another_user_is_told_with_the_command_that_allows_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit("First")
    monkeypatch.delenv("SUDO_UID", raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    for path in (repository.folder, repository.folder / ".git"):
        os.chown(path, 12345, 12345)
    with pytest.raises(InputError, match=r"another user: git config --global --add safe.directory"):
        merge_base(repository.folder, "main")


def test_no_git_is_told(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    repository.commit("First")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match=r"git: cannot be run.*\n  install git"):
        merge_base(repository.folder, "main")


def test_a_shallow_clone_says_what_to_fetch(repository: Repository, tmp_path: Path) -> None:
    first = repository.commit("First")
    (repository.folder / "more.txt").write_text("more")
    repository.commit("Second")
    clone = tmp_path / "clone"
    source = repository.folder.as_uri()
    command = ["git", "clone", "--quiet", "--depth", "1", source, str(clone)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(InputError, match=r"this clone is shallow: .*fetch-depth: 0"):
        merge_base(clone, first)


@pytest.mark.parametrize("ref", ["nosuch", "origin/nosuch"])
def test_a_revision_that_is_not_there_is_told_with_the_command_that_fetches_it(
    repository: Repository, ref: str
) -> None:
    repository.commit("First")
    with pytest.raises(InputError, match=r"is it fetched\? try: git fetch origin nosuch$"):
        merge_base(repository.folder, ref)


def test_a_revision_without_common_history_is_told(repository: Repository) -> None:
    repository.commit("First")
    repository.git("checkout", "--quiet", "--orphan", "island")
    repository.commit("Alone")
    with pytest.raises(InputError, match="no commit that this and HEAD come from"):
        merge_base(repository.folder, "main")


def test_content_that_the_clone_lacks_is_told(repository: Repository, tmp_path: Path) -> None:
    repository.commit("First")
    revision = merge_base(repository.folder, "main")
    with pytest.raises(InputError, match=r"gone\.md: is not in this clone at main\n  fetch it"):
        revision.write({"gone.md": "0" * 40}, tmp_path)


def test_files_are_written_until_the_one_that_the_clone_lacks(
    repository: Repository, tmp_path: Path
) -> None:
    repository.commit("First")
    revision = merge_base(repository.folder, "main")
    held = revision.files(["agents"])
    with pytest.raises(InputError, match=r"^gone\.md: is not in this clone at main"):
        revision.write({**held, "gone.md": "0" * 40, "later.md": "1" * 40}, tmp_path)
    assert all((tmp_path / path).is_file() for path in held)
