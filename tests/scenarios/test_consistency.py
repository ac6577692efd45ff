"""What a suite's files say of each other is checked before a model is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.scenarios.consistency import check_folders
from promptverdict.scenarios.loading import load_scenario, load_suite

from tests.fakes import write

SUITE = "title: A suite\nbehaviours:\n  kind: {says: It is kind}\n"
SCENARIO = """\
title: A scenario
task: Say hello.
tools: [Bash]
probes:
  - {name: look, run: python3 /probes/hello/look.py}
behaviours: [kind]
grades:
  kind: %s
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(root: Path, grader: str, **more: str) -> None:
    write(
        root,
        {
            "small/suite.yaml": SUITE,
            "small/hello.yaml": SCENARIO % grader,
            "small/checks.py": "def polite(evidence):\n    return None\n",
            "small/probes/hello/look.py": "",
            **more,
        },
    )
    load_scenario(root / "small/hello.yaml", load_suite(root / "small/suite.yaml"))


@pytest.mark.parametrize(
    "grader",
    [
        "{type: probe, probe: look}",
        "{type: test_first, behaviour_probe: look}",
        "{type: test_first}",
        "{type: custom, function: polite}",
        "{type: not, of: {type: probe, probe: look}}",
    ],
)
def test_graders_that_name_what_is_there_load(root: Path, grader: str) -> None:
    load(root, grader)


@pytest.mark.parametrize(
    ("grader", "found", "cure"),
    [
        ("{type: probe, probe: lok}", "there is no probe lok", "the scenario has look"),
        (
            "{type: test_first, behaviour_probe: hidden}",
            "there is no probe hidden",
            "the scenario has look",
        ),
        (
            "{type: any, of: [{type: asks}, {type: not, of: {type: probe, probe: x}}]}",
            "there is no probe x",
            "the scenario has look",
        ),
        (
            "{type: custom, function: rude}",
            "there is no function rude",
            "small/checks.py has polite",
        ),
        (
            "{type: all, of: [{type: custom, function: polite}]}",
            "the function polite stands inside another grader",
            "let it stand alone under grades",
        ),
    ],
)
def test_a_grader_that_names_what_is_not_there_is_refused_at_its_line(
    root: Path, grader: str, found: str, cure: str
) -> None:
    with pytest.raises(InputError) as refused:
        load(root, grader)
    (problem,) = refused.value.problems
    assert problem.where == "small/hello.yaml:8: grades.kind"
    assert problem.found == found
    assert problem.cure.startswith(cure)


def test_a_probe_that_runs_a_file_that_is_not_there_is_refused(root: Path) -> None:
    load(root, "{type: asks}")
    (root / "small/probes/hello/look.py").rename(root / "small/probes/hello/loook.py")
    suite = load_suite(root / "small/suite.yaml")
    with pytest.raises(InputError, match=r"hello.yaml:5: probes\[0\].run: there is no small/pro"):
        load_scenario(root / "small/hello.yaml", suite)


@pytest.mark.parametrize("folder", ["files", "probes", "solutions"])
def test_a_folder_of_no_scenario_is_listed_with_what_it_leads_to(root: Path, folder: str) -> None:
    write(root, {f"small/{folder}/helo/x": "", f"small/{folder}/hello/x": ""})
    (problem,) = check_folders(root / "small", ["hello"])
    assert problem.where == f"small/{folder}/helo"
    assert problem.found.startswith("there is no scenario helo, so no ")
    assert problem.cure == "rename it to one of hello, or remove it"


def test_files_that_probes_share_and_tools_leave_belong_to_nobody(root: Path) -> None:
    write(root, {"small/probes/shared.py": "", "small/probes/__pycache__/x": ""})
    assert list(check_folders(root / "small", ["hello"])) == []
