"""A trial recorded, replayed and read back is the same trial, and its trees can be probed again."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from promptverdict.agents.variant import Variant
from promptverdict.core.errors import StaleProbes
from promptverdict.guest.probekit import is_test
from promptverdict.recording.files import open_sealed
from promptverdict.recording.seal import seal_cassette
from promptverdict.runner.cells import Cell
from promptverdict.runner.decisions import decide
from promptverdict.runner.probe_runner import run_probes
from promptverdict.runner.probes import read_reports
from promptverdict.runner.readback import read_events, read_evidence
from promptverdict.runner.runner import Runner
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import Sandbox, open_sandbox
from promptverdict.scenarios.loading import LoadedScenario, load_scenario, load_suite
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Call, End, Opaque, Result

from tests.fakes import (
    SCENARIO,
    SUITE,
    Provider,
    open_network,
    provider,
    say,
    script,
    turn_of,
    use,
    write,
)
from tests.sandboxes import open_bubblewrap

EVALS = Path(__file__).parents[2] / "evals"
MANY = 110
bubblewrap = pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap")


@pytest.fixture(scope="module")
def unprotected() -> Sandbox:
    return open_sandbox("none")


def variant(name: str = "one") -> Variant:
    return Variant(
        agent=name,
        variant=None,
        path=f"{name}.md",
        dialect="plain",
        name=None,
        description=None,
        model=None,
        tools=None,
        unknown_tools=(),
        prompt="You are kind.",
        metadata={},
        diagnostics=(),
    )


def scenario_of(root: Path, text: str = SCENARIO, **files: str) -> LoadedScenario:
    write(
        root,
        {"evals/small/suite.yaml": SUITE, "evals/small/hello.yaml": text, **files},
    )
    folder = root / "evals/small"
    return load_scenario(folder / "hello.yaml", load_suite(folder / "suite.yaml"))


def cell_of(scenario: LoadedScenario, name: str = "one") -> Cell:
    return Cell(scenario, variant(name), "relay/scripted")


def session(server: Provider, sandbox: Sandbox) -> RunContext:
    return RunContext(lambda: sandbox, open_network, server.url)


def record(cell: Cell, answer: Any, sandbox: Sandbox) -> TrialRecord:
    with provider(answer) as server:
        return asyncio.run(run_trial(cell.get_trial(0), session(server, sandbox), None))


def replay(cell: Cell, sandbox: Sandbox) -> TrialRecord:
    unreachable = RunContext(lambda: sandbox, _no_network, "http://127.0.0.1:1")
    return asyncio.run(
        run_trial(cell.get_trial(0), unreachable, open_sealed(cell.get_trial(0).location))
    )


def _no_network() -> httpx2.AsyncBaseTransport:
    raise AssertionError("a replay asked for the network")


def test_replay_and_read_back_give_what_was_recorded(tmp_path: Path, unprotected: Sandbox) -> None:
    text = SCENARIO + "turns: [And now?, Thanks.]\n"
    cell = cell_of(scenario_of(tmp_path, text))
    thought = {"type": "thinking", "thinking": "hm", "signature": "s" * 40}
    answers = script(
        [say("Hello."), use("Write", file_path="a/b.txt", content="x\ny\n")],
        [say("First.")],
        [thought, use("Bash", command="printf z >> a/b.txt; cat a/b.txt"), use("Nope")],
        [say("Second.")],
        [say("Third.")],
    )
    recorded = record(cell, answers, unprotected)
    assert recorded.fault is None
    assert [type(event) for event in recorded.evidence.events][-1] is End
    assert any(isinstance(event, Opaque) for event in recorded.evidence.events)
    replayed = replay(cell, unprotected)
    assert replayed.evidence == recorded.evidence
    assert read_evidence(cell, open_sealed(cell.get_trial(0).location)) == recorded.evidence
    assert recorded.evidence.final_tree()["a/b.txt"].content == b"x\ny\nz"


def test_a_fault_at_the_third_answer_keeps_the_first_two(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    cell = cell_of(scenario_of(tmp_path))

    def answer(body: dict[str, Any]) -> Any:
        if turn_of(body) == 2:
            return 500, {"type": "error", "error": {"type": "api_error", "message": "no"}}
        return [use("Bash", command="echo hi")]

    recorded = record(cell, answer, unprotected)
    assert recorded.fault is not None
    assert recorded.fault.kind == "ProviderError"
    assert sum(isinstance(event, Result) for event in recorded.evidence.events) == 2
    assert not cell.get_trial(0).location.http.exists()


def test_a_recording_of_twenty_turns_is_small_and_grows_with_the_transcript(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    def answers(turns: int) -> Any:
        lines = "".join(f"line {number} of a file of ordinary length\n" for number in range(200))

        def answer(body: dict[str, Any]) -> Any:
            turn = turn_of(body)
            if turn == turns - 1:
                return [say("Done.")]
            if turn == 0:
                return [use("Write", file_path="big.txt", content=lines)]
            return [
                say("A thought about what comes next. " * 8),
                use("Bash", command=f"echo {turn} >> big.txt; head -n 30 big.txt"),
            ]

        return answer

    sizes = {}
    for turns in (10, 20, 40):
        cell = cell_of(scenario_of(tmp_path / str(turns)))
        assert record(cell, answers(turns), unprotected).fault is None
        place = cell.get_trial(0).location
        sizes[turns] = place.http.stat().st_size + place.world.stat().st_size
    assert sizes[20] < 200_000
    assert (sizes[40] - sizes[20]) / (sizes[20] - sizes[10]) < 2.2


@pytest.mark.e2e
def test_more_than_a_hundred_trials_at_once_are_neither_crossed_nor_lost(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    """Each conversation carries its own word; it must come back in its own recording alone.

    An HTTP client holds a hundred connections where nobody says otherwise.
    """
    scenario = scenario_of(tmp_path)
    cells = [cell_of(scenario, f"agent{number}") for number in range(MANY)]

    def answer(body: dict[str, Any]) -> Any:
        turn = turn_of(body)
        if turn == 0:
            return [
                use("Write", file_path="w", content=uuid4().hex),
                use("Read", file_path="w"),
            ]
        word = body["messages"][2]["content"][1]["content"].split()[-1]
        return [say(word), use("Read", file_path="w")] if turn == 1 else [say(word)]

    kept: list[TrialRecord] = []

    def keep(record: TrialRecord) -> TrialRecord:
        kept.append(record)
        return record

    with provider(answer) as server:
        runner = Runner(session(server, unprotected), MANY, keep)
        futures = [runner.submit(decide(cell.get_trial(0), "once")) for cell in cells]
        recorded = [future.result() for future in futures]
        runner.close()
    assert [one.fault for one in recorded] == [None] * MANY
    assert len(kept) == MANY
    runner = Runner(RunContext(lambda: unprotected, _no_network), MANY, keep)
    futures = [runner.submit(decide(cell.get_trial(0), "none")) for cell in cells]
    replayed = [future.result() for future in futures]
    runner.close()
    assert [one.evidence for one in replayed] == [one.evidence for one in recorded]
    words = set()
    for cell, one in zip(cells, recorded, strict=True):
        (word,) = {
            event.text.split()[-1]
            for event in one.evidence.events
            if isinstance(event, Result) and not event.text.startswith("Wrote")
        }
        words.add(word)
        text = cell.get_trial(0).location.http.read_text()
        assert text.count(word) >= 3
    assert len(words) == MANY


def copied_scenario(root: Path, suite: str, name: str) -> LoadedScenario:
    shutil.copytree(
        EVALS / suite, root / suite, ignore=shutil.ignore_patterns("cassettes", "__pycache__")
    )
    folder = root / suite
    return load_scenario(folder / f"{name}.yaml", load_suite(folder / "suite.yaml"))


SLUG_TEST = """\
from app.slug import slugify


def test_one_hyphen():
    assert slugify("a - b") == "a-b"
"""
PAGER_TEST = """\
from app.pager import last_page


def test_full_page():
    assert last_page(20, 10) == 2
"""
TEST_FIRST = script(
    [
        use("Write", file_path="/workspace/tests/test_slug.py", content=SLUG_TEST),
        use("Bash", command="python3 -m pytest -q | tail -3"),
        use("Bash", command="sed -i 's/\\[^a-z0-9\\]/[^a-z0-9]+/' app/slug.py"),
        use("Bash", command="pytest -q && git add -A && git commit -qm 'Fix slug'"),
    ],
    [
        use("Write", file_path="/workspace/tests/test_pager.py", content=PAGER_TEST),
        use("Bash", command="pytest -q; true"),
        use("Bash", command="sed -i 's#total // per_page + 1#-(-total // per_page)#' app/pager.py"),
        use("Bash", command="pytest -q && git add -A && git commit -qm 'Fix pager'"),
    ],
    [say("Both are fixed.")],
)
CODE_FIRST = script(
    [
        use("Bash", command="sed -i 's/\\[^a-z0-9\\]/[^a-z0-9]+/' app/slug.py"),
        use("Bash", command="sed -i 's#total // per_page + 1#-(-total // per_page)#' app/pager.py"),
        use("Bash", command="pytest -q && git commit -qam 'Fix both'"),
    ],
    [say("Both are fixed.")],
)


def production_changes_without_a_red(evidence: Evidence) -> list[str]:
    """List production files that were changed while no test had failed since the last green run."""
    red, found = False, []
    for event in evidence.events:
        if not isinstance(event, Result):
            continue
        for change in event.changes:
            if change.path.startswith("app/") and not is_test(change.path) and not red:
                found.append(change.path)
        for report in event.tests:
            red = any(node.outcome == "failed" for node in report.nodes)
    return found


@pytest.mark.e2e
@bubblewrap
@pytest.mark.parametrize(
    ("answers", "probed", "out_of_order", "failed"),
    [
        (TEST_FIRST, (), [], set()),
        (
            CODE_FIRST,
            ("fixes",),
            ["app/slug.py", "app/pager.py"],
            {
                "two-commits-or-more",
                "no-commit-touches-both",
                "slug-fix-has-a-test",
                "pager-fix-has-a-test",
            },
        ),
    ],
    ids=["test-first", "code-first"],
)
def test_commits_and_test_order_are_told_from_a_recording_alone(
    tmp_path: Path,
    answers: Any,
    probed: tuple[str, ...],
    out_of_order: list[str],
    failed: set[str],
) -> None:
    """A probe that did not run while it was recorded runs all the same; one that did, as it did."""
    cell = cell_of(copied_scenario(tmp_path, "tdd-cycle", "two-fixes-no-time"))
    probes = [probe for probe in cell.scenario.scenario.probes if probe.name in probed]
    fewer = cell.scenario.scenario.model_copy(update={"probes": tuple(probes)})
    sandbox = open_bubblewrap()
    recorded = record(
        replace(cell, scenario=replace(cell.scenario, scenario=fewer)), answers, sandbox
    )
    assert recorded.fault is None
    sealed = open_sealed(cell.get_trial(0).location)
    sealed.location.probes.unlink(missing_ok=not probed)
    evidence = read_events(cell, sealed)
    assert production_changes_without_a_red(evidence) == out_of_order
    reports = run_probes(cell.scenario, sealed.location, sealed.seal, evidence, sandbox)
    assert recorded.evidence.outcome is not None
    known = recorded.evidence.outcome.probes
    assert tuple(report for report in reports if report.probe in probed) == known
    assert bool(known) == bool(probed)
    assert [report.fault for report in reports] == [None] * len(reports)
    last = [report for report in reports if report.probe == "commits"][-1]
    assert {check.name for check in last.checks if check.outcome == "fail"} == failed
    fixed = [
        {check.name for check in report.checks if check.outcome == "pass"}
        for report in reports
        if report.probe == "fixes"
    ]
    assert len(fixed[0]) < len(fixed[-1]) == 2


@bubblewrap
def test_a_changed_probe_is_stale_until_it_ran_again_on_the_stored_trees(tmp_path: Path) -> None:
    text = SCENARIO + "probes:\n- {name: there, run: python3 /probes/hello/there.py}\n"
    probe = "import probekit as k\nk.check('there', (k.WORKSPACE / 'hello.txt').exists())\n"
    where = "evals/small/probes/hello/there.py"
    cell = cell_of(scenario_of(tmp_path, text, **{where: probe}))
    sandbox = open_bubblewrap()
    answers = script([use("Write", file_path="hello.txt", content="x")], [say("Done.")])
    recorded = record(cell, answers, sandbox)
    assert recorded.evidence.outcome is not None
    (report,) = recorded.evidence.outcome.probes
    assert [check.outcome for check in report.checks] == ["pass"]
    write(tmp_path, {where: probe.replace("hello.txt", "other.txt")})
    stale = replay(cell, sandbox)
    assert stale.fault is not None
    assert stale.fault.kind == StaleProbes.__name__
    assert "promptverdict probe" in stale.fault.message
    sealed = open_sealed(cell.get_trial(0).location)
    evidence = read_events(cell, sealed)
    run_probes(cell.scenario, sealed.location, sealed.seal, evidence, sandbox)
    (again,) = read_reports(cell.scenario, sealed.location, sealed.seal)
    assert [check.outcome for check in again.checks] == ["fail"]
    assert replay(cell, sandbox).fault is None


@bubblewrap
@pytest.mark.parametrize(
    ("probe", "seconds", "told"),
    [
        ("raise SystemExit('boom')", 20, "exit code 1: boom"),
        ("print('nothing of ours')", 20, "printed no PASS"),
        ("import time; time.sleep(60)", 0.5, "stopped: timeout"),
    ],
)
def test_a_probe_that_breaks_is_a_fault_and_no_failure(
    tmp_path: Path, probe: str, seconds: float, told: str
) -> None:
    run = f"run: python3 /probes/hello/p.py, timeout: {seconds}"
    text = f"{SCENARIO}probes:\n- {{name: p, {run}}}\n"
    cell = cell_of(scenario_of(tmp_path, text, **{"evals/small/probes/hello/p.py": probe + "\n"}))
    recorded = record(cell, script([say("Hi.")]), open_bubblewrap())
    assert recorded.fault is None
    assert recorded.evidence.outcome is not None
    (report,) = recorded.evidence.outcome.probes
    assert report.checks == ()
    assert report.fault is not None
    assert told in report.fault


def test_without_a_key_recording_says_what_to_do(
    tmp_path: Path, unprotected: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    cell = Cell(scenario_of(tmp_path), variant(), "anthropic/claude-x")
    unreachable = RunContext(lambda: unprotected, _refusing)
    recorded = asyncio.run(run_trial(cell.get_trial(0), unreachable, None))
    assert recorded.fault is not None
    assert "set ANTHROPIC_API_KEY" in recorded.fault.message


def _refusing() -> httpx2.AsyncBaseTransport:
    return httpx2.MockTransport(lambda request: httpx2.Response(500))


def test_a_repository_has_one_commit_an_identity_and_no_work_in_the_background(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    text = SCENARIO + "setup: {git: {branch: trunk, message: Begun}}\n"
    file = {"evals/small/files/hello/a.txt": "a\n"}
    cell = cell_of(scenario_of(tmp_path, text, **file))
    commands = (
        "git config --local --get-regexp '^(user|gc)'; git status --short --branch",
        "git log --format='%an <%ae> %aI %cI %s'; ls .git/hooks",
    )
    answers = script([use("Bash", command=command) for command in commands], [say("Done.")])
    recorded = record(cell, answers, unprotected)
    said = [event.text for event in recorded.evidence.events if isinstance(event, Result)]
    assert "\n".join(said).splitlines() == [
        "user.name Dev",
        "user.email dev@example.org",
        "gc.auto 0",
        "## trunk",
        "Dev <dev@example.org> 2025-01-15T09:00:00+00:00 2025-01-15T09:00:00+00:00 Begun",
    ]


def test_calls_keep_the_arguments_that_were_given(tmp_path: Path, unprotected: Sandbox) -> None:
    cell = cell_of(scenario_of(tmp_path))
    args = {"command": "echo 'é\u2028\t'", "description": "naïve"}
    recorded = record(cell, script([use("Bash", **args)], [say("ok")]), unprotected)
    (call,) = [event for event in recorded.evidence.events if isinstance(event, Call)]
    assert call.args == args
    assert replay(cell, unprotected).evidence == recorded.evidence


@bubblewrap
def test_a_check_whose_name_holds_a_colon_is_kept(tmp_path: Path) -> None:
    text = SCENARIO + "probes:\n- {name: p, run: python3 /probes/hello/p.py}\n"
    probe = "print('FAIL t.py::t: broken: twice')\nprint('PASS plain')\n"
    cell = cell_of(scenario_of(tmp_path, text, **{"evals/small/probes/hello/p.py": probe}))
    recorded = record(cell, script([say("Hi.")]), open_bubblewrap())
    assert recorded.evidence.outcome is not None
    (report,) = recorded.evidence.outcome.probes
    assert [(one.outcome, one.name, one.detail) for one in report.checks] == [
        ("fail", "t.py::t", "broken: twice"),
        ("pass", "plain", ""),
    ]


@bubblewrap
def test_a_probe_that_prints_more_than_is_kept_is_a_fault(tmp_path: Path) -> None:
    text = SCENARIO + "probes:\n- {name: p, run: python3 /probes/hello/p.py}\n"
    probe = "for number in range(5000): print('FAIL', number)\n"
    cell = cell_of(scenario_of(tmp_path, text, **{"evals/small/probes/hello/p.py": probe}))
    recorded = record(cell, script([say("Hi.")]), open_bubblewrap())
    assert recorded.evidence.outcome is not None
    assert "more than is kept" in str(recorded.evidence.outcome.probes[0].fault)


PROBED = SCENARIO + "probes: [{name: there, run: test -e hello.txt && echo PASS there}]\n"


def test_a_recording_whose_probes_never_ran_is_probed_and_no_model_is_asked(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    cell = cell_of(scenario_of(tmp_path, PROBED))
    answers = script([use("Write", file_path="hello.txt", content="x")], [say("Done.")])
    recorded = record(cell, answers, unprotected)
    cell.get_trial(0).location.probes.unlink()
    unreachable = RunContext(lambda: unprotected, _no_network, "http://127.0.0.1:1")
    runner = Runner(unreachable, 1, lambda record: record)
    again = runner.submit(decide(cell.get_trial(0), "once")).result()
    runner.close()
    assert (again.fault, again.replayed) == (None, True)
    assert again.evidence == recorded.evidence
    assert replay(cell, unprotected).evidence == recorded.evidence


ODD_TREES = {
    "a name whose escapes are too long": "import os; open(b'\\xff' * 200, 'w')",
    "folders nested past the longest path": (
        "import os\nfor _ in range(20): os.mkdir('d' * 250); os.chdir('d' * 250)"
    ),
}


@pytest.mark.parametrize("work", ODD_TREES.values(), ids=ODD_TREES)
def test_a_tree_that_no_host_can_hold_is_recorded_and_a_fault_of_its_probes(
    tmp_path: Path, unprotected: Sandbox, work: str
) -> None:
    cell = cell_of(scenario_of(tmp_path, PROBED))
    answers = script([use("Bash", command=f"python3 -c {shlex.quote(work)}")], [say("Done.")])
    recorded = record(cell, answers, unprotected)
    assert recorded.fault is None
    assert recorded.evidence.outcome is not None
    (report,) = recorded.evidence.outcome.probes
    assert (report.fault or "").startswith("the tree cannot be laid out: ")
    assert replay(cell, unprotected).evidence == recorded.evidence


def test_a_stored_tree_with_an_impossible_path_is_a_broken_recording(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    cell = cell_of(scenario_of(tmp_path, PROBED))
    answers = script([use("Write", file_path="hello.txt", content="x")], [say("Done.")])
    assert record(cell, answers, unprotected).fault is None
    place = cell.get_trial(0).location
    world = place.world.read_text().replace("path: hello.txt", "path: ../hello.txt")
    _, http = seal_cassette(open_sealed(place).http, world)
    place.world.write_text(world)
    place.http.write_text(http)
    fault = replay(cell, unprotected).fault
    assert fault is not None
    assert (fault.kind, fault.exit_code) == ("BrokenRecording", 7)
    assert "'../hello.txt' is not a path inside a workspace" in fault.message


def test_an_executable_file_of_a_scenario_can_be_executed(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    scenario = scenario_of(tmp_path, **{"evals/small/files/hello/run": "#!/bin/sh\necho ran\n"})
    (tmp_path / "evals/small/files/hello/run").chmod(0o755)
    recorded = record(
        cell_of(scenario), script([use("Bash", command="./run")], [say("Done.")]), unprotected
    )
    (result,) = [event for event in recorded.evidence.events if isinstance(event, Result)]
    assert result.text == "ran"


def test_a_workspace_file_whose_name_is_no_text_is_a_fault_with_its_name(
    tmp_path: Path, unprotected: Sandbox
) -> None:
    scenario = scenario_of(tmp_path, **{"evals/small/files/hello/a": ""})
    folder = tmp_path / "evals/small/files/hello"
    (folder / "a").rename(folder / os.fsdecode(b"\xff"))
    recorded = record(cell_of(scenario), script([say("Hi.")]), unprotected)
    assert recorded.fault is not None
    assert recorded.fault.message.startswith("a workspace file cannot be laid out: ")
    recorded.fault.message.encode()
