"""Suites and scenarios are found once, in order, and never in data folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.scenarios.discovery import (
    DATA_FOLDERS,
    find_scenarios,
    find_suites,
    is_data,
    is_misnamed,
    is_orphan,
    is_scenario,
)
from promptverdict.scenarios.loading import load_suite

from tests.fakes import write

SUITE = "title: A suite\n"
SCENARIO = "title: A scenario\ntask: Hello\ntools: []\n"


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "evals/one/suite.yaml": SUITE,
        "evals/one/b.yaml": SCENARIO,
        "evals/one/a.yaml": SCENARIO,
        "evals/one/deep/two/suite.yaml": SUITE,
        "evals/one/deep/two/c.yaml": SCENARIO,
        "evals/other.yaml": SCENARIO,
    }
    for name in DATA_FOLDERS:
        files[f"evals/one/{name}/a/suite.yaml"] = SUITE
        files[f"evals/one/{name}/a/x.yaml"] = SCENARIO
    return write(tmp_path, files)


def found(root: Path, *places: str) -> list[str]:
    pairs = find_scenarios([root / place for place in places])
    return [scenario.relative_to(root).as_posix() for _, scenario in pairs]


def refused(*places: str) -> str:
    with pytest.raises(InputError) as caught:
        list(find_scenarios(map(Path, places)))
    (problem,) = caught.value.problems
    return str(problem)


def test_scenarios_are_found_below_a_place_in_order_and_without_data(root: Path) -> None:
    names = ["evals/one/a.yaml", "evals/one/b.yaml", "evals/one/deep/two/c.yaml"]
    assert sorted(found(root, "evals")) == names
    assert found(root, "evals/one/suite.yaml") == names[:2]
    assert found(root, "evals/one/b.yaml") == names[1:2]


def test_a_scenario_that_is_named_twice_is_found_once(root: Path) -> None:
    assert found(root, "evals/one/b.yaml", "evals", "evals/one", "evals/one/b.yaml") == [
        "evals/one/b.yaml",
        *[name for name in found(root, "evals") if name != "evals/one/b.yaml"],
    ]


def test_a_place_with_links_above_it_is_found_as_it_is(root: Path) -> None:
    (root / "linked").symlink_to("evals", target_is_directory=True)
    assert found(root, "linked") == found(root, "evals")


@pytest.mark.parametrize("place", ["evals/other.yaml", "agents", "nowhere.yaml", "evals/one/x.md"])
def test_a_place_without_a_suite_is_refused(place: str) -> None:
    Path("agents").mkdir()
    assert refused(place).startswith(f"{place}: there is no suite.yaml\n")


@pytest.mark.parametrize("name", sorted(DATA_FOLDERS))
def test_a_place_in_data_is_refused_whichever_way_leads_there(root: Path, name: str) -> None:
    (root / "short").symlink_to(f"evals/one/{name}", target_is_directory=True)
    for place in (f"evals/one/{name}", f"evals/one/{name}/a/x.yaml", "short/a"):
        assert "it lies in a suite's data" in refused(place)


def test_a_suite_in_data_is_not_even_loaded_when_asked_for(root: Path) -> None:
    with pytest.raises(InputError, match="it lies in a suite's data"):
        load_suite(Path("evals/one/files/a/suite.yaml"))


def test_two_suites_of_one_name_are_refused(root: Path) -> None:
    write(root, {"more/one/suite.yaml": SUITE})
    assert refused("evals", "more").startswith("more/one/suite.yaml: evals/one has the same name")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_named(root: Path) -> None:
    (root / "evals/one").chmod(0)
    try:
        assert "cannot be read: permission denied" in refused("evals")
    finally:
        (root / "evals/one").chmod(0o755)


def test_a_suite_yaml_that_is_no_file_is_found_and_reading_it_says_so(root: Path) -> None:
    suite = root / "evals/one/suite.yaml"
    for make in (suite.mkdir, lambda: suite.symlink_to("gone"), lambda: suite.symlink_to(suite)):
        suite.rmdir() if suite.is_dir() else suite.unlink()
        make()
        assert suite in find_suites(root / "evals")
        assert is_scenario(root / "evals/one/a.yaml")
        assert is_data(root / "evals/one/probes/a")
        with pytest.raises(InputError, match=r"evals/one/suite\.yaml: (it is|cannot be read)"):
            load_suite(suite)


def test_data_is_known_without_a_suite_by_a_scenario_that_has_a_folder_there(root: Path) -> None:
    (root / "evals/one/suite.yaml").unlink()
    assert is_data(root / "evals/one/solutions/a/checks.py")
    assert is_orphan(root / "evals/one/a.yaml")
    assert not is_orphan(root / "evals/one/b.yaml")
    assert not is_data(root / "evals/files/a")


def test_folders_of_strangers_are_no_data(root: Path) -> None:
    write(
        root, {"app/files/test_a.py": "", "app/compose.yaml": "task: x\n", "app/web.yaml": "a: 1"}
    )
    write(root, {"app/cassettes/web/x.yaml": ""})
    assert not is_data(root / "app/files/test_a.py")
    assert not is_orphan(root / "app/web.yaml")
    assert not is_orphan(root / "app/compose.yaml")


def test_names_that_end_in_yml_are_misnamed_beside_a_suite_alone(root: Path) -> None:
    assert is_misnamed(root / "evals/one/d.yml")
    assert is_misnamed(root / "evals/new/suite.yml")
    assert not is_misnamed(root / "evals/d.yml")
    for name in ("d.YAML", "d.Yml", "SUITE.YAML", "Suite.yaml"):
        assert is_misnamed(root / "evals/one" / name), name
    for name in ("d.yaml", "suite.yaml", ".d.yml", ".#d.yaml"):
        assert not is_misnamed(root / "evals/one" / name), name


def test_what_is_misnamed_is_told_and_not_passed_over(root: Path) -> None:
    write(root, {"evals/one/d.YAML": SCENARIO, "evals/new/Suite.yml": SUITE})
    with pytest.raises(InputError) as caught:
        list(find_scenarios([Path("evals")]))
    told = [str(problem).splitlines() for problem in caught.value.problems]
    found = "a suite is called suite.yaml, and scenarios end in .yaml"
    assert told == [
        [f"evals/new/Suite.yml: {found}", "  rename it to suite.yaml"],
        [f"evals/one/d.YAML: {found}", "  rename it to d.yaml"],
    ]


def test_files_of_editors_and_systems_are_no_scenarios(root: Path) -> None:
    (root / "evals/one/.#a.yaml").symlink_to("someone@somewhere.1234")
    write(root, {"evals/one/._a.yaml": "\0"})
    assert [path.name for _, path in find_scenarios([root / "evals/one/a.yaml"])] == ["a.yaml"]
    assert not any(path.name.startswith(".") for _, path in find_scenarios([root / "evals/one"]))


@pytest.mark.parametrize("names", [("Suite.yaml", "a.yaml"), ("suite.YML", "a.YAML")])
def test_data_is_known_by_suites_and_scenarios_whose_names_are_wrong(
    root: Path, names: tuple[str, str]
) -> None:
    folder = root / "evals/one"
    for old, new in zip(("suite.yaml", "a.yaml"), names, strict=True):
        (folder / old).rename(folder / new)
    assert is_data(folder / "files/a/conftest.py")
    (folder / names[0]).unlink()
    assert is_data(folder / "files/a/conftest.py")
