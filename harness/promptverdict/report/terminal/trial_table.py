"""What each trial of a run took and how it ended, and how often each behaviour was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from promptverdict.core.ids import format_scenario_id
from promptverdict.core.text import format_count
from promptverdict.report.rates import ShownRate, build_rate_table, count_rates
from promptverdict.report.table import Column, Row, RowGroup, Table, build_row, build_table
from promptverdict.report.terminal.names import FIRST, MANY, list_first
from promptverdict.report.words import format_tokens
from promptverdict.trials.metrics import (
    count_calls,
    count_files_changed,
    count_test_runs,
    count_turns,
    describe_ending,
    sum_usage,
)
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Event, add_usages

COLUMNS = (
    Column(title="trial", wraps=True, is_name=True),
    Column(title="turns", align="right"),
    Column(title="calls", align="right"),
    Column(title="test runs", align="right"),
    Column(title="files", align="right"),
    Column(title="tokens", align="right"),
    Column(title="ended", wraps=True),
)
_MEASURES: tuple[Callable[[tuple[Event, ...]], int], ...] = (
    count_turns,
    count_calls,
    count_test_runs,
    count_files_changed,
)


def is_crowded(records: Sequence[TrialRecord]) -> bool:
    """Whether there are so many agents that equal results are grouped."""
    return len({record.variant for record in records}) >= MANY


def build_trial_table(records: Sequence[TrialRecord]) -> Table:
    """Build the table of trials, scenario by scenario; of many, a row for each way they ended."""
    scenarios: dict[str, list[TrialRecord]] = {}
    for record in sorted(
        records,
        key=lambda record: (record.suite, record.scenario, record.variant, record.trial),
    ):
        scenarios.setdefault(format_scenario_id(record.suite, record.scenario), []).append(record)
    build_rows = _build_grouped_rows if is_crowded(records) else _build_rows
    return build_table(
        "Trials",
        COLUMNS,
        [RowGroup(title=name, rows=build_rows(trials)) for name, trials in scenarios.items()],
    )


def build_shown_table(records: Sequence[TrialRecord]) -> Table | None:
    """Build the table of how often each behaviour was shown; None where nothing was graded."""
    rates = count_rates(records)
    return build_rate_table(_group_rates(rates) if is_crowded(records) else rates, details=False)


def _build_rows(trials: Sequence[TrialRecord]) -> tuple[Row, ...]:
    return tuple(
        build_row(
            f"  {record.variant}{f' #{record.trial}' if record.trial else ''}",
            *(str(measure(record.evidence.events)) for measure in _MEASURES),
            format_tokens(sum_usage(record.evidence.events)),
            describe_ending(record),
        )
        for record in trials
    )


def _build_grouped_rows(trials: Sequence[TrialRecord]) -> tuple[Row, ...]:
    endings: dict[str, list[TrialRecord]] = {}
    for record in trials:
        endings.setdefault(describe_ending(record), []).append(record)
    rows = []
    for ending, group in sorted(endings.items(), key=lambda item: -len(item[1])):
        events = [record.evidence.events for record in group]
        names = list(dict.fromkeys(record.variant for record in group))
        rows.append(
            build_row(
                f"  {format_count(len(group), 'trial')}: {', '.join(names[:FIRST])}"
                f"{', ...' * (len(names) > FIRST)}",
                *(_format_range([measure(each) for each in events]) for measure in _MEASURES),
                format_tokens(add_usages(map(sum_usage, events))),
                ending,
            )
        )
    return tuple(rows)


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
