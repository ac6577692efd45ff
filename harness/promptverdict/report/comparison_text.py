"""Comparisons in the terminal: the verdict first, then what it rests on, then what to do next."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from promptverdict.comparison.verdicts import (
    BehaviourVerdict,
    Comparison,
    Comparisons,
    Rate,
    ScenarioPair,
    Theme,
)
from promptverdict.comparison.wording import format_interval
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.numbers import format_p_value, format_percent
from promptverdict.core.text import escape_text
from promptverdict.report.headline import evidence, lost, missed, share, verdict
from promptverdict.report.page.figures import repeats
from promptverdict.report.page.fingerprint import MOST as MOST_MEASURED
from promptverdict.report.page.fingerprint import worth_a_look

if TYPE_CHECKING:
    from rich.table import Table

MOST = 6
"""Of what flipped and of what does not pair, told at most for one comparison."""

WIDTH = 100


def told(found: Comparisons, now: datetime | None = None, options: Sequence[str] = ()) -> str:
    """Write comparisons as plain text, one after the other.

    options: what leads `promptverdict show` to the run that was compared, if it is not the latest.
    """
    from io import StringIO

    from rich.console import Console

    page = StringIO()
    console = Console(
        file=page, width=WIDTH, highlight=False, soft_wrap=True, markup=False, emoji=False
    )
    judged = [one for one in found.comparisons if one.status != "unchanged"]
    for number, comparison in enumerate(judged):
        if number:
            console.print()
        for line in _head(comparison, now or datetime.now(UTC)):
            console.print(line)
        if comparison.behaviours:
            console.print(_table(comparison))
        for line in _rest(comparison, options):
            console.print(line)
    if same := [one.candidate.label for one in found.comparisons if one.status == "unchanged"]:
        console.print(
            escape_text(f"unchanged, so that there is nothing to compare: {', '.join(same)}")
        )
    for note in found.notes:
        console.print(escape_text(note))
    return "\n".join(line.rstrip() for line in page.getvalue().splitlines()) + "\n"


def _head(comparison: Comparison, now: datetime) -> Iterator[str]:
    headline = verdict(comparison)
    yield f"{headline.word}: {escape_text(headline.sentence)}"
    for role, side in (("baseline", comparison.baseline), ("candidate", comparison.candidate)):
        if side.trials:
            yield f"  {escape_text(evidence(side, role, now))}"


def _table(comparison: Comparison) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for title in ("", "baseline", "candidate", "points (95 %)", "n", "missing", "p Holm", ""):
        right = title in ("n", "missing", "p Holm")
        table.add_column(title, justify="right" if right else "left", overflow="fold")
    suites = dict.fromkeys(one.suite for one in comparison.behaviours)
    for suite in suites:
        table.add_row(suite)
        for theme in comparison.themes:
            if theme.suite == suite:
                table.add_row(*_row(theme, f"  {theme.behaviour} ({theme.role})"))
        for one in comparison.behaviours:
            if one.suite == suite:
                table.add_row(*_row(one, f"  {one.behaviour}"))
    return table


def _row(one: BehaviourVerdict, name: str) -> tuple[str, ...]:
    missing, unasked = lost(one)
    return (
        name,
        _rate(one.baseline_rate),
        _rate(one.candidate_rate),
        format_interval(one),
        str(one.n),
        f"{missing}{unasked}" if missing else "",
        "" if one.p_holm is None else format_p_value(one.p_holm),
        f"{one.word}{', fragile' if one.fragile else ''}",
    )


def _rate(rate: Rate) -> str:
    if rate.estimate is None:
        return share(None)
    return f"{rate.passed}/{rate.graded} {format_percent(rate.estimate)}"


def _rest(comparison: Comparison, options: Sequence[str]) -> Iterator[str]:
    judged = (*comparison.themes, *comparison.behaviours)
    yield from _alike("why: ", ((one.behaviour, one.reason) for one in judged))
    if sizes := [f"{one.behaviour} {size}" for one in judged if (size := missed(one))]:
        yield escape_text(f"usually missed, changes of fewer points than: {', '.join(sizes)}")
    yield from _alike("pass^k: ", ((one.behaviour, repeats(one)) for one in judged))
    flipped = {
        (pair.suite, pair.scenario, pair.behaviour): pair
        for one in comparison.behaviours
        for pair in one.flipped
    }
    worst_first = sorted(flipped.values(), key=lambda pair: pair.difference or 0.0)
    yield from _some([_flip(pair, options) for pair in worst_first], "flipped")
    if worth := worth_a_look(comparison.fingerprint):
        left = len(worth) - MOST_MEASURED
        more = f", and {left} more in the report" if left > 0 else ""
        told = ", ".join(worth[:MOST_MEASURED])
        yield escape_text(f"worth a look (no grader asks for it): {told}{more}")
    yield from _some(
        [
            f"not paired: {format_scenario_id(one.suite, one.scenario)}: {one.why}"
            for one in comparison.unpaired
        ],
        "not paired",
    )
    for gate in comparison.gates:
        blocks = "does not block" if gate.exit_code == 0 else "blocks"
        yield f"gate of {gate.suite} ({gate.mode}): {gate.outcome}, {blocks}"
        yield from (f"  {escape_text(reason)}" for reason in (*gate.reasons, *gate.warnings))
    yield from (escape_text(note) for note in comparison.notes)
    yield from _next(comparison)


def _alike(title: str, reasons: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Tell a reason once, with all that it is the reason of."""
    of: dict[str, list[str]] = {}
    for name, reason in reasons:
        if reason:
            of.setdefault(reason, []).append(name)
    for reason, names in of.items():
        yield escape_text(f"{title}{', '.join(names)}: {reason}")


def _flip(pair: ScenarioPair, options: Sequence[str]) -> str:
    lost = (pair.difference or 0.0) < 0
    # By its key: where a trial left no record, places in the list are not the trials' numbers.
    trial = pair.candidate_trials[pair.candidate.index("fail" if lost else "pass")]
    shares = [
        f"{side.count('pass')}/{len(side) - side.count('ungraded') - side.count('missing')}"
        for side in (pair.baseline, pair.candidate)
    ]
    scenario = format_scenario_id(pair.suite, pair.scenario)
    told = f"{pair.behaviour} in {scenario}: {' -> '.join(shares)}"
    shows = shlex.join(["promptverdict", "show", trial, *options])
    return f"{'lost' if lost else 'gained'} {told}   {shows}"


def _some(lines: Sequence[str], what: str) -> Iterator[str]:
    yield from map(escape_text, lines[:MOST])
    if len(lines) > MOST:
        yield f"{len(lines) - MOST} more {what}"


def _next(comparison: Comparison) -> Iterator[str]:
    """Give the cheapest next step, of the primary theme where there is one."""
    primary = [theme for theme in comparison.themes if theme.role == "primary"]
    steps: Sequence[BehaviourVerdict | Theme] = primary or comparison.behaviours
    told_once = dict.fromkeys(one.next_step for one in steps if one.next_step)
    yield from (f"next: {step}" for step in list(told_once)[:1])
