"""What pages of the tests hold: words that attack who reads them, and measures of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from promptverdict.comparison.measured import Measured, MeasuredScenario
from promptverdict.report.page.html import render_page
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Say

from tests.report.compared import LOOK, TERSE, comparison, measured, report, trial
from tests.tables.hostile_texts import TEXTS

ATTACK = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"
ATTACKS = "\n".join([ATTACK, *TEXTS.values()])
PLACE = MeasuredScenario(suite="manners", scenario="scenario-0", baseline=4.2, candidate=7.9)
FINGERPRINT: tuple[Measured, ...] = (
    measured(**LOOK, scenarios=(PLACE,)),
    measured("turns", p=0.5, p_adjusted=0.5),
)


def attack(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    """Let the candidate say what attacks the page, in its first trial of the first scenario."""
    words = trial(TERSE, "scenario-0", 0, kind=False)
    events = tuple(
        event.model_copy(update={"text": ATTACKS}) if isinstance(event, Say) else event
        for event in words.evidence.events
    )
    evidence = words.evidence.model_copy(update={"events": events})
    return [
        record.model_copy(update={"evidence": evidence}) if record.key == words.key else record
        for record in records
    ]


def write_page(folder: Path, records: Sequence[TrialRecord]) -> Path:
    """Write the page of records that attack it, with measures of every kind; return its path."""
    attacking = attack(records)
    path = folder / "report.html"
    found = comparison(attacking, fingerprint=FINGERPRINT)
    path.write_text(render_page(report(attacking, found)), encoding="utf-8")
    return path
