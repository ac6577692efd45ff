"""Both files of a recording are sealed: one byte changed in either, and it is refused."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from promptverdict.cli.starter_files import ATTRIBUTES
from promptverdict.core.errors import BrokenRecording, MissingRecording, StorageError
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Head, Location, World, open_sealed, save_sealed
from promptverdict.recording.secrets import refuse_machine
from promptverdict.recording.yaml_format import dump
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.transcript import Result

HEAD = Head(
    suite="s",
    scenario="c",
    variant="a/b",
    trial=0,
    digest={"system": "0" * 16},
    compatible={"toolset": 1},
    provenance=Provenance(
        evidence="simulated", model="m", answered="m", recorded="2026-01-01T00:00:00Z"
    ),
    end="done",
)
WORLD = World(results=(Result(call="t", text="hi"),))


def http(note: str = "x") -> str:
    head = {"metadata": {"recording": HEAD.model_dump(mode="json", exclude_none=True)}}
    request = {"method": "POST", "uri": "/v1/messages", "headers": {}, "body": note}
    response = {"status": {"code": 200}, "headers": {}, "body": {"string": "{}"}}
    exchange = {"request": request, "response": response}
    return dump({**head, "version": 1, "interactions": [exchange]})


@pytest.fixture
def location(tmp_path: Path) -> Location:
    place = Location(tmp_path / "cassettes" / "c", 0)
    save_sealed(place, http(), WORLD)
    return place


def test_a_sealed_recording_opens_and_its_head_is_read_alone(location: Location) -> None:
    sealed = open_sealed(location)
    assert sealed.head == HEAD
    assert sealed.read_world() == WORLD


def test_a_byte_changed_anywhere_breaks_the_seal(location: Location) -> None:
    for path in (location.http, location.world):
        content = path.read_bytes()
        for place in range(0, len(content), 7):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            with pytest.raises(BrokenRecording):
                open_sealed(location)
        path.write_bytes(content[:-1])
        with pytest.raises(BrokenRecording):
            open_sealed(location)
        path.write_bytes(content)
    open_sealed(location)


def test_there_is_a_word_for_every_way_a_recording_can_be_unusable(location: Location) -> None:
    with pytest.raises(MissingRecording, match="does not exist"):
        open_sealed(Location(location.folder, 1))
    text = location.http.read_text()
    for content, told in (
        ("", "seal is broken"),
        ("version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (text.replace("version", "<<<<<<< HEAD\nversion"), "merge conflict"),
    ):
        location.http.write_text(content)
        with pytest.raises(BrokenRecording, match=told):
            open_sealed(location)
    location.http.write_bytes(b"\xff\xfe")
    with pytest.raises(BrokenRecording, match="cannot be read"):
        open_sealed(location)
    location.http.write_text(text)
    location.world.unlink()
    with pytest.raises(BrokenRecording, match="is missing"):
        open_sealed(location)


def test_a_key_is_never_saved_and_its_value_never_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "very-secret-value")
    place = Location(tmp_path, 0)
    for note in (
        "sk-ant-" + "a1B2" * 8,
        "very-secret-value",
        "dmVyeS1zZWNyZXQtdmFsdWU=",
        "-----BEGIN RSA PRIVATE KEY-----",
    ):
        with pytest.raises(StorageError) as told:
            save_sealed(place, http(note), WORLD)
        assert note not in str(told.value)
    assert not list(tmp_path.iterdir())


def test_what_would_be_too_long_to_be_read_again_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(yaml_format, "MAX_BYTES", 2**20)
    place = Location(tmp_path, 0)
    for note, world in (("x" * 2**20, WORLD), ("x", World(notes=("x" * 2**20,)))):
        with pytest.raises(StorageError, match="larger than 1 MB and was not saved"):
            save_sealed(place, http(note), world)
    assert not list(tmp_path.iterdir())
    save_sealed(place, http("x" * (2**20 - 2000)), WORLD)
    assert open_sealed(place).head == HEAD


def test_a_file_too_large_for_a_recording_is_refused_unread(location: Location) -> None:
    with location.world.open("ab") as file:
        file.truncate(yaml_format.MAX_BYTES + 1)
    with pytest.raises(BrokenRecording, match=r"0\.world\.yaml is larger than 16 MB.*\n  restore"):
        open_sealed(location)


def test_what_names_this_machine_is_not_saved() -> None:
    for text in ("on build-box-17 it ran", "see /home/ann/notes.txt"):
        with pytest.raises(StorageError):
            refuse_machine(text, "build-box-17", "/home/ann")
    refuse_machine("a box, /home/anna/x, /root", "box", "/home/ann")
    refuse_machine("anything / at all", "", "/")
    refuse_machine("COPY --from=build /root/.local /usr/local", "", "/root")


def test_the_old_recording_stays_when_the_new_one_cannot_be_written(location: Location) -> None:
    location.folder.chmod(0o500)
    before = open_sealed(location).seal
    try:
        save_sealed(location, http("new"), WORLD)
    except StorageError:
        assert open_sealed(location).seal == before
    finally:
        location.folder.chmod(0o700)


@pytest.mark.parametrize("name", ["http", "world"])
def test_line_ends_that_git_changed_are_named_with_the_cure(location: Location, name: str) -> None:
    path: Path = getattr(location, name)
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(BrokenRecording, match="end in CRLF") as told:
        open_sealed(location)
    lines = str(told.value).split("\n")
    assert ".gitattributes" in lines[1]
    assert "git checkout HEAD -- " in lines[2]
    assert len(lines) == 3


def test_a_change_beside_other_line_ends_is_a_broken_seal(location: Location) -> None:
    content = location.http.read_bytes().replace(b"done", b"dome").replace(b"\n", b"\r\n")
    location.http.write_bytes(content)
    with pytest.raises(BrokenRecording, match="the seal is broken: it or"):
        open_sealed(location)


@pytest.fixture
def killed_after_one_rename() -> Callable[[Location, str], None]:
    """Save a recording in a process that ends as if killed, with one of its two files in place."""

    def save(location: Location, note: str) -> None:
        child = os.fork()
        if child == 0:
            replace = Path.replace

            def replace_and_die(path: Path, target: Path) -> None:
                replace(path, target)
                os._exit(9)

            Path.replace = replace_and_die  # type: ignore[assignment, method-assign]
            save_sealed(location, http(note), World(notes=(note,)))
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9

    return save


def test_a_recording_is_whole_when_its_process_was_killed_between_its_files(
    location: Location, killed_after_one_rename: Callable[[Location, str], None]
) -> None:
    killed_after_one_rename(location, "new")
    assert open_sealed(location).read_world().notes == ("new",)
    assert open_sealed(location).http == http("new")
    assert sorted(path.name for path in location.folder.iterdir()) == [
        "0.http.yaml",
        "0.world.yaml",
    ]


def test_a_first_recording_is_whole_too(
    tmp_path: Path, killed_after_one_rename: Callable[[Location, str], None]
) -> None:
    killed_after_one_rename(Location(tmp_path, 0), "new")
    assert not (tmp_path / "0.http.yaml").exists()
    assert open_sealed(Location(tmp_path, 0)).http == http("new")


def test_an_older_text_beside_a_recording_is_no_part_of_it(
    location: Location, killed_after_one_rename: Callable[[Location, str], None]
) -> None:
    killed_after_one_rename(location, "new")
    save_sealed(location, http("newest"), WORLD)
    assert open_sealed(location).http == http("newest")
    location.world.write_text(location.world.read_text() + "\n", encoding="utf-8")
    with pytest.raises(BrokenRecording, match="seal is broken"):
        open_sealed(location)


def test_an_interrupt_between_the_two_files_loses_neither(
    location: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = Path.replace

    def replace_once(path: Path, target: Path) -> None:
        monkeypatch.setattr(Path, "replace", refuse)
        replace(path, target)

    def refuse(path: Path, target: Path) -> None:
        raise PermissionError(1, "not permitted")

    monkeypatch.setattr(Path, "replace", replace_once)
    with pytest.raises(StorageError, match="not permitted"):
        save_sealed(location, http("new"), World(notes=("new",)))
    monkeypatch.undo()
    assert open_sealed(location).http == http("new")


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True)


def commit(folder: Path, attributes: str | None) -> None:
    """Commit a recording below evals/, with LF, and with an evals/.gitattributes or without one."""
    save_sealed(Location(folder / "evals/s/cassettes/c/v/m", 0), http(), WORLD)
    if attributes:
        (folder / "evals/.gitattributes").write_text(attributes, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, *IDENTITY, "commit", "-qm", "Record")


IDENTITY = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.autocrlf=false")


def clone(source: Path, target: Path) -> Location:
    """Clone as Git does where core.autocrlf is true."""
    git(source, "clone", "-q", "-c", "core.autocrlf=true", str(source), str(target))
    return Location(target / "evals/s/cassettes/c/v/m", 0)


def test_the_cure_for_changed_line_ends_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "origin").mkdir()
    commit(tmp_path / "origin", None)
    place = clone(tmp_path / "origin", tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(BrokenRecording) as told:
        open_sealed(place)
    write, check_out = str(told.value).split("\n")[1:]
    assert write == "  write `* -text` to evals/.gitattributes, and check the files out again:"
    Path("evals/.gitattributes").write_text("* -text\n", encoding="utf-8")
    for command in check_out.split(", then "):
        git(Path(), *command.split()[1:])
    assert open_sealed(place).head == HEAD


def test_what_init_writes_keeps_the_line_ends(tmp_path: Path) -> None:
    (tmp_path / "origin").mkdir()
    commit(tmp_path / "origin", ATTRIBUTES)
    assert open_sealed(clone(tmp_path / "origin", tmp_path / "here")).head == HEAD
