"""An audit passes a suite whose graders are sound, and names the one that each saboteur gets by."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.runner.audit.auditor import Audit, audit_suite
from promptverdict.sandbox import open_sandbox
from promptverdict.scenarios.loading import load_scenarios

from tests.fakes import write

SUITE = """\
title: Small
behaviours:
  greets: {says: The greeting is in the file}
  says-so: {says: It says what it did}
  leaves-rest: {says: Nothing else is changed}
themes:
  work: {role: primary, behaviours: [greets, says-so]}
"""
SCENARIO = """\
title: Hello
task: Write hello into NAME.txt.
tools: [Write, Bash]
probes:
  - {name: look, run: "grep -q hello NAME.txt && echo PASS there || echo FAIL there"}
behaviours: [greets, says-so, leaves-rest]
grades:
  greets: {type: probe, probe: look}
  says-so: {type: says, all_of: [NAME]}
  leaves-rest: {type: files, only: [NAME.txt]}
"""
GOOD = """\
kind: good
says: It greets.
steps:
  - Write: {file_path: NAME.txt, content: hello}
answer: hello is in NAME.txt now.
"""
SLOPPY = """\
kind: saboteur
says: It leaves notes behind.
steps:
  - Write: {file_path: NAME.txt, content: hello}
  - Write: {file_path: notes.md, content: notes}
answer: hello is in NAME.txt now.
fails: [leaves-rest]
"""
EDITED = """\
kind: saboteur
says: The file is empty at the end.
edits:
  solution: good
  do:
    - file: {path: NAME.txt, text: ""}
fails: [greets]
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    files = {
        "pyproject.toml": '[tool.promptverdict]\nsandbox = "none"\n',
        "small/suite.yaml": SUITE,
    }
    for name in ("alpha", "beta"):
        files |= {
            f"small/{name}.yaml": SCENARIO.replace("NAME", name),
            f"small/files/{name}/README.md": "# A project\n",
            f"small/solutions/{name}/good.yaml": GOOD.replace("NAME", name),
            f"small/solutions/{name}/sloppy.yaml": SLOPPY.replace("NAME", name),
            f"small/solutions/{name}/edited.yaml": EDITED.replace("NAME", name),
        }
    return write(tmp_path, files)


def audit(root: Path) -> Audit:
    found = Audit()
    audit_suite(list(load_scenarios([root / "small"])), lambda: open_sandbox("none"), found)
    return found


def grade_with(root: Path, behaviour: str, grader: str) -> None:
    for name in ("alpha", "beta"):
        path = root / f"small/{name}.yaml"
        lines = path.read_text(encoding="utf-8").split("\n")
        changed = [
            f"  {behaviour}: {grader}" if line.startswith(f"  {behaviour}: {{type") else line
            for line in lines
        ]
        path.write_text("\n".join(changed), encoding="utf-8")


def list_misses(root: Path) -> set[tuple[str, str]]:
    return {(miss.behaviour, miss.column) for miss in audit(root).list_misses()}


def test_a_sound_suite_is_graded_as_it_must_be_and_everything_is_counted(root: Path) -> None:
    found = audit(root)
    assert (found.list_misses(), found.broken) == ([], [])
    assert found.counts == {"solutions": 4, "edited trials": 2}
    columns = {held.column for held in found.held}
    assert columns == {
        "good", "saboteur", "silent", "refuser", "contrarian", "only says so", "foreign",
        "no results",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("behaviour", "grader", "missed"),
    [
        # A grader that passes whatever happened.
        (
            "greets",
            "{type: files, only: [alpha.txt, beta.txt, notes.md]}",
            {"saboteur", "silent", "refuser", "contrarian", "only says so"},
        ),
        # One that takes any refusal for a statement.
        (
            "says-so",
            "{type: not, of: {type: says, all_of: [never-said]}}",
            {"silent", "refuser", "contrarian"},
        ),
        # One that blames good work.
        ("leaves-rest", "{type: files, only: [nalpha.txt]}", {"good"}),
    ],
)
def test_a_grader_that_is_wrong_is_named_with_what_got_by(
    root: Path, behaviour: str, grader: str, missed: set[str]
) -> None:
    grade_with(root, behaviour, grader)
    found = list_misses(root)
    assert {column for name, column in found if name == behaviour} >= missed


def test_words_of_another_task_are_noticed_only_where_they_are_graded(root: Path) -> None:
    grade_with(root, "says-so", "{type: says, all_of: [hello]}")
    # Both scenarios grade it alike now: another scenario's words are as good.
    assert ("says-so", "foreign") not in list_misses(root)
    path = root / "small/beta.yaml"
    text = path.read_text(encoding="utf-8").replace("all_of: [hello]", "all_of: [now]")
    path.write_text(text, encoding="utf-8")
    assert ("says-so", "foreign") in list_misses(root)


def test_doing_nothing_may_show_what_a_right_solution_shows_that_does_nothing(root: Path) -> None:
    scenario = SCENARIO.replace("NAME", "gamma").replace("Write hello into", "Look at")
    scenario = scenario.replace("{type: probe, probe: look}", "{type: files, only: []}")
    answer = "kind: good\nsays: It looks.\nanswer: gamma is not there.\n"
    write(
        root,
        {
            "small/gamma.yaml": scenario,
            "small/files/gamma/README.md": "#\n",
            "small/solutions/gamma/good.yaml": answer,
        },
    )
    found = audit(root)
    assert found.list_misses() == []
    # greets is shown by abstaining in the third, and no longer held against doing nothing.
    assert not [
        held for held in found.held if held.column == "silent" and held.behaviour == "greets"
    ]


def test_what_proves_nothing_is_broken_and_never_counted_as_right(root: Path) -> None:
    (root / "small/solutions/alpha/edited.yaml").write_text(
        EDITED.replace("NAME", "alpha").replace('text: ""', "find: goodbye"), encoding="utf-8"
    )
    (broken,) = audit(root).broken
    assert "edited.yaml: " in broken
    assert "nothing in alpha.txt fits 'goodbye'" in broken


def test_an_edit_of_what_failed_before_proves_nothing(root: Path) -> None:
    (root / "small/solutions/alpha/edited.yaml").write_text(
        EDITED.replace("NAME", "alpha").replace("solution: good", "solution: sloppy")
        .replace("fails: [greets]", "fails: [leaves-rest]"),
        encoding="utf-8",
    )  # fmt: skip
    (miss,) = [held for held in audit(root).held if held.attempt == "edited" and not held.is_right]
    assert "is fail before the edits already" in miss.words


def test_all_that_is_wrong_about_one_grade_is_told(root: Path) -> None:
    (root / "small/solutions/alpha/edited.yaml").write_text(
        EDITED.replace("solution: good", "solution: sloppy")
        .replace('path: NAME.txt, text: ""', "path: notes.md, gone: true")
        .replace("fails: [greets]", "fails: [leaves-rest]"),
        encoding="utf-8",
    )  # fmt: skip
    (miss,) = [held for held in audit(root).held if held.attempt == "edited" and not held.is_right]
    assert "is fail before the edits already" in miss.words
    assert "was not caught (pass)" in miss.words


def test_the_second_time_no_sandbox_is_needed(root: Path) -> None:
    first = audit(root)
    again = Audit()

    def refuse() -> None:
        raise AssertionError("a sandbox was opened")

    audit_suite(list(load_scenarios([root / "small"])), refuse, again)  # type: ignore[arg-type]
    assert again.held == first.held
    assert len(again.held) > 20


def test_the_verb_prints_the_matrix_writes_the_page_and_ends_with_1_for_a_miss(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "small", "--html", "audit.html"]) == 0
    out = capsys.readouterr().out
    assert "all graded as they must be\n" in out
    assert "2 edited trials, 4 solutions: " in out
    assert "small: little proves greets (2 saboteurs, 0 near misses)" in " ".join(out.split())
    page = (root / "audit.html").read_text(encoding="utf-8")
    assert "<h1>all graded as they must be</h1>" in page
    assert "<script" not in page
    grade_with(root, "greets", "{type: files, only: [alpha.txt, beta.txt, notes.md]}")
    assert main(["audit", "small", "--html", "audit.html"]) == 1
    out = capsys.readouterr().out
    assert "MISSED small/alpha: silent: greets is pass" in out
    assert "Graded wrongly" in (root / "audit.html").read_text(encoding="utf-8")


def test_a_behaviour_that_nothing_proves_is_listed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in root.glob("small/solutions/*/*.yaml"):
        path.unlink()
    assert main(["audit", "small"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "leaves-rest (0 saboteurs, 0 near misses)" in out


def test_an_audit_of_nothing_does_not_pass(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in root.glob("small/*.yaml"):
        if path.name != "suite.yaml":
            path.unlink()
    assert main(["audit", "small"]) == 1
    assert capsys.readouterr().out == "nothing to audit: no behaviour here is graded by code\n"
