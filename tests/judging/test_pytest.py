"""Under pytest a judge is an option: it is asked while recording, and never in replay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes import SCENARIO, SUITE, Blocks, Provider, provider, run, say, write
from tests.judging.made import verdict

RUBRIC = "grades:\n  kind: {type: rubric, question: Is it kind?}\n"


def both(body: dict[str, Any]) -> Blocks:
    """Answer as an agent, unkind where it is terse, or as a judge who looks for a kind word."""
    if "tool_choice" not in body:
        return [say("Go away." if "terse" in body["system"] else "Hello, dear.")]
    return verdict("yes" if "dear" in body["messages"][0]["content"] else "no", reason="So.")


@pytest.fixture
def judged(evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    suite = SUITE.replace("It is kind}", "It is kind, control: true}")
    files = {"evals/small/hello.yaml": SCENARIO + RUBRIC, "evals/small/suite.yaml": suite}
    write(evals.path, files)
    with provider(both) as running:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield running


def test_a_judge_that_is_named_is_asked_while_recording_and_its_answers_are_replayed(
    evals: pytest.Pytester, judged: Provider
) -> None:
    result = run(evals, "evals", "--record", "once", "--judge", "relay/judge")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*The judge relay/judge says no: So.*"])
    assert len(judged.requests) == 4
    for options in ((), ("--judge", "relay/judge")):
        run(evals, "evals", *options).assert_outcomes(passed=1, failed=1)
    assert len(judged.requests) == 4


def test_without_a_judge_a_required_behaviour_is_undecided_and_says_how_to_ask(
    evals: pytest.Pytester, judged: Provider
) -> None:
    run(evals, "evals", "--record", "once")
    result = run(evals, "evals", "--judge", "relay/judge")
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*no judge was asked (promptverdict judge)*"])
    assert len(judged.requests) == 2


def test_a_judge_that_nobody_knows_is_refused_before_anything_runs(
    evals: pytest.Pytester, judged: Provider
) -> None:
    result = run(evals, "evals", "--record", "once", "--judge", "claude")
    result.stdout.fnmatch_lines(["*claude is not provider/name*"])
    assert judged.requests == []


def test_a_limit_on_cost_needs_the_judges_price_as_well(
    evals: pytest.Pytester, judged: Provider
) -> None:
    price = "{input = 1, output = 1, as_of = 2026-01-01}"
    table = f'\n[tool.promptverdict.prices]\n"relay/scripted" = {price}\n'
    path = evals.path / "pyproject.toml"
    path.write_text(path.read_text() + table)
    options = "--record", "once", "--max-cost", "9", "--judge", "relay/judge"
    result = run(evals, "evals", *options)
    assert "there is no price for relay/judge" in result.stdout.str() + result.stderr.str()
    assert judged.requests == []
