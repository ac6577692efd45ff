"""Runs the decided trials of one session, stores their records and writes progress."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from promptverdict.core.text import escape_text, format_count
from promptverdict.runner.known_replay import KnownReplay
from promptverdict.settings import Settings

if TYPE_CHECKING:
    from promptverdict.pytest_plugin.progress import Progress
    from promptverdict.runner.cells import Trial
    from promptverdict.runner.cluster.ray_cluster import RayCluster
    from promptverdict.runner.decisions import Decision
    from promptverdict.runner.resources import Resources
    from promptverdict.runner.runner import Runner
    from promptverdict.runner.world.base import RunContext
    from promptverdict.trials.record import TrialRecord
    from promptverdict.trials.store import Run
    from promptverdict.trials.summary import TrialSummary

WriteLine = Callable[[str], object]
"""Writes a line to whoever waits."""

_POLL_SECONDS = 0.2
"""Between two looks at which other trials have ended, while one is waited for."""


class TrialRun:
    """The runner and the stored run of a session; both begin when the first trial needs them.

    note_replay: gets what the replay of each recording came to.
    """

    def __init__(
        self,
        settings: Settings,
        create_run: Callable[[], Run],
        note_replay: Callable[[Trial, KnownReplay], object],
    ) -> None:
        self._settings, self._create_run = settings, create_run
        self._note_replay = note_replay
        self._cluster: RayCluster | None = None
        self._run: Run | None = None
        self._runner: Runner[TrialSummary] | None = None
        # Records lie on the disk; those of many trials would not fit into memory together.
        self._summaries: dict[str, TrialSummary] = {}
        self._lost: dict[str, TrialRecord] = {}
        self._ended: SimpleQueue[TrialSummary] = SimpleQueue()
        self._progress: Progress | None = None
        self._recording: frozenset[str] = frozenset()
        self._older: frozenset[str] = frozenset()
        self._warnings: dict[str, str] = {}

    @property
    def folder(self) -> Path | None:
        """Where the run is written; None before anything was."""
        return self._run.folder if self._run else None

    def open(self) -> Run:
        """Return the stored run; create it first if need be. Raises StorageError."""
        if self._run is None:
            self._run = self._create_run()
        return self._run

    def get_summary(self, key: str) -> TrialSummary | None:
        """Return what a finished trial came to, by its key."""
        return self._summaries.get(key)

    def get_lost(self, key: str) -> TrialRecord | None:
        """Return the record of a trial of the older revision that broke, by its key."""
        return self._lost.get(key)

    def read_record(self, key: str) -> TrialRecord:
        """Read the stored record of a finished trial. Raises InputError where it is gone."""
        from promptverdict.trials.store import TRIALS
        from promptverdict.trials.stored_records import read_record

        return read_record(self.open().folder / TRIALS / f"{key}.json")

    def note_older(self, keys: frozenset[str]) -> None:
        """Note which trials are of an older revision; their records are stored when compared."""
        self._older = keys

    def announce(self, trials: Sequence[Trial], write_line: WriteLine) -> None:
        """Write what is unusual in the agents, and what recording these trials will take."""
        from promptverdict.pytest_plugin.progress import Progress
        from promptverdict.runner.estimate import estimate, list_endings

        for variant in {trial.cell.variant.id: trial.cell.variant for trial in trials}.values():
            for diagnostic in variant.diagnostics:
                write_line(escape_text(f"{variant.path}:{diagnostic.line}: {diagnostic.text}"))
        write_line(str(estimate(trials, self._settings.prices)))
        for ending in list_endings(trials):
            write_line(ending)
        if self._settings.ray:
            from promptverdict.runner.cluster.ray_cluster import RayCluster

            suites = {trial.cell.scenario.suite.folder for trial in trials}
            self._cluster = RayCluster(self._settings, suites)
            write_line(f"recording on {self._cluster.description}")
        self._sweep_journals(write_line)
        self._progress = Progress(len(trials))
        self._recording = frozenset(trial.key for trial in trials)

    def sweep(self) -> None:
        """Remove the folders that killed runs have left of their trials."""
        self._resources.sweep()

    def check_sandbox(self) -> None:
        """Open the sandbox that trials are recorded in here. Raises SandboxError."""
        if not self._settings.ray:
            self._resources.prove_sandbox()

    def check(self, decisions: Sequence[Decision]) -> list[Decision]:
        """Replay what was recorded, and decide to record anew what does not replay."""
        return self._start().check(list(decisions))

    def submit(self, decision: Decision) -> None:
        """Start a trial that takes time; a replay takes place when somebody waits for it."""
        self.open()
        if decision.sealed and (journal := decision.trial.find_journal(self._find_journals())):
            # Its run was killed after the recording was sealed, or another one recorded it.
            journal.unlink(missing_ok=True)
        if not decision.replays:
            self._start().submit(decision)

    def finish(self, decision: Decision, write_line: WriteLine) -> TrialSummary:
        """Wait for a trial and return what it came to; store a record of one that cannot run."""
        if decision.error is None:
            return self.wait_for(decision, write_line)
        from promptverdict.runner.records import record_absence

        return self._store(record_absence(decision.trial, decision.error))

    def wait_for(self, decision: Decision, write_line: WriteLine) -> TrialSummary:
        """Wait for a trial, and write a line for each trial that is recorded meanwhile."""
        if decision.replays:
            return self._replay(decision)
        future = self._start().submit(decision)
        for trial in self._list_ended_until(future):
            if self._progress and trial is None:
                if line := self._progress.format_silence(decision.trial):
                    write_line(line)
            elif self._progress and trial and trial.key in self._recording:
                side = f" @ {self._settings.base}" if trial.key in self._older else ""
                write_line(self._progress.format_line(trial, side))
                if warning := self._warnings.pop(trial.key, None):
                    write_line(escape_text(warning))
        return future.result()

    def close(self) -> None:
        """Cancel the trials that still run; finished ones are stored already."""
        if self._runner:
            self._runner.close()
        if self._cluster:
            self._cluster.close()
            self._cluster = None
        if self._run and (folder := self._find_journals()):
            with suppress(OSError):  # it holds what trials of this or another run will go on from
                folder.rmdir()

    def _replay(self, decision: Decision) -> TrialSummary:
        """Replay a recording once, in the thread that waits for it."""
        trial = decision.trial
        if summary := self._summaries.get(trial.key):
            return summary
        if known := decision.known:
            self.open().save_again(trial.key, known.content)
            return self._note_end(known.summary)
        if decision.sealed is None:
            raise RuntimeError("a replay without a recording")
        from promptverdict.runner.trial import replay_trial

        summary, content = self._save(replay_trial(trial, self._context, decision.sealed))
        if content:
            self._note_replay(trial, KnownReplay(summary, content))
        return summary

    def _list_ended_until(self, future: Future[TrialSummary]) -> Iterator[TrialSummary | None]:
        """Yield each trial as it ends, and None between two looks."""
        # The queue is emptied once more after the future is done: its own record is the last in it.
        is_done = False
        while not is_done:
            wait([future], timeout=_POLL_SECONDS)
            is_done = future.done()
            while not self._ended.empty():
                yield self._ended.get()
            yield None

    def _store(self, record: TrialRecord) -> TrialSummary:
        """Store a record, and return its summary. The runner calls this in threads of its own."""
        return self._save(record)[0]

    def _save(self, record: TrialRecord) -> tuple[TrialSummary, bytes]:
        """Store a record; return its summary and what its file holds, if there is one."""
        from promptverdict.core.named_secrets import warn_of_named_secrets
        from promptverdict.trials.summary import summarise_trial

        content = b""
        if record.key in self._recording and record.evidence.events:
            events = [event.model_dump() for event in record.evidence.events]
            if warning := warn_of_named_secrets(record.id, events):
                self._warnings[record.key] = warning
        # What is recorded of an older revision is read back, graded and stored when it is compared.
        if record.key not in self._older:
            content = self.open().save(record)
        elif record.fault:
            self._lost[record.key] = record
        return self._note_end(summarise_trial(record)), content

    def _note_end(self, summary: TrialSummary) -> TrialSummary:
        self._summaries[summary.key] = summary
        if summary.key in self._recording:
            self._ended.put(summary)
        return summary

    async def _record_elsewhere(self, trial: Trial) -> TrialRecord:
        if self._cluster is None:
            raise RuntimeError("a trial is recorded that was not announced")
        return await self._cluster.record(trial)

    @cached_property
    def _resources(self) -> Resources:
        from promptverdict.runner.resources import Resources

        return Resources(self._settings)

    @cached_property
    def _context(self) -> RunContext:
        """What the trials share."""
        return replace(self._resources.build_context(), journals=self._find_journals())

    def _sweep_journals(self, write_line: WriteLine) -> None:
        """Remove what cannot be used of killed runs, and write which paid answers that loses."""
        from promptverdict.recording.journal import remove_old_journals
        from promptverdict.trials.runs import remove_unfinished

        remove_unfinished(self.open().folder.parent)
        if (folder := self._find_journals()) and (lost := remove_old_journals(folder)):
            write_line(
                f"{format_count(lost, 'paid answer')} of trials that were cut off more than a day"
                " ago cannot be used any more"
            )

    def _find_journals(self) -> Path | None:
        """Return where paid answers are kept until their trial ends; None where none are."""
        if self._settings.record == "none":
            return None
        from promptverdict.recording.journal import FOLDER

        # Not below the run: the next run is the one that goes on from them.
        return self.open().folder.parent / FOLDER

    def _start(self) -> Runner[TrialSummary]:
        if self._runner is None:
            from promptverdict.runner.runner import Runner

            # Before the runner's threads, which would each create it.
            self.open()
            self._runner = Runner(
                self._context,
                self._settings.concurrency,
                self._store,
                offline=self._settings.record == "none",
                recorder=self._record_elsewhere if self._settings.ray else None,
            )
        return self._runner
