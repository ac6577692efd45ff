"""Recordings that are killed and interrupted again and again, and what may never come of it.

`record_through_stops` makes one project's recording end a number of times at random moments, and
goes on until it is whole. Every answer has an id, so that nothing is counted by guess.
"""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from promptverdict.recording.files import Location, open_sealed

from tests.soak.lab import TURNS, Lab, find_pids

_ID = re.compile(r"msg_[0-9a-f]{12}_\d+_\d+")
LONGEST_WAY = 10.0
"""Seconds that an answer may be under way on a machine that is busy."""


@dataclass
class Tally:
    """What came of it."""

    stops: int = 0
    trials: int = 0
    paid: int = 0
    faults: int = 0
    finished_lost: int = 0
    duplicated: int = 0
    """Turns that were asked again although their answer had been kept."""
    paid_lost: int = 0
    """Answers that the process had received, for it asked what follows, or that were sent long
    before, and that it had not kept when it died."""
    under_way: int = 0
    """Answers that were sent and had not arrived when the process died."""
    oldest_under_way: float = 0.0
    """The longest that one of them was under way, in seconds."""
    processes_left: int = 0
    files_left: int = 0
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Add another one's figures."""
        for name, value in vars(other).items():
            known = getattr(self, name)
            setattr(self, name, max(known, value) if name == "oldest_under_way" else known + value)

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, duplicated or left behind."""
        return not any(
            (
                self.finished_lost,
                self.duplicated,
                self.paid_lost,
                self.processes_left,
                self.files_left,
            )
        )

    def __str__(self) -> str:
        return (
            f"{self.stops} kills and signals, {self.trials} trials, {self.paid} answers,"
            f" {self.faults} provider faults: {self.finished_lost} finished trials lost,"
            f" {self.duplicated} answers asked again that were kept, {self.paid_lost} paid answers"
            f" lost ({self.under_way} were under way when the process died, at most"
            f" {self.oldest_under_way:.2f} s), {self.processes_left} processes and"
            f" {self.files_left} files left behind; {self.seconds:.0f} s"
        )


@dataclass
class _Watch:
    """What is known of a project between two of its processes."""

    lab: Lab
    sealed: dict[Path, frozenset[str]] = field(default_factory=dict)
    """Cassette -> ids of its answers."""
    kept: set[str] = field(default_factory=set)
    counted: int = 0
    """How many paid answers were looked at."""

    def look(self, died: float, tally: Tally) -> None:
        """Compare what was paid for with what is on the disk, after a process has died."""
        cassettes = set(self.lab.root.glob("evals/*/cassettes/*/*/*/*.http.yaml"))
        tally.finished_lost += len(set(self.sealed) - cassettes)
        for path in cassettes - set(self.sealed):
            self.sealed[path] = frozenset(_ID.findall(path.read_text(encoding="utf-8")))
        journals = self.lab.root.glob("results/live/*.jsonl")
        texts = [path.read_text(encoding="utf-8") for path in journals]
        now = {each for text in texts for each in _ID.findall(text)}
        now |= {each for ids in self.sealed.values() for each in ids}
        paid = list(self.lab.server.paid)
        for answer in paid[self.counted :]:
            if answer.id not in now:
                age = died - answer.sent
                follows = (answer.conversation, answer.turn + 1) in self.lab.server.asked
                if follows or age > LONGEST_WAY:
                    tally.paid_lost += 1
                else:
                    tally.under_way += 1
                    tally.oldest_under_way = max(tally.oldest_under_way, age)
        tally.paid_lost += len(self.kept - now)
        kept_turns = {each.rpartition("_")[0] for each in self.kept}
        tally.duplicated += sum(
            answer.id.rpartition("_")[0] in kept_turns for answer in paid[self.counted :]
        )
        self.kept |= now
        self.counted = len(paid)


def record_through_stops(
    lab: Lab,
    trials: int,
    stops: int,
    signals: Sequence[int],
    draw: random.Random,
    options: Sequence[str] = (),
) -> Tally:
    """Record a project to its end, through so many stops at random moments."""
    began, tally, watch = time.monotonic(), Tally(trials=trials), _Watch(lab)
    watch.look(began, Tally())  # what other parts of the project have recorded is done
    others, refused, asked = len(watch.sealed), lab.server.refused, len(lab.server.paid)
    while tally.stops < stops and len(watch.sealed) < trials + others:
        process = lab.start("--record", "once", "-q", "--no-header", *options)
        left = (trials + others) * TURNS - len(watch.kept)
        # So that the stops are spread over all the work, with some more in one place by chance.
        share = 2 * left // max(1, stops - tally.stops)
        goal = len(lab.server.paid) + draw.randint(0, max(1, share))
        deadline = time.monotonic() + 300
        while len(lab.server.paid) < goal and process.poll() is None:
            assert time.monotonic() < deadline, "nothing is asked any more"
            time.sleep(0.002)
        time.sleep(draw.uniform(0, 0.03))
        if process.poll() is None:
            tally.stops += 1
            _stop(process, draw.choice(signals))
        process.communicate()
        died = time.monotonic()
        tally.processes_left += _count_left(lab)
        watch.look(died, tally)
    ended = lab.record("-q", "--no-header", *options)
    assert ended.code == 0, ended.out
    watch.look(time.monotonic(), tally)
    tally.processes_left += _count_left(lab)
    tally.files_left += len(list(lab.temp.iterdir()))
    tally.files_left += len(list(lab.root.rglob(".*.yaml.*")))
    tally.files_left += len(list(lab.root.glob("results/live")))
    for path in watch.sealed:
        open_sealed(Location(path.parent, int(path.name.partition(".")[0])))
    missing = trials + others - len(watch.sealed)
    tally.finished_lost += missing
    tally.duplicated += sum(len(ids) != TURNS for ids in watch.sealed.values())
    tally.paid, tally.faults = len(lab.server.paid) - asked, lab.server.refused - refused
    tally.seconds = time.monotonic() - began
    return tally


def _stop(process: subprocess.Popen[str], number: int) -> None:
    if number == signal.SIGKILL:
        process.kill()
    elif number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)


def _count_left(lab: Lab) -> int:
    """Count the processes that are still there a while after the one that started them died."""
    deadline = time.monotonic() + 10
    while (left := len(find_pids(lab.temp, ""))) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left
