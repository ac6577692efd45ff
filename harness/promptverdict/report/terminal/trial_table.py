"""What each trial of a run took and how it ended, and how often each behaviour was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.report.rates import ShownRate, build_rate_table, count_rates
from promptverdict.report.table import Column, Row, RowGroup, Table, build_row, build_table
from promptverdict.report.terminal.names import FIRST, MANY, list_first
from promptverdict.report.words import format_tokens
from promptverdict.trials.summary import TrialSummary, group_by_scenario
from promptverdict.trials.transcript import add_usages

COLUMNS = (
    Column(title="trial", wraps=True, is_name=True),
    Column(title="turns", align="right"),
    Column(title="calls", align="right"),
    Column(title="test runs", align="right"),
    Column(title="files", align="right"),
    Column(title="tokens", align="right"),
    Column(title="ended", wraps=True),
)


def is_crowded(trials: Sequence[TrialSummary]) -> bool:
    """Whether there are so many agents that equal results are grouped."""
    return len({trial.variant for trial in trials}) >= MANY


def build_trial_table(trials: Sequence[TrialSummary]) -> Table:
    """Build the table of trials, scenario by scenario; of many, a row for each way they ended."""
    build_rows = _build_grouped_rows if is_crowded(trials) else _build_rows
    return build_table(
        "Trials",
        COLUMNS,
        [
            RowGroup(title=format_scenario_id(*place), rows=build_rows(own))
            for place, own in group_by_scenario(trials).items()
        ],
    )


def build_shown_table(trials: Sequence[TrialSummary]) -> Table | None:
    """Build the table of how often each behaviour was shown; None where nothing was graded."""
    rates = count_rates(trials)
    return build_rate_table(_group_rates(rates) if is_crowded(trials) else rates, details=False)


def _build_rows(trials: Sequence[TrialSummary]) -> tuple[Row, ...]:
    return tuple(
        build_row(
            f"  {trial.variant}{f' #{trial.trial}' if trial.trial else ''}",
            *map(str, _measure_trial(trial)),
            format_tokens(trial.used),
            trial.ending,
        )
        for trial in trials
    )


def _build_grouped_rows(trials: Sequence[TrialSummary]) -> tuple[Row, ...]:
    endings: dict[str, list[TrialSummary]] = {}
    for trial in trials:
        endings.setdefault(trial.ending, []).append(trial)
    rows = []
    for ending, group in sorted(endings.items(), key=lambda item: -len(item[1])):
        names = list(dict.fromkeys(trial.variant for trial in group))
        rows.append(
            build_row(
                f"  {format_count(len(group), 'trial')}: {', '.join(names[:FIRST])}"
                f"{', ...' * (len(names) > FIRST)}",
                *map(_format_range, zip(*map(_measure_trial, group), strict=True)),
                format_tokens(add_usages(trial.used for trial in group)),
                ending,
            )
        )
    return tuple(rows)


def _measure_trial(trial: TrialSummary) -> tuple[int, int, int, int]:
    return trial.turns, trial.calls, trial.test_runs, trial.files_changed


def _format_range(numbers: Sequence[int]) -> str:
    least, most = min(numbers), max(numbers)
    return str(least) if least == most else f"{least}-{most}"


def _group_rates(rates: Sequence[ShownRate]) -> list[ShownRate]:
    """Let the agents that showed a behaviour equally often share a row, the best first."""
    groups: dict[tuple[object, ...], list[ShownRate]] = {}
    for rate in rates:
        figures = (rate.passed, rate.graded, rate.unknown, rate.is_required)
        groups.setdefault((rate.suite, rate.behaviour, *figures), []).append(rate)
    shared = [
        replace(group[0], variant=list_first([rate.variant for rate in group], "agent"))
        for group in groups.values()
    ]
    return sorted(
        shared,
        key=lambda rate: (rate.suite, rate.behaviour, -rate.passed / max(rate.graded, 1)),
    )
