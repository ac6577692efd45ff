"""What records trials on another machine, several at once, and sends each as soon as it ended."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from promptverdict.core.errors import BrokenRecording
from promptverdict.core.locked_folders import open_scratch_folder
from promptverdict.runner.cluster.orders import KINDS, Delivery, Library, Order, unpack_suites
from promptverdict.runner.cluster.sharing import DeskCalls, SharedPurse, SharedThrottle
from promptverdict.runner.records import record_absence
from promptverdict.runner.resources import Resources
from promptverdict.runner.trial import run_trial
from promptverdict.settings import Settings


class Worker:
    """One process on some machine.

    suites: as `pack_suites` packs them. environment: variables that providers are reached with.
    """

    def __init__(
        self,
        settings: Settings,
        suites: bytes,
        desk: DeskCalls,
        environment: Mapping[str, str],
    ) -> None:
        os.environ.update(environment)
        self._stack = ExitStack()
        self._folder = self._stack.enter_context(open_scratch_folder())
        unpack_suites(suites, self._folder / "evals")
        self._library = Library(self._folder / "evals")
        resources = Resources(settings)
        # Of trials that were recorded on this machine by a worker that was killed.
        resources.sweep()
        self._context, self._desk = resources.build_context(), desk
        self._tasks: set[asyncio.Task[object]] = set()

    async def record(self, order: Order) -> Delivery:
        """Record a trial; the desk must have let it begin. A bug surfaces as itself."""
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        apart = self._folder / str(order.ticket)
        try:
            trial = self._library.find_trial(order, apart)
            if trial.key != order.key:
                reason = f"{trial.id} was read differently on another machine, and not recorded"
                return Delivery(record_absence(trial, BrokenRecording(reason)), {})
            context = replace(
                self._context,
                throttle=SharedThrottle(self._desk, order.ticket, "agent"),
                judges=SharedThrottle(self._desk, order.ticket, "judge"),
            )
            purse = SharedPurse(self._desk, order.ticket)
            record = await run_trial(trial, context, None, purse=purse)
            paths = {kind: getattr(trial.location, kind) for kind in KINDS}
            files = {
                kind: path.read_text(encoding="utf-8")
                for kind, path in paths.items()
                if path.is_file()
            }
            return Delivery(record, files)
        finally:
            self._tasks.discard(task)
            shutil.rmtree(apart, ignore_errors=True)

    async def close(self) -> None:
        """Give up what runs, and leave nothing behind."""
        for task in self._tasks:
            task.cancel()
        self._context.given_up.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._context.close_network()
        self._stack.close()
