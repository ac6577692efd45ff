"""What a user of pytest sees and relies on: summary, progress, JUnit, workers, other plugins."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import read_manifest
from promptverdict.trials.stored_records import read_records
from promptverdict.trials.transcript import Simulated, User

from tests.fakes import Provider, provider, run, say, turn_of, write

NEIGHBOURS = ("xdist", "pytest_asyncio", "pytest_randomly", "pytest_recording")

NEVER = """\
from promptverdict.trials.grade import failed


def never(evidence):
    return failed("it never does")
"""


def promise(evals: pytest.Pytester) -> None:
    """Let helper/base promise what it never does."""
    suite = evals.path / "evals/small/suite.yaml"
    stance = '{says: It is kind, promised: {helper/base: "You are a careful helper."}}'
    suite.write_text(suite.read_text().replace("{says: It is kind}", stance))
    scenario = evals.path / "evals/small/hello.yaml"
    grades = "grades:\n  kind: {type: custom, function: never}\n"
    scenario.write_text(scenario.read_text() + grades)
    write(evals.path, {"evals/small/checks.py": NEVER})


def test_progress_is_told_for_each_trial_that_was_recorded(
    evals: pytest.Pytester, server: Provider
) -> None:
    recorded = run(evals, "evals", "--record", "once")
    recorded.stdout.re_match_lines(
        [
            r"recording 2 trials with relay/scripted: the first requests alone are about [\d,]+"
            r" tokens, price unknown",
            r"\[1/2\] small/hello::helper/(base|terse)#0: done after 3 turns, .* left",
            r"\[2/2\] small/hello::helper/(base|terse)#0: done after 3 turns, .*; all in \d+ s",
        ]
    )
    assert "[1/2]" not in run(evals, "evals").stdout.str()


def test_while_recording_what_may_be_a_secret_by_its_name_is_named_and_not_shown(
    evals: pytest.Pytester, server: Provider
) -> None:
    scenario = evals.path / "evals/small/hello.yaml"
    assert "task: " in scenario.read_text()
    text = scenario.read_text().replace("task: ", "task: With DB_PASSWORD=kV9rT2mQx7LwZ4 ", 1)
    scenario.write_text(text)
    told = run(evals, "evals", "--record", "once").stdout.str()
    warning = "small/hello::helper/base#0: what may be a secret stands in it: DB_PASSWORD; if it is"
    assert told.count(warning) == 1
    assert "kV9rT2mQx7LwZ4" not in told
    assert "what may be a secret" not in run(evals, "evals").stdout.str()


def test_while_recording_what_is_odd_about_an_agents_file_is_told_before_anything_is_asked(
    evals: pytest.Pytester, server: Provider
) -> None:
    write(evals.path, {"agents/helper/base.md": "---\nname: helper\nYou are careful. \x1b[2J\n"})
    told = run(evals, "evals", "--record", "once").stdout.str()
    odd = "agents/helper/base.md:1: the `---` of this line is never closed"
    assert 0 <= told.find(odd) < told.find("recording 2 trials") < told.find("[1/2]")
    assert "agents/helper/terse.md:" not in told
    assert "never closed" not in run(evals, "evals").stdout.str()


def test_what_is_left_of_recording_anew_keeps_its_older_recording_and_says_so(
    evals: pytest.Pytester, add_recordings: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_recordings()
    fails = provider(lambda body: (500, {}) if "careful" in str(body["system"]) else [say("Hi")])
    with fails as failing:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", failing.url)
        result = run(evals, "evals", "--record", "all")
    result.stdout.fnmatch_lines(
        [
            "not recorded again, and the older recording stays: 1 trial; to replace it:"
            " pytest evals/small/hello.yaml::helper/base --record all"
        ]
    )
    assert "--record once" not in result.stdout.str()


def test_what_was_recorded_tells_what_recording_more_will_take(
    evals: pytest.Pytester, server: Provider
) -> None:
    run(evals, "evals", "--record", "once")
    table = 'prices."relay/scripted" = {as_of = 2026-01-31, input = 5.0, output = 25.0}'
    text = (evals.path / "pyproject.toml").read_text()
    (evals.path / "pyproject.toml").write_text(text.replace("sandbox =", f"{table}\nsandbox ="))
    again = run(evals, "evals", "--record", "all")
    assert "recording 2 trials with relay/scripted: about 2" in again.stdout.str()
    again.stdout.re_match_lines([r"spent now: \d+ tokens, 0\.\d+ USD at the prices of 2026-01-31"])


def test_what_fell_short_is_summed_up_with_the_command_that_shows_it(
    evals: pytest.Pytester, server: Provider
) -> None:
    promise(evals)
    result = run(evals, "evals", "--record", "once")
    result.assert_outcomes(failed=1)
    node = "evals/small/hello.yaml::helper/base"
    result.stdout.fnmatch_lines(
        [
            "*= evaluations =*",
            "kind (required) *helper/base *0 of 1",
            f"FAILED {node}",
            "  kind: shown in 0 of 1 trials; trial 0: it never does",
            f"  read it: promptverdict show '{node}'",
        ]
    )


def test_junit_holds_each_cell_with_its_status_and_reason(
    evals: pytest.Pytester, server: Provider
) -> None:
    promise(evals)
    run(evals, "evals", "--record", "once", "--junitxml", "out.xml")
    cases = {
        case.attrib["name"]: {p.attrib["name"]: p.attrib["value"] for p in case.iter("property")}
        for case in ElementTree.parse(evals.path / "out.xml").iter("testcase")
    }
    assert cases["helper/terse"] == {
        "promptverdict_status": "measured",
        "promptverdict:kind": "shown in 0 of 1 trials",
    }
    assert cases["helper/base"] == {
        "promptverdict:kind": "shown in 0 of 1 trials",
        "promptverdict_status": "FAILED",
        "promptverdict_reason": "kind: shown in 0 of 1 trials; trial 0: it never does",
    }


def test_the_command_that_records_is_the_one_that_was_called(evals: pytest.Pytester) -> None:
    write(evals.path, {"mine/one.md": "Be kind.\n", "mine/two.md": "Be terse.\n"})
    result = run(evals, "evals", "--agents", "mine", "--record=none", "-v")
    assert result.ret == 1
    told = [line for line in result.stdout.lines if line.startswith("no evidence: ")]
    assert told == [
        "no evidence: 2 trials were never recorded; record: pytest"
        " evals --agents mine -v --record once"
    ]
    assert "--record once" not in "".join(set(result.stdout.lines) - set(told))


def test_a_trial_without_evidence_leaves_a_record_that_says_why(evals: pytest.Pytester) -> None:
    run(evals, "evals")
    folder = find_run(evals.path / "results")
    assert [record.fault and record.fault.kind for record in read_records(folder)] == [
        "MissingRecording"
    ] * 2
    assert read_manifest(folder).ended == {"error": 2}
    planned = read_manifest(folder).planned
    assert sorted(planned) == ["small/hello::helper/base#0", "small/hello::helper/terse#0"]
    assert sorted(planned.values()) == [record.key for record in read_records(folder)]


@pytest.mark.e2e
def test_replay_is_distributed_over_workers_that_write_one_run_and_show_all_of_it(
    evals: pytest.Pytester, add_recordings: Callable[[], None], programs: Path
) -> None:
    pytest.importorskip("xdist")
    promise(evals)
    add_recordings()
    before = len(list(evals.path.glob("results/2*")))
    result = evals.run(programs / "pytest", "evals", "-n", "2", "-p", "no:randomly")
    assert result.ret == 1
    assert len(list(evals.path.glob("results/2*"))) == before + 1
    folder = find_run(evals.path / "results")
    assert len(list(read_records(folder))) == len(read_manifest(folder).planned) == 2
    assert read_manifest(folder).finished is not None
    assert read_manifest(folder).ended == {"failed": 1, "measured": 1}
    result.stdout.fnmatch_lines(
        ["small/hello", "FAILED evals/small/hello.yaml::helper/base", "evidence: 2 trials; *"]
    )


@pytest.mark.e2e
def test_workers_that_find_no_suite_write_nothing(
    pytester: pytest.Pytester, programs: Path
) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile("def test_x(): pass")
    assert pytester.run(programs / "pytest", "-n", "1").ret == 0
    assert not (pytester.path / "results").exists()


@pytest.mark.e2e
@pytest.mark.parametrize("arguments", [[], ["-n", "1"], ["--record-mode=none"], ["-p", "no:vcr"]])
def test_other_plugins_beside_it_do_no_harm(
    evals: pytest.Pytester, add_recordings: Callable[[], None], programs: Path, arguments: list[str]
) -> None:
    for name in NEIGHBOURS:
        pytest.importorskip(name)
    add_recordings()
    evals.makepyfile(
        test_own="""
        import pytest

        @pytest.mark.vcr
        def test_recorded(): pass

        @pytest.mark.asyncio
        async def test_awaited(): pass
        """
    )
    quiet = ("-W", "error", "-o", "asyncio_default_fixture_loop_scope=function")
    command = (programs / "pytest", "evals", "test_own.py", *arguments)
    result = evals.run(*command, *quiet, "--junitxml", "out.xml")
    assert result.ret == 0, result.stdout.str()
    result.stdout.fnmatch_lines(["*2 passed, 2 measured*"])


def test_last_failed_and_failed_first_know_cells(evals: pytest.Pytester, server: Provider) -> None:
    promise(evals)
    run(evals, "evals", "--record", "once")
    again = run(evals, "evals", "--lf")
    again.assert_outcomes(failed=1, deselected=0)
    assert "helper/terse  " not in again.stdout.str()
    first = run(evals, "evals", "--ff", "-v")
    lines = [line for line in first.stdout.lines if line.startswith("evals/small/hello.yaml::")]
    assert [line.split()[1] for line in lines] == ["FAILED", "MEASURED"]


@pytest.mark.parametrize(
    "arguments", [["-q"], ["-qq"], ["-v"], ["--color=yes"], ["-p", "no:terminal"]]
)
def test_every_verbosity_ends_well(
    evals: pytest.Pytester, server: Provider, arguments: list[str]
) -> None:
    assert run(evals, "evals", "--record", "once", *arguments).ret == 0
    assert run(evals, "evals", *arguments).ret == 0


def test_each_option_has_an_ini_key_and_a_variable(
    evals: pytest.Pytester, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(evals.path, {"pytest.ini": "[pytest]\npromptverdict_trials = 2\n"})
    monkeypatch.setenv("PROMPTVERDICT_RESULTS", "kept")
    run(evals, "evals", "--record", "once")
    folder: Path = find_run(evals.path / "kept")
    settings = json.loads((folder / "run.json").read_text())["settings"]
    assert (settings["trials"], settings["results"], settings["record"]) == (2, "kept", "once")
    assert len(list(read_records(folder))) == 4


def test_a_limit_needs_prices_and_then_ends_recording_so_that_it_can_go_on(
    evals: pytest.Pytester, server: Provider
) -> None:
    refused = run(evals, "evals", "--record", "once", "--max-cost", "1")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    assert "--max-cost: there is no price for relay/scripted" in refused.stderr.str()
    assert server.requests == []
    table = 'prices."relay/scripted" = {as_of = 2026-01-31, input = 5.0, output = 25.0}'
    text = (evals.path / "pyproject.toml").read_text()
    (evals.path / "pyproject.toml").write_text(text.replace("sandbox =", f"{table}\nsandbox ="))
    stopped = run(evals, "evals", "--record", "once", "--max-cost", "0.0005")
    stopped.assert_outcomes(errors=2)
    assert "stopped by the budget: 0.000400 of 0.000500 is spent" in stopped.stdout.str()
    assert "stopped by the budget after 2 turns" in stopped.stdout.str()
    assert "not begun for want of budget, 0 s; so far " in stopped.stdout.str()
    assert "so far 40 tokens, 0.0004 USD" in stopped.stdout.str()
    assert len(server.requests) == 2
    cut = run(evals, "evals", "--record", "once", "--max-cost", "0.0008")
    cut.assert_outcomes(errors=1)
    assert "not recorded: 0.0" in cut.stdout.str()
    assert "; 2 answers of it an earlier run paid for" in cut.stdout.str()
    assert run(evals, "evals", "--record", "once", "--max-cost", "5").ret == 0
    assert len(server.requests) == 6


@pytest.mark.parametrize(
    ("turns", "users"),
    [
        ('turns: [{when: "done", say: "And now?"}]', 0),
        ("user: {instructions: You are Ann., turns: 2}", 2),
    ],
)
def test_later_user_turns_are_recorded_replayed_and_part_of_what_is_asked(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, turns: str, users: int
) -> None:
    scenario = evals.path / "evals/small/hello.yaml"
    scenario.write_text(scenario.read_text() + turns + "\n")
    played = "You play a person"

    def answer(body: dict[str, Any]) -> list[dict[str, Any]]:
        said = "And now?" if turn_of(body) == 0 else "FINISHED"
        return [say(said if body["system"].startswith(played) else "All done.")]

    with provider(answer) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        assert run(evals, "evals", "--record", "once", "-k", "base").ret == 0
        asked = [body["system"].startswith(played) for body in server.requests]
    assert asked.count(True) == users
    assert asked.count(False) == 2
    assert run(evals, "evals", "-k", "base").ret == 0
    (record,) = read_records(find_run(evals.path / "results"))
    assert [e.text for e in record.evidence.events if isinstance(e, User)][1:] == ["And now?"]
    assert sum(isinstance(event, Simulated) for event in record.evidence.events) == users
    scenario.write_text(scenario.read_text().replace("And now", "What now").replace("Ann", "Bob"))
    assert "stale: " in run(evals, "evals", "-k", "base").stdout.str()
