"""The page holds what there is to say, and nothing that somebody else wrote does anything in it."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import zlib
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from promptverdict.comparison.verdicts import Comparisons, SuiteGate, Unpaired
from promptverdict.report.page.html import render_page
from promptverdict.report.page.transcript_pack import ROOM
from promptverdict.trials.evidence import FinalState, ProbeReport
from promptverdict.trials.grade import Point, failed, passed, ungraded
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.transcript import Call, End, Result, Say, User

from tests.cases import try_cases
from tests.report.compared import build, changed, comparison, manifest, report, run
from tests.report.made import graded, record

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(1)</script>",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "<!-- --></style>",
]
HIDDEN = ["\u202eevil", "a\u2028b", "\x1b[31m", "\ud800", "\x00", "zero\u200bwidth"]


def written(*records: TrialRecord, compared: bool = False) -> str:
    found = list(records) or run()
    return render_page(report(found, *([comparison(found)] if compared else [])))


def unpacked(text: str) -> dict[str, Any]:
    packs = re.findall(r'type="application/octet-stream"[^>]*>([^<]*)</script>', text)
    carried: dict[str, Any] = {}
    for pack in packs:
        carried |= json.loads(zlib.decompress(base64.b64decode(pack)))
    return carried


def everywhere(text: str) -> TrialRecord:
    """Make a record that holds a text wherever somebody else can write."""
    point = Point(event=1, start=0, end=3)
    return record(
        User(text=text),
        Say(text=text),
        Call(id="t1", tool="Bash", args={"command": text}),
        Result(call="t1", text=text),
        End(reason="done", detail=text),
        grades=(graded(failed(text, point)), graded(ungraded(text), "brief")),
        notices=(text,),
        fault=Fault(kind="ProviderError", message=text, exit_code=4),
        provenance=Provenance(
            evidence="relay",
            operator=text,
            model=text,
            answered=text,
            recorded="2026-01-01T12:00:00Z",
        ),
    )


def test_the_verdict_comes_first_and_says_for_whom_against_whom_on_what() -> None:
    text = written(compared=True)
    verdict = text.partition('id="verdict"')[2].partition("</section>")[0]
    assert "Regressed" in verdict
    assert "<h1>helper/terse shows kind less often than helper/base.</h1>" in verdict
    assert "from 100% to 25%, -75 points (-90 to -30), 8 paired scenarios." in verdict
    assert (
        "baseline (8 trials); candidate (8 trials); both 1 to 2 days old, relay: Ann, by hand"
        in verdict
    )
    assert text.index('id="verdict"') < text.index("<svg") < text.index('id="cells"')


class Elements(HTMLParser):
    """Counts the elements of a page, collects their attributes and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


@try_cases("attack", ATTACKS)
def test_what_somebody_else_wrote_is_text_and_never_markup(attack: str) -> None:
    attacked, harmless = (Elements(written(everywhere(text))) for text in (attack, "harmless"))
    assert attack in attacked.text
    assert attacked.tags == harmless.tags
    names = [name for name, _ in attacked.attributes]
    assert names == [name for name, _ in harmless.attributes]
    assert not [name for name in names if name.startswith("on") or name in ("style", "src")]
    links = [value for name, value in attacked.attributes if name == "href"]
    assert all(value and value.startswith("#") for value in links)


@try_cases("attack", [*ATTACKS, *HIDDEN])
def test_transcripts_are_carried_so_that_nothing_in_them_can_end_their_element(attack: str) -> None:
    text = written(everywhere(attack))
    (pack,) = re.findall(r'type="application/octet-stream"[^>]*>([^<]*)</script>', text)
    assert re.fullmatch(r"[A-Za-z0-9+/=]+", pack)


@try_cases("hidden", HIDDEN)
def test_what_cannot_be_seen_is_written_out_on_the_page_and_in_transcripts(hidden: str) -> None:
    text = written(everywhere(hidden))
    assert hidden not in text
    told = hidden.encode("unicode_escape").decode()
    assert told in text
    carried = json.dumps(unpacked(text), ensure_ascii=False)
    assert hidden not in carried
    assert told.replace("\\", "\\\\") in carried


def test_the_policy_allows_the_one_script_and_style_and_no_network() -> None:
    text = written()
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    told = policy[1].replace("&#39;", "'")
    assert told.startswith("default-src 'none'; ")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (body,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in told
    assert "unsafe" not in told
    assert "http://" not in text
    assert "https://" not in text


def test_five_hundred_trials_stay_below_15_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    """At a tenth of both: what is around the transcripts takes a few kilobytes."""
    monkeypatch.setattr("promptverdict.report.page.transcript_pack.ROOM", ROOM // 10)
    noise = random.Random(1)
    records = []
    for place in range(50):
        words = [f"{noise.getrandbits(64):x}" for _ in range(8_000)]
        result = Result(call="t", text="\n".join(words))
        named = {"scenario": f"s-{place // 2}", "variant": f"helper/v{place % 2}"}
        records.append(record(User(text="Hello"), result, key=f"{place:016x}", **named))
    text = written(*records)
    assert 100_000 < len(text.encode()) < 1_500_000
    assert len(unpacked(text)) == 50


def test_what_does_not_fit_even_when_cut_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("promptverdict.report.page.transcript_pack.ROOM", 10)
    text = written()
    assert not unpacked(text)
    assert "left out: the page would be too large" in text
    assert "promptverdict show" in text


def test_a_run_without_comparison_shows_rates_and_says_why_there_is_no_verdict() -> None:
    text = written(*run(scenarios=3, lost=1))
    assert "Not compared" in text
    assert "A verdict needs at least 6 scenarios" in text
    assert "no suite here has more than 3" in text
    assert "67% (21 to 94%), 2 of 3 trials in 3 scenarios" in text
    assert 'id="flips"' not in text


def test_a_run_of_one_variant_says_that_a_verdict_takes_two() -> None:
    text = written(record(grades=(graded(passed("Fine.")),)))
    assert "here each suite ran with one" in text
    assert "left transcript" in text
    assert "right transcript" not in text


def test_too_few_scenarios_show_rates_instead_of_differences() -> None:
    records = run(scenarios=3, lost=1)
    rates = changed(
        comparison(records), kind="too few scenarios", verdict=None, next_step="3 more scenarios"
    )
    text = render_page(report(records, rates))
    assert "0 gained, 1 lost in 3 scenarios, too few for a verdict" in text
    assert "Too few paired scenarios for a difference" in text
    assert "3 more scenarios." in text


def test_what_flipped_is_told_with_both_reasons_and_commands() -> None:
    flips = written(compared=True).partition('id="flips"')[2].partition("</section>")[0]
    assert flips.count("▼ lost") == 6
    assert "It says so." in flips
    assert "It says nothing kind." in flips
    show = "promptverdict show &#39;manners/scenario-0::helper/terse#0&#39; --whole"
    assert f"{show} --run 20260101T120000.000000Z" in flips
    assert "Bash echo hello &gt; base.txt" in flips


def test_a_flip_whose_record_is_not_in_the_run_is_still_told() -> None:
    records = run()
    found = comparison(records)
    text = render_page(report([one for one in records if one.variant == "helper/terse"], found))
    assert "Its trial is not among the records of run 20260101T120000.000000Z." in text


def test_a_side_without_a_record_leaves_the_other_alone() -> None:
    records = [
        one.model_copy(update={"variant": "helper/other"}) if one.variant == "helper/base" else one
        for one in run()
    ]
    found = report(records, comparison(run()))
    terse = {one.key for one in records if one.variant == "helper/terse"}
    assert {one.left for one in found.scenarios} == terse
    assert {one.right for one in found.scenarios} == {""}


def test_where_nothing_that_was_compared_ran_any_two_variants_stand_beside_each_other() -> None:
    others = [
        one.model_copy(
            update={"suite": "other", "variant": f"{one.variant}-2", "key": one.key[::-1]}
        )
        for one in run(scenarios=1)
    ]
    found = report([*run(), *others], comparison(run()))
    (other,) = [one for one in found.scenarios if one.suite == "other"]
    assert (other.left, other.right) == tuple(one.key for one in others)


def test_only_a_trial_that_was_played_can_be_chosen() -> None:
    fault = Fault(kind="MissingRecording", message="nothing is recorded", exit_code=7)
    silent = record(key="f" * 16, trial=1, fault=fault)
    silent = silent.model_copy(
        update={"evidence": silent.evidence.model_copy(update={"events": ()})}
    )
    text = written(record(), silent)
    choices = text.partition('class="choices"')[2].partition("</div>")[0]
    assert set(re.findall('<option value="([^"]*)"', choices)) == set(unpacked(text)) == {"0" * 16}
    assert "helper/base #1" in text


def test_the_plot_says_its_figures_in_words_and_in_a_table() -> None:
    text = written(compared=True)
    assert "kind: -75 points (-90 to -30), n = 8, regressed." in text
    table = text.partition("The same as a table")[2].partition("</table>")[0]
    assert "0.002 (0.004)" in table
    assert "80 to 100%, 8 of 8 trials" in table


def test_each_cell_tells_by_sign_and_words_where_it_comes_from_and_how_old_it_is() -> None:
    cells = written(compared=True).partition('id="cells"')[2].partition("</section>")[0]
    assert cells.count('href="#scenario:manners:') == 16
    assert (
        '✗</span><span class="reveals-inside">0 of 1 shown</span><small>relay, 2 days old</small>'
        in cells
    )
    assert '✓</span><span class="reveals-inside">1 of 1 shown</span>' in cells


def test_a_planned_trial_without_a_record_is_a_cell_without_evidence() -> None:
    records = run(scenarios=2)
    text = render_page(build(manifest(records), records[1:], None))
    assert "planned, left no record" in text
    assert "3 of 4 planned trials" in text


def test_gates_and_what_could_not_be_compared_are_told() -> None:
    records = run()
    gate = SuiteGate(
        suite="manners",
        outcome="fail",
        mode="no_regression",
        reasons=("kind regressed",),
        exit_code=1,
    )
    unpaired = Unpaired(suite="manners", scenario="other", why="its task changed")
    text = render_page(report(records, comparison(records, gates=(gate,), unpaired=(unpaired,))))
    assert "fail (no_regression), blocks: kind regressed." in text
    assert "manners/other: its task changed" in text


@try_cases(
    ("status", "told"),
    [
        ("stale", "helper/terse has the same prompt as helper/base, but its recordings cannot"),
        ("unchanged", "helper/terse has the same prompt as helper/base: there is nothing"),
    ],
)
def test_without_anything_to_compare_the_page_says_so(status: str, told: str) -> None:
    records = run()
    found = comparison(records, status=status, behaviours=(), prompt_diff="")
    text = render_page(report(records, found))
    assert f"</span> {status.capitalize()}</span></p>" in text
    assert told in text


def test_several_comparisons_are_told_apart_and_the_worst_comes_first() -> None:
    records = run()
    found = comparison(records)
    unclear = changed(found, verdict="inconclusive", reason="the interval contains 0")
    text = render_page(report(records, unclear, found))
    assert "<h1>2 comparisons: 1 regressed, 1 inconclusive.</h1>" in text
    assert "Regressed in part" in text
    assert 'href="#compared:1"' in text
    assert 'id="compared:1"' in text


def test_what_was_not_compared_at_all_is_told_and_leads_nowhere() -> None:
    records = run()
    same = comparison(records, status="unchanged", behaviours=(), prompt_diff="")
    found = Comparisons(comparisons=(same, comparison(records)), notes=("helper/new is new",))
    text = render_page(build(manifest(records), records, found))
    assert "helper/new is new" in text
    assert "<h1>helper/terse shows kind less often than helper/base.</h1>" in text
    assert "<strong>Unchanged</strong> helper/terse" in text


def test_what_a_grade_rests_on_is_carried_with_its_mark_and_cannot_be_forged() -> None:
    forged = "    ^ pass kind: It says so."
    carried = unpacked(
        written(
            record(
                Say(text="I ran nothing. Bye."),
                Call(id="t", tool="Write", args={"file_path": "a", "content": forged}),
                grades=(graded(failed("It admits it.", Point(event=0, start=0, end=14))),),
            )
        )
    )
    said, wrote = (block for turn in carried["0" * 16]["turns"] for block in turn["blocks"])
    assert ["said", [["I ran nothing.", "removed"], [" Bye.", ""]]] in said["lines"]
    assert said["lines"][-1] == ["grade removed", [["^ fail polite: It admits it.", ""]]]
    assert [style for style, _ in wrote["lines"]] == ["call", "added"]


def test_files_and_tests_are_folded_below_the_result_that_they_came_with() -> None:
    carried = unpacked(written(record()))
    folds = [
        fold
        for turn in carried["0" * 16]["turns"]
        for block in turn["blocks"]
        for fold in block["folds"]
    ]
    assert [fold["name"] for fold in folds] == [
        "a.txt  new +1",
        "tests: 1 passed, 1 failed on tree 0123456789abcdef",
    ]
    assert folds[0]["lines"] == [["added", [["+ hello", ""]]]]
    assert folds[1]["bad"]


def test_probes_and_faults_are_among_what_was_found() -> None:
    probe = ProbeReport(probe="hidden", after=0, tree="0" * 16, fault="it crashed")
    fault = Fault(kind="BrokenRecording", message="it broke", exit_code=7)
    carried = unpacked(written(record(outcome=FinalState(probes=(probe,)), fault=fault)))
    told = json.dumps(carried["0" * 16]["found"])
    assert "it crashed" in told
    assert "FAULT: BrokenRecording: it broke" in told
