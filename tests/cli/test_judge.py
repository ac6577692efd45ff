"""`promptverdict judge` asks what is missing, says what came, and compares it with labels."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli import main
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.recording_locks import RecordingLocks
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.settings import resolve

from tests.agents.loaded import load_agents
from tests.fakes import SCENARIO, Blocks, Provider, open_network, project, provider, say, use
from tests.judging.made import verdict

RUBRICS = """\
grades:
  kind:
    type: all
    of:
      - {type: rubric, question: Is it kind?}
      - {type: rubric, question: Is it rude?, about: transcript, pass_if: no}
"""

ONE = "grades:\n  kind: {type: rubric, question: Is it kind?}\n"


def both(body: dict[str, Any]) -> Blocks:
    """Answer as an agent, kind unless it is terse, or as a judge who looks for a kind word."""
    if "tool_choice" not in body:
        return [say("Go away." if "terse" in body["system"] else "Hello, dear.")]
    asked = body["messages"][0]["content"]
    return verdict("yes" if ("dear" in asked) == ("kind?" in asked) else "no")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Provider]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_JUDGE", raising=False)
    with provider(both) as running:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield running


def recorded(root: Path, server: Provider, grades: str = RUBRICS, trials: int = 1) -> Provider:
    """Record every cell of a small project; what follows is asked by the judge."""
    project(root, **{"evals/small/hello.yaml": SCENARIO + grades})
    settings = resolve(root, {})
    suite = load_suite(root / "evals/small/suite.yaml")
    scenario = load_scenario(root / "evals/small/hello.yaml", suite)
    session = RunContext(lambda: open_sandbox("none"), open_network, server.url)
    for cell in list_cells(scenario, load_agents(root / "agents"), settings, by_hand=False):
        for number in range(trials):
            record = asyncio.run(run_trial(cell.get_trial(number), session, None))
            assert record.fault is None
    server.requests.clear()
    return server


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_what_is_missing_is_asked_once(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server)
    assert main(["judge", "--model", "relay/judge"]) == 0
    first, *each, last = told(capsys)
    assert first.startswith("4 questions to relay/judge, ~")
    assert sorted(each) == [
        "small/hello::helper/base#0: Is it kind? -> yes",
        "small/hello::helper/base#0: Is it rude? -> no",
        "small/hello::helper/terse#0: Is it kind? -> no",
        "small/hello::helper/terse#0: Is it rude? -> yes",
    ]
    assert last == "relay/judge was asked 4 questions: 2 no, 2 yes"
    assert len(server.requests) == 4
    assert main(["judge", "--model", "relay/judge"]) == 0
    assert told(capsys) == ["nothing to ask relay/judge: 2 recordings with rubrics, all answered"]
    assert len(server.requests) == 4


def test_what_another_run_records_or_judges_meanwhile_is_not_asked(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server)
    other = RecordingLocks()
    other.take([tmp_path / "evals/small/hello.yaml"])
    assert main(["judge", "--model", "relay/judge"]) == 2
    assert "is recording or judging it" in capsys.readouterr().err
    assert not server.requests
    other.close()
    assert main(["judge", "--model", "relay/judge"]) == 0


def test_all_asks_again_and_one_changed_question_alone_otherwise(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server)
    main(["judge", "--model", "relay/judge"])
    main(["judge", "--model", "relay/judge", "--all"])
    assert len(server.requests) == 8
    path = tmp_path / "evals/small/hello.yaml"
    path.write_text(path.read_text().replace("Is it rude?", "Is it very rude?"))
    capsys.readouterr()
    main(["judge", "--model", "relay/judge"])
    assert told(capsys)[-1].startswith("relay/judge was asked 2 questions")


def test_the_setting_names_the_judge(
    tmp_path: Path, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded(tmp_path, server)
    monkeypatch.setenv("PROMPTVERDICT_JUDGE", "relay/named")
    assert main(["judge", "evals/small"]) == 0
    assert {request["model"] for request in server.requests} == {"relay/named"}


def test_without_a_judge_it_says_how_to_name_one(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server)
    assert main(["judge"]) == 2
    assert "no model is named" in capsys.readouterr().err
    assert main(["judge", "--model", "judge"]) == 2
    assert "is not provider/name" in capsys.readouterr().err


def test_where_no_rubric_is_nothing_is_asked(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server, grades="")
    assert main(["judge", "--model", "relay/judge"]) == 0
    assert told(capsys) == ["nothing to ask relay/judge: 0 recordings with rubrics, all answered"]


def test_a_stale_recording_is_told_and_left_alone(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server)
    path = tmp_path / "agents/helper/terse.md"
    path.write_text(path.read_text().replace("terse", "curt"))
    assert main(["judge", "--model", "relay/judge"]) == 0
    assert "small/hello::helper/terse#0: stale (the prompt changed), skipped" in told(capsys)
    assert len(server.requests) == 2


def test_a_broken_recording_stops_it_before_anything_is_spent(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server)
    (world,) = tmp_path.glob("evals/small/cassettes/hello/helper.terse/*/0.world.yaml")
    world.write_text(world.read_text() + "\n")
    assert main(["judge", "--model", "relay/judge"]) == 7
    assert "the seal is broken" in capsys.readouterr().err
    assert server.requests == []


def test_a_judge_that_gives_no_verdict_ends_with_the_providers_code(
    tmp_path: Path,
    server: Provider,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded(tmp_path, server, ONE)
    with provider(lambda _: [say("yes")]) as talker:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", talker.url)
        assert main(["judge", "--model", "relay/judge"]) == 4
    lines = told(capsys)
    assert lines[-1] == "relay/judge was asked 2 questions: 2 no answer"
    assert "judge-error: expected one call of `answer`" in lines[1]


def test_nobody_there_is_told_for_each_and_ends_with_the_providers_code(
    tmp_path: Path,
    server: Provider,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded(tmp_path, server, ONE)
    monkeypatch.setenv("PROMPTVERDICT_RELAY", "http://127.0.0.1:9")
    assert main(["judge", "--model", "relay/judge"]) == 4
    assert "no relay answers" in told(capsys)[1]
    assert not list(tmp_path.glob("**/*.judge.yaml"))


def labels(root: Path, *rows: str) -> str:
    (root / "labels.csv").write_text("\n".join(["trial,behaviour,label", *rows]) + "\n")
    return "labels.csv"


def test_labels_are_compared_with_what_is_stored_and_nobody_is_asked(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server, ONE, trials=12)
    main(["judge", "--model", "relay/judge"])
    server.requests.clear()
    capsys.readouterr()
    rows = [
        f"small/hello::helper/{name}#{number},kind,{label}"
        for name, label in (("base", "yes"), ("terse", "no"))
        for number in range(11)
    ]
    assert main(["judge", "--labels", labels(tmp_path, *rows)]) == 0
    lines = told(capsys)
    assert server.requests == []
    assert lines[:2] == [
        "Is it kind? (pass if yes, about the answer)",
        "  22 labelled trials, 22 judged yes or no",
    ]
    assert lines[2] == "  agreement 100% (85% to 100%), Cohen's kappa 1.00, Gwet's AC1 1.00"
    assert lines[3] == "  false passes 0 of 11: 0% (0% to 28%)"
    assert lines[5].startswith("  usable: J is 1.00, at least 0.")
    assert "helper/base: judged 100% in 1 scenario, corrected 100%" in lines[6]
    assert "helper/terse against helper/base: judged -100% in 1 scenario" in lines[8]
    assert "(Rogan-Gladen)" in lines[8]


def test_a_judge_that_contradicts_people_is_not_usable(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server, ONE)
    main(["judge", "--model", "relay/judge"])
    capsys.readouterr()
    rows = "small/hello::helper/base#0,kind,no", "small/hello::helper/terse#0,kind,yes"
    assert main(["judge", "--labels", labels(tmp_path, *rows)]) == 0
    last = told(capsys)[-1]
    assert last.startswith("  not usable for verdicts: J is -1.00, at least -")
    assert last.endswith("0.3 is needed")


def test_labels_of_what_nobody_judged_have_nothing_to_compare(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server, ONE)
    row = "small/hello::helper/base#0,kind,no"
    assert main(["judge", "--labels", labels(tmp_path, row)]) == 0
    assert told(capsys)[1:] == [
        "  1 labelled trial, 0 judged yes or no",
        "  nothing to compare; ask the judge: promptverdict judge",
    ]


def test_bad_labels_are_told_with_their_lines(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server, ONE)
    rows = "small/hello::helper/base#7,kind,no", "small/hello::helper/base#0,kind,perhaps"
    assert main(["judge", "--labels", labels(tmp_path, rows[0])]) == 2
    assert "labels.csv:2: there is no trial" in capsys.readouterr().err
    assert main(["judge", "--labels", labels(tmp_path, *rows)]) == 2
    assert "labels.csv:3: its label is 'perhaps'" in capsys.readouterr().err


def test_labels_of_stale_recordings_are_left_out(
    tmp_path: Path, server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(tmp_path, server, ONE)
    main(["judge", "--model", "relay/judge"])
    path = tmp_path / "agents/helper/terse.md"
    path.write_text(path.read_text().replace("terse", "curt"))
    capsys.readouterr()
    rows = "small/hello::helper/base#0,kind,yes", "small/hello::helper/terse#0,kind,no"
    assert main(["judge", "--labels", labels(tmp_path, *rows)]) == 0
    lines = told(capsys)
    assert lines[0] == "small/hello::helper/terse#0: stale (the prompt changed), skipped"
    assert lines[2] == "  1 labelled trial, 1 judged yes or no"


KINDER = "Which answer is kinder?"
SHORTER = "Which way was shorter?"
PAIRWISE = f"pairwise:\n  - question: {KINDER}\n"


def kinder(body: dict[str, Any]) -> Blocks:
    """Answer as `both` does, and prefer the kind one of two; of what is shorter the first."""
    if body.get("tool_choice", {}).get("name") != "choose":
        return both(body)
    asked = body["messages"][0]["content"]
    if SHORTER in asked:
        return [use("choose", choice="first", reason="So.")]
    dear_first = asked.index("dear") < asked.index("away")
    return [use("choose", choice="first" if dear_first else "second", reason="So.")]


@pytest.fixture
def comparing(
    tmp_path: Path, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Provider]:
    """A judge that also chooses, for a suite that asks one pairwise question of six scenarios."""
    recorded(tmp_path, server, grades="")
    suite = tmp_path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text() + PAIRWISE)
    with provider(kinder) as running:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield running


def multiply(root: Path, scenarios: int) -> None:
    """Give a suite more scenarios, each a copy of the first, and record them."""
    hello = root / "evals/small/hello.yaml"
    suite = load_suite(root / "evals/small/suite.yaml")
    settings = resolve(root, {})
    session = RunContext(lambda: open_sandbox("none"), open_network, settings.relay)
    for number in range(scenarios):
        path = hello.with_name(f"hello-{number}.yaml")
        path.write_text(hello.read_text())
        for cell in list_cells(
            load_scenario(path, suite), load_agents(root / "agents"), settings, by_hand=False
        ):
            assert asyncio.run(run_trial(cell.get_trial(0), session, None)).fault is None


def test_a_pair_is_asked_in_both_orders_once_and_summed_up_each_time(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    standing = [
        f"{KINDER} (about the answer): helper/terse against helper/base",
        "  0 won, 1 lost, 0 tied, 0 ungraded in 1 scenario",
        "  wins among the decided: 0% (rates only: 1 scenario decided, 6 are needed)",
        "  position bias: the orders disagreed in 0 of 1 (0%)",
    ]
    assert main(["judge", "--model", "relay/judge"]) == 0
    first, each, summed, *rest = told(capsys)
    assert first.startswith("0 questions and 1 about pairs, each in both orders, to relay/judge, ~")
    assert each == f"small/hello#0: helper/terse against helper/base: {KINDER} -> helper/base"
    assert summed == "relay/judge was asked 1 question about pairs: 1 baseline"
    assert rest == standing
    assert len(comparing.requests) == 2
    assert main(["judge", "--model", "relay/judge"]) == 0
    nothing, *rest = told(capsys)
    assert nothing == (
        "nothing to ask relay/judge:"
        " 0 recordings with rubrics and 1 pair of recordings, all answered"
    )
    assert rest == standing
    assert len(comparing.requests) == 2
    assert main(["judge", "--model", "relay/judge", "--all"]) == 0
    assert len(comparing.requests) == 4


def test_questions_of_rubrics_and_of_pairs_are_asked_together(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "evals/small/hello.yaml"
    path.write_text(path.read_text() + ONE)
    assert main(["judge", "--model", "relay/judge"]) == 0
    lines = told(capsys)
    assert lines[0].startswith("2 questions and 1 about pairs, each in both orders, to relay/judge")
    assert "relay/judge was asked 2 questions: 1 no, 1 yes" in lines
    assert "relay/judge was asked 1 question about pairs: 1 baseline" in lines
    assert len(comparing.requests) == 4


def test_a_judge_that_takes_the_first_whatever_it_is_gives_a_tie(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    suite = tmp_path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text().replace(KINDER, f"{SHORTER}\n    about: transcript"))
    assert main(["judge", "--model", "relay/judge"]) == 0
    lines = told(capsys)
    assert lines[1].endswith(f"{SHORTER} -> tie (the orders disagree)")
    assert lines[-4:] == [
        f"{SHORTER} (about the transcript): helper/terse against helper/base",
        "  0 won, 0 lost, 1 tied, 0 ungraded in 1 scenario",
        "  wins among the decided: unknown, none is decided",
        "  position bias: the orders disagreed in 1 of 1 (100%)",
    ]


def test_six_decided_scenarios_give_an_interval(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    multiply(tmp_path, 5)
    assert main(["judge", "--model", "relay/judge"]) == 0
    lines = told(capsys)
    assert lines[-3] == "  0 won, 6 lost, 0 tied, 0 ungraded in 6 scenarios"
    assert lines[-2] == "  wins among the decided: 0% (0% to 39%, 6 scenarios)"


def test_a_new_recording_of_the_baseline_is_compared_anew(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["judge", "--model", "relay/judge"])
    (http,) = tmp_path.glob("evals/small/cassettes/hello/helper.base/*/0.http.yaml")
    http.unlink()
    suite = load_suite(tmp_path / "evals/small/suite.yaml")
    settings = resolve(tmp_path, {})
    session = RunContext(lambda: open_sandbox("none"), open_network, settings.relay)
    scenario = load_scenario(tmp_path / "evals/small/hello.yaml", suite)
    base, _ = list_cells(scenario, load_agents(tmp_path / "agents"), settings, by_hand=False)
    assert asyncio.run(run_trial(base.get_trial(0), session, None)).fault is None
    capsys.readouterr()
    assert main(["judge", "--model", "relay/judge"]) == 0
    assert told(capsys)[0].startswith("0 questions and 1 about pairs")


def test_a_trial_without_a_partner_is_told(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "agents/helper/base.md"
    path.write_text(path.read_text().replace("careful", "careless"))
    assert main(["judge", "--model", "relay/judge"]) == 0
    assert told(capsys) == [
        "small/hello::helper/base#0: stale (the prompt changed), skipped",
        "small/hello::helper/terse#0: there is no comparable trial to pair it with, skipped",
        "nothing to ask relay/judge: 0 recordings with rubrics, all answered",
    ]
    assert comparing.requests == []


def test_a_pair_without_an_answer_ends_with_the_providers_code(
    tmp_path: Path,
    comparing: Provider,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PROMPTVERDICT_RELAY", "http://127.0.0.1:9")
    assert main(["judge", "--model", "relay/judge"]) == 4
    lines = told(capsys)
    assert "-> ungraded (no relay answers" in lines[1]
    assert "  0 won, 0 lost, 0 tied, 1 ungraded in 1 scenario" in lines
    assert not list(tmp_path.glob("**/*.pairs.yaml"))


def test_labels_do_not_look_at_pairs(
    tmp_path: Path, comparing: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    row = "small/hello::helper/base#0,kind,no"
    assert main(["judge", "--labels", labels(tmp_path, row)]) == 2
    assert "there is no trial" in capsys.readouterr().err
    assert comparing.requests == []
