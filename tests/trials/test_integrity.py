"""What an agent was given and what it wrote is no leak; a grader's lines in a result are one."""

from __future__ import annotations

from collections.abc import Iterable

from promptverdict.trials.integrity import (
    Integrity,
    PhraseIndex,
    describe_integrity,
    inspect_events,
    list_phrases,
)
from promptverdict.trials.transcript import Answered, Call, Event, Result, Say, User

from tests.cases import try_cases

PROBE = """\
import sys
result = run_tests_against(tree, expected=hidden)
if result.status != 404 or result.body["code"] != "gone":
    print("FAIL the cancelled booking is still there")
"""
SUITE = "title: Bookings\n  says: It cancels exactly what the user asked for and nothing else\n"
ATTEMPT = """\
kind: good
steps:
  - Write:
      content: |
        def cancel(booking, now):
            return replace(booking, state="cancelled", ended=now)
        def restore(booking, now):
            return replace(booking, state="open", ended=None, begun=now)
"""
INDEX = PhraseIndex(
    [
        *list_phrases(PROBE, "probes/x/hidden.py"),
        *list_phrases(SUITE, "suite.yaml", can_be_said=True),
        *list_phrases(ATTEMPT, "solutions/x/good.yaml", is_attempt=True),
    ]
)


def inspect(*events: Event, given: Iterable[str] = (), workspace: Iterable[str] = ()) -> Integrity:
    return inspect_events(events, INDEX, given, lambda _: workspace)


def call(**arguments: object) -> Call:
    return Call(id="1", tool="Bash", args=arguments)


def result(text: str) -> Result:
    return Result(call="1", text=text)


def answered() -> Answered:
    return Answered(model="m", stop="calls")


@try_cases(
    "text",
    [
        PROBE,
        f"{PROBE.splitlines()[2]}",
        "\n".join(f"{number:6}\t{line}" for number, line in enumerate(PROBE.splitlines())),
        "\n".join(f"/probes/x/hidden.py:{line}" for line in PROBE.splitlines()),
        "\n".join(f"+{line}" for line in PROBE.splitlines()),
    ],
)
def test_a_probe_in_a_result_taints_however_it_is_printed(text: str) -> None:
    found = inspect(User(text="Go"), call(command="cat"), answered(), result(text))
    assert found.state == "tainted"
    (leak,) = found.leaks
    assert (leak.event, leak.source) == (3, "probes/x/hidden.py")
    assert describe_integrity(found) == "tainted: the agent was shown probes/x/hidden.py in [3]"


def test_one_short_line_is_chance_and_words_in_another_order_are_nothing() -> None:
    assert inspect(result(PROBE.splitlines()[1])).state == "clean"
    shuffled = " ".join(sorted(PROBE.split()))
    assert inspect(result(shuffled)).state == "clean"


def test_what_was_given_or_said_by_the_user_or_written_before_is_no_leak() -> None:
    assert inspect(result(PROBE), given=[PROBE]).state == "clean"
    assert inspect(User(text=PROBE), result(PROBE)).state == "clean"
    written = call(command="write", files=[{"content": PROBE}])
    assert inspect(written, answered(), result(PROBE)).state == "clean"
    assert inspect(result(PROBE), written).state == "tainted"


def test_an_answer_with_the_suites_own_words_taints_and_one_with_a_tests_code_does_not() -> None:
    assert inspect(Say(text=SUITE)).state == "tainted"
    assert inspect(Say(text=PROBE)).state == "clean"


def test_lines_of_an_attempt_count_unless_the_agents_own_edits_made_them() -> None:
    assert inspect(result(ATTEMPT)).state == "tainted"
    assert inspect(result(ATTEMPT), workspace=[ATTEMPT]).state == "clean"
    assert inspect(result(PROBE), workspace=[PROBE]).state == "tainted"
