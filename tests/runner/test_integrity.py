"""Canaries in all that grades: none in any committed recording, none within an agent's reach."""

from __future__ import annotations

import base64
import functools
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.core.errors import TaintedTrial
from promptverdict.report.sections import build_provenance_table
from promptverdict.runner.integrity import inspect_evidence
from promptverdict.scenarios import grading_material
from promptverdict.scenarios.discovery import list_scenarios
from promptverdict.scenarios.loading import LoadedSuite, load_scenario, load_suite
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.integrity import PhraseIndex
from promptverdict.trials.runs import find_run
from promptverdict.trials.stored_records import read_records
from promptverdict.trials.summary import summarise_trial
from promptverdict.trials.transcript import Result

from tests.fakes import project, provider, run, say, script, use, write
from tests.repository.test_recordings import ROOT, TRIALS, evidence

CANARY = "canary of the grading material that no agent must ever see, quokka"
WORD = "quokka"
PROJECT = {
    "evals/small/suite.yaml": f"""\
title: Small
# {CANARY} in the suite
behaviours:
  kind: {{says: It is kind}}
""",
    "evals/small/hello.yaml": f"""\
title: Hello
description: {CANARY} in the scenario
task: Look around, and say hello.
tools: [Bash]
behaviours: [kind]
probes:
  - {{name: look, run: python3 /probes/hello/look.py}}
grades:
  kind: {{type: custom, function: is_kind}}
""",
    "evals/small/checks.py": f"""\
# {CANARY} in the graders
from promptverdict import Evidence, Finding, passed


def is_kind(evidence: Evidence) -> Finding:
    return passed("it is")
""",
    "evals/small/files/hello/README.md": "# Hello\n",
    "evals/small/probes/hello/look.py": f"print('PASS look')  # {CANARY} in the probe\n",
    "evals/small/probes/shared.py": f"# {CANARY} in what probes share\n",
    "evals/small/solutions/hello/good.yaml": f"""\
kind: good
says: {CANARY} in the solution
answer: hello
""",
}


def load_planted(folder: Path) -> LoadedSuite:
    """Load a suite of this repository with a canary in every file that grades."""
    for path in [*folder.glob("*.yaml"), *folder.glob("*.py")]:
        path.write_text(f"{path.read_text()}\n# {CANARY} in {path.stem}\n")
    for path in [*folder.glob("probes/**/*.py"), *folder.glob("solutions/**/*.yaml")]:
        path.write_text(f"{path.read_text()}\n# {CANARY} in {path.stem}\n")
    return load_suite(folder / "suite.yaml")


@pytest.mark.parametrize("name", sorted({trial.partition("/")[0] for trial in TRIALS}))
def test_no_committed_recording_holds_what_grades_it_and_one_that_does_is_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A trial is inspected for every file that grades, and all but its last text stays the same.
    monkeypatch.setattr(PhraseIndex, "find", functools.cache(PhraseIndex.find))
    left_out = shutil.ignore_patterns("cassettes")
    shutil.copytree(ROOT / "evals" / name, tmp_path / name, ignore=left_out)
    suite = load_planted(tmp_path / name)
    scenarios = {path.stem: load_scenario(path, suite) for path in list_scenarios(tmp_path / name)}
    grading = [
        (path, path.read_text(encoding="utf-8"))
        for path in (tmp_path / name).rglob("*")
        if path.is_file() and path.suffix in (".py", ".yaml") and "files" not in path.parts
        if not path.name.endswith(".evidence.yaml")
    ]
    assert grading
    for trial_id in (trial for trial in TRIALS if trial.startswith(f"{name}/")):
        played = evidence(trial_id)
        scenario = scenarios[played.task.scenario]
        prompt = ""
        assert inspect_evidence(scenario, prompt, played).state == "clean", trial_id
        for path, text in grading:
            leaked = plant(played, text)
            assert inspect_evidence(scenario, prompt, leaked).state == "tainted", path
        assert CANARY not in played.model_dump_json()


def plant(played: Evidence, text: str) -> Evidence:
    """Return a trial as if its last result had shown a file's last line, the canary."""
    last = text.rstrip().splitlines()[-1]
    return played.model_copy(update={"events": (*played.events, Result(call="x", text=last))})


ANSWER = "The invoice of March was paid twice, and nobody noticed it until today."
SCRIPTED = f"""\
script:
  questions:
    - contains: invoice
      text: |-
        {ANSWER}
mcp:
  books:
    search: |-
      {ANSWER.replace("March", "April")}
    list:
      - contains: may
        text: |-
          {ANSWER.replace("March", "May")}
    open:
      description: |-
        {ANSWER.replace("March", "June")}
      replies: [nothing]
"""


@pytest.mark.parametrize("month", ["March", "April", "May", "June"])
def test_what_a_scenario_has_its_user_or_a_server_answer_is_no_leak(
    tmp_path: Path, month: str
) -> None:
    write(tmp_path, PROJECT)
    path = tmp_path / "evals/small/hello.yaml"
    path.write_text(path.read_text("utf-8") + SCRIPTED, "utf-8")
    scenario = load_scenario(path, load_suite(path.with_name("suite.yaml")))
    shown = plant(evidence(next(iter(TRIALS))), ANSWER.replace("March", month))
    assert inspect_evidence(scenario, "", shown).state == "clean"
    other = plant(shown, CANARY + " in the suite")
    assert inspect_evidence(scenario, "", other).state == "tainted"


def test_a_file_that_cannot_be_read_leaves_the_integrity_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, PROJECT)
    suite = load_suite(tmp_path / "evals/small/suite.yaml")
    scenario = load_scenario(tmp_path / "evals/small/hello.yaml", suite)
    real = grading_material.read_regular_file

    def refuse(path: Path, most: int) -> bytes:
        if path.name == "shared.py":
            raise PermissionError(13, "Permission denied")
        return real(path, most)

    monkeypatch.setattr(grading_material, "read_regular_file", refuse)
    played = evidence(next(iter(TRIALS)))
    found = inspect_evidence(scenario, "", played)
    assert found.state == "unknown"
    assert "shared.py: cannot be read: permission denied" in found.why


@pytest.mark.e2e
def test_a_tainted_trial_is_an_error_that_counts_nowhere_and_is_listed(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write(project(pytester.path), PROJECT)
    # As if it had found the probe: no text that it wrote itself holds a line of it.
    probe = base64.b64encode(PROJECT["evals/small/probes/hello/look.py"].encode()).decode()
    answers = script([use("Bash", command=f"echo {probe} | base64 -d")], [say("hello")])
    with provider(answers) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        ended = run(pytester, "evals/small", "--record", "once", "-k", "base")
    assert ended.ret != 0
    ended.stdout.fnmatch_lines(["*tainted: the agent was shown probes/hello/look.py*"])
    folder = find_run(pytester.path / "results")
    (record,) = read_records(folder)
    assert record.integrity.state == "tainted"
    assert record.fault is not None
    assert (record.fault.kind, record.grades) == (TaintedTrial.__name__, ())
    monkeypatch.chdir(pytester.path)
    assert main(["show", record.id]) == 0
    assert "integrity tainted: the agent was shown probes/hello" in capsys.readouterr().out
    assert main(["report"]) == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "counts nowhere, tainted: the agent was shown probes/hello/look.py" in page
    # Replayed, it is as tainted as it was.
    assert run(pytester, "evals/small", "-k", "base").ret != 0


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("bwrap") is None, reason="there is no bubblewrap")
def test_in_the_sandbox_an_agent_that_searches_everything_finds_nothing_that_grades(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(project(pytester.path), PROJECT)
    configured = (pytester.path / "pyproject.toml").read_text(encoding="utf-8")
    write(pytester.path, {"pyproject.toml": configured.replace('sandbox = "none"\n', "")})
    places = "/workspace /tmp /home /etc /opt /run /dev/shm /probes /base / --exclude-dir=usr"
    searches = [
        "find / -name '*.yaml' -not -path '/proc/*' 2>/dev/null",
        f"grep -rsI --exclude-dir=proc --exclude-dir=sys {WORD} {places}",
        f"grep -rsIl --include='*.py' --include='*.yaml' {WORD} /usr",
        f"ls -d /probes /base {pytester.path} {ROOT}",
        "cat /proc/*/cmdline /proc/*/environ 2>/dev/null | tr '\\0' '\\n'",
    ]
    answers = script(*([use("Bash", command=command)] for command in searches), [say("hello")])
    with provider(answers) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        ended = run(pytester, "evals/small", "--record", "once", "-k", "base")
    assert ended.ret == 0
    (record,) = read_records(find_run(pytester.path / "results"))
    assert record.integrity.state == "clean"
    results = [event.text for event in record.evidence.events if isinstance(event, Result)]
    assert len(results) == len(searches)
    assert not [text for text in results[:3] if WORD in text.replace(searches[1], "")]
    for text in results:
        assert "suite.yaml" not in text
        assert "look.py" not in text
    assert os.fspath(pytester.path) not in results[0]
    table = build_provenance_table([summarise_trial(record)], datetime.now(UTC))
    assert "clean" in {cell.text for row in table.rows for cell in row}
