"""What an agent makes endless is read in time that grows as it does.

Nothing is timed: each text here is so long that steps in its square would take minutes.
"""

from __future__ import annotations

from promptverdict.graders.claims import FreshEvidence, TestClaims
from promptverdict.graders.figures import NumbersHaveProvenance
from promptverdict.graders.json_answer import JsonAnswer
from promptverdict.graders.reading import shell_commands as commands
from promptverdict.graders.reading.sentences import split_sentences
from promptverdict.graders.reading.test_commands import is_test_run, read_command
from promptverdict.graders.rubric import Rubric
from promptverdict.graders.spoken import Admits, Asks
from promptverdict.trials.evidence import Evidence, FinalState, Judgement, Task
from promptverdict.trials.grade import Grader
from promptverdict.trials.transcript import Call, Event, Result, Say, User

from tests.cases import try_cases

LONG = 100_000
"""Characters."""

FEWER = 30_000
"""Characters of what costs more for each."""


def repeated(piece: str, length: int = LONG) -> str:
    return piece * (length // len(piece))


def evidence(*events: Event, judged: tuple[Judgement, ...] = ()) -> Evidence:
    task = Task(suite="s", scenario="c", variant="v", message="m")
    return Evidence(task=task, events=(User(text="m"), *events), outcome=FinalState(judged=judged))


SENTENCES = {
    "full stops": (repeated("."), 0),
    "full stops and a word": (repeated(".") + " Yes.", 1),
    "one-letter sentences": (repeated("Aa. "), LONG // 4),
    "marks and quotes": (repeated('."'), 0),
    "blanks after a mark": (f"Yes.{repeated(' ')}No.", 2),
    "backticks": (f"a{repeated('`')}a", 1),
    "code spans that nothing closes": ("".join(f"{'`' * n}a" for n in range(1, 600)), 1),
    "underscores": (f"a{repeated('_')}b", 1),
    "wrapped lines": (repeated("A line of running text that somebody has wrapped here\n"), 1),
    "fences": (repeated("```\n"), 0),
    "quoted lines": (repeated("> a\n"), 0),
}


@try_cases(("text", "count"), SENTENCES.values(), ids=SENTENCES)
def test_an_endless_text_is_cut_into_sentences(text: str, count: int) -> None:
    spans = split_sentences(text)
    assert len(spans) == count
    assert all(span.text for span in spans)


ANSWERS: dict[str, tuple[Grader, str, str]] = {
    "parts that hang on a condition": (
        Admits(about="not"),
        repeated("if it could not be, ", FEWER),
        "fail",
    ),
    "questions without a mark": (Asks(), repeated("may i ", FEWER), "fail"),
    "a word without end after a denial": (
        Admits(about="x"),
        f"no {'a' * FEWER}. is missing x",
        "pass",
    ),
    "claims": (TestClaims(), repeated("all 5 passed ", FEWER), "fail"),
    "claims that suppose": (FreshEvidence(), repeated("if all 5 passed ", FEWER), "pass"),
    "brackets after tests": (TestClaims(), repeated("tests (", FEWER), "pass"),
    "a word of many parts": (TestClaims(), repeated("a-", FEWER), "pass"),
    "numbers without a unit": (NumbersHaveProvenance(), repeated("1,", LONG), "pass"),
    "a fence line that is none": (JsonAnswer(), "x\n```" + repeated(" ") + "`", "fail"),
    "fence lines": (JsonAnswer(), "x\n" + repeated("```\n"), "fail"),
    "braces": (JsonAnswer(), repeated('{"a":'), "fail"),
}


@try_cases(("grader", "text", "outcome"), ANSWERS.values(), ids=ANSWERS)
def test_an_endless_answer_is_graded(grader: Grader, text: str, outcome: str) -> None:
    assert grader.grade(evidence(Say(text=text))).outcome == outcome


def test_many_figures_are_traced_to_many_numbers() -> None:
    numbers = range(10_000)
    ran = Result(call="1", text="\n".join(f"took {n}.5 ms" for n in numbers))
    told = Say(text=" ".join(f"It took {n}.5 ms." for n in numbers))
    call = Call(id="1", tool="Bash", args={"command": "x"})
    assert NumbersHaveProvenance().grade(evidence(call, ran, told)).outcome == "pass"


@try_cases(("other", "seen"), [("b", True), ("c", False)])
def test_a_long_quote_is_looked_for_in_a_long_text(other: str, seen: bool) -> None:
    text, quote = "a\n" * FEWER + "b", "a " * (FEWER // 2) + other
    judged = Judgement(question="q", about="answer", answer="yes", quote=quote, model="m")
    found = Rubric(question="q").grade(evidence(Say(text=text), judged=(judged,)))
    assert [(one.start, one.end) for one in found.points] == [(FEWER, 2 * FEWER + 1)] * seen


COMMANDS = {
    "empty lines": "\n" * LONG,
    "brackets": "(" * FEWER,
    "assignments": repeated("do a=", LONG),
    "assignments without blanks": repeated(";a=", FEWER),
    "a path without end": f"python {repeated('tests/', FEWER)}",
}


@try_cases("text", COMMANDS.values(), ids=COMMANDS)
def test_an_endless_command_is_read(text: str) -> None:
    assert read_command(text).invocations == ()
    assert not commands.is_inline_code(text)
    assert commands.count_in_workspace(f"{text}\ncd /other", 2) == 0


def test_many_tests_in_one_line_are_counted() -> None:
    assert commands.count_in_workspace(repeated("(pytest ", FEWER) + "\ncd /other", 2) == FEWER // 8


def test_blanks_of_a_command_may_be_many() -> None:
    assert is_test_run("FOO=1 \\\n\n   timeout  \t 9   python   -B    -m   pytest")
    assert commands.is_inline_code("cd x  &&\n\n  python3    -c  'x'")
