"""The digests of the committed recordings, frozen: a changed one makes people's recordings stale.

`tests/data/digests.tsv` holds what each recording was made of. A recording that is made anew brings
new lines for it; any other change of the file is a change of the format.
"""

from __future__ import annotations

import csv
from pathlib import Path

from promptverdict.recording.digest import PARTS, list_changed_parts
from promptverdict.recording.files import Location

from tests.cases import try_cases
from tests.repository.test_recordings import ROOT, TRIALS, open_recording


def read_frozen() -> dict[str, dict[str, str]]:
    """Return recording -> part -> hash."""
    frozen: dict[str, dict[str, str]] = {}
    with (ROOT / "tests/data/digests.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            frozen.setdefault(row["recording"], {})[row["part"]] = row["hash"]
    return frozen


FROZEN = read_frozen()


def name_changes(frozen: dict[str, str], digest: dict[str, str]) -> str:
    """Return the changed parts in words; nothing where there are none."""
    changes = [
        f"{part} ({PARTS[part]}): {frozen.get(part)} -> {digest.get(part)}"
        for part in list_changed_parts(frozen, digest)
    ]
    return ", ".join(changes)


def test_every_recording_is_frozen_and_nothing_else() -> None:
    files = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("evals/**/*.http.yaml")}
    assert files == set(FROZEN)


@try_cases("recording", FROZEN)
def test_a_recording_keeps_the_digest_that_it_was_made_with(recording: str) -> None:
    path = Path(ROOT, recording)
    sealed = open_recording(Location(path.parent, int(path.name.partition(".")[0])))
    assert name_changes(FROZEN[recording], sealed.head.digest) == ""


@try_cases("trial_id", TRIALS)
def test_what_is_asked_today_has_the_frozen_digest(trial_id: str) -> None:
    trial = TRIALS[trial_id]
    recording = trial.location.http.relative_to(ROOT).as_posix()
    assert name_changes(FROZEN[recording], trial.cell.digest) == ""
