"""The pytest plugin: options, and the objects that hold a session's state and its other hooks.

Inert unless a suite.yaml is collected: no module-level state, and SDKs and vcrpy are imported when
the first trial starts.
"""

from __future__ import annotations

from collections.abc import Generator

import pytest

from promptverdict.core.secrets import hide_secrets
from promptverdict.pytest_plugin.cell_items import CellItem
from promptverdict.pytest_plugin.collection import Collection, check_arguments
from promptverdict.pytest_plugin.evals import PytestEvals
from promptverdict.pytest_plugin.item_base import EvalItem
from promptverdict.pytest_plugin.run_report import RunReport
from promptverdict.pytest_plugin.solution_items import SolutionItem
from promptverdict.settings import OPTIONS, Settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option for each setting, with an ini key and an environment variable of its name."""
    group = parser.getgroup("promptverdict", "promptverdict: prompt-behaviour evaluations")
    for name in OPTIONS:
        description = Settings.model_fields[name].description or ""
        # argparse formats help texts with %.
        help_text = f"{description} [env PROMPTVERDICT_{name.upper()}]".replace("%", "%%")
        flag = f"--{name.replace('_', '-')}"
        group.addoption(
            flag, dest=f"promptverdict_{name}", metavar=name.upper(), default=None, help=help_text
        )
        parser.addini(f"promptverdict_{name}", description, default=None)


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Refuse an argument inside a data folder, before pytest imports a conftest.py there."""
    check_arguments(early_config)


def pytest_configure(config: pytest.Config) -> None:
    """Register the hooks of this session, with their state."""
    evals = PytestEvals(config)
    for plugin in (evals, Collection(config, evals), RunReport(config, evals)):
        config.pluginmanager.register(plugin, f"promptverdict-{type(plugin).__name__}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Report how long the trials took, not how long the item waited for them, and no key.

    A bug's traceback quotes the arguments of functions, which may be what an agent said.
    """
    report = yield
    if isinstance(item, CellItem) and call.when == "setup":
        report.duration = item.seconds
    if isinstance(item, EvalItem | SolutionItem) and report.failed:
        shown = report.longreprtext
        hidden = hide_secrets(shown)
        if hidden != shown:
            report.longrepr = hidden
    return report
