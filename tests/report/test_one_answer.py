"""The terminal, both reports and JSON give one comparison the same word and sentence.

JUnit too: see tests/pytest_plugin/test_gate_items.py.
"""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

import pytest
from promptverdict.comparison.storage import format_json, write_comparisons
from promptverdict.comparison.verdicts import Comparison, Comparisons, SuiteGate
from promptverdict.comparison.wording import describe_comparison, format_comparison
from promptverdict.report.markdown.comment import render_comment
from promptverdict.report.markdown.escape import escape_markdown
from promptverdict.report.page.html import render_page
from promptverdict.report.terminal.comparison import render_comparisons

from tests.cases import try_cases
from tests.report.compared import NOW, changed, comparison, report, run

BASE = comparison(run())
GATE: dict[str, Any] = {"suite": "manners", "mode": "no_regression", "reasons": ("kind",)}


def gated(verdict: str, code: int) -> Comparison:
    outcome = {1: "fail", 6: "inconclusive"}[code]
    gate = SuiteGate.model_validate({**GATE, "outcome": outcome, "exit_code": code})
    return changed(BASE, verdict=verdict).model_copy(update={"gates": (gate,)})


def with_two(first: str, second: str) -> Comparison:
    (verdict,) = BASE.behaviours
    verdicts = (
        verdict.model_copy(update={"verdict": first}),
        verdict.model_copy(update={"verdict": second, "behaviour": "brief"}),
    )
    return BASE.model_copy(update={"behaviours": verdicts})


def with_status(status: str) -> Comparison:
    return BASE.model_copy(update={"status": status, "behaviours": ()})


COMPARISONS = {
    "improved": changed(BASE, verdict="improved"),
    "regressed": changed(BASE, verdict="regressed"),
    "improved and regressed": with_two("improved", "regressed"),
    "blocked": gated("inconclusive", 1),
    "improved in part": gated("improved", 6),
    "inconclusive": changed(BASE, verdict="inconclusive"),
    "invalid": changed(BASE, verdict="invalid"),
    "too few scenarios": changed(BASE, verdict=None, kind="too few scenarios"),
    "stale": with_status("stale"),
    "unrecorded": with_status("unrecorded"),
}


@pytest.mark.parametrize("word", COMPARISONS)
def test_every_output_holds_the_same_word_and_sentence(word: str, tmp_path: Path) -> None:
    found = COMPARISONS[word]
    sentence = describe_comparison(found)
    assert found.word == word
    together = Comparisons(comparisons=(found,))
    terminal = render_comparisons(together, NOW).splitlines()
    assert terminal[0] == f"{word.capitalize()}: {sentence}" == format_comparison(found)
    comment = render_comment(report(run(), found)).splitlines()
    assert comment[1].endswith(f" {word.capitalize()}")
    assert comment[3] == escape_markdown(sentence)
    page = render_page(report(run(), found))
    head = html.unescape(page.partition('id="verdict"')[2].partition("</section>")[0])
    assert f"</span> {word.capitalize()}</span></p>" in head
    assert f"<h1>{sentence}</h1>" in head
    for text in (format_json(together), write_comparisons(tmp_path, together).read_text()):
        (written,) = json.loads(text)["comparisons"]
        assert (written["word"], written["sentence"]) == (word, sentence)


def test_every_word_but_the_one_of_nothing_to_compare_is_tried() -> None:
    from typing import get_args

    from promptverdict.comparison.verdicts import Word

    assert set(COMPARISONS) == set(get_args(Word)) - {"unchanged"}


@try_cases(
    ("verdict", "word"),
    [("improved", "improved"), (None, "too few scenarios"), ("inconclusive", "inconclusive")],
)
def test_every_output_calls_a_behaviours_verdict_the_same(verdict: str | None, word: str) -> None:
    kind = "verdict" if verdict else "too few scenarios"
    found = changed(BASE, verdict=verdict, kind=kind)
    terminal = render_comparisons(Comparisons(comparisons=(found,)), NOW).splitlines()
    assert [line for line in terminal if line.startswith(f"{word}  kind")]
    assert f"\n| {word} | kind | " in render_comment(report(run(), found))
    page = render_page(report(run(), found))
    assert f">{word}</td>" in page
