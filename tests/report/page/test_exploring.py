"""What a reader can do on the page: filter, search, sort, link, move by turn, label."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.judging.labels import read_labels
from promptverdict.report.page.html import render_page
from promptverdict.trials.grade import passed
from promptverdict.trials.record import TrialRecord

from tests.report.compared import (
    BASE,
    TERSE,
    build,
    comparison,
    manifest,
    report,
    run,
)
from tests.report.made import graded
from tests.report.page.windows import PHONE, Seen

Show = Callable[..., Seen]
pytestmark = pytest.mark.e2e
AGENTS = 400


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def keys(records: list[TrialRecord], scenario: str) -> tuple[str, str]:
    """Find the keys of both sides' first trial of a scenario."""
    base, terse = (
        next(one.key for one in records if (one.scenario, one.variant) == (scenario, variant))
        for variant in (BASE, TERSE)
    )
    return base, terse


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    records = run(trials=2)
    folder = tmp_path_factory.mktemp("exploring")
    return write(folder / "report.html", render_page(report(records, comparison(records))))


@pytest.fixture(scope="module")
def three_arms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    third = [
        one.model_copy(update={"variant": "helper/warm", "key": f"f{one.key[1:]}"})
        for one in run(scenarios=2)
        if one.variant == BASE
    ]
    folder = tmp_path_factory.mktemp("arms")
    records = [*run(scenarios=2), *third]
    text = render_page(report(records, comparison(run(scenarios=2))))
    return write(folder / "report.html", text)


def rows(seen: Seen) -> Any:
    return seen.page.locator("tr.result:visible")


def test_filters_say_how_many_rows_they_find_and_find_them(show: Show, file: Path) -> None:
    seen = show(file)
    buttons = seen.page.locator(".filters [data-flag]")
    assert buttons.all_inner_texts() == [
        "all 8",
        "regressed 6",
        "improved 0",
        "failed 6",
        "different 6",
        "ungraded 0",
    ]
    seen.page.get_by_role("button", name="regressed 6").click()
    assert rows(seen).count() == 6
    assert seen.page.locator(".filters output").inner_text() == "6 of 8 found"
    assert seen.page.get_by_role("button", name="improved 0").is_disabled()
    seen.page.get_by_role("button", name="all 8").click()
    assert rows(seen).count() == 8


def test_a_search_finds_names_behaviours_and_reasons_whole_words_or_not(
    show: Show, file: Path
) -> None:
    seen = show(file)
    search = seen.page.get_by_role("searchbox")
    for words, found in (("SCENARIO-3", 1), ("nothing kind", 6), ("kind pass", 8), ("zzz", 0)):
        search.fill(words)
        assert rows(seen).count() == found, words
    search.fill("scenario-7")
    assert rows(seen).first.inner_text().startswith("scenario-7")


def test_rows_are_sorted_by_what_was_lost_and_back_by_name(show: Show, file: Path) -> None:
    seen = show(file)
    order = seen.page.get_by_label("Sort")
    order.select_option("most lost")
    assert "0 of 2 shown" in rows(seen).nth(5).inner_text()
    assert "0 of 2 shown" not in rows(seen).nth(6).inner_text()
    order.select_option("by name")
    assert rows(seen).first.inner_text().startswith("scenario-0")


def test_the_strongest_flip_stands_on_top_with_both_quotes_beside_each_other(
    show: Show, file: Path
) -> None:
    seen = show(file)
    card = seen.page.locator(".strongest")
    assert card.locator("h2").inner_text() == "For example: lost kind in scenario-0"
    quotes = card.locator("blockquote")
    assert quotes.all_inner_texts() == ["You are welcome, gladly.", "Done. Next."]
    left, right = (quotes.nth(place).bounding_box() for place in (0, 1))
    assert left["y"] == right["y"]
    assert left["x"] < right["x"]
    card.get_by_role("link", name="Read the trial").nth(1).click()
    target = seen.page.locator(".block.target")
    target.wait_for()
    assert "Done. Next." in target.inner_text()


def test_flips_stand_by_scenario_and_open_to_both_sides(show: Show, file: Path) -> None:
    seen = show(file)
    scenarios = seen.page.locator("#flips .flips")
    assert scenarios.count() == 6
    assert not scenarios.first.locator(".side").first.is_visible()
    scenarios.first.locator("summary").click()
    assert scenarios.first.locator(".side").count() == 2
    assert scenarios.first.locator(".command").first.is_visible()


def test_a_link_leads_to_one_trial_and_one_event_of_it(show: Show, file: Path) -> None:
    base, terse = keys(run(trials=2), "scenario-4")
    seen = show(file, place=f"#trial:{terse}:4")
    target = seen.page.locator(".block.target")
    target.wait_for()
    assert target.get_attribute("data-event") == "4"
    assert "Done. Next." in target.inner_text()
    section = seen.page.locator("details.scenario[open]")
    assert section.locator("h3").inner_text() == "scenario-4"
    values = [choice.input_value() for choice in section.locator(".choices select").all()]
    assert values == [base, terse]
    seen.page.evaluate(f"location.hash = '#trial:{terse}&trial:{base}'")
    seen.page.wait_for_function(
        "key => document.querySelector('details.scenario[open] select').value === key", arg=terse
    )
    assert seen.troubles == []


def test_every_event_has_a_link_to_itself(show: Show, file: Path) -> None:
    seen = show(file)
    found = seen.open_first()
    link = found.locator(":scope > .columns .pane.left .block .here").first
    target = link.get_attribute("href")
    assert target.startswith("#trial:")
    assert target.endswith(":1")
    link.evaluate("link => link.click()")
    seen.page.locator(".block.target").wait_for()
    assert seen.page.evaluate("location.hash") == target


def test_a_place_that_is_not_there_does_nothing(show: Show, file: Path) -> None:
    seen = show(file, place="#trial:0000:3")
    assert seen.page.locator("details.scenario[open]").count() == 0
    assert seen.troubles == []


def test_arrow_keys_lead_from_turn_to_turn_and_to_the_other_side(show: Show, file: Path) -> None:
    seen = show(file)
    found = seen.open_first()
    found.locator(":scope > .columns .turn").first.focus()
    where = "document.activeElement.getAttribute('aria-label')"
    assert seen.page.evaluate(where) == "Turn 2 of helper/base #0"
    seen.page.keyboard.press("ArrowDown")
    assert seen.page.evaluate(where) == "Turn 3 of helper/base #0"
    seen.page.keyboard.press("ArrowRight")
    assert seen.page.evaluate(where) == "Turn 3 of helper/terse #0"
    seen.page.keyboard.press("k")
    assert seen.page.evaluate(where) == "Turn 2 of helper/terse #0"
    seen.page.keyboard.press("ArrowLeft")
    assert seen.page.evaluate(where) == "Turn 2 of helper/base #0"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert seen.page.evaluate(outline) != "none"


def test_on_a_phone_an_arrow_key_shows_the_other_side(show: Show, file: Path) -> None:
    seen = show(file, PHONE)
    found = seen.open_first()
    found.locator(":scope > .columns .turn").first.focus()
    seen.page.keyboard.press("ArrowRight")
    label = seen.page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.endswith("helper/terse #0")
    assert found.locator(":scope > .columns .pane.right").first.is_visible()


def test_more_than_two_arms_stand_in_a_grid_and_beside_each_other(
    show: Show, three_arms: Path
) -> None:
    seen = show(three_arms)
    assert seen.page.locator(".heat thead th").all_inner_texts() == [
        "scenario",
        "helper/base",
        "helper/terse",
        "helper/warm",
    ]
    found = seen.open_first()
    seen.page.get_by_role("button", name="Add a transcript").first.click()
    panes = found.locator(":scope > .columns").first.locator(":scope > .pane")
    assert panes.count() == 3
    boxes = [panes.nth(place).bounding_box() for place in range(3)]
    assert len({box["y"] for box in boxes}) == 1
    assert boxes[0]["x"] < boxes[1]["x"] < boxes[2]["x"]
    assert seen.page.get_by_label("third transcript").locator("option:checked").inner_text() == (
        "helper/warm #0"
    )
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 1280
    assert not seen.page.get_by_role("button", name="Add a transcript").first.is_visible()


def test_labels_are_kept_and_exported_as_the_judge_reads_them(
    show: Show, file: Path, tmp_path: Path
) -> None:
    seen = show(file)
    found = seen.open_first()
    right = found.locator(".columns").last.locator(".pane.right")
    right.get_by_text("Label this trial").click()
    assert seen.page.get_by_role("button", name="Export labels").is_disabled()
    right.get_by_label("not shown").check()
    right.get_by_label("Comment").fill('curt, "Next."')
    right.get_by_label("Comment").blur()
    assert seen.page.locator("form.labels output").inner_text() == "1 label"
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Export labels").click()
    saved = tmp_path / "labels.csv"
    download.value.save_as(saved)
    (label,) = read_labels(saved)
    assert (label.trial, label.subject, label.yes) == (
        "manners/scenario-0::helper/terse#0",
        "kind",
        False,
    )
    assert '"curt, ""Next."""' in saved.read_text()
    seen.page.reload()
    assert seen.page.locator("form.labels output").inner_text() == "1 label"
    assert seen.troubles == []


def test_what_cannot_be_told_is_no_label(show: Show, file: Path) -> None:
    seen = show(file)
    found = seen.open_first()
    left = found.locator(".columns").last.locator(".pane.left")
    left.get_by_text("Label this trial").click()
    left.get_by_label("cannot tell").check()
    assert seen.page.get_by_role("button", name="Export labels").is_disabled()


def test_blind_no_grade_is_seen_before_its_trial_is_labelled(show: Show, file: Path) -> None:
    seen = show(file)
    seen.page.get_by_label("Blind").check()
    assert not seen.page.locator("#flips").is_visible()
    assert not seen.page.locator(".strongest").is_visible()
    found = seen.open_first()
    assert found.locator("mark").count() == 0
    assert found.locator(".line.grade").count() == 0
    assert "It says nothing kind." not in seen.page.locator("main").inner_text()
    assert found.get_by_text("Hidden until it is labelled").count() == 2
    trial = seen.page.locator("tr.trial").first
    assert not trial.locator(".symbol").is_visible()
    left = found.locator(".columns").last.locator(".pane.left")
    left.get_by_label("shown", exact=True).check()
    assert found.locator(".pane.left mark").count() == 1
    assert found.locator(".pane.right mark").count() == 0
    assert trial.locator(".symbol").is_visible()


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of 400 agents in three scenarios, each compared with how it was."""
    finding = passed("It says so.")
    records, older, comparisons = [], [], []
    kinds = [run(scenarios=3, lost=lost) for lost in range(4)]
    compared = [comparison(kind) for kind in kinds]
    for number in range(AGENTS):
        name = f"team/agent-{number:03d}"
        both = [
            one.model_copy(
                update={
                    "variant": name if one.variant == TERSE else f"{name} @ main",
                    "key": f"{number:08x}{int(one.variant == TERSE):04x}{one.scenario[-1]:>04}",
                    "grades": (*one.grades, graded(finding, "brief")),
                }
            )
            for one in kinds[number % 4]
        ]
        records += [one for one in both if one.variant == name]
        older += [one for one in both if one.variant != name]
        found = compared[number % 4]
        pairs = tuple(
            pair.model_copy(update={"baseline_trials": (before,), "candidate_trials": (after,)})
            for pair in found.behaviours[0].pairs
            for before, after in [[one.key for one in both if one.scenario == pair.scenario]]
        )
        verdict = found.behaviours[0].model_copy(update={"pairs": pairs})
        sides = {
            "baseline": found.baseline.model_copy(update={"label": f"{name} @ main"}),
            "candidate": found.candidate.model_copy(update={"label": name, "variant": name}),
        }
        comparisons.append(found.model_copy(update={"behaviours": (verdict,), **sides}))
    together = Comparisons(comparisons=tuple(comparisons))
    built = build(manifest(records), records, together, older)
    folder = tmp_path_factory.mktemp("big")
    return write(folder / "report.html", render_page(built))


SEARCH = """words => {
  const input = document.querySelector('.filters input');
  const began = performance.now();
  input.value = words;
  input.dispatchEvent(new Event('input'));
  document.documentElement.scrollHeight;
  return performance.now() - began;
}"""


def test_four_hundred_agents_stay_usable_and_more_rows_are_shown_on_demand(
    show: Show, big: Path
) -> None:
    assert big.stat().st_size < 15_000_000
    seen = show(big)
    assert seen.page.locator("tr.result").count() == 3 * AGENTS
    assert rows(seen).count() == 100
    output = seen.page.locator(".filters output")
    assert output.inner_text() == "the first 100 shown"
    seen.page.get_by_role("button", name="Show more").click()
    assert rows(seen).count() == 200
    # The least of a few tries: what the machine does besides is not the page's.
    for words in ("agent-1", "scenario-2", "kind fail", "agent-399 scenario-0"):
        assert min(seen.page.evaluate(SEARCH, words) for _ in range(3)) < 100, words
    assert output.inner_text() == "1 of 1200 found"
    rows(seen).locator("td a").last.click()
    seen.page.locator("details.scenario[open] .transcripts > .columns").first.wait_for()
    chosen = seen.page.locator("details.scenario[open] .choices select option:checked")
    assert chosen.all_inner_texts() == ["team/agent-399 @ main #0", "team/agent-399 #0"]
    assert seen.troubles == []
