"""What a live trial leaves and makes on the disk beside its recording."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from promptverdict.recording.files import open_sealed
from promptverdict.sandbox import TrialFolders, make_trial_folders, open_sandbox

from tests.fakes import SCENARIO, say, script, use
from tests.runner.test_trial import cell_of, record, scenario_of


def test_folders_are_made_at_the_first_call_that_needs_them_and_removed_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(given_up: threading.Event) -> TrialFolders:
        folders = make_trial_folders(given_up)
        made.append(folders.root)
        return folders

    monkeypatch.setattr("promptverdict.runner.world.live.make_trial_folders", make)
    cell = cell_of(scenario_of(tmp_path, SCENARIO))
    sandbox = open_sandbox("none")
    talk = record(cell, script([use("Nope")], [say("Hello.")]), sandbox)
    assert talk.fault is None
    assert made == []
    work = record(
        cell,
        script(
            [use("Nope"), use("Write", file_path="a.txt", content="x"), use("Nope")], [say("Done.")]
        ),
        sandbox,
    )
    assert work.fault is None
    assert [root.exists() for root in made] == [False]
    results = open_sealed(cell.get_trial(0).location).read_world().results
    assert [[change.path for change in result.changes] for result in results] == [[], ["a.txt"], []]
