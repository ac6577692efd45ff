"""Which files pytest collects: suites and scenarios, and never what lies in data folders."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from functools import cache
from glob import escape, iglob
from pathlib import Path

import pytest

from promptverdict.core.errors import Problem
from promptverdict.core.paths import display_path
from promptverdict.pytest_plugin.cell_items import CellItem, RefusedItem, ScenarioFile, UnusableFile
from promptverdict.pytest_plugin.garbage import GarbageCollection
from promptverdict.pytest_plugin.item_base import EvalItem, Evals
from promptverdict.pytest_plugin.solution_items import SolutionItem
from promptverdict.pytest_plugin.suite_items import GateItem, SuiteFile
from promptverdict.scenarios.discovery import (
    SUITE_FILE,
    YAML_ENDINGS,
    describe_misnamed,
    is_data,
    is_data_folder,
    is_misnamed,
    is_orphan,
    is_scenario,
)


def check_arguments(config: pytest.Config) -> None:
    """Raise UsageError for an argument inside a data folder: pytest imports conftest.py there.

    config: as it is before conftest files are loaded. pytest has not resolved its arguments then,
    and `config.args` is empty.
    """
    here = config.invocation_params.dir
    known = config.known_args_namespace
    arguments = known.file_or_dir or [str(here), *_list_testpaths(config)]
    if known.pyargs:
        arguments = [*arguments, *(name.replace(".", "/") for name in arguments)]
    for argument in arguments:
        place = here / argument.partition("::")[0]
        if is_data(Path(os.path.normpath(place))) or is_data(Path(os.path.realpath(place))):
            raise pytest.UsageError(f"{argument} is an evaluation's data, which is never collected")
        # pytest loads these before it asks whether anything is to be left out.
        # iglob: it passes over a folder that is closed, as pytest does.
        inner = map(Path, iglob(f"{escape(str(place))}/test*"))  # noqa: PTH207
        for folder in (place, *place.parents, *inner):
            if refusal := _explain_conftest(folder):
                raise pytest.UsageError(refusal)


def _explain_folder(path: Path) -> str | None:
    """Return why pytest cannot collect what lies in a folder; None where it can, or for a file."""
    if path.is_dir() and not os.access(path, os.R_OK | os.X_OK):
        return f"{display_path(path)}: cannot be read: permission denied\n  check its permissions"
    return _explain_conftest(path)


def _explain_conftest(folder: Path) -> str | None:
    """Return why a folder's conftest.py must not be loaded; None where it may, or is none."""
    conftest = folder / "conftest.py"
    if os.path.islink(conftest) and is_data(Path(os.path.realpath(conftest))):  # noqa: PTH114
        where = display_path(conftest)
        return f"{where} is a link to an evaluation's data, which is never run\n  remove the link"
    return None


def _list_testpaths(config: pytest.Config) -> list[str]:
    """List the folders that pytest collects when it is called without arguments."""
    patterns = config.getini("testpaths")
    # Patterns may be absolute, which Path.glob refuses.
    return [place for each in patterns for place in iglob(each, recursive=True)]  # noqa: PTH207


def _is_own(item: pytest.Item) -> bool:
    return isinstance(item, EvalItem | SolutionItem)


class Collection:
    """The hooks of one pytest session that decide what is collected."""

    def __init__(self, config: pytest.Config, evals: Evals) -> None:
        self._evals = evals
        # pytest asks about every path of a project, and most lie in the same folders.
        self._is_data_folder = cache(is_data_folder)
        self._unsaid: list[str] = []
        self._has_cells = False
        self._garbage = GarbageCollection()
        # Clean-ups run from the last to the first: pytest itself looks for garbage before this one.
        config.add_cleanup(self._garbage.restore)

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Look for garbage less often while items are made and, of cells alone, while they run."""
        self._garbage.relax()
        is_alone = False
        try:
            result = yield
            is_alone = self._has_cells and all(map(_is_own, session.items))
        finally:
            if not is_alone:
                self._garbage.restore()
        if is_alone:
            self._garbage.freeze()
        return result

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Ignore data folders, also those that a link leads to."""
        places = [collection_path]
        if collection_path.is_symlink():
            places.append(Path(os.path.realpath(collection_path)))
        in_data = any(
            self._is_data_folder(folder) for place in places for folder in (place, *place.parents)
        )
        if not in_data and (refusal := _explain_folder(collection_path)):
            raise pytest.Collector.CollectError(refusal)
        # None leaves the decision to other plugins, False would overrule them.
        return True if in_data else None

    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        """Collect suites and scenarios; report those that a wrong name or place makes unusable."""
        if file_path.suffix.lower() not in YAML_ENDINGS:
            return None
        if file_path.name == SUITE_FILE:
            return SuiteFile.from_parent(parent, path=file_path, evals=self._evals)
        if is_scenario(file_path):
            return ScenarioFile.from_parent(parent, path=file_path, evals=self._evals)
        where = display_path(file_path)
        if is_misnamed(file_path):
            problem = describe_misnamed(file_path)
        elif is_orphan(file_path):
            problem = Problem(where, "there is no suite.yaml beside this scenario", "write one")
        else:
            return None
        return UnusableFile.from_parent(parent, path=file_path, problem=problem)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what other shards run, and put gates last: they judge all the cells."""
        if gates := [item for item in items if isinstance(item, GateItem)]:
            items[:] = [*(item for item in items if not isinstance(item, GateItem)), *gates]
        cells = [item.cell for item in items if isinstance(item, CellItem)]
        self._has_cells = bool(cells)
        others = self._evals.select_others(cells)
        if not others:
            return
        if left_out := [item for item in items if item.path in others]:
            config.hook.pytest_deselected(items=left_out)
            items[:] = [item for item in items if item.path not in others]

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note what cannot run and is left out: its error would go unsaid."""
        self._unsaid += [item.reason for item in items if isinstance(item, RefusedItem)]

    def pytest_report_collectionfinish(self, items: list[pytest.Item]) -> list[str]:
        """List what cannot run and was deselected, promises that no cell fails by, lost tools."""
        cells = [item.cell for item in items if isinstance(item, CellItem)]
        bare = sorted({cell.variant.id for cell in cells if cell.has_lost_tools})
        if bare:
            # Imported late: every process that runs pytest imports this module.
            from promptverdict.trials.record import describe_lost_tools
        without = [describe_lost_tools(name) for name in bare]
        described = {
            f"{cell.scenario.suite.id}: {behaviour} is described, not required:"
            f" its grader reads words ({measure})"
            for cell in cells
            if cell.scenario.unadmitted
            for behaviour, measure in cell.only_described.items()
        }
        cure = "binds_on_words with a reason, in suite.yaml, requires it all the same"
        unsaid = [f"deselected, and cannot be used: {reason}" for reason in self._unsaid]
        return [*unsaid, *without, *sorted(described), *[cure][: len(described)]]
