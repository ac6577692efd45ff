"""What a grade rests on is marked where it stands, and a line below it names the grade."""

from __future__ import annotations

from typing import Any

from promptverdict.report.transcript.layout import lay_out_record
from promptverdict.report.transcript.lines import LONGEST_REASON, SHORT, Line, shorten_reason
from promptverdict.trials.grade import Finding, Grade, Point, failed, passed, ungraded
from promptverdict.trials.transcript import Answered, Call, End, Event, Opaque, Result, Say, User

from tests.cases import try_cases
from tests.report.made import graded, record

LEGEND = "marked    ⟦like this⟧ is what a grade rests on, named below it after ^"
LONG = "\n".join(f"line {number}" for number in range(100))
GAP = "    ... {} lines (--whole shows them)"


def bracketed(line: Line) -> str:
    text = line.text
    for mark in reversed(line.marks):
        opening, closing = "⟦" if mark.opens else "", "⟧" if mark.closes else ""
        part = f"{opening}{text[mark.start : mark.end]}{closing}"
        text = f"{text[: mark.start]}{part}{text[mark.end :]}"
    return text


def laid(*events: Event, grades: tuple[Grade, ...], whole: bool = False) -> list[Line]:
    return list(lay_out_record(record(*events, grades=grades), whole=whole))


def marked(*events: Event, grades: tuple[Grade, ...], whole: bool = False) -> list[str]:
    """Give what stands between the head and the grades, with brackets around what is marked."""
    told = [bracketed(line) for line in laid(*events, grades=grades, whole=whole)]
    return told[8 : told.index("GRADES") - 1]


def at(text: str, part: str, event: int = 0) -> Point:
    start = text.index(part)
    return Point(event=event, start=start, end=start + len(part))


def result(text: str, **more: Any) -> Result:
    return Result(call="t", text=text, **more)


def test_a_part_of_what_was_said_is_marked_and_the_grade_named_below() -> None:
    text = "All is well.\nI ran nothing. Bye."
    finding = failed("It says\n  so.", at(text, "I ran nothing."))
    assert marked(Say(text=text), End(reason="done"), grades=(graded(finding),)) == [
        LEGEND,
        "",
        "[0] AGENT, turn 1",
        "    All is well.",
        "    ⟦I ran nothing.⟧ Bye.",
        "    ^ fail polite: It says so.",
        "",
        "[1] END: done",
    ]


def test_marks_and_notes_have_the_style_of_their_outcome() -> None:
    text = "one two three"
    grades = (
        graded(passed("a", at(text, "one")), "kind"),
        graded(ungraded("b", at(text, "two")), "brief"),
        graded(failed("c", at(text, "three"))),
    )
    lines = laid(User(text=text), grades=grades)
    (said,) = [line for line in lines if line.text == f"    {text}"]
    notes = [(line.text, line.style) for line in lines if line.text.startswith("    ^")]
    assert [mark.style for mark in said.marks] == ["added", "note", "removed"]
    assert notes == [
        ("    ^ pass kind: a", "added"),
        ("    ^ ungraded brief: b", "note"),
        ("    ^ fail polite: c", "removed"),
    ]


def test_a_part_of_several_lines_opens_in_the_first_and_closes_in_the_last() -> None:
    finding = failed("x", Point(event=0, start=2, end=10))
    assert marked(User(text="a bcd\n\n  ef gh"), grades=(graded(finding),))[3:] == [
        "    a ⟦bcd",
        "    ",
        "      e⟧f gh",
        "    ^ fail polite: x",
    ]


def test_an_event_without_a_part_is_named_below_and_nothing_in_it_is_marked() -> None:
    finding = failed("x", Point(event=0), Point(event=0))
    changed = result("1 failed", seconds=1)
    assert marked(changed, grades=(graded(finding),)) == [
        "[0] result (1.00 s)",
        "    1 failed",
        "    ^ fail polite: x",
    ]


@try_cases(
    ("event", "lines"),
    [
        (
            Call(id="t", tool="Edit", args={"file_path": "a.py", "old_string": "x"}),
            ["", "[0] ⟦Edit a.py⟧", "    - x"],
        ),
        (Call(id="t", tool="Bash", args={"command": "ls"}), ["", "[0] ⟦Bash⟧", "    $ ls"]),
        (Opaque(block={"type": "thinking"}), ["[0] ⟦(thinking block)⟧"]),
        (Answered(model="m", stop="length"), ["[0] ⟦(answered: length)⟧"]),
        (End(reason="limit", detail="calls"), ["", "[0] ⟦END: limit calls⟧"]),
    ],
)
def test_an_event_without_a_text_is_marked_in_its_heading(event: Event, lines: list[str]) -> None:
    finding = failed("x", Point(event=0, start=1, end=2))
    grades = (graded(passed("y", Point(event=0)), "kind"), graded(finding))
    assert marked(event, grades=grades) == [
        LEGEND,
        *lines,
        "    ^ pass kind: y",
        "    ^ fail polite: x",
    ]
    marks = [line.marks[0] for line in laid(event, grades=grades) if line.marks]
    assert [mark.style for mark in marks] == ["note", "removed"]


def test_a_heading_has_the_style_of_what_rests_on_it() -> None:
    for finding, style in ((passed, "added"), (ungraded, "note"), (failed, "removed")):
        lines = laid(End(reason="done"), grades=(graded(finding("x", Point(event=0))),))
        (heading,) = [line for line in lines if line.text == "[0] END: done"]
        assert [mark.style for mark in heading.marks] == [style]


def test_without_marks_there_is_no_legend() -> None:
    for finding in (passed("x"), failed("x", Point(event=0))):
        lines = laid(User(text="Hi"), grades=(graded(finding),))
        assert not [line for line in lines if line.marks or line.text.startswith("marked")]


@try_cases(
    ("findings", "told"),
    [
        ((failed("x", Point(event=0, start=4)),), "one ⟦two three⟧"),
        ((failed("x", Point(event=0, end=3)),), "⟦one⟧ two three"),
        ((failed("x", Point(event=0, start=3, end=8)),), "one ⟦two⟧ three"),
        ((failed("x", Point(event=0, start=-9, end=999)),), "⟦one two three⟧"),
        ((failed("x", Point(event=0, start=5, end=2)),), "one two three"),
        ((failed("x", Point(event=0, start=5, end=-2)),), "one two three"),
        ((failed("x", Point(event=0, start=50, end=60)),), "one two three"),
        ((failed("x", Point(event=0, start=3, end=4)),), "one two three"),
        ((failed("x", Point(event=9)), failed("x", Point(event=-1))), "one two three"),
    ],
)
def test_a_part_is_what_there_is_of_it_without_space_at_its_edges(
    findings: tuple[Finding, ...], told: str
) -> None:
    """A suite's own grader may point anywhere."""
    lines = marked(Say(text="one two three"), grades=tuple(map(graded, findings)))
    assert f"    {told}" in lines


@try_cases(
    ("parts", "told"),
    [
        ([("pass", 0, 5), ("pass", 2, 8)], "⟦abcdefgh⟧ij"),
        ([("pass", 2, 8), ("fail", 6, 9)], "abcdef⟦ghi⟧j"),
        ([("pass", 0, 10), ("fail", 3, 5)], "abc⟦de⟧fghij"),
        ([("fail", 0, 10), ("fail", 3, 5)], "abc⟦de⟧fghij"),
        ([("fail", 0, 10), ("pass", 3, 5)], "⟦abcdefghij⟧"),
        ([("fail", 0, 10), ("pass", 0, 10)], "⟦abcdefghij⟧"),
        ([("ungraded", 4, 8), ("fail", 2, 6)], "ab⟦cdefgh⟧ij"),
        ([("fail", 5, 7), ("fail", 1, 3)], "a⟦bc⟧de⟦fg⟧hij"),
        ([("pass", 0, 2), ("pass", 2, 4)], "⟦ab⟧⟦cd⟧efghij"),
    ],
)
def test_what_failed_and_what_is_told_exactly_is_marked_first(
    parts: list[tuple[Any, int, int]], told: str
) -> None:
    grades = tuple(
        graded(Finding(outcome=outcome, reason="x", points=(Point(event=0, start=a, end=b),)))
        for outcome, a, b in parts
    )
    assert f"    {told}" in marked(Say(text="abcdefghij"), grades=grades)


def test_what_is_merged_has_the_outcome_to_look_at_first() -> None:
    points = Point(event=0, start=0, end=4), Point(event=0, start=2, end=6)
    grades = (graded(ungraded("x", points[0])), graded(failed("y", points[1]), "kind"))
    (line,) = [one for one in laid(User(text="abcdefgh"), grades=grades) if "abc" in one.text]
    assert [mark.style for mark in line.marks] == ["removed"]


def test_what_is_cut_keeps_the_marked_lines_with_some_around() -> None:
    finding = failed("x", at(LONG, "line 50"), at(LONG, "line 22"))
    assert marked(result(LONG), grades=(graded(finding),))[2:] == [
        *(f"    line {number}" for number in range(22)),
        "    ⟦line 22⟧",
        "    line 23",
        "    line 24",
        GAP.format(23),
        "    line 48",
        "    line 49",
        "    ⟦line 50⟧",
        "    line 51",
        "    line 52",
        GAP.format(37),
        *(f"    line {number}" for number in range(90, 100)),
        "    ^ fail polite: x",
    ]


def test_a_gap_that_is_no_longer_than_its_note_is_worth_is_shown() -> None:
    lines = marked(result(LONG), grades=(graded(failed("x", at(LONG, "line 27"))),))
    assert lines[2:29] == [f"    line {number}" for number in range(27)]
    assert [line for line in lines if "--whole" in line] == [GAP.format(60)]


def test_a_marked_part_is_kept_whole_unless_it_is_long_itself() -> None:
    for last, gaps in ((55, 2), (88, 2)):
        point = Point(event=0, start=LONG.index("line 30"), end=LONG.index(f"line {last + 1}"))
        lines = marked(result(LONG), grades=(graded(failed("x", point)),))
        assert "    ⟦line 30" in lines
        assert f"    line {last}⟧" in lines
        assert len([line for line in lines if "--whole" in line]) == gaps
        assert ("    line 52" in lines) is (last == 55)


def test_a_mark_over_all_of_a_long_result_cuts_it_as_without_a_mark() -> None:
    finding = failed("x", Point(event=0, start=0, end=len(LONG)))
    lines = marked(result(LONG), grades=(graded(finding),))
    assert GAP.format(100 - SHORT) in lines
    assert "    ⟦line 0" in lines
    assert "    line 99⟧" in lines


def test_nothing_is_cut_when_all_is_asked_for() -> None:
    finding = failed("x", at(LONG, "line 50"))
    lines = marked(result(LONG), grades=(graded(finding),), whole=True)
    assert len(lines) == 103
    assert "    ⟦line 50⟧" in lines


def test_a_reason_is_told_in_one_line_of_bounded_length() -> None:
    assert shorten_reason(" a\n b\t c ") == "a b c"
    assert shorten_reason("x" * LONGEST_REASON) == "x" * LONGEST_REASON
    assert shorten_reason("x" * LONGEST_REASON + "y") == "x" * (LONGEST_REASON - 1) + "…"
