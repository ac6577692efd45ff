"""What a world file makes of the workspace is bounded, and fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.recording.files import Head, Location, World, open_sealed, save_sealed
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


def reread(folder: Path, world: World) -> World:
    head = {"metadata": {"recording": HEAD.model_dump(mode="json", exclude_none=True)}}
    place = Location(folder, 0)
    save_sealed(place, dump({**head, "version": 1, "interactions": []}), world)
    return open_sealed(place).read_world()


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
}


@pytest.mark.parametrize(("world", "found"), BROKEN.values(), ids=BROKEN)
def test_a_world_that_no_trial_leaves_is_refused(tmp_path: Path, world: World, found: str) -> None:
    with pytest.raises(BrokenRecording, match=found) as told:
        reread(tmp_path, world)
    lines = str(told.value).split("\n")
    assert lines[0].startswith(f"{tmp_path}/0.world.yaml: ")
    assert "--record all" in lines[1]
    assert len(lines) == 2


def test_a_file_may_be_edited_many_times(tmp_path: Path) -> None:
    world = World(start=(LARGE,), results=(result(KEPT),) * 100)
    assert reread(tmp_path, world) == world
