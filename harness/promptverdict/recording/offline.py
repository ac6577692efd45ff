"""No connections leave a replay: a second wall behind transports that know no network."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from promptverdict.core.errors import BrokenRecording


@contextmanager
def forbid_connections() -> Iterator[None]:
    """Refuse every connection that this thread tries to open.

    Sockets as such stay allowed, because an event loop needs a pair of them; other threads are left
    alone, because other tests of the same session may talk to whom they like.
    """
    owner, real = threading.get_ident(), socket.socket.connect

    # asyncio connects through `connect` of a non-blocking socket, so this one method is enough.
    def connect(self: socket.socket, address: Any) -> None:
        if threading.get_ident() == owner:
            _refuse(address)
        real(self, address)

    socket.socket.connect = connect  # type: ignore[method-assign, assignment]
    try:
        yield
    finally:
        socket.socket.connect = real  # type: ignore[method-assign]


def _refuse(address: Any) -> NoReturn:
    raise BrokenRecording(
        f"something tried to connect to {address} during a replay\n"
        "  a replay reaches no network; to record, use --record once"
    )
