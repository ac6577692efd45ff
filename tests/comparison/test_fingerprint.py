"""What a trial measures: each number means what it says, and what is unknown is no zero."""

from __future__ import annotations

from datetime import date

from promptverdict.comparison.fingerprint import MEASURES, OTHER, measure_trial
from promptverdict.trials.evidence import FinalState
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.tool_arguments import ARGUMENTS
from promptverdict.trials.transcript import Answered, Call, End, Event, Result, Say, Usage, User
from promptverdict.trials.tree import Change, TestReport

from tests.cases import try_cases
from tests.report.made import record

START = FinalState(start=(Change(path="a.txt", text="one\ntwo\nthree\n"),))
DONE = (Say(text="Done."), Answered(model="m", stop="done"), End(reason="done"))


def call(tool: str, number: int = 1, **arguments: str) -> Call:
    return Call(id=f"t{number}", tool=tool, args=arguments)


def result(*changes: Change, number: int = 1, **more: object) -> Result:
    fields: dict[str, object] = {"call": f"t{number}", "text": "", "changes": changes}
    return Result.model_validate(fields | more)


def after(*events: Event, outcome: FinalState = START, **more: object) -> dict[str, float | None]:
    told: TrialRecord = record(User(text="Please."), *events, outcome=outcome, **more)
    return measure_trial(told)


def reflog(*messages: str) -> str:
    return "".join(
        f"{'0' * 40} {'1' * 40} A <a@b> {place} +0000\t{told}\n"
        for place, told in enumerate(messages)
    )


def test_every_measure_is_documented_and_known_of_a_whole_trial() -> None:
    found = measure_trial(record(cost=Cost(amount=0.5, currency="USD", as_of=date(2026, 1, 1))))
    assert list(found) == list(MEASURES)
    assert None not in found.values()
    assert all(isinstance(value, float) for value in found.values())
    assert all(measure.says for measure in MEASURES.values())


def test_a_trial_that_broke_off_has_no_measures_and_no_zeros() -> None:
    broken = record(fault=Fault(kind="ProviderError", message="gone", exit_code=4))
    assert set(measure_trial(broken).values()) == {None}


def test_tokens_and_prices_that_nobody_knows_are_unknown() -> None:
    found = after(Say(text="Hi."), Answered(model="m", stop="done", usage=Usage(output=3)))
    assert (found["tokens read"], found["tokens written"], found["price"]) == (None, 3.0, None)


def test_calls_are_counted_by_tool_and_as_failed() -> None:
    found = after(
        call("Bash", 1, command="ls"),
        call("Read", 2, file_path="a.txt"),
        call("Bash", 3, command="x"),
        Answered(model="m", stop="calls"),
        result(seconds=0.1),
        result(number=2, seconds=0.2),
        result(number=3, error=True),
        *DONE,
    )
    told = [found[name] for name in ("calls", "calls of Bash", "calls of Read", "calls of Grep")]
    assert told == [3, 2, 1, 0]
    assert (found["calls that failed"], found["turns"], found["seconds in tools"]) == (1, 2, 0.3)


def test_names_that_a_model_made_up_do_not_become_measures() -> None:
    found = after(call("<script>"), Answered(model="m", stop="calls"), result(error=True), *DONE)
    assert found[f"calls of {OTHER}"] == found[f"begins with {OTHER}"] == 1
    assert not [name for name in found if "<" in name]


def test_a_file_is_read_once_however_it_is_named_and_not_where_reading_failed() -> None:
    found = after(
        call("Read", 1, file_path="/workspace/a.txt"),
        call("Read", 2, file_path="./a.txt"),
        call("Read", 3, file_path="gone.txt"),
        Answered(model="m", stop="calls"),
        result(),
        result(number=2),
        result(number=3, error=True),
        *DONE,
    )
    assert found["files read"] == 1


@try_cases(
    ("change", "lines"),
    [
        (Change(path="a.txt", splices=(1, -1, "2\n", 2), before="present"), 2),
        (Change(path="a.txt", text="three\none\ntwo\n", before="present"), 0),
        (Change(path="a.txt", kind="deleted", before="present"), 3),
        (Change(path="b.txt", text="four\nfive\n"), 2),
        (Change(path="b.txt", text=""), 0),
        (Change(path="b.bin", base64="AP8A"), 0),
        (Change(path="new", kind="folder"), 0),
        (Change(path=".pytest_cache/x", text="one\n"), 0),
    ],
)
def test_lines_changed_are_those_that_one_of_both_trees_has_more_often(
    change: Change, lines: int
) -> None:
    found = after(call("Bash"), Answered(model="m", stop="calls"), result(change), *DONE)
    assert found["lines changed"] == lines
    counts = change.path not in ("new", ".pytest_cache/x")
    assert found["stopped without a change"] == float(not counts)


def test_what_was_undone_is_a_changed_file_without_a_changed_line() -> None:
    undone = Change(path="a.txt", text="one\ntwo\nthree\n", before="present")
    changed = Change(path="a.txt", text="x\n", before="present")
    events = (call("Write"), Answered(model="m", stop="calls"), result(changed), result(undone))
    found = after(*events, *DONE)
    told = [found[name] for name in ("files changed", "lines changed", "stopped without a change")]
    assert told == [1, 0, 0]


def test_commits_are_what_gits_log_gained_and_amendments_are_none() -> None:
    log, old = ".git/logs/HEAD", reflog("commit (initial): a")
    begun = FinalState(start=(Change(path=log, text=old),))
    committed = Change(path=log, splices=(1, reflog("commit: b", "commit (amend): b"), 1))
    other = Change(path="sub/.git/logs/HEAD", text=reflog("commit (initial): c", "checkout: d"))
    events = (call("Bash"), Answered(model="m", stop="calls"), result(committed, other), result())
    assert after(*events, *DONE, outcome=begun)["commits"] == 2


def test_trees_that_cannot_be_built_leave_only_their_own_measures_unknown() -> None:
    odd = Change(path="gone.txt", kind="deleted", before="present")
    found = after(call("Bash"), Answered(model="m", stop="calls"), result(odd), *DONE)
    told = [found[name] for name in ("lines changed", "commits", "calls")]
    assert told == [None, None, 1]


def test_a_commit_of_a_branch_is_counted_once_and_words_about_commits_never() -> None:
    log = reflog("commit: tell of\tcommit: x", "reset: moving to\tcommit: x")
    changes = [Change(path=f".git/logs/{name}", text=log) for name in ("HEAD", "refs/heads/main")]
    events = (call("Bash"), Answered(model="m", stop="calls"), result(*changes))
    assert after(*events, *DONE)["commits"] == 1


@try_cases(
    ("answer", "questions"),
    [
        ("Shall I? Or shall I not?", 2),
        ("I asked whether it works. It does.", 0),
        ('Did you mean "this?"', 1),
        ("**Which one?** Tell me.", 1),
        ("```\nreally?\n```\nDone.", 0),
        ("> really?\n\nDone.", 0),
        ("See `what?` and go on.", 0),
        ("", 0),
    ],
)
def test_questions_are_sentences_of_the_answer(answer: str, questions: int) -> None:
    found = after(Say(text=answer), Answered(model="m", stop="done"), End(reason="done"))
    assert found["questions"] == questions


def test_only_the_answer_asks_but_all_words_are_words() -> None:
    events = (Say(text="Shall I look?"), call("Bash"), Answered(model="m", stop="calls"), result())
    found = after(*events, *DONE)
    told = [found[name] for name in ("questions", "words", "words of the answer")]
    assert told == [0, 4, 1]


def test_a_trial_begins_in_exactly_one_way() -> None:
    answering = after(*DONE)
    assert answering["begins by answering"] == 1
    several = (call("Grep"), call("Bash", 2), Answered(model="m", stop="calls"), result(), result())
    searching = after(Say(text="Let me see."), *several, *DONE)
    assert searching["begins with Grep"] == 1
    for found in (answering, searching):
        ways = [f"begins with {tool}" for tool in (*ARGUMENTS, OTHER)]
        assert sum(found[way] or 0 for way in ("begins by answering", *ways)) == 1


def test_refusals_and_test_runs_are_what_was_reported() -> None:
    tests = (TestReport(tree="t", exit_code=0), TestReport(tree="t", exit_code=1))
    found = after(
        call("Bash"),
        Answered(model="m", stop="calls"),
        result(tests=tests),
        Answered(model="m", stop="refusal"),
        End(reason="refusal"),
    )
    assert (found["test runs"], found["refusals"]) == (2, 1)
