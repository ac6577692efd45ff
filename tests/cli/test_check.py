"""`check`, `try` and `new`: what an author of scenarios is told without a model."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.cli.entry import main

from tests.fakes import AGENT, write

SUITE = """\
title: A suite
variants: [helper/base]
behaviours:
  kind: {says: It is kind, promised: {helper/base: careful helper}}
  tidy: {says: It is tidy}
"""
SCENARIO = """\
title: A scenario
task: Say hello in hello.txt.
tools: [Write, Bash]
probes:
  - {name: greeting, run: python3 /probes/hello/look.py}
behaviours: [kind, tidy]
grades:
  kind: {type: probe, probe: greeting}
  tidy: {type: custom, function: is_tidy}
"""
CHECKS = """\
from promptverdict.trials.grade import passed


def is_tidy(evidence):
    return passed("it is")
"""
LOOK = """\
from pathlib import Path

there = Path("/workspace/hello.txt").exists() or Path("hello.txt").exists()
print("PASS there" if there else "FAIL there")
"""
GOOD = """\
kind: good
says: It greets.
steps:
  - Write: {file_path: hello.txt, content: hello}
answer: Done.
"""
RUDE = "kind: saboteur\nsays: It only says so.\nanswer: Done.\nfails: [kind]\n"
PYPROJECT = '[tool.promptverdict]\nsandbox = "none"\nmodel = "relay/x"\n'


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(
        tmp_path,
        {
            "pyproject.toml": PYPROJECT,
            "agents/helper/base.md": AGENT,
            "evals/small/suite.yaml": SUITE,
            "evals/small/hello.yaml": SCENARIO,
            "evals/small/checks.py": CHECKS,
            "evals/small/probes/hello/look.py": LOOK,
            "evals/small/files/hello/README.md": "# Hello\n",
            "evals/small/solutions/hello/good.yaml": GOOD,
            "evals/small/solutions/hello/rude.yaml": RUDE,
        },
    )


def edit(path: str, old: str, new: str) -> None:
    file = Path(path)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sound_suite_has_its_solutions_run_and_graded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert capsys.readouterr().out == (
        "1 scenarios: no mistake in their files\n"
        "2 solutions (1 good, 1 saboteur): all graded as they must be\n"
        "small/hello: no saboteur breaks tidy\n"
    )
    assert Path("evals/small/solutions/hello/good.evidence.yaml").is_file()


def test_a_file_that_may_hold_a_secret_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    file = Path("evals/small/files/hello/.env")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("TOKEN=abc\nDB_PASSWORD=kV9rT2mQx7LwZ4\n", encoding="utf-8")
    main(["check"])
    told = capsys.readouterr().out
    assert f"{file}: what may be a secret stands in it: DB_PASSWORD; " in told
    assert "kV9rT2mQx7LwZ4" not in told


def test_what_a_grader_misses_ends_with_1_and_its_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    edit("evals/small/solutions/hello/rude.yaml", "[kind]", "[kind, tidy]")
    assert main(["check", "evals/small/hello.yaml"]) == 1
    out = capsys.readouterr().out
    assert (
        "MISSED evals/small/solutions/hello/rude.yaml (saboteur): tidy was not caught (pass): it is"
        in out
    )
    assert "2 solutions (1 good, 1 saboteur): 1 broken or graded wrongly" in out


def plant_folder(name: str) -> None:
    Path(f"evals/small/{name}/helo").mkdir(parents=True)


MISTAKES = {
    "files of no scenario": (lambda: plant_folder("files"), "there is no scenario helo"),
    "probes of no scenario": (lambda: plant_folder("probes"), "there is no scenario helo"),
    "solutions of no scenario": (lambda: plant_folder("solutions"), "there is no scenario helo"),
    "a probe that is not there": (
        lambda: edit("evals/small/hello.yaml", "probe: greeting", "probe: greting"),
        "there is no probe greting",
    ),
    "a probe's file that is not there": (
        lambda: edit("evals/small/hello.yaml", "look.py", "lok.py"),
        "there is no evals/small/probes/hello/lok.py",
    ),
    "a function that is not there": (
        lambda: edit("evals/small/hello.yaml", "is_tidy", "is_tidi"),
        "there is no function is_tidi",
    ),
    "checks.py with an error": (
        lambda: edit("evals/small/checks.py", "def is_tidy", "oops\ndef is_tidy"),
        "NameError",
    ),
    "a function inside another grader": (
        lambda: edit(
            "evals/small/hello.yaml",
            "{type: custom, function: is_tidy}",
            "{type: all, of: [{type: custom, function: is_tidy}]}",
        ),
        "the function is_tidy stands inside another grader",
    ),
    "a promise that left the prompt": (
        lambda: edit("agents/helper/base.md", "careful helper", "helper"),
        "agents/helper/base.md does not say 'careful helper'",
    ),
    "a variant that is not there": (
        lambda: edit("evals/small/suite.yaml", "variants: [helper/base]", "variants: [helper/b]"),
        "helper/b",
    ),
    "a solution with a tool that is not offered": (
        lambda: edit("evals/small/solutions/hello/good.yaml", "Write:", "Read:"),
        "good.yaml",
    ),
    "a saboteur of no behaviour": (
        lambda: edit("evals/small/solutions/hello/rude.yaml", "[kind]", "[polite]"),
        "the scenario has no grader for polite",
    ),
    "a misspelt key": (
        lambda: edit("evals/small/hello.yaml", "tools:", "tolls:"),
        "unknown key",
    ),
    "an unmapped model": (
        lambda: edit("pyproject.toml", 'model = "relay/x"', 'model = "gpt"'),
        "is not provider/name",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_before_anything_runs(
    mistake: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, words = MISTAKES[mistake]
    plant()
    assert main(["check"]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.out == ""
    assert not list(Path("evals").rglob("*.evidence.yaml"))


def test_mistakes_of_several_files_are_listed_together(capsys: pytest.CaptureFixture[str]) -> None:
    for mistake in ("files of no scenario", "a probe that is not there", "an unmapped model"):
        MISTAKES[mistake][0]()
    write(
        Path(), {"evals/other/suite.yaml": "title: Other\nodd: 1\n", "evals/other/x.yaml": "a: 1"}
    )
    assert main(["check"]) == 2
    errors = capsys.readouterr().err
    assert "there is no scenario helo" in errors
    assert "there is no probe greting" in errors
    assert "evals/other/suite.yaml:2: odd: unknown key" in errors


def test_a_suite_without_agents_can_be_checked_before_there_are_any() -> None:
    edit("evals/small/suite.yaml", "variants: [helper/base]\n", "")
    edit("evals/small/suite.yaml", ", promised: {helper/base: careful helper}", "")
    Path("agents/helper/base.md").unlink()
    Path("agents/helper").rmdir()
    Path("agents").rmdir()
    assert main(["check"]) == 0


def test_the_files_alone_can_be_checked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--files-only"]) == 0
    assert capsys.readouterr().out == "1 scenarios: no mistake in their files\n"
    assert not list(Path("evals").rglob("*.evidence.yaml"))


def test_trying_the_untouched_workspace_shows_what_it_lacks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["try", "evals/small/hello.yaml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "probe    greeting: fail there"
    assert lines[1].startswith("fail     kind: ")
    assert lines[2].startswith("pass     tidy: ")


def test_trying_a_tree_grades_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"made/README.md": "# Hello\n", "made/hello.txt": "hello\n"})
    (tmp_path / "answer").write_text("Done.", encoding="utf-8")
    words = ["--tree", "made", "--answer", "answer"]
    assert main(["try", "evals/small/hello.yaml", *words]) == 0
    assert "pass     kind: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["evals/small/helo.yaml"], "evals/small/helo.yaml"),
        (["evals"], "this is 2 scenarios"),
        (["evals/small/hello.yaml", "--tree", "nowhere"], "there is no such folder"),
        (["evals/small/hello.yaml", "--answer", "nowhere"], "no such file"),
        (["evals/small/hello.yaml", "--tree", "binary"], "is no text file"),
    ],
)
def test_what_cannot_be_tried_is_said(
    words: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(Path(), {"evals/small/other.yaml": "title: x\ntask: x\ntools: []\n"})
    Path("binary").mkdir()
    Path("binary/x").write_bytes(b"\xff\xfe")
    assert main(["try", *words]) == 2
    assert found in capsys.readouterr().err


def test_a_tree_that_no_agent_could_leave_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    edit("evals/small/hello.yaml", "[Write, Bash]", "[Bash]")
    write(Path(), {"made/hello.txt": "x"})
    assert main(["try", "evals/small/hello.yaml", "--tree", "made"]) == 2
    assert "the scenario offers no Write" in capsys.readouterr().err


def test_a_new_scenario_passes_its_own_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "manners/greeting"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "next: promptverdict check evals/manners/greeting.yaml"
    )
    assert main(["check", "evals/manners"]) == 0
    assert "2 solutions (1 good, 1 saboteur): all graded" in capsys.readouterr().out


def test_a_variation_is_a_copy_with_its_own_probes_and_solutions(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["new", "small/hullo", "--from", "small/hello"]) == 0
    assert "/probes/hullo/look.py" in Path("evals/small/hullo.yaml").read_text(encoding="utf-8")
    assert main(["check"]) == 0
    assert "4 solutions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["small/hello", "--from", "small/hello"], "is there already"),
        (["small"], "this names no scenario"),
        (["Small/x y"], "this names no scenario"),
        (["small/x"], "has no behaviour does-what-was-asked"),
        (["small/x", "--from", "small/y"], "is not there"),
        (["other/x", "--from", "small/hello"], "belongs to another suite"),
    ],
)
def test_a_scenario_that_cannot_be_made_writes_nothing(
    words: list[str], found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(Path("evals").rglob("*"))
    assert main(["new", *words]) == 2
    assert found in capsys.readouterr().err
    assert sorted(Path("evals").rglob("*")) == before
