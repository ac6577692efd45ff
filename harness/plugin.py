"""pytest's face: options, collection, one item for a cell, statuses, the summary. Nothing else.

Inert where no suite.yaml is collected. All state lives on one object that is registered for the
session; SDKs and vcrpy are imported when the first trial starts, not before.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError, InputError, Problem
from harness.settings import OPTIONS, Settings, resolve

if TYPE_CHECKING:
    from harness.plan import Cell
    from harness.session import EvalSession

STATUS = "promptverdict_status"
MEASURED = "measured"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our own option group; each option has an ini key and an environment variable as twins."""
    group = parser.getgroup("promptverdict", "promptverdict: prompt-behaviour evaluations")
    for name in OPTIONS:
        described = Settings.model_fields[name].description or ""
        help_text = f"{described} [env PROMPTVERDICT_{name.upper()}]".replace("%", "%%")
        group.addoption(f"--{name}", dest=f"promptverdict_{name}", default=None, help=help_text)
        parser.addini(f"promptverdict_{name}", described, default=None)


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Refuse an argument below a suite's data folders, before pytest runs a conftest.py there."""
    from harness.collecting import is_data

    here = early_config.invocation_params.dir
    for argument in early_config.known_args_namespace.file_or_dir or [str(here)]:
        if is_data(Path(here, argument.partition("::")[0]).resolve()):
            raise pytest.UsageError(f"{argument} is an evaluation's data, which is never collected")


def pytest_configure(config: pytest.Config) -> None:
    """Register the object that holds this session's state."""
    config.pluginmanager.register(Evals(config), "promptverdict-session")


class Evals:
    """One pytest session's evaluations."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._session: EvalSession | None = None
        self._refused = False

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Never enter what agents, probes and recordings consist of."""
        from harness.collecting import is_data

        return True if is_data(collection_path) else None

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect the scenarios beside a suite.yaml."""
        if file_path.suffix != ".yaml":
            return None
        from harness.collecting import is_scenario

        if not is_scenario(file_path):
            return None
        return ScenarioFile.from_parent(parent, path=file_path, evals=self)

    def cells(self, path: Path) -> list[Cell]:
        """List the cells of a scenario; what is wrong with the settings is told only once."""
        if self._refused:
            return []
        self._refused = True
        session = self.session()
        self._refused = False
        return session.cells(path)

    def session(self) -> EvalSession:
        """Give what the collected cells share; made when the first scenario is collected."""
        if self._session is None:
            from harness.session import EvalSession

            option = self._config.option
            given = {name: getattr(option, f"promptverdict_{name}") for name in OPTIONS}
            written = {name: self._config.getini(f"promptverdict_{name}") for name in OPTIONS}
            settings = resolve(self._config.rootpath, given, written)
            if settings.record != "none":
                self._check_recording(by_hand=given["record"] is not None)
            self._session = EvalSession(
                settings, self._config.rootpath, agents_by_hand=given["agents"] is not None
            )
        return self._session

    def _check_recording(self, *, by_hand: bool) -> None:
        if os.environ.get("CI") and not by_hand:
            cure = "ask for it on the command line: --record"
            raise InputError([Problem("record", "under CI nothing is recorded unasked", cure)])
        if _is_distributed(self._config):
            cure = "leave out -n: trials run at once within one process (--concurrency)"
            raise InputError([Problem("--record", "cannot be combined with -n", cure)])

    @pytest.hookimpl(tryfirst=True, wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, Any, Any]:
        """Start the selected trials in the order of their items; items wait for their own."""
        cells = [item.cell for item in session.items if isinstance(item, CellItem)]
        option = self._config.option
        broken = session.testsfailed and not option.continue_on_collection_errors
        # A worker of pytest-xdist is given its items one by one, and starts each when it comes.
        if cells and not (option.collectonly or broken or hasattr(self._config, "workerinput")):
            try:
                plan = self.session().start(cells)
            except HarnessError as error:
                raise pytest.UsageError(str(error)) from error
            reporter = self._config.pluginmanager.get_plugin("terminalreporter")
            if plan and reporter:
                reporter.write_line(plan)
        return (yield)

    def pytest_sessionfinish(self) -> None:
        """Stop what still runs and close the run."""
        if self._session:
            self._session.close()

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Say `measured` for a cell of which nothing is required: it never passes."""
        if getattr(report, "when", None) != "call" or not report.passed:
            return None
        if (STATUS, MEASURED) in report.user_properties:
            return MEASURED, "m", MEASURED.upper()
        return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show what was seen of each cell, and what the evidence is."""
        if self._session is None or not (shown := self._session.summary()):
            return
        terminalreporter.section("evaluations")
        terminalreporter.write(shown)


class FellShort(Exception):
    """An agent did not show a behaviour that is required of it."""


class ScenarioFile(pytest.File):
    """A scenario: one item for each variant it is run with."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._evals = evals

    def collect(self) -> Iterable[pytest.Item]:
        """Read the scenario and make its items."""
        try:
            cells = self._evals.cells(self.path)
        except InputError as error:
            raise self.CollectError(str(error)) from error
        for cell in cells:
            yield CellItem.from_parent(self, name=cell.variant.id, cell=cell, evals=self._evals)


class CellItem(pytest.Item):
    """One scenario with one variant."""

    def __init__(self, *, cell: Cell, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell, self._evals = cell, evals
        for known in cell.scenario.suite.suite.known_failing:
            if known.cell == f"{cell.scenario.id}::{cell.variant.id}":
                # Only the agent's own failure is expected: broken machinery stays an error.
                mark = pytest.mark.xfail(strict=True, reason=known.reason, raises=FellShort)
                self.add_marker(mark)
        for tag in cell.scenario.scenario.tags:
            self.config.addinivalue_line("markers", f"{tag}: scenarios tagged {tag}")
            self.add_marker(tag)

    def setup(self) -> None:
        """Wait for the cell's trials; broken machinery is an error, never a failure."""
        try:
            faults = self._evals.session().faults(self.cell)
        except HarnessError as error:
            faults = [str(error)]
        if faults:
            pytest.fail("\n".join(dict.fromkeys(faults)), pytrace=False)

    def runtest(self) -> None:
        """Fail where the agent fell short; where nothing is required of it, it is measured."""
        session = self._evals.session()
        if not session.binds(self.cell):
            self.user_properties.append((STATUS, MEASURED))
        if shortcomings := session.shortcomings(self.cell):
            raise FellShort("\n".join(shortcomings))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the agent fell short of, and no traceback."""
        if isinstance(excinfo.value, FellShort):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the cell as a person would."""
        return self.path, 0, f"{self.path.stem} with {self.name}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report how long the trials took, not how long the item waited for them."""
    report = yield
    if isinstance(item, CellItem) and call.when == "setup":
        report.duration = item._evals.session().seconds(item.cell)
    return report


def _is_distributed(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "numprocesses", None)) or hasattr(config, "workerinput")
