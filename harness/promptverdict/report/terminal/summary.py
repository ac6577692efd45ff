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
from promptverdict.report.terminal.names import FIRST, MANY
from promptverdict.report.terminal.tables import render_table
from promptverdict.report.terminal.trial_table import build_shown_table, build_trial_table
from promptverdict.report.words import format_cost, format_time_since, format_tokens
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.trials.prices import add_costs
from promptverdict.trials.provenance import describe_isolation, describe_origin
from promptverdict.trials.summary import TrialSummary
from promptverdict.trials.transcript import add_usages


@dataclass(frozen=True)
class Shortcoming:
    """A cell that did not pass."""

    node: str
    status: str
    """FAILED or ERROR."""
    reason: str
    has_trial: bool = True
    """Whether there is a trial to read."""


def render_summary(
    trials: Sequence[TrialSummary],
    *,
    run: Path | None = None,
    invocation: Invocation = WHOLE,
    shortcomings: Sequence[Shortcoming] = (),
    baselines: Mapping[str, str] | None = None,
    older: Sequence[TrialSummary] = (),
    terminal: Terminal = PLAIN,
) -> str:
    """Render each cell's facts, what is not there, what fell short, and where to go on.

    baselines: of the suites that have one; None where a comparison follows. older: what this run
    recorded of an older revision; it was spent too.
    """
    played = [trial for trial in trials if not is_absent(trial)]
    parts = []
    if played:
        parts = [_render_tables(played, terminal), "\n"]
    parts.append(_render_notices(played))
    parts.append(render_absent(trials, invocation))
    parts += _list_shortcomings(shortcomings)
    if played:
        parts.append(_render_cost([*played, *older]))
    if run and played:
        parts.append(f"records: {display_path(run)}   read one: promptverdict show NODE-ID\n")
        parts.append(_render_next_steps(played, baselines or {}))
    return "".join(parts)


def render_evidence(trials: Sequence[TrialSummary], now: datetime | None = None) -> str:
    """Render what a run rests on, a line for each kind of evidence, to stand last of all."""
    kinds: dict[str, list[str]] = {}
    broken = 0
    for trial in trials:
        if provenance := trial.provenance:
            how = "replayed" if trial.replayed else "recorded now"
            origin = escape_text(describe_origin(provenance))
            kind = f"{origin}{describe_isolation(trial.compatible)}; {how}"
            kinds.setdefault(kind, []).append(provenance.recorded)
        else:
            broken += not is_absent(trial)
    lines = []
    if broken:
        lines.append(f"no evidence: {format_count(broken, 'trial')} broke off\n")
    for kind, moments in kinds.items():
        ages = dict.fromkeys(
            format_time_since(moment, now or datetime.now(UTC))
            for moment in sorted(moments, reverse=True)
        )
        count = format_count(len(moments), "trial")
        lines.append(f"evidence: {count}; {kind}; {', '.join(ages)}\n")
    return "".join(lines)


def _render_tables(trials: Sequence[TrialSummary], terminal: Terminal) -> str:
    lines = [*render_table(build_trial_table(trials), terminal)]
    if rates := build_shown_table(trials):
        lines += [style_text(""), *render_table(rates, terminal)]
    return render_lines(lines, terminal)


def _render_notices(trials: Sequence[TrialSummary]) -> str:
    """Render what was odd about answers, with the number of trials: it may explain their grades."""
    counts = Counter(notice for trial in trials for notice in trial.notices)
    return "".join(
        f"note: in {format_count(count, 'trial')} {escape_text(notice)}\n"
        for notice, count in counts.most_common()
    )


def _render_cost(trials: Sequence[TrialSummary]) -> str:
    """Render what was spent now apart from what the replayed trials once took."""
    recorded = [trial for trial in trials if not trial.replayed]
    replayed = [trial for trial in trials if trial.replayed]
    return _render_spending("spent now", recorded) + _render_spending(
        "replayed, nothing spent; recording took", replayed
    )


def _render_spending(what: str, trials: Sequence[TrialSummary]) -> str:
    if not trials:
        return ""
    used = add_usages(trial.used for trial in trials)
    # A trial that never began has no price, and makes none unknown.
    begun = [trial.cost for trial in trials if trial.has_transcript]
    cost = format_cost(add_costs(begun)) if begun else "nothing spent"
    resumed = sum(trial.resumed for trial in trials)
    earlier = (
        f"; {format_count(resumed, 'answer')} of it an earlier run paid for" if resumed else ""
    )
    return f"{what}: {format_tokens(used)} tokens, {cost}{earlier}\n"


def _list_shortcomings(shortcomings: Sequence[Shortcoming]) -> Iterator[str]:
    """Render cells that fell short; of many, the first of each status and how many there are."""
    for status in dict.fromkeys(shortcoming.status for shortcoming in shortcomings):
        group = [shortcoming for shortcoming in shortcomings if shortcoming.status == status]
        listed = group if len(shortcomings) < MANY else group[:FIRST]
        yield from map(_render_shortcoming, listed)
        if left_out := len(group) - len(listed):
            yield f"{left_out} more {status}; list them: promptverdict show --failed\n"


def _render_shortcoming(shortcoming: Shortcoming) -> str:
    text = f"{shortcoming.status} {shortcoming.node}\n  {escape_text(shortcoming.reason)}\n"
    if shortcoming.has_trial:
        text += f"  read it: promptverdict show '{shortcoming.node}'\n"
    return text


def _render_next_steps(trials: Sequence[TrialSummary], baselines: Mapping[str, str]) -> str:
    """Render where to go on: the page, and the verdict where a variant ran beside the baseline."""
    ran = {(trial.suite, trial.variant) for trial in trials}
    has_several = any(
        (suite, baseline) in ran and len([name for name, _ in ran if name == suite]) > 1
        for suite, baseline in baselines.items()
    )
    compare = "compare: promptverdict compare   " if has_several else ""
    return f"{compare}as a page: promptverdict report --open\n"
