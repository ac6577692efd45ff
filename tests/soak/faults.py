"""All faults of the process: the table. `python -m tests.soak faults` makes each of them happen."""

from __future__ import annotations

from types import ModuleType

from tests.soak import faults_of_disks, faults_of_processes, faults_of_surroundings
from tests.soak.table import Fault


def _list_faults(module: ModuleType) -> list[Fault]:
    return [each for each in vars(module).values() if isinstance(each, Fault)]


FAULTS = (
    *_list_faults(faults_of_processes),
    *_list_faults(faults_of_disks),
    *_list_faults(faults_of_surroundings),
)
"""In the order in which they are written."""
