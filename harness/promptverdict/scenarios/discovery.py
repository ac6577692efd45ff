"""Where suites and scenarios lie, and what beside them is data: the one walk over evaluations.

A suite is a folder with a suite.yaml; every other .yaml file in it whose name begins with no dot is
a scenario. Its data folders hold what agents, strangers and probes wrote: nothing in them is
collected, imported or executed on this machine. Every verb and pytest ask here. Imports little,
because pytest asks for each file.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import read_regular_file
from promptverdict.core.paths import display_path

SUITE_FILE = "suite.yaml"
DATA_FOLDERS = frozenset({"files", "probes", "cassettes", "solutions"})
YAML_ENDINGS = (".yaml", ".yml")
"""In any case: of a suite's files only those that end in .yaml are read, the others are named."""


def find_scenarios(places: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Find the scenarios at or below some places, each once, as (suite.yaml, scenario).

    places: folders, suite.yaml files or scenario files. Raises InputError for a place that is data
    or holds no suite, and for two suites of one name.
    """
    suites: list[Path] = []
    seen: set[Path] = set()
    for place in places:
        for suite in find_suites(place):
            check_namesake(suite.parent, [known.parent for known in suites])
            suites.append(suite)
            is_whole = place.is_dir() or place.name == SUITE_FILE
            for scenario in list_scenarios(suite.parent) if is_whole else [_make_absolute(place)]:
                if scenario not in seen:
                    seen.add(scenario)
                    yield suite, scenario


def find_suites(place: Path) -> list[Path]:
    """Find the suite.yaml files at or below a place, sorted, as absolute paths.

    place: a folder, or a file of one suite. Raises InputError where there is none, for a folder
    that cannot be read, and for a place inside a data folder.
    """
    absolute = _make_absolute(place)
    check_no_data(absolute)
    suites = []
    if absolute.is_dir():
        misnamed: list[Path] = []
        suites = sorted(_walk(absolute, misnamed))
        if misnamed:
            raise InputError(map(describe_misnamed, sorted(misnamed)))
    elif os.path.lexists(absolute.with_name(SUITE_FILE)) and absolute.suffix == ".yaml":
        suites = [absolute.with_name(SUITE_FILE)]
    if not suites:
        cure = "name a folder of suites, or a scenario beside its suite.yaml"
        raise InputError([Problem(str(place), "there is no suite.yaml", cure)])
    return suites


def _walk(top: Path, misnamed: list[Path]) -> Iterator[Path]:
    """Find suite.yaml files below a folder, without entering data folders or links to folders.

    Files that would be a suite or a scenario by another name are added to the misnamed.
    """
    for base, folders, files in os.walk(top, onerror=_raise_unreadable):
        # A suite.yaml that is a folder counts too: whoever reads it hears what is wrong with it.
        if SUITE_FILE in (*files, *folders):
            yield Path(base, SUITE_FILE)
        misnamed += filter(is_misnamed, (Path(base, name) for name in files))
        folders[:] = [name for name in folders if not is_data_folder(Path(base, name))]


def _raise_unreadable(error: OSError) -> None:
    words = (error.strerror or str(error)).lower()
    where = display_path(Path(error.filename))
    raise InputError([Problem(where, f"cannot be read: {words}", "check its permissions")])


def _make_absolute(place: Path) -> Path:
    """Return an absolute path without links, save the last part where that is no folder."""
    if place.is_dir():
        return Path(os.path.realpath(place))
    return Path(os.path.realpath(place.parent), place.name)


def list_scenarios(suite: Path) -> list[Path]:
    """List the scenarios of a suite's folder, sorted by name."""
    return sorted(path for path in suite.glob("*.yaml") if _is_named_as_scenario(path))


def _is_named_as_scenario(path: Path) -> bool:
    # What begins with a dot is an editor's or a system's: `.#hello.yaml`, `._hello.yaml`.
    return path.suffix == ".yaml" and path.name != SUITE_FILE and path.name[0] != "."


def is_scenario(path: Path) -> bool:
    """Return whether a YAML file is a scenario of a suite.

    A suite.yaml that cannot be read, such as a link that leads nowhere, counts: loading names it.
    """
    return _is_named_as_scenario(path) and os.path.lexists(path.with_name(SUITE_FILE))


def is_misnamed(path: Path) -> bool:
    """Return whether a file would be a suite or a scenario if its name ended in .yaml."""
    renamed = rename_rightly(path)
    is_yaml = path.suffix.lower() in YAML_ENDINGS and renamed != path
    return is_yaml and (renamed.name == SUITE_FILE or is_scenario(renamed))


def rename_rightly(path: Path) -> Path:
    """Return the path of a YAML file with the name that a suite or a scenario has."""
    renamed = path.with_suffix(".yaml")
    return path.with_name(SUITE_FILE) if renamed.name.lower() == SUITE_FILE else renamed


def describe_misnamed(path: Path) -> Problem:
    """Return the problem of a suite or a scenario whose name is not read."""
    found = "a suite is called suite.yaml, and scenarios end in .yaml"
    return Problem(display_path(path), found, f"rename it to {rename_rightly(path).name}")


def is_orphan(path: Path) -> bool:
    """Return whether a file is a scenario whose suite.yaml is missing.

    It has a task, and a folder of its name in one of the data folders beside it: strangers' YAML
    files have not both.
    """
    if path.suffix.lower() not in YAML_ENDINGS or is_scenario(path):
        return False
    # os.path: a folder that is closed to us is no reason to end here.
    if not any(os.path.isdir(path.parent / folder / path.stem) for folder in DATA_FOLDERS):  # noqa: PTH112
        return False
    try:
        lines = read_regular_file(path, 100_000).splitlines()
    except OSError:
        return False
    return any(line.startswith(b"task:") for line in lines)


def is_data(path: Path) -> bool:
    """Return whether a path is or lies in a data folder of a suite; links are not followed."""
    return any(is_data_folder(place) for place in (path, *path.parents))


def is_data_folder(path: Path) -> bool:
    """Return whether a path is a data folder: by its name, and by the suite that it lies beside.

    A suite whose suite.yaml was deleted or misnamed is known by a scenario that has a data folder
    of its own: what agents wrote must not run because a file beside it is gone.
    """
    if path.name not in DATA_FOLDERS:
        return False
    folder = path.parent
    # lexists: a suite.yaml that leads nowhere, or is a folder, still marks a suite.
    if os.path.lexists(folder / SUITE_FILE):
        return True
    files = [each for each in folder.glob("*") if each.suffix.lower() in YAML_ENDINGS]
    return any(rename_rightly(file).name == SUITE_FILE or is_orphan(file) for file in files)


def check_no_data(path: Path) -> None:
    """Raise InputError for a path that is or lies in a data folder of a suite."""
    if is_data(path.absolute()):
        found = "it lies in a suite's data, which is never loaded or run"
        raise InputError([Problem(display_path(path), found, "name a suite or a scenario")])


def check_namesake(suite: Path, others: Iterable[Path]) -> None:
    """Raise InputError for a suite's folder with the name of another one, among those given.

    A suite's id is its folder's name: two of one name would share trials and records.
    """
    for other in others:
        if other.name == suite.name and other != suite:
            found = f"{display_path(other)} has the same name, and a suite's name is its id"
            where = display_path(suite / SUITE_FILE)
            raise InputError([Problem(where, found, "rename one of the two folders")])
