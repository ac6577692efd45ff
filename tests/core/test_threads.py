"""Blocking work is waited for when its task is cancelled, and not when its process ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import promptverdict
import pytest
from promptverdict.core.threads import DaemonThreadExecutor, run_to_end

from tests.cases import try_cases


def test_work_gives_its_result_and_raises_its_error() -> None:
    assert asyncio.run(run_to_end(divmod, 7, 2)) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        asyncio.run(run_to_end(divmod, 7, 0))


@try_cases("fails", [False, True])
def test_a_cancelled_task_ends_only_after_its_work(fails: bool) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    complaints: list[dict[str, Any]] = []

    def work() -> None:
        begun.set()
        go_on.wait()
        ended.set()
        if fails:
            raise OSError("nobody will hear of it")

    async def cancel() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(DaemonThreadExecutor())
        loop.set_exception_handler(lambda _, told: complaints.append(told))
        task = asyncio.create_task(run_to_end(work))
        while not begun.is_set():
            await asyncio.sleep(0)
        task.cancel()
        for _ in range(100):
            await asyncio.sleep(0)
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended.is_set()

    asyncio.run(cancel())
    assert complaints == []


def test_no_process_waits_for_work_that_hangs() -> None:
    code = (
        "import time\n"
        "from promptverdict.core.threads import DaemonThreadExecutor\n"
        "DaemonThreadExecutor().submit(time.sleep, 600)\n"
        "print('over')\n"
    )
    root = Path(promptverdict.__file__).parents[1]
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "over\n", "")
