"""Folders that are locked while their process lives, and what is left of processes that are not."""

import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from promptverdict.core.locked_folders import (
    SCRATCH,
    make_locked_folder,
    open_scratch_folder,
    release_folder,
    remove_leftovers,
    remove_own_leftovers,
    remove_tree,
)


def test_what_was_killed_before_its_folder_was_locked_leaves_nothing_either(
    tmp_path: Path,
) -> None:
    (tmp_path / "a-x").mkdir()
    remove_own_leftovers(tmp_path, "a-")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_another_process_removes_before_it_is_locked_is_made_again(
    tmp_path: Path,
) -> None:
    stop = threading.Event()

    def sweep() -> None:
        while not stop.is_set():
            remove_own_leftovers(tmp_path, "a-")

    with ThreadPoolExecutor(2) as pool:
        sweepers = [pool.submit(sweep) for _ in range(2)]
        made = [make_locked_folder(tmp_path, "a-") for _ in range(100)]
        stop.set()
        assert [sweeper.result() for sweeper in sweepers] == [None, None]
    assert all(folder.is_dir() for folder, _ in made)
    for _, lock in made:
        release_folder(lock)
    remove_own_leftovers(tmp_path, "a-")
    assert not list(tmp_path.iterdir())


def test_nothing_of_other_users_no_links_and_no_files_are_removed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "a-link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "a-file").touch()
    (tmp_path / "a-foreign").mkdir()
    remove_leftovers(tmp_path, "a-", {os.geteuid() + 1})
    assert (tmp_path / "a-foreign").exists()
    remove_own_leftovers(tmp_path, "a-")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-file", "a-link", "elsewhere"]


def test_a_scratch_folder_goes_with_its_block_and_what_a_kill_left_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f"{SCRATCH}left/agents").mkdir(parents=True)
    with open_scratch_folder() as first, open_scratch_folder() as second:
        assert {first, second} == set(tmp_path.iterdir())
        (first / "agents").mkdir()
    assert not list(tmp_path.iterdir())


def test_where_folders_have_no_locks_they_are_made_and_removed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delattr("os.O_DIRECTORY")
    monkeypatch.delattr("os.geteuid")
    (tmp_path / f"{SCRATCH}other").mkdir()
    with open_scratch_folder() as folder:
        (folder / "a/b").mkdir(parents=True)
    assert [path.name for path in tmp_path.iterdir()] == [f"{SCRATCH}other"]


@pytest.mark.parametrize("depth", ["", "a/b/c"])
def test_a_link_that_takes_the_place_of_a_folder_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, depth: str
) -> None:
    precious = tmp_path / "precious"
    (precious / "inner").mkdir(parents=True)
    (precious / "file").touch()
    precious.chmod(0o500)
    doomed = tmp_path / "doomed"
    (doomed / depth).mkdir(parents=True)
    real, swapped = os.open, doomed / depth

    def swap_and_open(path: os.PathLike[str] | str, *args: int, **more: int) -> int:
        # A process that escaped acts between the look at a folder and its opening.
        if os.path.basename(path) == swapped.name and not swapped.is_symlink():  # noqa: PTH119
            swapped.rmdir()
            swapped.symlink_to(precious)
        return real(path, *args, **more)

    monkeypatch.setattr(os, "open", swap_and_open)
    with pytest.raises(OSError):  # noqa: PT011  NotADirectoryError, or ELOOP on other systems
        remove_tree(doomed)
    assert sorted(path.name for path in precious.iterdir()) == ["file", "inner"]
    assert precious.stat().st_mode & 0o777 == 0o500


def test_folders_that_cannot_be_moved_up_are_emptied_where_they_lie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed = tmp_path / "doomed"
    (doomed / "a/b/c").mkdir(parents=True)
    (doomed / "a/b/c/file").touch()
    real = os.rename

    def refuse(source: str, *args: str, **more: int) -> None:
        if source == "b":  # a subvolume, or a folder of a lower layer
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        real(source, *args, **more)

    monkeypatch.setattr(os, "rename", refuse)
    remove_tree(doomed)
    assert not doomed.exists()


def test_what_is_made_in_a_folder_while_it_is_removed_makes_no_endless_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doomed = tmp_path / "doomed"
    (doomed / "a").mkdir(parents=True)
    real = os.rmdir

    def make_another(path: str, **more: int) -> None:
        real(path, **more)
        (doomed / "new").mkdir(exist_ok=True)

    monkeypatch.setattr(os, "rmdir", make_another)
    with pytest.raises(OSError, match="not empty"):
        remove_tree(doomed)
