"""What verdicts rest on: how recordings came about, with which model, how many, how old."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from promptverdict.comparison.verdicts import Comparison, Side
from promptverdict.core.text import format_count
from promptverdict.report.words import format_age_range, format_ages
from promptverdict.trials.integrity import describe_integrity
from promptverdict.trials.provenance import describe_isolation, describe_origin
from promptverdict.trials.record import is_about_lost_tools
from promptverdict.trials.summary import TrialSummary


def describe_sides(comparison: Comparison, now: datetime) -> str:
    """Write in one line what both sides rest on; what they have in common once."""
    sides = {"baseline": comparison.baseline, "candidate": comparison.candidate}
    amounts = [f"{role} {_describe_amount(side)}" for role, side in sides.items()]
    ages = [_describe_age(side, now) for side in sides.values()]
    origins = [_describe_source(side) for side in sides.values()]
    if not all(ages):
        parts = zip(amounts, ages, origins, strict=True)
        return "; ".join(", ".join(filter(None, part)) for part in parts)
    if ages[0] != ages[1]:
        amounts = [f"{amount}, {age}" for amount, age in zip(amounts, ages, strict=True)]
    shared = [texts[0] for texts in (ages, origins) if texts[0] == texts[1]]
    if origins[0] != origins[1]:
        amounts = [f"{amount}, {origin}" for amount, origin in zip(amounts, origins, strict=True)]
    return "; ".join([*amounts, *[f"both {', '.join(shared)}"] * bool(shared)])


def _describe_source(side: Side) -> str:
    """Write how a side's evidence came about, and with which model; empty where there is none."""
    return f"{', '.join(side.provenance)}, model {side.model}" if side.oldest else ""


def _describe_age(side: Side, now: datetime) -> str:
    """Write how old a side's evidence is; empty where there is none."""
    if side.oldest is None or side.newest is None:
        return ""
    return format_age_range(side.newest, side.oldest, now)


def _describe_amount(side: Side) -> str:
    """Write how many trials a side has, and of which revision or run."""
    origin = f"{side.revision[:10]}, " if side.revision else f"{side.run}, " if side.run else ""
    count = format_count(side.trials, "trial") if side.oldest else "no evidence"
    return f"({origin}{count})"


def describe_evidence(trials: Iterable[TrialSummary], now: datetime) -> list[str]:
    """List what some trials rest on, a line for each kind of evidence."""
    kinds: dict[str, list[str]] = {}
    for trial in trials:
        if provenance := trial.provenance:
            model = f"model {provenance.model}{describe_isolation(trial.compatible)}"
            kind = f"{describe_origin(provenance)}; {model}"
            kinds.setdefault(kind, []).append(provenance.recorded)
    return [
        f"{format_count(len(moments), 'trial')}; {kind}; {format_ages(moments, now)}"
        for kind, moments in kinds.items()
    ]


def list_lost_tools(trials: Iterable[TrialSummary]) -> list[str]:
    """List the agents that ran without any of the tools that they list."""
    notices = (notice for trial in trials for notice in trial.notices)
    return list(dict.fromkeys(filter(is_about_lost_tools, notices)))


def list_tainted(trials: Iterable[TrialSummary]) -> list[str]:
    """List the trials that count nowhere because the agent was shown what grades it."""
    return [
        f"{trial.id} counts nowhere, {describe_integrity(trial.integrity)}"
        for trial in trials
        if trial.integrity.state == "tainted"
    ]


def describe_recordings(trials: Iterable[TrialSummary], now: datetime) -> str:
    """Write in a few words what some trials rest on: `relay, 2 days old`."""
    kinds: dict[str, list[str]] = {}
    for trial in trials:
        if provenance := trial.provenance:
            kinds.setdefault(provenance.evidence, []).append(provenance.recorded)
    if not kinds:
        return "no evidence"
    return "; ".join(f"{kind}, {format_ages(moments, now)}" for kind, moments in kinds.items())
