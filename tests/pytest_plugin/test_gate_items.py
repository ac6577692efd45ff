"""A suite's gate is an item of its own: it comes last, and blocks, or says why it cannot tell."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from promptverdict.comparison.storage import read_comparisons
from promptverdict.trials.runs import find_run

from tests.fakes import Provider, run
from tests.repositories import CURT, KIND, SCENARIOS, SUITE, Repository

NODE = "evals/manners/suite.yaml::gate"
BASELINE = "baseline: helper/base\n"


def gated(repository: Repository, other: str, gate: str = "{}", more: str = BASELINE) -> None:
    """Give the other variant a prompt, and the suite a gate."""
    (repository.folder / "agents/helper/other.md").write_text(other)
    suite = repository.folder / "evals/manners/suite.yaml"
    suite.write_text(f"{SUITE}{more}{f'gate: {gate}' if gate else ''}\n")


def test_a_gate_that_does_not_block_passes_and_comes_last(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, KIND + "Be brief.\n")
    run(pytester, "evals", "--record", "once")
    result = run(pytester, "evals", "-v")
    assert result.ret == 0
    assert result.parseoutcomes() == {"passed": 1, "measured": 2 * SCENARIOS}
    items = [line for line in result.stdout.lines if "::" in line and "%]" in line]
    assert items[-1].startswith(f"{NODE} PASSED")
    kept = read_comparisons(find_run(pytester.path / "results"))
    assert kept is not None
    assert [one.exit_code for one in kept.comparisons[0].gates] == [0]


def test_a_regression_fails_the_gate_and_says_of_what(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, CURT)
    run(pytester, "evals", "--record", "once")
    result = run(pytester, "evals", "--junitxml", "out.xml")
    assert result.parseoutcomes() == {"failed": 1, "measured": 2 * SCENARIOS}
    result.stdout.fnmatch_lines(["*gate of manners*", "helper/other: kind: regressed"])
    assert "Traceback" not in result.stdout.str()
    (case,) = [
        one
        for one in ElementTree.parse(pytester.path / "out.xml").iter("testcase")
        if one.attrib["name"] == "gate"
    ]
    assert {one.attrib["name"]: one.attrib["value"] for one in case.iter("property")} == {
        "promptverdict_status": "FAILED",
        "promptverdict_gate": "helper/other: kind: regressed",
        "promptverdict:helper/other": (
            "Regressed: helper/other shows kind less often than helper/base."
        ),
        "promptverdict:helper/other:kind": "regressed, -100 points (-100 to -29), n 7",
    }


def test_doubt_fails_a_gate_of_non_inferiority_and_says_undecided(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, KIND + "Be brief.\n", "{mode: non_inferiority, margin: 0.2}")
    run(pytester, "evals", "--record", "once")
    result = run(pytester, "evals")
    assert result.parseoutcomes()["failed"] == 1
    result.stdout.fnmatch_lines(["helper/other: undecided: kind: no regression shown*14 can"])


def test_evidence_that_is_not_there_is_an_error_of_the_gate(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, KIND + "Be brief.\n")
    run(pytester, "evals", "--record", "once")
    gated(repository, CURT)
    result = run(pytester, "evals")
    assert result.parseoutcomes() == {"errors": SCENARIOS + 1, "measured": SCENARIOS}
    result.stdout.fnmatch_lines(["helper/other: stale: no evidence"])


def test_a_variant_that_cannot_be_used_is_an_error_of_the_gate(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, KIND + "Be brief.\n")
    run(pytester, "evals", "--record", "once")
    suite = repository.folder / "evals/manners/suite.yaml"
    suite.write_text(suite.read_text().replace("helper/other]", "helper/other, helper/third]"))
    (repository.folder / "agents/helper/third.md").write_text(
        "---\nname: third\ndescription: d\n---\n"
    )
    result = run(pytester, "evals")
    assert result.parseoutcomes() == {"errors": 2, "measured": 2 * SCENARIOS}
    result.stdout.fnmatch_lines(["helper/third: refused: its cells could not run"])


@pytest.mark.parametrize(
    ("selection", "told"),
    [
        (["--deselect", "evals/manners/request-3.yaml::helper/other"], "1 of its cells did not"),
        (["-k", "gate or request-1"], "12 of its cells did not run: request-0::helper/base, "),
        ([NODE], "none of its cells ran"),
    ],
)
def test_a_gate_is_refused_where_cells_were_left_out(
    repository: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    selection: list[str],
    told: str,
) -> None:
    gated(repository, KIND + "Be brief.\n")
    run(pytester, "evals", "--record", "once")
    result = run(pytester, *([] if NODE in selection else ["evals"]), *selection)
    assert result.parseoutcomes()["errors"] == 1
    result.stdout.fnmatch_lines([f"*refused: {told}*"])


@pytest.mark.parametrize(
    ("gate", "more"), [("{}", ""), ("", BASELINE)], ids=["no baseline", "no gate"]
)
def test_without_a_gate_or_a_baseline_there_is_no_item(
    repository: Repository, pytester: pytest.Pytester, gate: str, more: str
) -> None:
    gated(repository, CURT, gate, more)
    result = run(pytester, "evals", "--collect-only", "-q")
    assert "::gate" not in result.stdout.str()
    assert result.ret == 0


def test_a_suite_that_cannot_be_read_is_told_once_and_not_by_its_gate(
    repository: Repository, pytester: pytest.Pytester
) -> None:
    gated(repository, CURT, "{mode: none}")
    result = run(pytester, "evals")
    assert result.parseoutcomes() == {"errors": 1}


def test_with_a_revision_the_gate_judges_each_variant_against_itself(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, KIND + "Be brief.\n", more="")
    run(pytester, "evals", "--record", "once")
    repository.commit("Recorded")
    same = run(pytester, "evals", "--base", "main")
    assert same.parseoutcomes() == {"passed": 1, "measured": 2 * SCENARIOS}
    (pytester.path / "agents/helper/other.md").write_text(CURT)
    stale = run(pytester, "evals", "--base", "main")
    stale.stdout.fnmatch_lines(["*ERROR at setup of*", "helper/other: stale: no evidence"])
    run(pytester, "evals", "--record", "stale")
    worse = run(pytester, "evals", "--base", "main")
    assert worse.parseoutcomes()["failed"] == 1
    worse.stdout.fnmatch_lines(["helper/other: kind: regressed"])


@pytest.mark.e2e
def test_a_gate_judges_all_cells_though_workers_share_them(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider, programs: Path
) -> None:
    pytest.importorskip("xdist")
    gated(repository, CURT)
    run(pytester, "evals", "--record", "once")
    result = pytester.run(programs / "pytest", "evals", "-n", "2", "-p", "no:randomly")
    assert result.parseoutcomes() == {"failed": 1, "measured": 2 * SCENARIOS}
    assert "helper/other: kind: regressed" in result.stdout.str()


def test_a_gate_about_exactly_these_scenarios_says_that_it_is(
    repository: Repository, pytester: pytest.Pytester, kind_server: Provider
) -> None:
    gated(repository, CURT, "{estimand: suite}")
    run(pytester, "evals", "--record", "once")
    result = run(pytester, "evals")
    assert result.parseoutcomes() == {"failed": 1, "measured": 2 * SCENARIOS}
    result.stdout.fnmatch_lines(
        ["helper/other: kind: regressed; exactly these 7 scenarios, no claim about others: -100*"]
    )
