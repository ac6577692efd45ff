"""Workers on a Ray cluster: started where there is room, replaced when they are lost.

A trial is sent out as it is planned, and sent again if its worker is lost before it came back. What
came back is written here at once and never asked again.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Iterable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from promptverdict.core.errors import InputError, Problem, WorkerLost
from promptverdict.core.files import write_files
from promptverdict.core.text import format_count
from promptverdict.core.threads import run_to_end
from promptverdict.runner.cells import Trial
from promptverdict.runner.cluster.desk import Desk
from promptverdict.runner.cluster.orders import Delivery, build_order, pack_suites
from promptverdict.runner.cluster.worker import Worker
from promptverdict.runner.records import record_absence
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord

_MOST_LOSSES = 5
"""Workers that one trial may lose before it is given up: it may be what kills them."""

_PASSED_ON = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
)
"""Variables that workers get from here, past Ray's own: those are shown in its dashboard."""

_CONNECT_SECONDS = 10.0
_LAST_SECONDS = 5.0
"""How long workers may take to leave nothing behind."""


class RayDesk:
    """The desk as workers reach it: an actor on the machine of the process that was started."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def ask(self, method: str, *arguments: Any) -> Awaitable[Any]:
        """Call a method of the desk."""
        answer: Awaitable[Any] = getattr(self._actor, method).remote(*arguments)
        return answer

    def tell(self, method: str, *arguments: Any) -> None:
        """Call a method of the desk, and do not wait for it."""
        getattr(self._actor, method).remote(*arguments)

    def ask_now(self, method: str, *arguments: Any) -> Any:
        """Call a method of the desk from code that cannot await."""
        return getattr(self._actor, method).remote(*arguments).future().result()


class _Slot:
    """A worker, and how many trials it has."""

    def __init__(self, actor: Any) -> None:
        self.actor, self.busy, self.is_lost = actor, 0, False


class RayCluster:
    """Records the trials of one run on a cluster.

    suites: their folders. Raises InputError where there is no Ray, or no cluster.
    """

    def __init__(self, settings: Settings, suites: Iterable[Path]) -> None:
        ray = self._ray = _connect(settings.ray or "auto")
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        # What comes back goes to the disk of this machine, so the desk lies here as well.
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        options = {"num_cpus": 0, "scheduling_strategy": here, "max_concurrency": 10_000}
        self._desk = ray.remote(Desk).options(**options).remote(settings.max_cost)
        nodes = [node for node in ray.nodes() if node["Alive"]]
        number = settings.ray_workers or max(1, len(nodes))
        self._room = math.ceil(settings.concurrency / number)
        shared = settings.model_copy(update={"max_cost": None})
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        packed = ray.put(pack_suites(suites))
        self._start_arguments = (shared, packed, RayDesk(self._desk), environment)
        self.description = (
            f"{format_count(number, 'worker')} of a Ray cluster of"
            f" {format_count(len(nodes), 'machine')}"
        )
        """Of what it consists, in words."""
        self._slots = [self._start_worker() for _ in range(number)]
        self._tickets = count()

    async def record(self, trial: Trial) -> TrialRecord:
        """Record a trial on some worker, and again on another one where that is lost."""
        for _ in range(_MOST_LOSSES):
            ticket = next(self._tickets)
            if refused := await self._desk.begin.remote(ticket):
                return record_absence(trial, refused)
            delivery = await self._try(trial, ticket)
            if delivery is None:
                await self._desk.lose.remote(ticket)
                continue
            await self._desk.end.remote(ticket, delivery.record.cost)
            if delivery.files:
                texts = {getattr(trial.location, kind): t for kind, t in delivery.files.items()}
                await run_to_end(write_files, texts)
            return delivery.record
        found = f"{trial.id}: {_MOST_LOSSES} workers were lost while they recorded it"
        return record_absence(trial, WorkerLost(f"{found}\n  see what ends them: ray status"))

    def close(self) -> None:
        """End all workers. What they have not sent is lost."""
        ray = self._ray
        closing = [slot.actor.close.remote() for slot in self._slots if not slot.is_lost]
        with contextlib.suppress(ray.exceptions.RayError):
            ray.wait(closing, num_returns=len(closing), timeout=_LAST_SECONDS)
        for actor in (*(slot.actor for slot in self._slots), self._desk):
            ray.kill(actor)
        ray.shutdown()

    async def _try(self, trial: Trial, ticket: int) -> Delivery | None:
        """Record a trial once; None where its worker was lost."""
        slot = min(self._slots, key=lambda each: each.busy)
        slot.busy += 1
        try:
            delivery: Delivery = await slot.actor.record.remote(build_order(trial, ticket))
        except self._ray.exceptions.RayActorError:
            self._replace(slot)
            return None
        except self._ray.exceptions.RayTaskError as error:
            raise error.as_instanceof_cause() from None
        except asyncio.CancelledError:
            # Whoever cancels closes the cluster next, which ends the trial there.
            raise
        finally:
            slot.busy -= 1
        return delivery

    def _replace(self, lost: _Slot) -> None:
        if not lost.is_lost:
            lost.is_lost = True
            self._slots[self._slots.index(lost)] = self._start_worker()

    def _start_worker(self) -> _Slot:
        options = {
            "num_cpus": 1,
            # Where the others are not: a machine that is lost then takes few trials with it.
            "scheduling_strategy": "SPREAD",
            "max_concurrency": self._room + 10,
            "max_restarts": 0,
        }
        actor = self._ray.remote(Worker).options(**options).remote(*self._start_arguments)
        return _Slot(actor)


def _connect(address: str) -> Any:
    where = f"Ray cluster {address}"
    if address.startswith("ray://"):
        # A process outside of the cluster has no node for the desk, which lies where files arrive.
        cure = "run it on a machine of the cluster, with its host:port or auto"
        raise InputError([Problem(where, "ray:// is not supported", cure)])
    try:
        import ray
    except ImportError as error:
        cure = "install it: pip install 'promptverdict[ray]'"
        raise InputError([Problem(where, "Ray is not installed", cure)]) from error
    try:
        if not ray.is_initialized():
            _check_listening(address)
            with _keep_signal_handler():
                ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        cure = "start one (ray start --head), or name its address"
        raise InputError([Problem(where, f"no cluster: {reason}", cure)]) from error
    return ray


def _check_listening(address: str) -> None:
    """Raise OSError where nothing listens at `host:port`: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if host and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), _CONNECT_SECONDS).close()


@contextlib.contextmanager
def _keep_signal_handler() -> Iterator[None]:
    """Keep who hears of SIGTERM: Ray's own handler would end the process without its summary."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    known = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, known)
