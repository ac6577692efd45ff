"""Where an agent's commands run: each in a fresh bubblewrap, or, if asked for, unprotected.

Every command gets its own namespaces and all of its processes die with it, so that no process of
an agent is alive while the host looks at the workspace. What is kept between the commands of one
trial is its Place: four folders on the host.
"""

from promptverdict.sandbox.interface import Mount, Sandbox
from promptverdict.sandbox.open import open_sandbox
from promptverdict.sandbox.trial_folders import Place, make_place, remove_place

__all__ = ["Mount", "Place", "Sandbox", "make_place", "open_sandbox", "remove_place"]
