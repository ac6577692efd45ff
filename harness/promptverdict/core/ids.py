"""Names of trials as people, files and commands write them: `suite/scenario::agent/variant#number`.

Suites and scenarios are named by file names without `/`, `:` and `#`; a variant's name has a `/`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from promptverdict.core.errors import InputError, Problem

# A variant may hold anything, so that it takes all between the first `::` and the last `#`.
_TRIAL = re.compile(r"(?P<suite>[^/]+)/(?P<scenario>[^/]+?)::(?P<variant>.+)#(?P<number>[0-9]+)")


class TrialId(NamedTuple):
    """The parts of a trial's id."""

    suite: str
    scenario: str
    variant: str
    """`agent/variant`."""
    number: int
    """Counted from 0."""

    @property
    def cell(self) -> str:
        """`suite/scenario::agent/variant`."""
        return format_cell_id(self.suite, self.scenario, self.variant)


def format_scenario_id(suite: str, scenario: str) -> str:
    """Format `suite/scenario`."""
    return f"{suite}/{scenario}"


def format_cell_id(suite: str, scenario: str, variant: str) -> str:
    """Format `suite/scenario::agent/variant`."""
    return format_node_id(format_scenario_id(suite, scenario), variant)


def format_trial_id(suite: str, scenario: str, variant: str, number: int) -> str:
    """Format `suite/scenario::agent/variant#number`."""
    return f"{format_cell_id(suite, scenario, variant)}#{number}"


def parse_trial_id(text: str) -> TrialId:
    """Parse `suite/scenario::agent/variant#number`. Raises InputError for anything else."""
    parts = _TRIAL.fullmatch(text)
    if parts is None:
        cure = "write suite/scenario::agent/variant#number"
        raise InputError([Problem(text, "this is no id of a trial", cure)])
    return TrialId(parts["suite"], parts["scenario"], parts["variant"], int(parts["number"]))


def format_node_id(place: str, variant: str) -> str:
    """Format `place::agent/variant`; the place is a scenario's id, stem or file."""
    return f"{place}::{variant}"


def parse_node_id(text: str) -> tuple[str, str]:
    """Parse `place::agent/variant`; the variant is empty where there is none."""
    place, _, variant = text.partition("::")
    return place, variant
