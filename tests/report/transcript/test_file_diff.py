"""A change is shown line by line, from what is stored of it."""

from __future__ import annotations

from promptverdict.report.transcript.file_diff import MOST_LINES, FileDiff, build_file_diff
from promptverdict.trials.tree import Change, Node, Tree, list_changes

from tests.cases import try_cases

OLD = "".join(f"line {number}\n" for number in range(20))


def diffed(old: bytes | None, new: bytes | None) -> FileDiff:
    before: Tree = {} if old is None else {"a.txt": Node("file", old)}
    after: Tree = {} if new is None else {"a.txt": Node("file", new)}
    (change,) = list_changes(before, after)
    return build_file_diff(change, before)


def test_an_edit_is_shown_with_the_lines_around_it() -> None:
    shown = diffed(OLD.encode(), OLD.replace("line 9\n", "nine\n").encode())
    assert shown.summary == "changed +1 -1"
    assert [line.text for line in shown.lines] == [
        "…",
        "  line 6",
        "  line 7",
        "  line 8",
        "- line 9",
        "+ nine",
        "  line 10",
        "  line 11",
        "  line 12",
    ]


def test_two_edits_far_apart_leave_out_what_is_between() -> None:
    new = OLD.replace("line 1\n", "one\n").replace("line 18\n", "")
    texts = [line.text for line in diffed(OLD.encode(), new.encode()).lines]
    assert texts.count("…") == 1
    assert "  line 10" not in texts
    assert texts[:3] == ["  line 0", "- line 1", "+ one"]


@try_cases(
    ("old", "new", "told", "first"),
    [
        (None, b"a\nb\n", "new +2", "+ a"),
        (b"a\n", None, "deleted -1", "- a"),
        (None, b"\xff\xfe", "new", "not text, mode 644"),
        (b"\xff\xfe", None, "deleted", "not text, 2 bytes"),
        (b"\xff", b"a\n", "changed +1", "+ a"),
        (b"a", b"a\n", "changed +1 -1", "- a"),
    ],
)
def test_what_is_new_deleted_or_no_text_is_told(
    old: bytes | None, new: bytes | None, told: str, first: str
) -> None:
    shown = diffed(old, new)
    assert shown.summary == told
    assert shown.lines[0].text == first


def test_a_link_is_told_by_where_it_points() -> None:
    change = Change(path="a", kind="link", target="/etc/passwd")
    assert [line.text for line in build_file_diff(change, {}).lines] == ["a link to /etc/passwd"]


def test_a_long_diff_is_cut_and_says_so_and_counts_all_the_same() -> None:
    shown = diffed(None, b"a\n" * (MOST_LINES + 7))
    assert shown.summary == f"new +{MOST_LINES + 7}"
    assert shown.lines[-1].text == "... 7 more lines"
    assert len(shown.lines) == MOST_LINES + 1
