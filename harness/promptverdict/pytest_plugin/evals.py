"""The evaluations of one pytest session: settings, start, workers, end."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptverdict.core.errors import HarnessError, InputError, Problem
from promptverdict.core.text import escape_lines
from promptverdict.pytest_plugin.cell_items import CellItem
from promptverdict.settings import OPTIONS, Settings, resolve

if TYPE_CHECKING:
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.pytest_plugin.session import EvalSession
    from promptverdict.runner.cell_selection import CellSelection
    from promptverdict.runner.cells import Cell

RUN = "promptverdict_run"
NODES = "promptverdict_nodes"


class PytestEvals:
    """The evaluations of one pytest session, in its one process or in a worker of pytest-xdist.

    The controller of pytest-xdist has no session of its own, only the folder that workers write.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._session: EvalSession | None = None
        self._has_refused_settings = False
        self.is_refused = False
        """Whether the start was refused: no trial runs after that, and nothing is compared."""
        self._run_name: str | None = None
        self.folder: Path | None = None
        """Where the run is written; None if nothing was."""
        self.nodes: dict[str, str] = {}
        """Cell's id -> node id."""
        self.comparisons: Comparisons | None = None
        """What the run was compared with at its end."""
        self.why_not_compared = ""
        self.why_not_whole = ""
        """Why the run could not be closed."""
        self.cell_counts: dict[str, int] = {}
        """How many cells ended how, for the run's manifest."""

    @property
    def session(self) -> EvalSession | None:
        """What the collected cells share; None before any was collected."""
        return self._session

    @property
    def is_worker(self) -> bool:
        """Whether this process is a worker of pytest-xdist."""
        return hasattr(self._config, "workerinput")

    def select_cells(self, path: Path) -> CellSelection:
        """Select the cells of a scenario. Raises InputError; bad settings are reported once."""
        if self._has_refused_settings:
            from promptverdict.runner.cell_selection import CellSelection

            return CellSelection()
        self._has_refused_settings = True
        session = self.get_session()
        self._has_refused_settings = False
        return session.reader.select_cells(path)

    def has_gate(self, folder: Path) -> bool:
        """Return whether a suite has a gate; what is wrong with it, its scenarios report."""
        try:
            return not self._has_refused_settings and self.get_session().reader.has_gate(folder)
        except InputError:
            return False

    def select_others(self, cells: Iterable[Cell]) -> frozenset[Path]:
        """Select the scenarios that other shards run."""
        return self._session.planned.select_others(cells) if self._session else frozenset()

    def get_session(self) -> EvalSession:
        """Return what the collected cells share; built for the first scenario.

        Raises InputError for settings that cannot be used.
        """
        if self._session is None:
            # Imported here: most pytest sessions of a project collect no scenario.
            from promptverdict.pytest_plugin.invoked import describe_invocation
            from promptverdict.pytest_plugin.session import EvalSession

            option = self._config.option
            given = {name: getattr(option, f"promptverdict_{name}") for name in OPTIONS}
            written = {name: self._config.getini(f"promptverdict_{name}") for name in OPTIONS}
            settings = resolve(self._config.rootpath, given, written)
            self._check_settings(settings, recorded_by_hand=given["record"] is not None)
            given_by_controller = getattr(self._config, "workerinput", {})
            name = given_by_controller.get(RUN)
            self._session = EvalSession(
                settings,
                self._config.rootpath,
                agents_by_hand=given["agents"] is not None,
                run_name=None if name is None else str(name),
                worker=given_by_controller.get("workerid"),
                # pytest's --cache-clear; its plugin for caches may be switched off.
                is_cache_cleared=bool(getattr(option, "cacheclear", False)),
                invocation=describe_invocation(self._config),
            )
        return self._session

    def write_line(self, line: str) -> None:
        """Write a line between those of pytest, also while a test's output is captured."""
        plugins = self._config.pluginmanager
        reporter = plugins.getplugin("terminalreporter")
        capture = plugins.getplugin("capturemanager")
        if reporter:
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                reporter.ensure_newline()
                reporter.write_line(line)

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Start the selected trials in the order of their items; each item waits for its own."""
        cells = [item.cell for item in session.items if isinstance(item, CellItem)]
        option = self._config.option
        is_broken = session.testsfailed and not option.continue_on_collection_errors
        # A shard may get no scenario of a small plan, and is a run all the same.
        has_run = cells or (self._session and self._session.has_shard)
        if has_run and not (option.collectonly or is_broken):
            try:
                self.get_session().planned.set_cells(cells)
                # A worker gets its items one by one, and starts each item's trials then.
                if not self.is_worker:
                    self.get_session().start(self.write_line)
            except HarnessError as error:
                self.is_refused = True
                raise pytest.UsageError(escape_lines(str(error))) from error
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let all workers write one run."""
        from promptverdict.trials.store import Run

        self._run_name = self._run_name or Run.make_name()
        node.workerinput[RUN] = self._run_name

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Read from a worker where the run is, if it wrote any of it, and its cells."""
        output = getattr(node, "workeroutput", {})
        if folder := output.get(RUN):
            self.folder = Path(folder)
            self.nodes |= output[NODES]

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Stop what still runs, compare, and close the run.

        A run whose older side could not be recorded is none that passed: no item stands for it.
        """
        # A comparison waits for the trials of the run, and would start those that were refused.
        is_whole = exitstatus != pytest.ExitCode.INTERRUPTED and not self.is_refused
        if self._session:
            if is_whole and self._session.folder and self._session.is_compared:
                self._compare(self._session)
            if is_whole and self._session.folder and self._session.has_shard:
                is_whole = self._finish_shard(self._session)
                if not is_whole:
                    exitstatus = session.exitstatus = pytest.ExitCode.TESTS_FAILED
            self._session.close()
            apart = (*self._session.older_trials, *self._session.control_trials)
            lost = any(trial.fault for trial in apart)
            is_empty = exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED
            if self._session.folder and self._session.has_shard and is_empty:
                exitstatus = session.exitstatus = pytest.ExitCode.OK
            if lost and exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
            self.folder = self._session.folder
            self.nodes = self._session.nodes
        # A run that was refused may have a folder; the latest one stays that of the run before.
        if self.folder is None or self.is_refused:
            return
        if self.is_worker:
            output = {RUN: str(self.folder), NODES: self.nodes}
            vars(self._config)["workeroutput"].update(output)
        else:
            from promptverdict.trials.store import Run

            try:
                Run(self.folder).finish(whole=is_whole, ended=self.cell_counts)
            except HarnessError as error:
                # The run stays one that did not end; pytest shows no traceback at its end.
                self.why_not_whole = f"the run is not whole: {escape_lines(str(error))}\n"
                session.exitstatus = exitstatus or pytest.ExitCode.TESTS_FAILED

    def _compare(self, session: EvalSession) -> None:
        """Compare, unless a gate did so already."""
        try:
            self.comparisons = session.compare(self.write_line)
        except HarnessError as error:
            self.why_not_compared = f"not compared: {escape_lines(str(error))}\n"

    def _finish_shard(self, session: EvalSession) -> bool:
        """Store what a merge will need; return whether the shard is ready to be merged."""
        try:
            session.finish_shard(self.write_line)
        except HarnessError as error:
            self.why_not_compared = f"not ready to be merged: {escape_lines(str(error))}\n"
            return False
        return True

    def _check_settings(self, settings: Settings, *, recorded_by_hand: bool) -> None:
        """Raise InputError for recording by accident, and for what needs a single process."""
        has_workers = self.is_worker or bool(getattr(self._config.option, "numprocesses", None))
        if settings.record != "none":
            if os.environ.get("CI") and not recorded_by_hand:
                cure = "ask for it on the command line: --record"
                found = "in CI nothing is recorded by a setting alone"
                raise InputError([Problem("record", found, cure)])
            if has_workers:
                cure = "leave out -n: trials run at once within one process (--concurrency)"
                raise InputError([Problem("--record", "cannot be combined with -n", cure)])
        if settings.base and has_workers:
            cure = "leave out -n: one process must see every trial"
            raise InputError([Problem("--base", "cannot be combined with -n", cure)])
        if settings.shard and has_workers:
            cure = "leave out -n, or run more shards at once"
            raise InputError([Problem("--shard", "cannot be combined with -n", cure)])
