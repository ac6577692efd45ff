"""Finds the trial that a person names, in full or in part."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import BASE
from promptverdict.trials.stored_records import read_records


def select_trial(
    name: str, default_number: int, run: Path, records: Sequence[TrialRecord]
) -> TrialRecord:
    """Select the one record of a run that a name means.

    name: a node id (`evals/suite/scenario.yaml::agent/variant`), a part of one, or a record's key;
    `#2` behind it is the trial's number. Raises InputError where it means none, or several.
    """
    wanted, has_number, written = name.replace(".yaml", "").partition("#")
    number = written if has_number else str(default_number)
    if not (number.isascii() and number.isdigit()):
        cure = "write #0 for a cell's first trial, #1 for its second"
        raise InputError([Problem(name, f"{number!r} is not the number of a trial", cure)])
    # Records of the older revision of a comparison have no cell of their own, only a key.
    every = chain(records, read_records(run, BASE))
    if record := next((record for record in every if record.key == wanted), None):
        return record
    fitting = [record for record in records if f"/{wanted}".endswith(f"/{record.cell}")]
    fitting = fitting or [record for record in records if wanted in record.cell]
    numbered = [record for record in fitting if str(record.trial) == number]
    if len(numbered) == 1:
        return numbered[0]
    if numbered:
        found = f"this fits several trials of {display_path(run)}"
        names = sorted(record.cell for record in numbered)
    elif fitting:
        found = f"{display_path(run)} has no trial #{number} of it"
        names = sorted(record.id for record in fitting)
    else:
        found = f"this fits no trial of {display_path(run)}"
        names = sorted({record.cell for record in records})
    raise InputError([Problem(name, found, f"there are: {', '.join(names)}")])
