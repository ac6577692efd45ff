"""pytest's face, in a session of its own: what is collected, replayed, recorded and said."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.graders import admission
from promptverdict.graders.admission import Measured
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import read_manifest
from promptverdict.trials.stored_records import read_records

from tests.fakes import SCENARIO, SUITE, Provider, provider, run, say, script, write


def recordings(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("evals/*/cassettes/**/*.yaml"))


def test_without_a_recording_every_cell_is_an_error_that_says_how_to_record(
    evals: pytest.Pytester,
) -> None:
    result = run(evals, "evals")
    result.assert_outcomes(errors=2)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "missing: nothing is recorded for small/hello::helper/base#0 with relay/scripted",
            "no evidence: 2 trials were never recorded; record: pytest evals --record once",
        ]
    )


def test_what_was_recorded_is_replayed_without_a_provider(
    evals: pytest.Pytester, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = run(evals, "evals", "--record", "once")
    assert recorded.ret == 0
    recorded.stdout.fnmatch_lines(["recording 2 trials with relay/scripted*", "*2 measured*"])
    asked = len(server.requests)
    monkeypatch.setenv("PROMPTVERDICT_RELAY", "http://127.0.0.1:1")
    replayed = run(evals, "evals", "-v")
    assert replayed.ret == 0
    replayed.stdout.fnmatch_lines(
        [
            "evals/small/hello.yaml::helper/base MEASURED*",
            "small/hello",
            "  helper/base *done",
            "evidence: 2 trials; simulated: relay/scripted, without a sandbox; replayed; today",
        ]
    )
    assert len(server.requests) == asked == 6
    assert "passed" not in replayed.stdout.lines[-1]


def test_each_trial_leaves_one_record_and_latest_points_at_the_run(
    evals: pytest.Pytester, server: Provider
) -> None:
    run(evals, "evals", "--record", "once", "--trials", "2")
    records = [json.loads(path.read_text()) for path in evals.path.glob("results/latest/trials/*")]
    assert len(records) == 4
    assert {record["trial"] for record in records} == {0, 1}
    manifest = json.loads((evals.path / "results/latest/run.json").read_text())
    assert manifest["settings"]["record"] == "once"


@pytest.mark.parametrize(
    ("path", "old", "new", "told"),
    [
        ("agents/helper/base.md", "careful", "bold", "the prompt (agents/helper/base.md)"),
        ("agents/helper/base.md", "Read, Write", "Read", "the tools on offer"),
        ("evals/small/files/hello/README.md", "#", "##", "a workspace file (evals/small/files"),
        ("evals/small/hello.yaml", "Say hello", "Say hullo", "the task (hello.yaml)"),
    ],
)
def test_what_was_asked_changed_and_the_recording_is_stale(
    evals: pytest.Pytester,
    add_recordings: Callable[[], None],
    path: str,
    old: str,
    new: str,
    told: str,
) -> None:
    add_recordings()
    edited = evals.path / path
    edited.write_text(edited.read_text().replace(old, new))
    result = run(evals, "evals", "-k", "base")
    result.assert_outcomes(errors=1, deselected=1)
    assert result.ret == 1
    assert f"stale: {told}" in result.stdout.str()
    assert "--record stale" in result.stdout.str()


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("agents/helper/base.md", "description: Helps", "description: Helps much"),
        ("evals/small/hello.yaml", "A scenario", "Another title"),
        ("evals/small/hello.yaml", "For tests", "For others"),
        ("evals/small/hello.yaml", "behaviours: [kind]", "behaviours: []"),
        ("evals/small/suite.yaml", "It is kind", "It is very kind"),
    ],
)
def test_what_was_not_asked_changed_and_the_recording_is_fresh(
    evals: pytest.Pytester, add_recordings: Callable[[], None], path: str, old: str, new: str
) -> None:
    add_recordings()
    edited = evals.path / path
    assert old in edited.read_text()
    edited.write_text(edited.read_text().replace(old, new))
    assert run(evals, "evals").ret == 0


@pytest.mark.parametrize("file", ["0.http.yaml", "0.world.yaml"])
def test_a_byte_of_a_recording_changed_and_it_is_refused(
    evals: pytest.Pytester, add_recordings: Callable[[], None], file: str
) -> None:
    add_recordings()
    (path,) = evals.path.glob(f"evals/small/cassettes/hello/helper.base/*/{file}")
    path.write_text(path.read_text().replace("hello", "hullo", 1))
    for mode in ("none", "once", "stale"):
        result = run(evals, "evals", "-k", "base", "--record", mode)
        result.assert_outcomes(errors=1, deselected=1)
        assert "the seal is broken" in result.stdout.str()


def test_a_broken_recording_is_recorded_by_a_command_that_leaves_the_others_alone(
    evals: pytest.Pytester, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    (path,) = evals.path.glob("evals/small/cassettes/hello/helper.base/*/0.http.yaml")
    path.write_text(path.read_text().replace("hello", "hullo", 1))
    told = run(evals, "evals", "-q", "--record", "none")
    told.stdout.fnmatch_lines(
        [
            "broken: 1 trial cannot be played; put it back from version control, or record it:"
            " pytest -q evals/small/hello.yaml::helper/base"
            " --record all"
        ]
    )
    assert "compare: promptverdict" not in told.stdout.str()


def test_stale_records_only_what_no_longer_fits(
    evals: pytest.Pytester, server: Provider, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    prompt = evals.path / "agents/helper/terse.md"
    prompt.write_text(prompt.read_text().replace("terse", "silent"))
    asked = len(server.requests)
    result = run(evals, "evals", "--record", "stale")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["recording 1 trial with*"])
    assert len(server.requests) == asked + 3


def test_stale_records_what_no_longer_matches_on_a_dry_replay(
    evals: pytest.Pytester, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(evals, "evals", "--record", "once")
    monkeypatch.setattr(
        "promptverdict.providers.anthropic.api._write_block",
        lambda block: {"type": "text", "text": "other"},
    )
    broken = run(evals, "evals", "-k", "base")
    broken.assert_outcomes(errors=1, deselected=1)
    assert "request 2 is not in the recording" in broken.stdout.str()
    latest = find_run(evals.path / "results")
    refused = run(evals, "evals", "-k", "base", "--record", "stale", "--max-cost", "1")
    assert refused.ret == pytest.ExitCode.USAGE_ERROR
    refused.stderr.fnmatch_lines(["*there is no price for*"])
    assert find_run(evals.path / "results") == latest
    assert run(evals, "evals", "-k", "base", "--record", "stale").ret == 0


def test_an_old_recording_stays_when_the_new_trial_breaks(
    evals: pytest.Pytester, add_recordings: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_recordings()
    before = {path: path.read_bytes() for path in evals.path.glob("evals/**/*.http.yaml")}
    refusal = {"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}
    with provider(lambda _: (400, refusal)) as refusing:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", refusing.url)
        run(evals, "evals", "--record", "all").assert_outcomes(errors=2)
    assert {path: path.read_bytes() for path in before} == before


def test_where_nothing_listens_nothing_is_tried_and_the_first_line_says_why(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROMPTVERDICT_RELAY", "http://127.0.0.1:1")
    ended = run(evals, "evals", "--record", "once")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(
        ["*--relay: nothing answers at http://127.0.0.1:1 for relay/*: nothing listens there"]
    )
    assert recordings(evals.path) == []


def test_a_task_that_holds_a_key_is_refused_before_anything_is_asked(
    evals: pytest.Pytester, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "hello.txt" in SCENARIO
    monkeypatch.setenv("PLACEHOLDER_KEY", "hello.txt")
    ended = run(evals, "evals", "--record", "once")
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
    ended.stderr.fnmatch_lines(
        [
            "*evals/small/hello.yaml: no recording of it can be stored: it holds the value of the"
            " environment variable PLACEHOLDER_KEY",
            "*let it be another word",
        ]
    )
    assert server.requests == []


def test_a_provider_that_fails_is_an_error_and_nothing_is_recorded(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(
        lambda body: (529, {"type": "error", "error": {"type": "overloaded_error"}})
    ) as p:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", p.url)
        run(evals, "evals", "--record", "once").assert_outcomes(errors=2)
    assert recordings(evals.path) == []


def test_nothing_below_a_suites_data_folders_is_ever_collected_or_run(
    evals: pytest.Pytester,
) -> None:
    canary = "import pathlib\npathlib.Path(__file__).with_suffix('.ran').touch()\n"
    places = ["files/hello", "files/hello/tests", "probes/hello", "cassettes/hello"]
    for place in places:
        write(
            evals.path,
            {
                f"evals/small/{place}/conftest.py": canary,
                f"evals/small/{place}/test_x.py": canary + "def test_x(): pass\n",
                f"evals/small/{place}/other.yaml": SCENARIO,
                f"evals/small/{place}/pytest.ini": "[pytest]\n",
            },
        )
    run(evals, "evals").assert_outcomes(errors=2)
    run(evals).assert_outcomes(errors=2)
    for place in places:
        for argument in (f"evals/small/{place}", f"evals/small/{place}/test_x.py"):
            assert run(evals, argument).ret == pytest.ExitCode.USAGE_ERROR, argument
    assert not list(evals.path.glob("**/*.ran"))


def test_all_bad_files_of_a_run_are_told_together_with_line_and_cure(
    evals: pytest.Pytester,
) -> None:
    write(
        evals.path,
        {
            "evals/small/one.yaml": SCENARIO.replace("title:", "titel:"),
            "evals/small/two.yaml": SCENARIO.replace("Bash", "Bsah"),
        },
    )
    result = run(evals, "evals")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    text = result.stdout.str()
    assert "evals/small/one.yaml:1: titel: unknown key\n  did you mean title?" in text
    assert "evals/small/two.yaml:5: tools[2]: there is no tool Bsah; did you mean Bash?" in text
    assert "Traceback" not in text


def test_node_ids_names_and_tags_select_cells(evals: pytest.Pytester) -> None:
    scenario = evals.path / "evals/small/hello.yaml"
    scenario.write_text(scenario.read_text() + "tags: [quick]\n")
    listed = run(evals, "evals", "--collect-only", "-q").stdout.str()
    assert "evals/small/hello.yaml::helper/base" in listed
    assert not (evals.path / "results").exists()
    run(evals, "evals/small/hello.yaml::helper/terse").assert_outcomes(errors=1)
    run(evals, "evals", "-k", "terse").assert_outcomes(errors=1, deselected=1)
    run(evals, "evals", "-m", "quick", "--strict-markers").assert_outcomes(errors=2)
    run(evals, "evals", "-m", "not quick").assert_outcomes(deselected=2)


def test_agents_given_by_hand_run_on_every_scenario(
    evals: pytest.Pytester, server: Provider
) -> None:
    write(evals.path, {"mine/one.md": "Be kind.\n", "mine/two.txt": "Be terse.\n"})
    result = run(evals, "evals", "--agents", "mine", "--record", "once", "-v")
    assert result.ret == 0
    result.stdout.fnmatch_lines(["evals/small/hello.yaml::one MEASURED*"])
    one = run(evals, "evals", "--agents", "mine/two.txt", "--record", "once", "-v")
    one.stdout.fnmatch_lines(["evals/small/hello.yaml::two MEASURED*"])


def test_a_variant_that_a_suite_names_must_exist(evals: pytest.Pytester) -> None:
    (evals.path / "agents/helper/terse.md").unlink()
    result = run(evals, "evals")
    assert "there is no helper/terse in agents" in result.stdout.str()


def test_under_ci_recording_must_be_asked_for_on_the_command_line(
    evals: pytest.Pytester, server: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.setenv("PROMPTVERDICT_RECORD", "once")
    assert run(evals, "evals").ret != 0
    assert server.requests == []
    assert run(evals, "evals", "--record", "once").ret == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--trials", "x"], "option: --trials"),
        (["--agents", "nowhere"], "nowhere: cannot be read"),
    ],
)
def test_a_bad_setting_is_told_once_however_many_scenarios_there_are(
    evals: pytest.Pytester, arguments: list[str], told: str
) -> None:
    write(evals.path, {"evals/small/second.yaml": SCENARIO})
    result = run(evals, "evals", *arguments)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert result.stdout.str().count(told) == 1
    assert "Traceback" not in result.stdout.str()


def test_what_is_wrong_with_a_suite_or_a_model_is_told_at_its_first_scenario_only(
    evals: pytest.Pytester,
) -> None:
    write(evals.path, {"evals/small/second.yaml": SCENARIO, "evals/small/third.yaml": SCENARIO})
    for arguments in (["--model", "nonsense"], ["--judge", "nonsense"]):
        told = run(evals, "evals", *arguments)
        told.assert_outcomes(errors=1)
        assert told.stdout.str().count("is not provider/name") == 1
    suite = evals.path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text().replace("title:", "titel:"))
    told = run(evals, "evals")
    told.assert_outcomes(errors=1)
    assert told.stdout.str().count("did you mean title?") == 1


def test_agents_that_cannot_be_used_are_named_at_once_and_keep_no_other_from_running(
    evals: pytest.Pytester, server: Provider
) -> None:
    suite = evals.path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text().replace("variants: [helper/base, helper/terse]\n", ""))
    write(evals.path, {"evals/small/second.yaml": SCENARIO})
    files = {
        "empty": "---\nname: empty\ndescription: d\n---\n",
        "one": "---\nname: one\ndescription: d\nmodel: alpha\n---\nYou are one.\n",
        "two": "---\nname: two\ndescription: d\nmodel: beta\n---\nYou are two.\n",
        "none": "---\nname: none\ndescription: d\ntools: none\n---\nYou are none.\n",
    }
    for name, text in files.items():
        (evals.path / f"agents/{name}.md").write_text(text)
    told = run(evals, "evals", "--record", "once")
    # What a scenario offers is its own: the agent without tools is refused in both.
    told.assert_outcomes(errors=5)
    assert "4 measured" in told.stdout.str()
    assert told.ret == pytest.ExitCode.TESTS_FAILED
    text = told.stdout.str()
    for words in ("it has no prompt", "its model `alpha`", "its model `beta`"):
        assert f": {words}" in text
    assert "it ends with no tools in small/hello: it lists none" in text
    assert "read it" not in text  # there is no trial to show
    assert "Traceback" not in text
    assert run(evals, "evals/small/hello.yaml::helper/base").ret == 0
    asked = run(evals, "evals/small/hello.yaml::none", "--allow-no-tools", "true")
    assert "missing: nothing is recorded" in asked.stdout.str()
    without = "none runs without the tools that it lists: none is offered"
    assert without in asked.stdout.str()
    run(evals, "evals/small/hello.yaml::none", "--allow-no-tools", "true", "--record", "once")
    (record,) = read_records(find_run(evals.path / "results"))
    assert record.notices == (without,)


def test_a_broken_agent_that_a_suite_does_not_name_is_none_of_its_errors(
    evals: pytest.Pytester, server: Provider
) -> None:
    (evals.path / "agents/empty.md").write_text("---\nname: empty\n---\n")
    assert run(evals, "evals", "--record", "once").ret == 0


def test_a_scenario_that_was_refused_leaves_the_comparison_of_the_others_invalid(
    evals: pytest.Pytester, server: Provider
) -> None:
    """What is told only once is no reason to narrow what is compared in silence."""
    suite = evals.path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text() + "gate: {}\n")
    write(evals.path, {"evals/small/second.yaml": SCENARIO + "titel: x\n"})
    told = run(evals, "evals", "--record", "once", "--continue-on-collection-errors")
    assert told.ret != 0
    told.stdout.fnmatch_lines(["*evals/small/second.yaml:*: titel: unknown key*"])
    assert "gate" in told.stdout.str()
    told.assert_outcomes(errors=2)


def test_the_first_failure_stops_a_run_at_once(evals: pytest.Pytester) -> None:
    run(evals, "evals", "-x").assert_outcomes(errors=1)


def test_without_a_suite_the_plugin_does_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_x(): pass")
    write(pytester.path, {"data.yaml": "a: 1\n"})
    result = pytester.runpytest_inprocess("-p", "no:asyncio")
    result.assert_outcomes(passed=1)
    assert "evaluations" not in result.stdout.str()
    assert not (pytester.path / "results").exists()


@pytest.mark.e2e
def test_collection_imports_nothing_heavy(evals: pytest.Pytester) -> None:
    program = (
        "import sys, pytest; pytest.main(['evals', '--collect-only', '-q']);"
        "print([name for name in"
        " ('anthropic', 'openai', 'pandas', 'scipy', 'jinja2', 'rich', 'vcr')"
        " if name in sys.modules])"
    )
    result = evals.run(sys.executable, "-c", program)
    assert result.stdout.lines[-1] == "[]"


@pytest.mark.e2e
def test_a_run_that_replays_and_compares_nothing_imports_no_statistics_and_no_http(
    evals: pytest.Pytester,
) -> None:
    program = (
        "import sys, pytest; pytest.main(['evals', '-q']);"
        "print([name for name in ('pandas', 'scipy', 'jinja2', 'httpx2') if name in sys.modules])"
    )
    result = evals.run(sys.executable, "-c", program)
    assert "evaluations" in result.stdout.str()
    assert result.stdout.lines[-1] == "[]"


@pytest.mark.e2e
def test_recording_is_not_distributed_over_workers(evals: pytest.Pytester, programs: Path) -> None:
    pytest.importorskip("xdist")
    refused = evals.run(programs / "pytest", "evals", "-n", "1", "--record", "once")
    assert refused.ret != 0
    assert "--record: cannot be combined with -n" in refused.stdout.str() + refused.stderr.str()


CHECKS = """\
from promptverdict.trials.grade import failed, passed, ungraded
from promptverdict.trials.transcript import final_text


def says_done(evidence):
    return passed("it said so") if "Done" in final_text(evidence.events) else failed("it did not")


def never(evidence):
    return failed("it never does")


def loud(evidence):
    return failed(f"it says {final_text(evidence.events)}")


def unknowable(evidence):
    return ungraded("nobody knows")
"""


def graded(evals: pytest.Pytester, function: str, suite: str = "") -> None:
    behaviour = '{says: It is kind, promised: {helper/base: "You are a careful helper."}}'
    write(
        evals.path,
        {
            "evals/small/checks.py": CHECKS,
            "evals/small/suite.yaml": SUITE.replace("{says: It is kind}", behaviour) + suite,
            "evals/small/hello.yaml": SCENARIO
            + f"grades:\n  kind: {{type: custom, function: {function}}}\n",
        },
    )


def test_a_promised_behaviour_passes_fails_or_is_undecided_and_others_are_measured(
    evals: pytest.Pytester, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    graded(evals, "says_done")
    fine = run(evals, "evals")
    assert fine.ret == 0
    fine.stdout.fnmatch_lines(["*1 passed, 1 measured*"])
    graded(evals, "never")
    short = run(evals, "evals")
    short.assert_outcomes(failed=1)
    short.stdout.fnmatch_lines(
        [
            "kind: shown in 0 of 1 trials",
            "  trial 0: it never does",
            "  read it: promptverdict show 'evals/small/hello.yaml::helper/base'",
        ]
    )
    graded(evals, "unknowable")
    undecided = run(evals, "evals")
    undecided.assert_outcomes(errors=1)
    assert "undecided: kind: shown in 0 of 1 trials, 1 ungraded" in undecided.stdout.str()


def test_a_promise_that_only_words_decide_is_described_unless_the_suite_has_a_reason(
    evals: pytest.Pytester, add_recordings: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = {"right": 1, "given": 2, "due": 2}
    graders = {"admits": {"pass": weak, "fail": weak}}
    measured = Measured.model_validate({"date": "2026-01-01", "graders": graders})
    monkeypatch.setattr(admission, "load_measured", lambda: measured)
    add_recordings()
    graded(evals, "never")
    words = "grades:\n  kind: {type: admits, about: banana}\n"
    write(evals.path, {"evals/small/hello.yaml": SCENARIO + words})
    described = run(evals, "evals")
    assert described.ret == 0
    described.stdout.fnmatch_lines(
        [
            "small: kind is described, not required: its grader reads words"
            " (admits: pass has precision 0.50, recall 0.50)",
            "binds_on_words with a reason, in suite.yaml, requires it all the same",
            "*2 measured*",
        ]
    )
    run(evals, "evals", "--promise", "kind").assert_outcomes(failed=2)
    suite = evals.path / "evals/small/suite.yaml"
    text = suite.read_text(encoding="utf-8").replace("promised:", "binds_on_words: read, promised:")
    suite.write_text(text, encoding="utf-8")
    required = run(evals, "evals")
    required.assert_outcomes(failed=1)
    assert "is described, not required" not in required.stdout.str()


def test_a_promise_asked_for_by_hand_binds_every_variant(
    evals: pytest.Pytester, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    graded(evals, "never")
    run(evals, "evals", "--promise", "all").assert_outcomes(failed=2)
    run(evals, "evals", "--promise", "kind").assert_outcomes(failed=2)


def ended(evals: pytest.Pytester) -> dict[str, int]:
    return read_manifest(find_run(evals.path / "results")).ended


def test_a_known_failure_is_expected_and_its_pass_is_not(
    evals: pytest.Pytester, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    known = "known_failing:\n- {cell: hello::helper/base, reason: it forgets}\n"
    graded(evals, "never", known)
    expected = run(evals, "evals", "-rx")
    assert expected.ret == 0
    expected.stdout.fnmatch_lines(["XFAIL *hello.yaml::helper/base - it forgets*"])
    assert ended(evals) == {"xfailed": 1, "measured": 1}
    graded(evals, "says_done", known)
    run(evals, "evals").assert_outcomes(failed=1)
    assert ended(evals) == {"failed": 1, "measured": 1}
    graded(evals, "unknowable", known)
    run(evals, "evals").assert_outcomes(errors=1)
    assert ended(evals) == {"error": 1, "measured": 1}


def test_what_an_agent_or_a_file_says_cannot_drive_the_terminal(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    with provider(script([say("\x1b[31mred\x07 \x9b \u202e.evil")])) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        graded(evals, "loud")
        result = run(evals, "evals", "--record", "once")
    result.assert_outcomes(failed=1)
    printed = result.stdout.str()
    assert r"\x1b[31mred\x07 \x9b \u202e.evil" in printed
    assert not set("\x07\x9b\u202e") & set(printed)
    suite = evals.path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text() + '"\\e[31mevil\\a": 1\n')
    assert not set("\x07") & set(run(evals, "evals").stdout.str())


def test_a_promise_whose_words_are_gone_is_an_error(
    evals: pytest.Pytester, server: Provider
) -> None:
    graded(evals, "says_done")
    prompt = evals.path / "agents/helper/base.md"
    prompt.write_text(prompt.read_text().replace("careful", "bold"))
    result = run(evals, "evals", "--record", "once")
    result.assert_outcomes(errors=1)
    assert "does not say 'You are a careful helper.'" in result.stdout.str()


def test_a_changed_grader_changes_the_verdict_and_makes_nothing_stale(
    evals: pytest.Pytester, server: Provider
) -> None:
    graded(evals, "says_done")
    assert run(evals, "evals", "--record", "once").ret == 0
    asked = len(server.requests)
    graded(evals, "never")
    run(evals, "evals", "--record", "stale").assert_outcomes(failed=1)
    assert len(server.requests) == asked


def test_a_grader_that_is_not_there_is_told_with_its_line(evals: pytest.Pytester) -> None:
    graded(evals, "nowhere")
    result = run(evals, "evals")
    assert "evals/small/hello.yaml:8: grades.kind: there is no function nowhere" in (
        result.stdout.str()
    )
    (evals.path / "evals/small/checks.py").write_text("import nothing_like_that\n")
    assert "ModuleNotFoundError" in run(evals, "evals").stdout.str()


def test_an_old_run_graded_again_has_the_grades_of_a_fresh_replay(
    evals: pytest.Pytester,
    server: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    graded(evals, "never")
    run(evals, "evals", "--record", "once")
    graded(evals, "says_done")
    monkeypatch.chdir(evals.path)
    capsys.readouterr()
    assert main(["regrade"]) == 0
    told = capsys.readouterr().out
    assert "small/hello::helper/base#0: kind: fail -> pass" in told
    assert "2 records graded, 2 grades changed" in told
    again = {one.key: one.grades for one in read_records(sorted(evals.path.glob("results/2*"))[-1])}
    run(evals, "evals")
    assert again == {one.key: one.grades for one in read_records(evals.path / "results/latest")}


def test_a_failure_is_told_even_where_another_behaviour_is_undecided(
    evals: pytest.Pytester, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    graded(evals, "never")
    suite = evals.path / "evals/small/suite.yaml"
    suite.write_text(suite.read_text() + "  other: {says: It is told, control: true}\n")
    scenario = evals.path / "evals/small/hello.yaml"
    scenario.write_text(
        scenario.read_text().replace("[kind]", "[kind, other]")
        + "  other: {type: custom, function: unknowable}\n"
    )
    result = run(evals, "evals", "-k", "base")
    result.assert_outcomes(failed=1, deselected=1)
    assert "it never does" in result.stdout.str()


def test_two_suites_of_one_name_are_refused(evals: pytest.Pytester) -> None:
    write(evals.path, {"evals/more/small/suite.yaml": SUITE, "evals/more/small/x.yaml": SCENARIO})
    result = run(evals, "evals")
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert "has the same name, and a suite's name is its id" in result.stdout.str()


def test_a_recording_that_was_copied_is_not_taken_for_another_trial(
    evals: pytest.Pytester, add_recordings: Callable[[], None]
) -> None:
    add_recordings()
    for path in evals.path.glob("evals/small/cassettes/hello/helper.base/*/0.*"):
        path.with_name(path.name.replace("0.", "1.", 1)).write_bytes(path.read_bytes())
    result = run(evals, "evals", "--trials", "2", "-k", "base")
    result.assert_outcomes(errors=1, deselected=1)
    assert "is the recording of small/hello::helper/base#0, and not of" in result.stdout.str()


def test_a_promise_that_nobody_knows_is_refused(evals: pytest.Pytester) -> None:
    result = run(evals, "evals", "--promise", "kidn")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no behaviour kidn" in result.stderr.str() + result.stdout.str()


def test_inside_a_data_folder_pytest_refuses_to_start(
    evals: pytest.Pytester, programs: Path
) -> None:
    write(evals.path, {"evals/small/files/hello/conftest.py": "raise SystemExit('it ran')\n"})
    program = (
        "import os, pytest; os.chdir('evals/small/files/hello'); raise SystemExit(pytest.main([]))"
    )
    result = evals.run(programs / "python", "-c", program)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "it ran" not in result.stdout.str() + result.stderr.str()


def test_an_option_value_that_is_called_like_a_data_folder_is_no_argument(
    evals: pytest.Pytester,
) -> None:
    run(evals, "evals", "-k", "files").assert_outcomes(deselected=2)


def test_a_skip_mark_from_a_conftest_is_obeyed(evals: pytest.Pytester) -> None:
    conftest = """\
    import pytest

    def pytest_collection_modifyitems(items):
        for item in items:
            item.add_marker(pytest.mark.skip(reason="not today"))
    """
    write(evals.path, {"evals/conftest.py": conftest})
    run(evals, "evals").assert_outcomes(skipped=2)


@pytest.mark.parametrize("name", ["evals/small/hullo.yml", "evals/other/suite.yml"])
def test_a_file_that_ends_in_yml_is_told_and_not_passed_over(
    evals: pytest.Pytester, name: str
) -> None:
    write(evals.path, {name: SCENARIO, "data/other.yml": "a: 1\n"})
    result = run(evals)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    result.assert_outcomes(errors=1)
    assert "rename it to" in result.stdout.str()


def test_a_stance_of_a_variant_that_does_not_run_is_told_and_loses_no_promise(
    evals: pytest.Pytester,
) -> None:
    for variants, told in (
        ("", "helper/bse does not run here"),
        ("variants: [helper/base, helper/terse]\n", "helper/bse is not in variants"),
    ):
        behaviours = "behaviours:\n  kind: {says: x, promised: {helper/bse: careful}}\n"
        scenario = SCENARIO.replace("behaviours: [kind]", "behaviours: []")
        write(evals.path, {"evals/small/hello.yaml": scenario})
        write(evals.path, {"evals/small/suite.yaml": f"title: A suite\n{variants}{behaviours}"})
        text = run(evals, "evals").stdout.str()
        assert told in text


@pytest.mark.parametrize("model", ["relay", "foo/bar", "claude-sonnet", "relay/"])
def test_a_model_given_by_hand_that_means_nothing_is_told_as_such(
    evals: pytest.Pytester, model: str
) -> None:
    text = run(evals, "evals", "--model", model).stdout.str()
    assert f"--model: `{model}` is not provider/name" in text
