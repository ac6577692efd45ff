"""What a world file makes of the workspace is bounded, and fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import BrokenRecording, StorageError
from promptverdict.recording import expansion
from promptverdict.recording.files import Head, Location, World, open_sealed, save_sealed
from promptverdict.recording.seal import seal_cassette
from promptverdict.recording.yaml_format import dump
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import Change

HEAD = Head(
    suite="s",
    scenario="c",
    variant="a/b",
    trial=0,
    digest={},
    compatible={},
    provenance=Provenance(
        evidence="simulated", model="m", answered="m", recorded="2026-01-01T00:00:00Z"
    ),
    end="done",
)
LARGE = Change(path="a", text="x" * 1_000_000)
KEPT = Change(path="a", splices=(1,), before="present")


def result(*changes: Change) -> Result:
    return Result(call="t", text="", changes=changes)


def cassette() -> str:
    head = {"metadata": {"recording": HEAD.model_dump(mode="json", exclude_none=True)}}
    return dump({**head, "version": 1, "interactions": []})


def seal(folder: Path, world: World) -> Location:
    """Seal a world as anybody can who knows the format."""
    place = Location(folder, 0)
    text = dump(world.model_dump(mode="json", exclude_defaults=True))
    _, http = seal_cassette(cassette(), text)
    place.world.write_text(text, encoding="utf-8")
    place.http.write_text(http, encoding="utf-8")
    return place


BROKEN = {
    "a large file kept again and again": (
        World(start=(LARGE,), results=(result(KEPT),) * 600),
        "more than 512 MB in all",
    ),
    "many paths in many trees": (
        World(
            start=tuple(Change(path=f"{n}", text="") for n in range(10_000)),
            results=(result(Change(path="0", text="x")),) * 600,
        ),
        "more than 512 MB in all",
    ),
    "one path twice in a step": (World(start=(LARGE, KEPT)), "changes one path twice"),
    "an edit that does not fit": (
        World(start=(Change(path="a", splices=(2,)),)),
        "the edit does not fit",
    ),
    "a file that was never there": (
        World(results=(result(Change(path="a", kind="deleted")),)),
        "a is deleted before it was made",
    ),
    "bytes that are none": (World(start=(Change(path="a", base64="a"),)), "base64"),
    **{
        f"the path {path!r}": (World(start=(Change(path=path, text=""),)), "not a path inside")
        for path in ("", "/x", "../x", "a/../../x", "a//b", "a/", ".", "a/.", "a\0b")
    },
    "a path through a link": (
        World(start=(Change(path="a", kind="link", target="/etc"), Change(path="a/b", text=""))),
        "'a/b' lies below a link",
    ),
    "a path through a link that came later": (
        World(
            start=(Change(path="a", kind="folder"), Change(path="a/b", text="")),
            results=(result(Change(path="a", kind="link", target="/etc", before="present")),),
        ),
        "'a/b' is left below 'a', which is not a folder any more",
    ),
    "a folder that is deleted without what it holds": (
        World(
            start=(Change(path="a", kind="folder"), Change(path="a/b", text="")),
            results=(result(Change(path="a", kind="deleted", before="present")),),
        ),
        "is left below",
    ),
}


@pytest.mark.parametrize(("world", "found"), BROKEN.values(), ids=BROKEN)
def test_a_world_that_no_trial_leaves_is_refused(tmp_path: Path, world: World, found: str) -> None:
    with pytest.raises(BrokenRecording, match=found) as told:
        open_sealed(seal(tmp_path, world)).read_world()
    lines = str(told.value).split("\n")
    assert lines[0].startswith(f"{tmp_path}/0.world.yaml: ")
    assert "--record all" in lines[1]
    assert len(lines) == 2


@pytest.mark.parametrize(("world", "found"), BROKEN.values(), ids=BROKEN)
def test_what_could_not_be_read_again_is_not_saved(
    tmp_path: Path, world: World, found: str
) -> None:
    with pytest.raises(StorageError, match=f"could not be read again.*{found}") as told:
        save_sealed(Location(tmp_path, 0), cassette(), world)
    assert len(str(told.value).split("\n")) == 2
    assert not list(tmp_path.iterdir())


def test_a_conversation_that_could_not_be_read_again_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expansion, "MAX_BODY", 2**10)
    request = {"method": "POST", "uri": "/v1/messages", "headers": {}, "encoding": "compact"}
    exchange = {
        "request": {**request, "json": {"messages": ["x" * 2**10]}},
        "response": {"status": {"code": 200}, "headers": {}, "body": {"string": "{}"}},
    }
    head = {"metadata": {"recording": HEAD.model_dump(mode="json", exclude_none=True)}}
    text = dump({**head, "version": 1, "interactions": [exchange]})
    with pytest.raises(StorageError, match="the conversation: request 1 expands beyond"):
        save_sealed(Location(tmp_path, 0), text, World())


def test_a_file_may_be_edited_many_times(tmp_path: Path) -> None:
    world = World(start=(LARGE,), results=(result(KEPT),) * 100)
    place = Location(tmp_path, 0)
    save_sealed(place, cassette(), world)
    assert open_sealed(place).read_world() == world


def test_a_folder_may_become_a_file_with_all_that_it_held(tmp_path: Path) -> None:
    folder = (Change(path="a", kind="folder"), Change(path="a/b", text=""))
    gone = Change(path="a/b", kind="deleted", before="present")
    world = World(
        start=folder, results=(result(Change(path="a", text="", before="present"), gone),)
    )
    place = Location(tmp_path, 0)
    save_sealed(place, cassette(), world)
    assert open_sealed(place).read_world() == world
