"""All that a report shows, computed; HTML and Markdown only write it down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promptverdict.comparison.verdicts import Comparison, Comparisons
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.report.headline import Headline, all_in_all, evidence, uncompared, verdict
from promptverdict.report.page.cells import Heat, heats
from promptverdict.report.page.cells import evidence as evidence_of
from promptverdict.report.page.figures import Figures, of_comparison, of_rates
from promptverdict.report.page.fingerprint import Fingerprint, fingerprint, worth_a_look
from promptverdict.report.page.flips import Flip, flips
from promptverdict.report.page.older import gone
from promptverdict.report.page.rates import rates
from promptverdict.report.page.sections import Scenario, Source, scenarios, sources
from promptverdict.report.transcript.marks import Line
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Manifest
from promptverdict.version import __version__


@dataclass(frozen=True)
class Compared:
    """One candidate against one baseline."""

    headline: Headline
    anchor: str
    """Name of the section that tells more."""
    against: str
    """Who against whom."""
    evidence: tuple[str, ...]
    """What each of the two rests on."""
    figures: Figures | None
    flips: tuple[Flip, ...]
    fingerprint: Fingerprint | None
    """What the agents did that no grader asked for."""
    worth_a_look: tuple[str, ...]
    """Of that, what differs clearly, in a line each."""
    prompt: tuple[Line, ...]
    """Diff of the two prompts."""
    unpaired: tuple[str, ...]
    """What could not be compared, and why."""


@dataclass(frozen=True)
class Page:
    """A report."""

    run: str
    version: str
    told: str
    """What was run, and when."""
    headline: Headline
    evidence: tuple[str, ...]
    notes: tuple[str, ...]
    """What was not compared at all, and why."""
    compared: tuple[Compared, ...]
    rates: Figures | None
    """Where nothing was compared: how often each behaviour was shown."""
    heats: tuple[Heat, ...]
    scenarios: tuple[Scenario, ...]
    provenance: tuple[Source, ...]


def page_of(
    manifest: Manifest,
    records: Sequence[TrialRecord],
    found: Comparisons | None,
    now: datetime,
    older: Sequence[TrialRecord] = (),
) -> Page:
    """Compute the report of a run. There must be at least one record.

    older: of what it was compared with, as `older.older` gives it.
    """
    comparisons = found.comparisons if found else ()
    every = [*records, *older]
    by_key = {record.key: record for record in every}
    sides = [
        (one.baseline.label, one.candidate.label) for one in comparisons if one.status == "compared"
    ]
    compared = [
        _compared(one, by_key, manifest.run, f"compared:{number}", now)
        for number, one in enumerate(comparisons, start=1)
    ]
    verdicts = [one.headline for one in compared]
    return Page(
        run=manifest.run,
        version=__version__,
        told=_told(manifest, records),
        headline=all_in_all(verdicts) if verdicts else uncompared(records),
        evidence=(compared[0].evidence if len(compared) == 1 else tuple(evidence_of(records, now))),
        notes=(*(found.notes if found else ()), *gone(comparisons, older)),
        compared=tuple(compared),
        rates=None if compared else of_rates(rates(records)),
        heats=tuple(heats(every, manifest.planned, now)),
        scenarios=tuple(scenarios(every, sides, manifest.run, now)),
        provenance=tuple(sources(every, now)),
    )


def _compared(
    comparison: Comparison,
    records: Mapping[str, TrialRecord],
    run: str,
    anchor: str,
    now: datetime,
) -> Compared:
    sides = (("baseline", comparison.baseline), ("candidate", comparison.candidate))
    return Compared(
        headline=verdict(comparison),
        anchor=anchor,
        against=f"{comparison.candidate.label} against {comparison.baseline.label}",
        evidence=tuple(evidence(side, role, now) for role, side in sides),
        figures=of_comparison(comparison),
        flips=tuple(flips(comparison, records, run)),
        fingerprint=fingerprint(comparison),
        worth_a_look=tuple(worth_a_look(comparison.fingerprint)),
        prompt=tuple(map(_prompt_line, comparison.prompt_diff.splitlines())),
        unpaired=tuple(
            f"{format_scenario_id(one.suite, one.scenario)}: {one.why}"
            for one in comparison.unpaired
        ),
    )


def _prompt_line(line: str) -> Line:
    styles = {"+": "added", "-": "removed", "@": "note"}
    return Line(line, styles.get(line[:1], "said"))


def _told(manifest: Manifest, records: Sequence[TrialRecord]) -> str:
    ended = f"ended {manifest.finished}" if manifest.finished else "did not end by itself"
    planned = format_count(len(manifest.planned), "planned trial")
    return f"started {manifest.started}, {ended}; {len(records)} of {planned}"
