"""Many trials at once, on an event loop in the background; each has a future to wait for.

An interrupt ends in `close`, which gives up what is unfinished and leaves neither processes nor
folders behind. A second one, while that takes its time, ends the process.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import signal
import threading
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import CancelledError, Future
from typing import Any, Generic, TypeVar, cast

from promptverdict.core.errors import BrokenRecording, DiskError
from promptverdict.core.open_files import raise_open_file_limit
from promptverdict.core.signals import handle_interrupts
from promptverdict.core.threads import DaemonThreadExecutor, run_to_end
from promptverdict.recording.offline import forbid_connections
from promptverdict.runner.cells import Trial
from promptverdict.runner.decisions import Decision
from promptverdict.runner.records import record_absence
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.trials.record import TrialRecord

Kept = TypeVar("Kept")

_LAST_SECONDS = 1.0
"""How long a process that ends waits for commands to be killed and folders to be removed."""


async def check_replay(decision: Decision, context: RunContext) -> Decision:
    """Play a fresh recording once, dry, and return it as stale where it no longer plays.

    A new version of an SDK may build other requests than the one that recorded did.
    """
    if decision.sealed is None:
        return decision
    record = await run_trial(decision.trial, context, decision.sealed, through_sdk=True)
    if record.fault and record.fault.kind == BrokenRecording.__name__:
        return Decision(decision.trial, "stale", None, None)
    return decision


class Runner(Generic[Kept]):
    """Runs trials on its own event loop; made for one run, closed at its end.

    keep is called with each record, in a worker thread; what it returns is what a trial's future
    returns, so that no record is held that nobody needs. offline: no trial may be recorded, and
    nothing that runs here can open a connection. Otherwise, until it is closed, Ctrl-C, SIGTERM and
    SIGHUP cancel all trials at once and interrupt the main thread, unless another handler is set.
    recorder: records trials elsewhere, and knows of budget and refusals; None: they are recorded
    here.
    """

    def __init__(
        self,
        context: RunContext,
        concurrency: int,
        keep: Callable[[TrialRecord], Kept],
        *,
        offline: bool = False,
        recorder: Callable[[Trial], Awaitable[TrialRecord]] | None = None,
    ) -> None:
        self._context, self._keep, self._offline = context, keep, offline
        self._recorder = recorder
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(DaemonThreadExecutor())
        self._cancelled: set[asyncio.Task[Any]] = set()
        self._closing: set[asyncio.Task[Any]] = set()
        self._gate = asyncio.Semaphore(concurrency)
        self._futures: dict[str, Future[Kept]] = {}
        self._thread = threading.Thread(target=self._serve, name="promptverdict", daemon=True)
        self._thread.start()
        self._until_closed = contextlib.ExitStack()
        if not offline:
            raise_open_file_limit()
            self._until_closed.enter_context(handle_interrupts(self._stop))
            atexit.register(self._abandon)
            self._until_closed.callback(atexit.unregister, self._abandon)

    def check(self, decisions: Iterable[Decision]) -> list[Decision]:
        """Return the decisions after a dry replay of each recording (see `check_replay`)."""

        async def check_all() -> list[Decision]:
            return [await check_replay(decision, self._context) for decision in decisions]

        return asyncio.run_coroutine_threadsafe(check_all(), self._loop).result()

    def submit(self, decision: Decision) -> Future[Kept]:
        """Start a trial as soon as there is room; the same trial is started only once."""
        known = self._futures.get(decision.trial.key)
        if known is None:
            known = asyncio.run_coroutine_threadsafe(self._run(decision), self._loop)
            self._futures[decision.trial.key] = known
        return known

    def close(self) -> None:
        """Cancel what still runs and end the loop. Finished trials are on the disk already.

        Raises SystemExit when it is interrupted: whoever interrupts again wants no traceback.
        """
        if self._loop.is_closed():
            return
        try:
            asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        except KeyboardInterrupt:
            raise SystemExit(128 + signal.SIGINT) from None
        self._loop.close()
        self._until_closed.close()

    async def _run(self, decision: Decision) -> Kept:
        # The gate counts trials and not requests: each of them may have a sandbox open.
        async with self._gate:
            if decision.records:
                record = await self._record(decision.trial)
            else:
                record = await run_trial(
                    decision.trial, self._context, decision.sealed, probes=decision.probes
                )
        try:
            return await run_to_end(self._keep, record)
        except DiskError as error:
            self._context.throttle.stop(error)
            raise

    async def _record(self, trial: Trial) -> TrialRecord:
        """Record a trial, unless the provider or the budget has ended recording."""
        if self._recorder:
            return await self._recorder(trial)
        budget = self._context.budget
        async with budget.reserve() as purse:
            if stopped := self._context.throttle.build_stop() or purse.refused:
                return record_absence(trial, stopped)
            record = await run_trial(trial, self._context, None, purse=purse)
            if record.fault and record.fault.kind == DiskError.__name__:
                self._context.throttle.stop(DiskError(record.fault.message))
            budget.spend(record.cost, purse.resumed)
            return record

    def _stop(self) -> None:
        """Cancel what runs, from a signal handler: nothing more is asked from here on."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._cancel_tasks)

    def _cancel_tasks(self) -> None:
        # Each only once: a second time would break off what it does to leave nothing behind.
        tasks = asyncio.all_tasks(self._loop) - self._cancelled - self._closing
        for task in tasks:
            task.cancel()
        self._cancelled |= tasks
        # Only now: to a task that is not cancelled yet, a killed command would be an error.
        self._context.given_up.set()

    async def _cancel(self) -> None:
        """Cancel what runs, and return when nothing runs any more."""
        self._closing.add(cast("asyncio.Task[Any]", asyncio.current_task()))
        self._cancel_tasks()
        await asyncio.gather(*self._cancelled, return_exceptions=True)
        await self._context.close_network()
        await self._loop.shutdown_asyncgens()

    def _abandon(self) -> None:
        """Cancel at the exit of a process that never closed the runner; trials may be stuck."""
        self._context.given_up.set()
        with contextlib.suppress(KeyboardInterrupt, TimeoutError, CancelledError):
            asyncio.run_coroutine_threadsafe(self._cancel(), self._loop).result(_LAST_SECONDS)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        with forbid_connections() if self._offline else contextlib.nullcontext():
            self._loop.run_forever()
