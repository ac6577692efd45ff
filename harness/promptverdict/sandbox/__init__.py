"""Where an agent's commands run: each in a fresh bubblewrap or container, or unprotected.

Every command gets its own namespaces and all of its processes die with it, so that no process of
an agent is alive while the host reads the workspace. What is kept between the commands of one trial
is its TrialFolders: four folders on the host.
"""

from promptverdict.sandbox.interface import Mount, Reported, Sandbox, describe_sandbox
from promptverdict.sandbox.open import open_sandbox
from promptverdict.sandbox.trial_folders import (
    TrialFolders,
    make_trial_folders,
    remove_old_trial_folders,
    remove_trial_folders,
)

__all__ = [
    "Mount",
    "Reported",
    "Sandbox",
    "TrialFolders",
    "describe_sandbox",
    "make_trial_folders",
    "open_sandbox",
    "remove_old_trial_folders",
    "remove_trial_folders",
]
