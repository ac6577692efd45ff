"""Reading and writing an agent's workspace from outside the sandbox.

Whatever is there was put there by an agent: links out of the folder, pipes that never answer, files
without end. Every path is therefore opened beneath the workspace's own folder, through no link and
across no mount, and what is opened is checked before it is read.
"""

from promptverdict.sandbox.workspace.refusal import FILE_LIMIT, Refused
from promptverdict.sandbox.workspace.workspace import Workspace

__all__ = ["FILE_LIMIT", "Refused", "Workspace"]
