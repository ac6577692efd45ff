"""A plan says what a comparison asks and could find; sealed, it is held against what came of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.comparison.plan import FILE

from tests.fakes import Provider, run
from tests.repositories import CURT, SCENARIO, SCENARIOS, Repository, scenario

BASE = "agents/helper/base.md"


@pytest.fixture
def edited(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    repository.commit("Nothing recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    (repository.folder / BASE).write_text(CURT, encoding="utf-8")
    monkeypatch.chdir(repository.folder)
    return repository


def digest(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(["plan", "--json", *words]) == 0
    return str(json.loads(capsys.readouterr().out)["digest"])


def test_a_plan_counts_both_sides_and_says_what_would_be_found(
    edited: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--base", "main"]) == 0
    out = capsys.readouterr().out
    commit = edited.git("rev-parse", "main")[:12]
    assert out.splitlines()[0].endswith(f": each variant with itself at main ({commit})")
    assert "manners: 7 scenarios, 2 variants, 1 trial of each cell" in out
    assert "  kind: n 7: a verdict takes " in out
    assert "recording 14 trials with relay/scripted" in out


def test_a_plan_is_narrowed_by_k_as_a_run_is(
    edited: Repository,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if sys.platform == "linux":
        monkeypatch.setattr(sys, "executable", str(programs / "python"))
    expression = "base and not (request-0 or request-1)"
    assert main(["plan", "--base", "main", "-k", expression]) == 0
    out = capsys.readouterr().out
    assert "manners: 5 scenarios, 1 variant, 1 trial of each cell" in out
    assert "recording 10 trials with relay/scripted" in out
    for wrong, words in (("base and", "Wrong expression"), ("nobody", "it selects none of 14")):
        assert main(["plan", "-k", wrong]) == 2
        assert words in capsys.readouterr().err


def test_what_is_recorded_costs_nothing_more(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    capsys.readouterr()
    assert main(["plan", "--base", "main"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "everything is recorded"


def test_too_few_scenarios_are_said_before_anything_is_spent(
    edited: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(2, SCENARIOS):
        (edited.folder / f"evals/manners/request-{number}.yaml").unlink()
    assert main(["plan"]) == 0
    assert "kind: n 2: too few scenarios for a verdict, whatever happens" in capsys.readouterr().out


def test_the_digest_follows_what_is_asked_and_judged_and_nothing_else(
    edited: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    first = digest(capsys)
    assert digest(capsys) == first
    assert digest(capsys, "--base", "main") != first
    suite = edited.folder / "evals/manners/suite.yaml"
    text = suite.read_text(encoding="utf-8")
    suite.write_text(text.replace("title: Manners", "title: Other words"), encoding="utf-8")
    assert digest(capsys) == first
    suite.write_text(text + "require: 0.5\n", encoding="utf-8")
    assert digest(capsys) != first


def test_a_comparison_says_that_it_kept_to_the_sealed_plan(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plan", "--base", "main", "--seal"]) == 0
    sealed = capsys.readouterr().out.splitlines()[-1].split()[1]
    ended = run(pytester, "evals", "--base", "main", "--record", "once")
    ended.stdout.fnmatch_lines([f"*kept to the plan {sealed} of *"])


def test_what_changed_after_results_were_seen_is_named(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plan", "--base", "main", "--seal"]) == 0
    run(pytester, "evals", "--base", "main", "--record", "once")
    scenario(edited.folder, 0, SCENARIO.replace("all_of: [welcome]", "all_of: [.]"))
    suite = edited.folder / "evals/manners/suite.yaml"
    theme = "themes:\n  manners: {role: primary, behaviours: [kind]}\n"
    suite.write_text(suite.read_text(encoding="utf-8") + theme, encoding="utf-8")
    capsys.readouterr()
    main(["compare", "--base", "main"])
    out = capsys.readouterr().out
    assert "differs from the plan " in out
    assert "manners: themes changed; graded differently: manners/request-0" in out


@pytest.mark.parametrize("edit", ['"trials": 1', "{"])
def test_a_sealed_plan_that_was_edited_is_refused(
    edit: str, edited: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--seal"]) == 0
    path = Path("results") / FILE
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(edit, '"trials": 3' if ":" in edit else ""), encoding="utf-8")
    assert main(["compare", "--base", "main"]) == 2
    assert "results/plan.json" in capsys.readouterr().err


def test_compare_shows_again_what_pytest_found_against_a_revision(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    capsys.readouterr()
    assert main(["compare"]) == 1
    assert "Regressed: helper/base shows kind less often than helper/base @ main" in (
        capsys.readouterr().out
    )


def test_a_plan_that_was_sealed_after_the_results_says_so(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(pytester, "evals", "--base", "main", "--record", "once")
    monkeypatch.setattr("promptverdict.comparison.plan.format_now", lambda: "2999-01-01T00:00:00Z")
    assert main(["plan", "--base", "main", "--seal"]) == 0
    capsys.readouterr()
    main(["compare", "--base", "main"])
    out = capsys.readouterr().out
    assert "sealed after the oldest evidence was recorded" in out
    assert "kept to" not in out


def test_graders_of_the_suites_own_and_probes_are_part_of_a_plan(
    edited: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = edited.folder / "evals/manners/checks.py"
    checks.write_text("STRICT = True\n", encoding="utf-8")
    first = digest(capsys)
    checks.write_text("STRICT = False\n", encoding="utf-8")
    assert digest(capsys) != first
