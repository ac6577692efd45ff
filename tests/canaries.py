"""A project whose data folders hold code that notes in a file that it ran."""

from __future__ import annotations

from pathlib import Path

from tests.fakes import PYPROJECT, SCENARIO, SUITE, project, write

PLACES = ("files", "files/hello", "files/hello/deep/er", "probes", "probes/hello/deep")
PLACES += ("cassettes", "cassettes/hello/deep", "solutions", "solutions/hello/deep")

LOG = "executed.txt"

INNER_SUITE = "title: Not a suite\nbehaviours:\n  kind: {says: It is kind}\n"
INNER_SCENARIO = """\
title: Not a scenario
task: Run the checks of this folder.
tools: [Read]
probes:
  - {name: p, run: echo PASS x}
behaviours: [kind]
grades:
  kind: {type: custom, function: is_kind}
"""
CODE = """\
with open({log!r}, "a") as log:
    log.write(__file__ + "\\n")


def is_kind(evidence):
    raise RuntimeError("a check from a data folder")


def test_it():
    pass
"""


def write_canaries(root: Path, suite: str = "evals/small") -> None:
    """Lay suites, checks, tests and start-up files into the data folders of a suite."""
    code = CODE.format(log=str(root / LOG))
    scripts = ("checks", "conftest", "sitecustomize", "test_it", "__init__")
    for place in PLACES:
        write(
            root,
            {
                **{f"{suite}/{place}/{name}.py": code for name in scripts},
                f"{suite}/{place}/suite.yaml": INNER_SUITE,
                f"{suite}/{place}/inner.yaml": INNER_SCENARIO,
                f"{suite}/{place}/pytest.ini": "[pytest]\n",
            },
        )


def write_project(root: Path) -> Path:
    """Write a project with one probed scenario, and canaries in every data folder of its suite."""
    probed = SCENARIO + "probes:\n  - {name: p, run: echo PASS x}\n"
    project(root, **{"evals/small/hello.yaml": probed, "pyproject.toml": PYPROJECT})
    write(root, {"evals/small/suite.yaml": SUITE})
    write_canaries(root)
    return root


def list_executed(root: Path) -> list[str]:
    """List the canaries that ran, as paths seen from the project."""
    log = root / LOG
    lines = log.read_text().splitlines() if log.is_file() else []
    return sorted({Path(line).relative_to(root).as_posix() for line in lines})
