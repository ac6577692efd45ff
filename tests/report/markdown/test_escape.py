"""Texts of others stay texts in Markdown, and a fence stays closed."""

from __future__ import annotations

from promptverdict.report.markdown.escape import escape_markdown, fence_lines

from tests.cases import try_cases


@try_cases(
    ("text", "told"),
    [
        ("@everyone", "&#64;<!-- -->everyone"),
        ("fixes #12", "fixes &#35;<!-- -->12"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("![beacon](http://x.y/z)", "&#33;&#91;beacon&#93;(http:&#47;&#47;x.y/z)"),
        ("www.example.com", "www&#46;example.com"),
        ("a | b", "a &#124; b"),
        ("```\n# head", "&#96;&#96;&#96; &#35;<!-- --> head"),
        ("a&#64;b", "a&#38;&#35;<!-- -->64;b"),
        ("*a* _b_ ~c~ $d$", "&#42;a&#42; &#95;b&#95; &#126;c&#126; &#36;d&#36;"),
        ("x\u202ey\x1b", "x&#92;u202ey&#92;x1b"),
        ("<!-- promptverdict -->", "&#60;&#33;-- promptverdict --&#62;"),
        ("\ud800", "&#92;ud800"),
        ("like GH-26", "like GH-<!-- -->26"),
        ("since 0123abc, decaff, added", "since 0123<!-- -->abc, decaff, added"),
    ],
)
def test_words_mean_nothing_to_markdown_or_a_forge(text: str, told: str) -> None:
    assert escape_markdown(text) == told


def test_a_fence_is_longer_than_any_inside() -> None:
    lines = fence_lines(["```", "@everyone", "`````"], "diff").splitlines()
    assert lines[0] == "``````diff"
    assert lines[-1] == "``````"
