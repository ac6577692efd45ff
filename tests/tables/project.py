"""A small sound project that has a file of every kind the product reads."""

from __future__ import annotations

import asyncio
import contextlib
import io
import shutil
from pathlib import Path

from promptverdict.agents.discovery import find_agents
from promptverdict.cli import main
from promptverdict.comparison.storage import write_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.judging.gather import gather
from promptverdict.judging.rubrics import inquire_trial, list_questions
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.readback import read_events
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.settings import resolve
from promptverdict.trials.runs import list_runs
from promptverdict.trials.store import BASE, LATEST, TRIALS

from tests.fakes import AGENT, PYPROJECT, say, script, use, write
from tests.judging.made import ScriptedJudge, verdict
from tests.recorded import record_project
from tests.sharded import run_shards

SUITE = """\
title: Manners
variants: [helper/base, helper/terse]
baseline: helper/base
behaviours:
  kind: {says: It is kind}
  clear: {says: It is clear}
  tidy: {says: It is tidy}
"""
SCENARIO = """\
title: A greeting
task: Say hello, then write hello.txt.
tools: [Read, Write]
mcp: {shop: {find: [{text: nothing}]}}
probes:
  - {name: look, run: python3 /probes/hello/look.py}
behaviours: [kind, clear, tidy]
grades:
  kind: {type: probe, probe: look}
  clear: {type: rubric, question: Is it clear?, about: answer, pass_if: yes}
  tidy: {type: custom, function: is_tidy}
"""
CHECKS = """\
from promptverdict import passed


def is_tidy(evidence):
    return passed("it is")
"""
SOLUTION = """\
kind: good
says: It greets.
steps:
  - Write: {file_path: hello.txt, content: hello}
answer: Done.
"""
LABELS = "trial,behaviour,label\nmanners/hello::helper/base#0,clear,yes\n"
FILES = {
    "pyproject.toml": PYPROJECT,
    "agents/helper/base.md": AGENT,
    "agents/helper/terse.md": AGENT.replace("careful", "terse"),
    "evals/manners/suite.yaml": SUITE,
    "evals/manners/hello.yaml": SCENARIO,
    "evals/manners/checks.py": CHECKS,
    "evals/manners/files/hello/README.md": "# Hello\n",
    "evals/manners/probes/hello/look.py": 'print("PASS there")\n',
    "evals/manners/solutions/hello/good.yaml": SOLUTION,
    "labels.csv": LABELS,
    "answer.txt": "Hello.\n",
}
RUN = "20260101T000000.000000Z"
"""The name of the run in `results`; those in `shards` have `-1of2` and `-2of2` behind it."""
ANSWERS = script(
    [say("I write it."), use("Write", file_path="hello.txt", content="hello\n")], [say("Done.")]
)


def build_project(root: Path) -> Path:
    """Write the project, record its trial, have it judged, and leave a run and two shards."""
    write(root, FILES)
    with contextlib.chdir(root):
        record_project(root, ANSWERS)
        _judge(root)
        run_shards(root, 2, results="shards")
        (run,) = list_runs(root / "results")
        run.rename(root / "results" / RUN)
        for number, shard in enumerate(list_runs(root / "shards"), start=1):
            shard.rename(root / "shards" / f"{RUN}-{number}of2")
        for folder in ("results", "shards"):
            (root / folder / LATEST).unlink()  # it names a run that has another name now
        write_comparisons(root / "results" / RUN, Comparisons(comparisons=()))
        shutil.copytree(root / "results" / RUN / TRIALS, root / "results" / RUN / BASE)
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(["plan", "--seal"]) == 0
    return root


def _judge(root: Path) -> None:
    settings = resolve(root, {})
    agents = find_agents([root / settings.agents]).variants
    (scenario,) = load_scenarios([root / "evals"])
    judge = ScriptedJudge(lambda _: verdict("yes")).judge
    for cell in list_cells(scenario, agents, settings, by_hand=False):
        sealed = open_sealed(cell.get_trial(0).location)
        evidence = read_events(cell, sealed)
        questions = list_questions(scenario.scenario.grades.values(), evidence)
        asyncio.run(gather(judge, inquire_trial(sealed.location, sealed.seal), questions))
