"""Reading and writing an agent's workspace from outside the sandbox.

Whatever lies there was put there by an agent: links out of the folder, pipes that never answer,
files without end. Every path is therefore opened beneath the workspace's own folder, through no
link and across no mount, and what is opened is looked at before it is read.
"""

from promptverdict.sandbox.workspace.refusal import Refused
from promptverdict.sandbox.workspace.workspace import Workspace

__all__ = ["Refused", "Workspace"]
