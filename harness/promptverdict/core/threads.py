"""Blocking work in threads that outlives neither its trial nor the process.

asyncio's own threads do both: a cancelled task leaves its thread behind, at work, and the end of
the process waits for every one of them.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


async def to_the_end(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a thread; also when cancelled, come back only after it has ended."""
    work = asyncio.get_running_loop().run_in_executor(None, function, *arguments)
    try:
        await asyncio.wait([work])
    except asyncio.CancelledError:
        await asyncio.wait([work])
        work.exception()  # looked at, or asyncio would complain of an error that nobody saw
        raise
    return work.result()


class Threads(ThreadPoolExecutor):
    """An event loop's default executor: a thread for each call, which no exit waits for."""

    def submit(self, function: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Start a call at once, in a thread of its own."""
        future: Future[T] = Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*arguments, **named)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=work, name="promptverdict-work", daemon=True).start()
        return future
