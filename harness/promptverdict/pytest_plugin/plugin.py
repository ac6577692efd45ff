"""pytest's face: options, collection, statuses, the summary. What it collects is in `items`.

Inert where no suite.yaml is collected. All state lives on one object that is registered for the
session; SDKs and vcrpy are imported when the first trial starts, not before.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Generator
from contextlib import nullcontext
from functools import cache
from glob import iglob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptverdict.core.errors import HarnessError, InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_lines
from promptverdict.pytest_plugin.items import (
    MEASURED,
    REASON,
    STATUS,
    CellItem,
    GateItem,
    ScenarioFile,
    SuiteFile,
    UnusableFile,
)
from promptverdict.scenarios.discovery import (
    SUITE_FILE,
    is_data,
    is_data_folder,
    is_misnamed,
    is_orphan,
    is_scenario,
)
from promptverdict.settings import OPTIONS, Settings, resolve
from promptverdict.trials.store import read_records

if TYPE_CHECKING:
    from promptverdict.pytest_plugin.session import EvalSession
    from promptverdict.report.terminal.console import Terminal
    from promptverdict.report.terminal.invocation import Invocation
    from promptverdict.runner.cells import Cell

RUN = "promptverdict_run"
NODES = "promptverdict_nodes"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our own option group; each option has an ini key and an environment variable as twins."""
    group = parser.getgroup("promptverdict", "promptverdict: prompt-behaviour evaluations")
    for name in OPTIONS:
        described = Settings.model_fields[name].description or ""
        help_text = f"{described} [env PROMPTVERDICT_{name.upper()}]".replace("%", "%%")
        flag = f"--{name.replace('_', '-')}"
        group.addoption(
            flag, dest=f"promptverdict_{name}", metavar=name.upper(), default=None, help=help_text
        )
        parser.addini(f"promptverdict_{name}", described, default=None)


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Refuse an argument below a suite's data folders, before pytest runs a conftest.py there."""
    here = early_config.invocation_params.dir
    known = early_config.known_args_namespace
    # pytest itself has not resolved its arguments yet: `config.args` is empty at this point.
    arguments = known.file_or_dir or [str(here), *_list_testpaths(early_config)]
    if known.pyargs:
        arguments = [*arguments, *(name.replace(".", "/") for name in arguments)]
    for argument in arguments:
        place = here / argument.partition("::")[0]
        if is_data(Path(os.path.normpath(place))) or is_data(Path(os.path.realpath(place))):
            raise pytest.UsageError(f"{argument} is an evaluation's data, which is never collected")


def _list_testpaths(config: pytest.Config) -> list[str]:
    """List where pytest looks when it is called without arguments."""
    patterns = config.getini("testpaths")
    return [place for pattern in patterns for place in iglob(pattern, recursive=True)]  # noqa: PTH207 may be absolute


def pytest_configure(config: pytest.Config) -> None:
    """Register the object that holds this session's state."""
    config.pluginmanager.register(Evals(config), "promptverdict-session")


class Evals:
    """One pytest session's evaluations."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        # pytest asks about every path of a project, and most lie in the same folders.
        self._is_data_folder = cache(is_data_folder)
        self._session: EvalSession | None = None
        self._refused = False
        self._run_name: str | None = None
        self._folder: Path | None = None
        self._nodes: dict[str, str] = {}
        self._short: list[tuple[str, str, str]] = []
        self._ended: Counter[str] = Counter()
        self._compared = ""

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Never enter what agents, probes and recordings consist of, not by a link either."""
        places = [collection_path]
        if collection_path.is_symlink():
            places.append(Path(os.path.realpath(collection_path)))
        in_data = any(
            self._is_data_folder(folder) for place in places for folder in (place, *place.parents)
        )
        return True if in_data else None

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect suites and scenarios, and those that their names or places make unusable."""
        if file_path.suffix not in (".yaml", ".yml"):
            return None
        if file_path.name == SUITE_FILE:
            return SuiteFile.from_parent(parent, path=file_path, evals=self)
        if is_scenario(file_path):
            return ScenarioFile.from_parent(parent, path=file_path, evals=self)
        where = display_path(file_path)
        if is_misnamed(file_path):
            cure = f"rename it to {file_path.with_suffix('.yaml').name}"
            problem = Problem(where, "suites and scenarios end in .yaml", cure)
        elif is_orphan(file_path):
            problem = Problem(where, "there is no suite.yaml beside this scenario", "write one")
        else:
            return None
        return UnusableFile.from_parent(parent, path=file_path, problem=problem)

    def cells(self, path: Path) -> list[Cell]:
        """List the cells of a scenario; what is wrong with the settings is told only once."""
        if self._refused:
            return []
        self._refused = True
        session = self.session()
        self._refused = False
        return session.cells(path)

    def has_gate(self, folder: Path) -> bool:
        """Whether a suite has a gate; what is wrong with it is left to its scenarios to tell."""
        try:
            return not self._refused and self.session().has_gate(folder)
        except InputError:
            return False

    def session(self) -> EvalSession:
        """Give what the collected cells share; made when the first scenario is collected."""
        if self._session is None:
            from promptverdict.pytest_plugin.session import EvalSession

            option = self._config.option
            given = {name: getattr(option, f"promptverdict_{name}") for name in OPTIONS}
            written = {name: self._config.getini(f"promptverdict_{name}") for name in OPTIONS}
            settings = resolve(self._config.rootpath, given, written)
            if settings.record != "none":
                self._check_recording(by_hand=given["record"] is not None)
            if settings.base and self._in_parts():
                cure = "leave out -n: one process must see every trial"
                raise InputError([Problem("--base", "cannot be combined with -n", cure)])
            self._session = EvalSession(
                settings,
                self._config.rootpath,
                agents_by_hand=given["agents"] is not None,
                run_name=self._shared_run(),
            )
        return self._session

    def tell(self, line: str) -> None:
        """Write a line between those of pytest, also while a test's output is captured."""
        plugins = self._config.pluginmanager
        reporter, capture = (plugins.getplugin(n) for n in ("terminalreporter", "capturemanager"))
        if reporter:
            with capture.global_and_fixture_disabled() if capture else nullcontext():
                reporter.ensure_newline()
                reporter.write_line(line)

    def _check_recording(self, *, by_hand: bool) -> None:
        if os.environ.get("CI") and not by_hand:
            cure = "ask for it on the command line: --record"
            raise InputError([Problem("record", "under CI nothing is recorded unasked", cure)])
        if self._in_parts():
            cure = "leave out -n: trials run at once within one process (--concurrency)"
            raise InputError([Problem("--record", "cannot be combined with -n", cure)])

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put gates last: they judge what all the cells came to."""
        items.sort(key=lambda item: isinstance(item, GateItem))

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Start the selected trials in the order of their items; items wait for their own."""
        cells = [item.cell for item in session.items if isinstance(item, CellItem)]
        option = self._config.option
        broken = session.testsfailed and not option.continue_on_collection_errors
        if cells and not (option.collectonly or broken):
            try:
                self.session().plan(cells)
                # A worker of pytest-xdist is given its items one by one, and starts each then.
                if not self._is_worker():
                    self.session().start(self.tell)
            except HarnessError as error:
                raise pytest.UsageError(escape_lines(str(error))) from error
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Let all workers of pytest-xdist write one run."""
        from promptverdict.trials.store import Run

        self._run_name = self._run_name or Run.make_name()
        node.workerinput[RUN] = self._run_name

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Learn from a worker where the run lies, if it wrote any of it, and its cells."""
        output = getattr(node, "workeroutput", {})
        if folder := output.get(RUN):
            self._folder = Path(folder)
            self._nodes |= output[NODES]

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Stop what still runs and close the run."""
        whole = exitstatus != pytest.ExitCode.INTERRUPTED
        if self._session:
            if whole and self._session.folder and self._session.is_compared:
                self._compare(self._session)
            self._session.close()
            self._folder = self._session.folder
            self._nodes = self._session.nodes
        if self._folder is None:
            return
        if self._is_worker():
            output = {RUN: str(self._folder), NODES: self._nodes}
            vars(self._config)["workeroutput"].update(output)
        else:
            from promptverdict.trials.store import Run

            Run(self._folder).finish(whole=whole, ended=self._ended)

    def _compare(self, session: EvalSession) -> None:
        """Compare, unless a gate did so already, and keep the words."""
        from promptverdict.report.terminal.comparison import render_comparisons

        try:
            comparisons = session.compared(self.tell)
            self._compared = render_comparisons(comparisons, terminal=self._describe_terminal())
        except HarnessError as error:
            self._compared = f"not compared: {escape_lines(str(error))}\n"

    def _describe_terminal(self) -> Terminal:
        """Describe where the session reports to; pytest knows about NO_COLOR and --color."""
        from promptverdict.report.terminal.console import Terminal

        writer = self._config.get_terminal_writer()
        has_details = self._config.option.verbose > 0
        return Terminal(max(writer.fullwidth, 80), writer.hasmarkup, has_details)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how cells ended; note which fell short, save those without evidence."""
        told = dict(report.user_properties)
        if STATUS in told and (report.when == "call" or report.failed):
            ended = str(told[STATUS]).lower()
            if report.skipped:
                ended = "xfailed"
            elif report.failed and ended != "error":
                # A pass that nobody expected has the status of a pass, and is none.
                ended = "failed"
            self._ended[ended] += 1
        if report.failed and told.get(REASON):
            self._short.append((report.nodeid, str(told[STATUS]), str(told[REASON])))

    def _in_parts(self) -> bool:
        """Whether several processes share the items."""
        return self._is_worker() or bool(getattr(self._config.option, "numprocesses", None))

    def _is_worker(self) -> bool:
        return hasattr(self._config, "workerinput")

    def _shared_run(self) -> str | None:
        name = getattr(self._config, "workerinput", {}).get(RUN)
        return None if name is None else str(name)

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Say `measured` for a cell of which nothing is required: it never passes."""
        if getattr(report, "when", None) != "call" or not report.passed:
            return None
        if (STATUS, MEASURED) in report.user_properties:
            return MEASURED, "m", MEASURED.upper()
        return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what was seen of each cell, and what the evidence is."""
        if self._folder is None:
            return
        from promptverdict.report.terminal.absent import render_unrecorded
        from promptverdict.report.terminal.summary import (
            Shortcoming,
            render_evidence,
            render_summary,
        )

        trials = self._session.records if self._session else list(read_records(self._folder))
        called = _called(self._config, self._nodes)
        summary = render_summary(
            trials,
            run=self._folder,
            invocation=called,
            shortcomings=[
                Shortcoming(node, status, reason) for node, status, reason in self._short
            ],
            baselines=self._session.baselines if self._session and not self._compared else None,
            older=self._session.older_records if self._session else (),
            terminal=self._describe_terminal(),
        )
        terminalreporter.section("evaluations")
        terminalreporter.write(summary)
        terminalreporter.write(self._compared)
        if self._session:
            terminalreporter.write(render_unrecorded(self._session.left_over(), called))
        terminalreporter.write(render_evidence(trials))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report how long the trials took, not how long the item waited for them."""
    report = yield
    if isinstance(item, CellItem) and call.when == "setup":
        report.duration = item.seconds
    return report


def _called(config: pytest.Config, nodes: dict[str, str]) -> Invocation:
    """Say what was called, without how it recorded and was distributed."""
    from promptverdict.report.terminal.invocation import Invocation

    kept: list[str] = []
    arguments = iter(config.invocation_params.args)
    for argument in arguments:
        if argument in ("--record", "-n", "--numprocesses"):
            next(arguments, None)
        elif not argument.startswith(("--record=", "-n", "--numprocesses=")):
            kept.append(str(argument))
    named = set(config.option.file_or_dir)
    return Invocation(tuple(kept), tuple(one for one in kept if one not in named), nodes)
