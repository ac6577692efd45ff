"""A transcript shows all that happened, in order, and nothing that would drive a terminal."""

from __future__ import annotations

import time
from typing import Any

from promptverdict.report.transcript.layout import lay_out_record
from promptverdict.report.transcript.lines import SHORT
from promptverdict.report.words import format_age
from promptverdict.trials.evidence import (
    Check,
    ClaimAboutTests,
    FinalState,
    Judgement,
    ProbeReport,
)
from promptverdict.trials.grade import failed, passed, ungraded
from promptverdict.trials.record import Fault
from promptverdict.trials.transcript import (
    Answered,
    Call,
    End,
    Event,
    Opaque,
    Result,
    Say,
    Usage,
    User,
)
from promptverdict.trials.tree import Change, TestNode, TestReport

from tests.cases import try_cases
from tests.report.made import PROVENANCE, graded, record

WHOLE_PAGE = f"""\
trial     manners/hello::helper/base#0
evidence  relay: Ann, by hand ({format_age(PROVENANCE)})
model     relay/claude
tools     Write, Bash
tokens    2300 in, 234 out
ended     done
integrity unknown: it was not looked for when the record was written

[0] USER
    Say hello,
    in a file.

[1] AGENT, turn 1
    I write it.

[2] Write /workspace/a.txt
    hello
    \n\

[3] Bash
    $ pytest -q
[5] result (0.01 s)
    Wrote /workspace/a.txt
    + a.txt
[6] result (1.50 s, error)
    1 failed
    (exit code 1)
    tests: 1 passed, 1 failed on tree 0123456789abcdef

[7] AGENT, turn 2
    Done.

[9] END: done"""


def shown(*events: Event, whole: bool = False, **more: Any) -> list[str]:
    return [line.text for line in lay_out_record(record(*events, **more), whole=whole)]


def below_head(*events: Event, whole: bool = False, **more: Any) -> list[str]:
    return shown(*events, whole=whole, **more)[7:]


def call(tool: str, **arguments: Any) -> Call:
    return Call(id="t", tool=tool, args=arguments)


def test_a_trial_is_shown_from_its_task_to_its_end() -> None:
    assert "\n".join(shown()) == WHOLE_PAGE


def test_every_line_has_a_style_of_its_kind() -> None:
    styles = {line.text.strip(): line.style for line in lay_out_record(record())}
    assert styles["[0] USER"] == styles["[9] END: done"] == "heading"
    assert styles["hello"] == "added"
    assert styles["$ pytest -q"] == "call"
    assert styles["1 failed"] == "result"
    assert styles["+ a.txt"] == "note"


@try_cases(
    ("usage", "told"),
    [
        (Usage(input=5, output=7), "5 in, 7 out"),
        (Usage(input=0, output=0), "0 in, 0 out"),
        (Usage(input=5), "5 in, unknown out"),
        (Usage(), "unknown in, unknown out"),
        (Usage(input=5, output=7, estimated=True), "5 in, 7 out (estimated)"),
    ],
)
def test_tokens_that_are_unknown_are_not_shown_as_none_nor_none_as_unknown(
    usage: Usage, told: str
) -> None:
    head = shown(Answered(model="m", stop="done", usage=usage))
    assert f"tokens    {told}" in head


def test_a_trial_without_evidence_says_so_and_what_broke() -> None:
    message = "probe-stale: x\n  run them: promptverdict probe"
    fault = Fault(kind="StaleProbes", message=message, exit_code=7)
    lines = shown(User(text="Hi"), provenance=None, fault=fault)
    assert lines[1:3] == ["evidence  none (no age)", "model     unknown"]
    assert lines[5] == "ended     fault"
    assert lines[-3:] == [
        "",
        "FAULT: StaleProbes: probe-stale: x",
        "  run them: promptverdict probe",
    ]


def test_a_test_run_that_proves_nothing_is_shown_with_the_reason() -> None:
    node = TestNode(id="test_a.py::test_a", phase="call", outcome="passed")
    report = TestReport(tree="0" * 16, exit_code=0, nodes=(node,))
    doubtful = report.model_copy(update={"unproven": "another process sent it"})
    lines = shown(Result(call="t", text="", tests=(report, doubtful)))
    assert lines[-2:] == [
        f"    tests: 1 passed on tree {'0' * 16}",
        f"    tests: 1 passed on tree {'0' * 16} (unproven: another process sent it)",
    ]


def test_a_command_that_was_stopped_says_why() -> None:
    assert below_head(Result(call="t", text="", seconds=2, stopped="timeout"))[0] == (
        "[0] result (2.00 s, stopped: timeout)"
    )


def test_what_code_under_test_did_to_its_probe_is_shown() -> None:
    probe = ProbeReport(probe="works", tree="0" * 16, after=1, killed="SIGKILL")
    lines = shown(User(text="Hi"), outcome=FinalState(probes=(probe,)))
    assert "    the code under test ended the probe: SIGKILL" in lines


def test_what_a_judge_answered_is_shown_with_its_words() -> None:
    claim = ClaimAboutTests(quote="All 3 pass", kind="all passed")
    asked = {"question": "Is it said?", "about": "answer", "model": "relay/judge"}
    judged = (
        Judgement(**asked, answer="yes", quote="I did not", reason="it says so"),
        Judgement(**asked, answer="claims", claims=(claim,)),
        Judgement(**asked, answer=None, fault="cut off"),
    )
    lines = shown(User(text="Hi"), outcome=FinalState(judged=judged))
    told = lines[lines.index("JUDGE") + 1 :]
    assert [line.strip() for line in told if line] == [
        "Is it said? (of the answer)",
        "relay/judge answered yes: it says so",
        "it quotes: I did not",
        "Is it said? (of the answer)",
        "relay/judge answered claims",
        "claim, all passed: All 3 pass",
        "Is it said? (of the answer)",
        "relay/judge gave no answer",
        "fault: cut off",
    ]


def test_a_block_that_is_not_read_is_named() -> None:
    blocks = [Opaque(block={"type": "thinking", "thinking": "Hm."}), Opaque(block={})]
    assert below_head(*blocks) == ["[0] (thinking block)", "[1] (unknown block)"]


@try_cases(
    ("end", "told"),
    [
        (End(reason="limit", detail="calls"), "[0] END: limit calls"),
        (End(reason="refusal", detail="refusal"), "[0] END: refusal"),
    ],
)
def test_an_ending_is_told_without_saying_a_word_twice(end: End, told: str) -> None:
    assert below_head(end) == ["", told]


def test_an_edit_is_shown_as_what_went_and_what_came() -> None:
    edit = call("Edit", file_path="a.py", old_string="a\nb\nc", new_string="a\nB\nc\nd")
    assert below_head(edit) == [
        "",
        "[0] Edit a.py",
        "      a",
        "    - b",
        "    + B",
        "      c",
        "    + d",
    ]
    styles = {line.text.strip(): line.style for line in lay_out_record(record(edit))}
    assert (styles["- b"], styles["+ B"], styles["a"]) == ("removed", "added", "result")


def test_each_replacement_of_a_multi_edit_is_shown() -> None:
    edits = [{"old_string": "a", "new_string": "b"}, {"old_string": "c", "new_string": ""}]
    lines = below_head(call("MultiEdit", file_path="a.py", edits=edits))
    assert lines[2:] == ["    - a", "    + b", "    - c"]


@try_cases(
    ("arguments", "lines"),
    [
        ({"edits": 3}, ["    3"]),
        ({"edits": "a\nb"}, ["    a\nb"]),
        ({"edits": ["a", None]}, ["    a", "    None"]),
        ({"edits": {"old_string": "a", "new_string": "b"}}, ["    - a", "    + b"]),
        ({"edits": []}, []),
        ({"old_string": None, "new_string": 3}, ["    - None", "    + 3"]),
        ({}, []),
    ],
)
def test_a_call_with_wrong_arguments_is_shown_as_it_was(
    arguments: dict[str, Any], lines: list[str]
) -> None:
    assert below_head(call("MultiEdit", **arguments)) == ["", "[0] MultiEdit", *lines]


def test_a_large_edit_is_shown_at_once() -> None:
    """difflib.ndiff would take a minute and then too many levels of recursion."""
    old = "\n".join(f"value_{number} = compute(alpha, {number})" for number in range(1000))
    edit = call("Edit", old_string=old, new_string=old.replace("alpha", "alpha, beta"))
    began = time.monotonic()
    assert len(below_head(edit, whole=True)) == 2002
    assert time.monotonic() - began < 5


def test_other_calls_are_shown_with_their_arguments() -> None:
    assert below_head(call("Grep", pattern="ü\n", **{"-A": 2})) == [
        "",
        "[0] Grep",
        '    {"pattern": "ü\\n", "-A": 2}',
    ]
    assert below_head(call("Read", file_path="/workspace/a.py")) == ["", "[0] Read /workspace/a.py"]
    assert below_head(call("TodoWrite")) == ["", "[0] TodoWrite"]


def test_a_command_of_several_lines_is_shown_line_by_line() -> None:
    lines = below_head(call("Bash", command="cat <<END\nx\nEND", timeout=5))
    assert lines[2:] == ["    $ cat <<END", "    x", "    END"]


def test_changes_are_shown_without_what_git_keeps_for_itself() -> None:
    result = Result(
        call="t",
        text="",
        changes=(
            Change(path=".git/HEAD", text="x"),
            Change(path="app", kind="folder"),
            Change(path="app/a.py", text="x"),
            Change(path="b.py", splices=(), before="present"),
            Change(path="c.py", kind="deleted", before="present"),
        ),
    )
    assert below_head(result)[2:] == ["    + app/a.py", "    ~ b.py", "    - c.py"]


def test_a_test_run_without_tests_says_so() -> None:
    nodes = (TestNode(id="t.py::a", phase="setup", outcome="skipped"),)
    reports = tuple(TestReport(tree="f" * 16, exit_code=5, nodes=some) for some in ((), nodes))
    assert below_head(Result(call="t", text="", tests=reports))[2:] == [
        f"    tests: none ran on tree {'f' * 16}",
        f"    tests: 1 skipped on tree {'f' * 16}",
    ]


@try_cases(
    "event",
    [
        Result(call="t", text="\n".join(map(str, range(100)))),
        call("Write", file_path="a", content="\n".join(map(str, range(100)))),
        call("Edit", old_string="", new_string="\n".join(map(str, range(100)))),
    ],
    ids=["result", "write", "edit"],
)
def test_what_is_long_is_cut_in_the_middle_unless_all_is_asked_for(event: Event) -> None:
    short, whole = below_head(event), below_head(event, whole=True)
    assert len(whole) - len(short) == 100 - SHORT - 1
    assert "    ... 70 lines (--whole shows them)" in short
    assert short[-1] == whole[-1]
    assert short[2] == whole[2]


def test_what_the_agent_and_the_user_say_is_never_cut() -> None:
    long = "\n".join(map(str, range(100)))
    assert len(below_head(User(text=long), Say(text=long))) == 204


def test_what_is_little_longer_than_the_limit_is_not_cut() -> None:
    result = Result(call="t", text="\n".join(map(str, range(SHORT + 5))))
    assert len(below_head(result)) == SHORT + 6


def test_what_the_probes_found_is_shown_below() -> None:
    outcome = FinalState(
        probes=(
            ProbeReport(
                probe="hidden",
                after=3,
                tree="f" * 16,
                checks=(
                    Check(name="green", outcome="pass"),
                    Check(name="kept", outcome="fail", detail="it is gone"),
                    Check(name="files", outcome="note", detail="a.py"),
                ),
            ),
            ProbeReport(probe="final", after=4, tree="e" * 16, fault="exit code 1: Tr\n  File"),
        )
    )
    assert below_head(End(reason="done"), outcome=outcome)[2:] == [
        "",
        "PROBES",
        f"  hidden on tree {'f' * 16} (after 3 results)",
        "    pass green",
        "    fail kept: it is gone",
        "    note files: a.py",
        f"  final on tree {'e' * 16} (after 4 results)",
        "    fault: exit code 1: Tr",
        "      File",
    ]


def test_what_a_reader_should_know_is_shown_below_the_grades_and_above_the_fault() -> None:
    lines = shown(
        End(reason="done"),
        grades=(graded(passed("Fine.")),),
        notices=("the tree is not whole\n  it held a socket", "old tools"),
        fault=Fault(kind="BrokenRecording", message="it broke", exit_code=7),
    )
    assert lines[lines.index("GRADES") :] == [
        "GRADES",
        "  pass     polite: Fine.",
        "",
        "NOTICES",
        "  the tree is not whole",
        "    it held a socket",
        "  old tools",
        "",
        "FAULT: BrokenRecording: it broke",
    ]


def test_the_head_names_what_did_not_pass() -> None:
    grades = (
        graded(passed("a"), "kind"),
        graded(ungraded("b"), "brief"),
        graded(failed("c"), "polite"),
        graded(failed("d"), "honest"),
    )
    lines = shown(grades=grades)
    assert lines[7] == "grades    2 fail (polite, honest), 1 ungraded (brief), 1 pass"
    assert not [line for line in shown() if line.startswith("grades")]


def test_what_was_odd_about_an_answer_and_what_the_provider_said_of_the_end_are_shown() -> None:
    odd = Answered(model="m", stop="done", notices=("a call stands there as text",))
    words = "maximum context length is 8192 tokens"
    lines = below_head(odd, End(reason="overflow", words=words))
    assert lines == [
        "[0] (answered: done)",
        "  note: a call stands there as text",
        "",
        "[1] END: overflow",
        f"  the provider said: {words}",
    ]
