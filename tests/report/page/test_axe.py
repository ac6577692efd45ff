"""axe finds no fault in the page, whatever it holds, in light and in dark, wide and narrow."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.report.page.html import render_page
from promptverdict.report.table import RowGroup, build_row, build_table
from promptverdict.report.trend import COLUMNS as TREND_COLUMNS
from promptverdict.report.trend import Trend, TrendLine
from promptverdict.trials.record import TrialRecord

from tests.report.compared import LOOK, TERSE, build, comparison, manifest, measured, run
from tests.report.page.contents import write_page
from tests.report.page.windows import DESK, OF_COLOURS, PHONE, Seen, find_faults

Show = Callable[..., Seen]
pytestmark = pytest.mark.e2e


def start_run() -> list[TrialRecord]:
    """Make a run of few scenarios: of each kind, no more than the first and the last are opened."""
    return run(scenarios=3, lost=2)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(tmp_path_factory.mktemp("axe"), start_run())


def test_in_the_dark_nothing_but_colours_differs(file: Path) -> None:
    style = file.read_text(encoding="utf-8")
    blocks = re.findall(r"@media[^{]*prefers-color-scheme[^{]*\{\s*:root\s*\{([^}]*)\}\s*\}", style)
    assert len(blocks) == style.count("prefers-color-scheme") == 1
    for line in blocks[0].strip().rstrip(";").split(";"):
        assert re.fullmatch(r"\s*--[\w-]+:\s*#[0-9a-f]+", line), line


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_no_fault(show: Show, file: Path, size: Any) -> None:
    seen = show(file, size, color_scheme="light", bypass_csp=True)
    seen.open_all()
    assert find_faults(seen.page) == []
    seen.page.emulate_media(media="null", color_scheme="dark")
    assert find_faults(seen.page, OF_COLOURS) == []


def test_axe_finds_no_fault_with_several_comparisons_a_trend_and_labels(
    show: Show, tmp_path: Path
) -> None:
    records = start_run()
    first = comparison(records, fingerprint=(measured(**LOOK), measured("turns")))
    side = first.candidate.model_copy(update={"label": "helper/other"})
    found = Comparisons(comparisons=(first, first.model_copy(update={"candidate": side})))
    rows = RowGroup(rows=(build_row("r1", "8 passed", "regressed", "It is worse."),))
    trend = Trend(
        build_table("The last runs", TREND_COLUMNS, [rows]),
        (TrendLine(TERSE, "manners", "kind", (0.9, None, 0.25)),),
    )
    built = build(manifest(records), records, found, trend=trend)
    path = tmp_path / "report.html"
    path.write_text(render_page(built), encoding="utf-8")
    seen = show(path, color_scheme="light", bypass_csp=True)
    seen.open_all()
    assert find_faults(seen.page) == []
    seen.page.emulate_media(media="null", color_scheme="dark")
    seen.page.get_by_label("Blind").check()
    seen.open_all()
    assert find_faults(seen.page) == []
    assert seen.troubles == []
