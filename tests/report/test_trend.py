"""A trend goes over the last runs, and leaves a run that cannot be read out."""

from __future__ import annotations

from pathlib import Path

from promptverdict.comparison.storage import write_comparisons
from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.report.page.sparkline import draw_sparkline
from promptverdict.report.trend import MOST_RUNS, read_trend
from promptverdict.report.writing import write_report
from promptverdict.settings import Settings
from promptverdict.trials.store import Run

from tests.report.compared import changed, comparison
from tests.report.compared import run as records


def saved(folder: Path, day: int, found: Comparison | None = None, **ended: int) -> Path:
    run = Run.create(folder, Settings(), {}, f"202601{day:02}T000000.000000Z")
    for record in records():
        run.save(record)
    run.finish(whole=True, ended=ended)
    if found:
        write_comparisons(run.folder, Comparisons(comparisons=(found,)))
    return run.folder


def shown(rate: float) -> Comparison:
    found = comparison(records())
    side = found.behaviours[0].candidate_rate.model_copy(update={"estimate": rate})
    return changed(found, candidate_rate=side, verdict="improved" if rate > 0.5 else "regressed")


def test_a_run_without_one_before_it_has_no_trend(tmp_path: Path) -> None:
    first = saved(tmp_path, 1)
    saved(tmp_path, 2)
    assert read_trend(first) is None


def test_every_run_says_what_it_came_to_the_newest_last(tmp_path: Path) -> None:
    saved(tmp_path, 1, passed=8)
    saved(tmp_path, 2, shown(0.9), passed=7, failed=1)
    last = saved(tmp_path, 3, shown(0.25), passed=2, failed=6)
    saved(tmp_path, 4)
    trend = read_trend(last)
    assert trend is not None
    assert [[cell.text for cell in row[1:3]] for row in trend.table.rows] == [
        ["8 passed", "not compared"],
        ["7 passed, 1 failed", "improved"],
        ["2 passed, 6 failed", "regressed"],
    ]
    (line,) = trend.lines
    assert (line.behaviour, line.rates, line.last) == ("kind", (None, 0.9, 0.25), "25%")
    assert line.words == "-, 90%, 25%"


def test_it_goes_back_ten_runs_and_over_those_that_cannot_be_read(tmp_path: Path) -> None:
    folders = [saved(tmp_path, day) for day in range(1, 15)]
    (folders[-2] / "run.json").write_text("{}")
    trend = read_trend(folders[-1])
    assert trend is not None
    names = [row[0].text for row in trend.table.rows]
    assert names == [folder.name for folder in folders[-MOST_RUNS:] if folder != folders[-2]]


def test_shards_are_no_points_of_a_trend(tmp_path: Path) -> None:
    first = saved(tmp_path, 1)
    for number in (1, 2):
        name = f"20260102T000000.00000{number}Z-{number}of2"
        run = Run.create(tmp_path, Settings(), {}, name, shard=f"{number}/2")
        run.finish(whole=True)
    last = saved(tmp_path, 3)
    trend = read_trend(last)
    assert trend is not None
    assert [row[0].text for row in trend.table.rows] == [first.name, last.name]


def test_the_page_shows_it(tmp_path: Path) -> None:
    saved(tmp_path, 1, shown(0.9))
    page, _ = write_report(saved(tmp_path, 2, shown(0.25)))
    text = page.read_text(encoding="utf-8")
    trend = text.partition('<section id="trend">')[2].partition("</section>")[0]
    assert 'aria-label="90%, 25%"' in trend
    assert trend.count("<circle") == 2
    assert trend.count("<polyline") == 1


def test_a_gap_in_the_runs_is_a_gap_in_the_line() -> None:
    drawing = draw_sparkline([0.0, 1.0, None, 0.5])
    assert [len(points.split()) for points in drawing.segments] == [2]
    assert len(drawing.dots) == 3
    heights = [float(y) for _, y in drawing.dots]
    assert heights[1] < heights[2] < heights[0]
