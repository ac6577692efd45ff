"""How often Python looks for garbage in a session of evaluations alone, whose items are none.

A session of 100,000 items holds millions of objects from its beginning to its end. To walk through
them again and again takes a third of the time of collecting them, and as much again at the end of
the process. Sessions that run other tests too are left alone: those may look at garbage themselves.
"""

from __future__ import annotations

import atexit
import gc

_NEW_OBJECTS = 50_000
"""After so many the garbage collector looks at them; usual are 700 to 2,000."""


class GarbageCollection:
    """How Python looks for garbage, as one session changes it."""

    def __init__(self) -> None:
        self._usual: tuple[int, int, int] | None = None
        self._rare = (0, 0, 0)
        self._is_frozen = False

    def relax(self) -> None:
        """Let it be looked for less often."""
        self._usual = usual = gc.get_threshold()
        self._rare = (max(usual[0], _NEW_OBJECTS), *usual[1:]) if usual[0] else usual
        gc.set_threshold(*self._rare)

    def freeze(self) -> None:
        """Leave all that exists now out of it until `restore`, and at the end of the process."""
        gc.freeze()
        self._is_frozen = True
        # Python would look for garbage once more while it ends, and free each object by itself.
        atexit.unregister(gc.freeze)
        atexit.register(gc.freeze)

    def restore(self) -> None:
        """Let garbage be looked for as before."""
        # A conftest.py that was loaded meanwhile may have chosen for itself.
        if self._usual and gc.get_threshold() == self._rare:
            gc.set_threshold(*self._usual)
        if self._is_frozen:
            gc.unfreeze()
        self._usual, self._is_frozen = None, False
