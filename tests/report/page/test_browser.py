"""The page in a real browser: it asks for nothing, runs nothing of others, and can be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from promptverdict.comparison.verdicts import Unpaired
from promptverdict.report.page.html import render_page
from promptverdict.trials.grade import passed
from promptverdict.trials.record import Fault

from tests.report.compared import changed, comparison, report, run, trial
from tests.report.made import graded, record
from tests.report.page.contents import ATTACK, write_page
from tests.report.page.windows import DESK, PHONE, Seen

Show = Callable[..., Seen]
pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("report"), run())


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def seen(request: pytest.FixtureRequest, show: Show, file: Path) -> Seen:
    return show(file, request.param)


@pytest.fixture
def desk(show: Show, file: Path) -> Seen:
    return show(file)


@pytest.fixture
def phone(show: Show, file: Path) -> Seen:
    return show(file, PHONE)


def test_the_verdict_is_seen_without_scrolling(seen: Seen) -> None:
    for what in ("#verdict .word", "h1", ".reasons", ".basis"):
        box = seen.page.locator(what).first.bounding_box()
        assert box
        assert box["y"] + box["height"] <= seen.page.viewport_size["height"], what  # type: ignore[index]


def test_nothing_stands_beyond_the_edge(seen: Seen) -> None:
    seen.open_first()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= seen.page.evaluate(
        "window.innerWidth"
    )


def test_no_request_is_made_and_nothing_is_complained_of(seen: Seen) -> None:
    seen.open_first()
    assert seen.requests == [seen.address]
    assert seen.troubles == []


def test_what_an_agent_wrote_stays_text(desk: Seen) -> None:
    found = desk.open_first()
    assert ATTACK in found.inner_text()
    assert found.locator("script, img").count() == 0
    assert desk.page.title().startswith("Regressed: promptverdict")


def test_both_transcripts_stand_beside_each_other_where_they_part(desk: Seen) -> None:
    found = desk.open_first()
    assert "Here they part" in found.inner_text()
    left, right = (
        found.locator(f":scope > .columns > .{side}").first.bounding_box()
        for side in ("left", "right")
    )
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]


def test_what_a_grade_rests_on_is_marked_in_place(desk: Seen) -> None:
    found = desk.open_first()
    assert found.locator("mark.added").first.inner_text() == "You are welcome, gladly."
    assert found.locator(".line.grade.added").first.inner_text() == "^ pass kind: It says so."


def test_a_phone_shows_one_transcript_and_switches_to_the_other(phone: Seen) -> None:
    found = phone.open_first()
    columns = found.locator(":scope > .columns").first
    left, right = (columns.locator(f":scope > .{side}") for side in ("left", "right"))
    assert left.is_visible()
    assert not right.is_visible()
    phone.page.get_by_role("button", name="right").first.click()
    assert right.is_visible()
    assert not left.is_visible()


OUTSIDE = """() => [...document.querySelectorAll('.plot')].flatMap(plot => {
  const all = plot.getBoundingClientRect();
  return [...plot.querySelectorAll('.tick')].filter(tick => {
    const box = tick.getBoundingClientRect();
    return box.left < all.left - 0.5 || box.right > all.right + 0.5;
  }).map(tick => tick.textContent);
})"""


def test_no_number_of_an_axis_is_cut_off(seen: Seen) -> None:
    assert seen.page.locator(".plot .tick").count() > 0
    # The widest words that an axis can have.
    seen.page.evaluate(
        "() => document.querySelectorAll('.plot .tick:is(.first, .last)')"
        ".forEach(tick => { tick.textContent = '-100'; })"
    )
    assert seen.page.evaluate(OUTSIDE) == []


def test_another_trial_can_be_chosen(desk: Seen) -> None:
    found = desk.open_first()
    choice = desk.page.get_by_label("right transcript").first
    choice.select_option(label="helper/base #0")
    assert ATTACK not in found.inner_text()
    assert "They do the same to the end" in found.inner_text()


def test_what_is_worth_a_look_stands_open_and_leads_to_the_trials_behind_it(desk: Seen) -> None:
    section = desk.page.locator("#fingerprint")
    assert section.get_by_role("rowheader", name="calls of Bash").is_visible()
    assert not section.get_by_role("rowheader", name="turns").is_visible()
    section.get_by_text("scenario by scenario").click()
    section.get_by_role("link", name="manners/scenario-0").click()
    desk.page.locator("details.scenario .transcripts > .columns").first.wait_for()


def test_the_keyboard_alone_leads_from_the_top_to_a_transcript(desk: Seen) -> None:
    desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("document.activeElement.className") == "skip"
    for _ in range(60):
        desk.page.keyboard.press("Tab")
        if desk.page.evaluate("document.activeElement.matches('.heat a')"):
            break
    desk.page.keyboard.press("Enter")
    scenario = desk.page.locator("details.scenario").first
    scenario.locator(".transcripts > .columns").first.wait_for()
    desk.page.locator(".turn:focus").wait_for()
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert desk.page.evaluate(outline) != "none"


def test_a_browser_that_cannot_inflate_is_told_so(show: Show, file: Path) -> None:
    seen = show(file, DESK, alone=True)
    seen.page.add_init_script("delete window.DecompressionStream")
    seen.page.reload()
    seen.page.locator("details.scenario > summary").first.click()
    told = seen.page.locator(".problem").first
    told.wait_for()
    assert "too old to unpack transcripts" in told.inner_text()


def test_without_a_script_the_verdict_is_there_and_transcripts_name_the_command(
    show: Show, file: Path
) -> None:
    seen = show(file, DESK, java_script_enabled=False)
    seen.page.locator("details.scenario > summary").first.click()
    assert "helper/terse shows kind less often" in seen.page.locator("h1").inner_text()
    assert "Transcripts need JavaScript" in seen.page.locator("main").inner_text()
    assert seen.page.locator("details.scenario .command").first.is_visible()


def test_on_paper_the_page_is_light_and_has_no_controls(show: Show, file: Path) -> None:
    seen = show(file, DESK, color_scheme="dark")
    dark = "getComputedStyle(document.documentElement).backgroundColor"
    screen = seen.page.evaluate(dark)
    seen.page.emulate_media(media="print", color_scheme="dark")
    assert seen.page.evaluate(dark) == "rgb(255, 255, 255)" != screen
    assert not seen.page.locator(".contents").is_visible()


def test_names_as_long_as_may_be_do_not_push_the_page_sideways(show: Show, tmp_path: Path) -> None:
    long, behaviour = f"helper/{'v' * 100}", "b" * 100
    records = [
        one.model_copy(update={"variant": long, "grades": (graded(passed("Yes."), behaviour),)})
        if one.variant == "helper/terse"
        else one
        for one in run()
    ]
    found = changed(comparison(run()), behaviour=behaviour)
    candidate = found.candidate.model_copy(update={"label": long, "variant": long})
    unpaired = (Unpaired(suite="manners", scenario="s" * 100, why="it is new"),)
    found = found.model_copy(update={"candidate": candidate, "unpaired": unpaired})
    bare = found.model_copy(update={"behaviours": ()})
    records.append(
        trial(long, "scenario-9", 0, kind=True).model_copy(update={"scenario": "s" * 100})
    )
    path = tmp_path / "report.html"
    path.write_text(render_page(report(records, found, bare)), encoding="utf-8")
    for size in (DESK, PHONE):
        seen = show(path, size)
        seen.open_first()
        seen.page.evaluate(
            "document.querySelectorAll('details').forEach(all => { all.open = true; })"
        )
        width = seen.page.evaluate("document.documentElement.scrollWidth")
        assert width <= size["width"]


def test_every_trial_that_can_be_chosen_is_shown(show: Show, tmp_path: Path) -> None:
    fault = Fault(kind="MissingRecording", message="nothing is recorded", exit_code=7)
    silent = trial("helper/terse", "scenario-0", 1, kind=False, fault=fault)
    nothing = silent.evidence.model_copy(update={"events": ()})
    silent = silent.model_copy(update={"evidence": nothing, "grades": ()})
    records = [*run(), silent]
    path = tmp_path / "report.html"
    path.write_text(render_page(report(records, comparison(run()))), encoding="utf-8")
    seen = show(path, DESK)
    found = seen.open_first()
    for label in ("left transcript", "right transcript"):
        choice = seen.page.get_by_label(label).first
        for value in choice.locator("option").evaluate_all("all => all.map(one => one.value)"):
            choice.select_option(value=value)
            assert found.locator(":scope > .columns").count() > 0
    assert seen.troubles == []


def test_a_run_without_comparison_is_shown_too(show: Show, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(render_page(report([record()])), encoding="utf-8")
    seen = show(path, DESK)
    assert "1 variant in 1 scenario" in seen.page.locator("h1").inner_text()
    found = seen.open_first()
    assert found.locator(".pane.right").count() == 0
    assert found.locator("details.fold", has_text="a.txt").count() == 1
    assert seen.troubles == []
