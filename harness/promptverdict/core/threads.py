"""Work beside an event loop, in threads that end with it; and work that needs no event loop.

asyncio's own threads do neither: a cancelled task leaves its thread running, and Python waits for
all of them when the process ends.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


async def run_to_end(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a thread and return its result; if cancelled, wait for its end first."""
    work = asyncio.get_running_loop().run_in_executor(None, function, *arguments)
    try:
        await asyncio.wait([work])
    except asyncio.CancelledError:
        await asyncio.wait([work])
        work.exception()  # asyncio logs an error that was never read
        raise
    return work.result()


def run_without_waiting(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits for anything, without an event loop, and return its result.

    Raises RuntimeError for one that does wait.
    """
    try:
        coroutine.send(None)
    except StopIteration as ended:
        result: T = ended.value
        return result
    coroutine.close()
    raise RuntimeError("a coroutine waits for something, and there is no event loop")


class DaemonThreadExecutor(ThreadPoolExecutor):
    """An event loop's default executor: one daemon thread a call, so that no exit waits for it."""

    def submit(self, function: Callable[..., T], /, *arguments: Any, **named: Any) -> Future[T]:
        """Start a call at once, in a thread of its own."""
        future: Future[T] = Future()

        def run_call() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = function(*arguments, **named)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        threading.Thread(target=run_call, name="promptverdict-work", daemon=True).start()
        return future
