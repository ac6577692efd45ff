"""The summary that ends a run in the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text, format_count
from promptverdict.report.terminal.absent import is_absent, render_absent
from promptverdict.report.terminal.console import PLAIN, Terminal, render_lines, style_text
from promptverdict.report.terminal.invocation import WHOLE, Invocation
from promptverdict.report.terminal.names import FIRST, MANY
from promptverdict.report.terminal.tables import render_table
from promptverdict.report.terminal.trial_table import build_shown_table, build_trial_table
from promptverdict.report.words import format_age, format_cost, format_tokens
from promptverdict.trials.metrics import sum_usage
from promptverdict.trials.prices import add_costs
from promptverdict.trials.provenance import Provenance, describe_isolation, describe_origin
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import add_usages, list_answer_notices


@dataclass(frozen=True)
class Shortcoming:
    """A cell that did not pass."""

    node: str
    status: str
    """FAILED or ERROR."""
    reason: str


def render_summary(
    records: Sequence[TrialRecord],
    *,
    run: Path | None = None,
    invocation: Invocation = WHOLE,
    shortcomings: Sequence[Shortcoming] = (),
    baselines: Mapping[str, str] | None = None,
    older: Sequence[TrialRecord] = (),
    terminal: Terminal = PLAIN,
) -> str:
    """Render each cell's facts, what is not there, what fell short, and where to go on.

    baselines: of the suites that have one; None where a comparison follows. older: what this run
    recorded of an older revision; it was spent too.
    """
    played = [record for record in records if not is_absent(record)]
    parts = []
    if played:
        parts = [_render_tables(played, terminal), "\n"]
    parts.append(_render_notices(played))
    parts.append(render_absent(records, invocation))
    parts += _list_shortcomings(shortcomings)
    if played:
        parts.append(_render_cost([*played, *older]))
    if run and played:
        parts.append(f"records: {display_path(run)}   read one: promptverdict show NODE-ID\n")
        parts.append(_render_next_steps(played, baselines or {}))
    return "".join(parts)


def render_evidence(records: Sequence[TrialRecord], now: datetime | None = None) -> str:
    """Render what a run rests on, a line for each kind of evidence, to stand last of all."""
    played = [record for record in records if not is_absent(record)]
    kinds: dict[str, list[Provenance]] = {}
    for record in played:
        if record.provenance:
            how = "replayed" if record.replayed else "recorded now"
            origin = escape_text(describe_origin(record.provenance))
            kind = f"{origin}{describe_isolation(record.compatible)}; {how}"
            kinds.setdefault(kind, []).append(record.provenance)
    lines = []
    if broken := [record for record in played if not record.provenance]:
        lines.append(f"no evidence: {format_count(len(broken), 'trial')} broke off\n")
    for kind, recordings in kinds.items():
        newest_first = sorted(recordings, key=lambda recording: recording.recorded, reverse=True)
        ages = dict.fromkeys(
            format_age(recording, now or datetime.now(UTC)) for recording in newest_first
        )
        count = format_count(len(recordings), "trial")
        lines.append(f"evidence: {count}; {kind}; {', '.join(ages)}\n")
    return "".join(lines)


def _render_tables(records: Sequence[TrialRecord], terminal: Terminal) -> str:
    lines = [*render_table(build_trial_table(records), terminal)]
    if rates := build_shown_table(records):
        lines += [style_text(""), *render_table(rates, terminal)]
    return render_lines(lines, terminal)


def _render_notices(records: Sequence[TrialRecord]) -> str:
    """Render what was odd about answers, with the number of trials: it may explain their grades."""
    counts = Counter(
        notice for record in records for notice in list_answer_notices(record.evidence.events)
    )
    return "".join(
        f"note: in {format_count(count, 'trial')} {escape_text(notice)}\n"
        for notice, count in counts.most_common()
    )


def _render_cost(records: Sequence[TrialRecord]) -> str:
    """Render what was spent now apart from what the replayed trials once took."""
    recorded = [record for record in records if not record.replayed]
    replayed = [record for record in records if record.replayed]
    return _render_spending("spent now", recorded) + _render_spending(
        "replayed, nothing spent; recording took", replayed
    )


def _render_spending(what: str, records: Sequence[TrialRecord]) -> str:
    if not records:
        return ""
    used = add_usages(sum_usage(record.evidence.events) for record in records)
    # A trial that never began has no price, and makes none unknown.
    begun = [record.cost for record in records if record.evidence.events]
    cost = format_cost(add_costs(begun)) if begun else "nothing spent"
    return f"{what}: {format_tokens(used)} tokens, {cost}\n"


def _list_shortcomings(shortcomings: Sequence[Shortcoming]) -> Iterator[str]:
    """Render cells that fell short; of many, the first of each status and how many there are."""
    for status in dict.fromkeys(shortcoming.status for shortcoming in shortcomings):
        group = [shortcoming for shortcoming in shortcomings if shortcoming.status == status]
        listed = group if len(shortcomings) < MANY else group[:FIRST]
        yield from map(_render_shortcoming, listed)
        if left_out := len(group) - len(listed):
            yield f"{left_out} more {status}; list them: promptverdict show --failed\n"


def _render_shortcoming(shortcoming: Shortcoming) -> str:
    return (
        f"{shortcoming.status} {shortcoming.node}\n  {escape_text(shortcoming.reason)}\n"
        f"  read it: promptverdict show '{shortcoming.node}'\n"
    )


def _render_next_steps(records: Sequence[TrialRecord], baselines: Mapping[str, str]) -> str:
    """Render where to go on: the page, and the verdict where a variant ran beside the baseline."""
    ran = {(record.suite, record.variant) for record in records}
    has_several = any(
        (suite, baseline) in ran and len([name for name, _ in ran if name == suite]) > 1
        for suite, baseline in baselines.items()
    )
    compare = "compare: promptverdict compare   " if has_several else ""
    return f"{compare}as a page: promptverdict report --open\n"
