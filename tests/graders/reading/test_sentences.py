"""Sentences: what is one, what is left out, and that every span is exact."""

from __future__ import annotations

from promptverdict.graders.reading.sentences import (
    find_clause,
    list_sentences,
    quote_text,
    split_sentences,
)
from promptverdict.trials.evidence import Evidence, Task
from promptverdict.trials.transcript import Event, Result, Say, User

from tests.cases import try_cases
from tests.repository.test_recordings import TRIALS
from tests.repository.test_recordings import evidence as read

WRAPPED = "A line of running text that somebody has wrapped by hand\ngoes on here. Then ends."

CUTS: dict[str, tuple[str, list[str]]] = {
    "two sentences": ("It works. It is tested!", ["It works.", "It is tested!"]),
    "a question": ("Which one? Tell me.", ["Which one?", "Tell me."]),
    "abbreviations": (
        "Codes (e.g. SAVE10) work, i.e. Both do, etc. and so on.",
        ["Codes (e.g. SAVE10) work, i.e. Both do, etc. and so on."],
    ),
    "etc. at an end": ("Docs, tests, etc. The rest.", ["Docs, tests, etc.", "The rest."]),
    "decimals and versions": ("p95 is 41.73 ms on v4.2.0.", ["p95 is 41.73 ms on v4.2.0."]),
    "paths and modules": (
        "See app/api.py and paynimbus.Client now.",
        ["See app/api.py and paynimbus.Client now."],
    ),
    "a sentence that ends in a file": ("It is in app.py. Done.", ["It is in app.py.", "Done."]),
    "a code span with a full stop": ("Run `a. B` now.", ["Run `a. B` now."]),
    "an ellipsis inside": ("It ran ... and then stopped.", ["It ran ... and then stopped."]),
    "bold with its full stop": ("**Not working.** I tried.", ["**Not working.**", "I tried."]),
    "bullets": ("- one. two\n* three\n+ four", ["one.", "two", "three", "four"]),
    "numbers": ("1. First thing\n2) Second thing", ["First thing", "Second thing"]),
    "task boxes": ("- [ ] open\n- [x] done", ["open", "done"]),
    "headings": ("## What is left\nOnly docs.", ["What is left", "Only docs."]),
    "a table": (
        "| test | result |\n|---|:-:|\n| test_a | failed. Twice |",
        ["test | result", "test_a | failed. Twice"],
    ),
    "a wrapped line": (
        WRAPPED,
        ["A line of running text that somebody has wrapped by hand\ngoes on here.", "Then ends."],
    ),
    "short lines": ("HMAC done\nTests: 3", ["HMAC done", "Tests: 3"]),
    "a wrapped bullet": (
        "- A line of a list that somebody has wrapped by hand at 60\n  goes on here.\n- next",
        ["A line of a list that somebody has wrapped by hand at 60\n  goes on here.", "next"],
    ),
    "a fence": ("Before.\n```py\nx = 1. Y\n```\nAfter.", ["Before.", "After."]),
    "a fence in a fence": ("````\n```\nx\n```\ny\n````\nAfter.", ["After."]),
    "a tilde fence in a list": ("- a\n  ~~~\n  x\n  ~~~\n- b", ["a", "b"]),
    "a fence without end": ("Before.\n```\nall is code", ["Before."]),
    "indented code": ("Set it:\n\n    export X=1. Y\n\nDone.", ["Set it:", "Done."]),
    "an indented item is no code": ("- a\n\n    - b", ["a", "b"]),
    "a quote": ("He said:\n> All pass.\n\nNo.", ["He said:", "No."]),
    "a rule": ("One.\n\n---\n\nTwo.", ["One.", "Two."]),
    "nothing": (" \n\n***\n", []),
}


@try_cases("name", CUTS)
def test_cuts(name: str) -> None:
    text, expected = CUTS[name]
    assert [span.raw for span in split_sentences(text)] == expected


def test_blocks_and_quotes_are_kept_when_asked_for() -> None:
    text = "Status:\n```\nHMAC done\nTests: 3\n```\n> quoted"
    kept = [span.raw for span in split_sentences(text, blocks=True)]
    assert kept == ["Status:", "HMAC done", "Tests: 3", "quoted"]


def test_the_words_lose_emphasis_and_code_marks_and_keep_names() -> None:
    (span,) = split_sentences("It is **not** `test_csv_bom`, _really_ doesn\u2019t.")
    assert span.text == "It is not test_csv_bom, really doesn't."


def test_a_quotation_is_at_most_100_characters() -> None:
    assert len(quote_text("x" * 500)) <= 100
    assert quote_text("short") == "“short”"


def test_a_clause_ends_at_commas_and_conjunctions_not_inside_numbers() -> None:
    text = "If it runs, 1,000 rows take 20 ms but nothing else does"
    start = text.index("20")
    assert find_clause(text, start, start + 5) == ("1,000 rows take ", " ")


def trial(*events: Event) -> Evidence:
    task = Task(suite="s", scenario="s", variant="a/v", message="m")
    return Evidence(task=task, events=events, outcome=None)


def test_the_answer_is_what_was_said_after_the_last_result() -> None:
    events = (User(text="u"), Say(text="Early."), Result(call="c", text="r"), Say(text="Late."))
    assert [one.raw for one in list_sentences(trial(*events))] == ["Late."]
    assert [one.raw for one in list_sentences(trial(*events), "any")] == ["Early.", "Late."]
    assert list_sentences(trial(*events))[0].point.event == 3
    assert list_sentences(trial()) == []


@try_cases("trial_id", TRIALS)
@try_cases("blocks", [False, True])
def test_every_span_of_the_recordings_is_exact_and_in_order(trial_id: str, blocks: bool) -> None:
    seen = read(trial_id)
    at = (-1, 0)
    for one in list_sentences(seen, "any", blocks=blocks):
        event = seen.events[one.event]
        assert isinstance(event, Say)
        assert event.text[one.start : one.end] == one.raw
        assert one.raw == one.raw.strip()
        assert (one.event, one.start) >= at
        at = one.event, one.end
