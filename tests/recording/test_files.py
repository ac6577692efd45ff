"""Both files of a recording are sealed: one byte changed in either, and it is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
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
    return dump({**head, "version": 1, "interactions": [{"note": note}]})


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
