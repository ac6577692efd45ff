"""A verdict in words, the same in the terminal, both reports, JSON and JUnit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict
from promptverdict.comparison.controls import describe_drift
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.numbers import format_points
from promptverdict.core.text import format_count

MOST_NAMES = 4
"""Behaviours that one sentence names."""
FEWEST_SUGGESTIVE = 3
"""Scenarios that flip the same way, below which nothing is called suggestive."""


def format_comparison(comparison: Comparison) -> str:
    """Write what a comparison comes to in one line: `Regressed: ...`."""
    return f"{comparison.word.capitalize()}: {describe_comparison(comparison)}"


def describe_comparison(comparison: Comparison) -> str:
    """Write whether the candidate improved or regressed, and before it what else explains it."""
    return " ".join((*_list_caveats(comparison), _answer(comparison)))


def _list_caveats(comparison: Comparison) -> Iterator[str]:
    """List what a reader has to know before the answer, a sentence each."""
    sides = comparison.baseline, comparison.candidate
    if comparison.status != "compared":
        return
    if all(side.answered for side in sides) and set(sides[0].answered) != set(sides[1].answered):
        before, after = (", ".join(side.answered) for side in sides)
        yield f"Different models answered: {before} for the baseline, {after} for the candidate."
    if comparison.controls and comparison.controls.has_drifted:
        drift = describe_drift(comparison.controls)
        yield f"The baseline drifted since it was recorded: {drift}."
    if any(side.cut for side in sides):
        cut = " and ".join(f"{side.cut} of {side.trials}" for side in sides)
        yield f"The output limit or the context cut off {cut} trials of baseline and candidate."
    if comparison.same_prompt:
        yield "Both sides have the same prompt."


def _answer(comparison: Comparison) -> str:
    baseline, candidate = comparison.baseline.label, comparison.candidate.label
    match comparison.word:
        case "unchanged":
            answer = f"has the same prompt as {baseline}: there is nothing to compare"
        case "stale" if not comparison.prompt_diff:
            answer = (
                f"has the same prompt as {baseline}, but its recordings cannot be used any more"
            )
        case "stale":
            answer = (
                "was edited and nothing is recorded of the edit: whether it improved or regressed"
                f" against {baseline} is unknown"
            )
        case "unrecorded":
            commit = (comparison.baseline.revision or "")[:7]
            return f"Nothing is recorded of {baseline} ({commit}), so there is nothing to compare."
        case "too few scenarios":
            answer = f"against {baseline}: {_describe_flips(comparison)}"
        case "invalid":
            return (
                f"The evidence on {candidate} against {baseline} {_describe_lacking(comparison)}."
            )
        case "inconclusive":
            return (
                f"The evidence does not show whether {candidate} improved or regressed"
                f" against {baseline}."
            )
        case _:
            answer = _describe_change(comparison)
    return f"{candidate} {answer}."


def count_flips(comparison: Comparison) -> tuple[int, int]:
    """Count the pairs of a scenario and a behaviour that were gained, and those that were lost."""
    flipped = {
        (pair.suite, pair.scenario, pair.behaviour): (pair.difference or 0.0) > 0
        for behaviour in comparison.behaviours
        for pair in behaviour.flipped
    }
    gained = sum(flipped.values())
    return gained, len(flipped) - gained


def _describe_flips(comparison: Comparison) -> str:
    """Write what flipped where scenarios are too few for a verdict."""
    gained, lost = count_flips(comparison)
    flipped = {(p.suite, p.scenario) for verdict in comparison.behaviours for p in verdict.flipped}
    paired = max((behaviour.n for behaviour in comparison.behaviours), default=0)
    unit = (
        "unit" if any(verdict.unit == "family" for verdict in comparison.behaviours) else "scenario"
    )
    counts = f"{gained} gained, {lost} lost in {format_count(paired, unit)}"
    one_way = not (gained and lost) and len(flipped) >= FEWEST_SUGGESTIVE
    return f"{counts}, {'suggestive, but ' * one_way}too few for a verdict"


def _describe_change(comparison: Comparison) -> str:
    """Write what is shown more often and less often, and what stands against it."""
    more, less = (
        _list_names([each.behaviour for each in comparison.judged if each.verdict == verdict])
        for verdict in ("improved", "regressed")
    )
    changes = [f"{more} more often"] * bool(more) + [f"{less} less often"] * bool(less)
    if fragile := _list_names(
        [verdict.behaviour for verdict in comparison.judged if verdict.is_fragile_verdict]
    ):
        changes[-1:] = [f"{changes[-1]} (fragile: {fragile})"] if changes else []
    change = f"shows {' and '.join(changes)} than {comparison.baseline.label}" if changes else ""
    blocking, undecided = (
        _list_names([gate.suite for gate in comparison.gates if gate.exit_code == code])
        for code in (1, 6)
    )
    if comparison.word == "blocked":
        return f"{change}{', and ' * bool(change)}is blocked by the gate of {blocking}"
    if comparison.word == "improved in part":
        lacking = _list_names([behaviour.behaviour for behaviour in comparison.lacking])
        objections = [f"the evidence on {lacking} cannot be used"] * bool(lacking)
        objections += [f"the gate of {undecided} is undecided"] * bool(undecided)
        return f"{change}; {', and '.join(objections)}"
    return change


def _describe_lacking(comparison: Comparison) -> str:
    """Write how much cannot be used, and what the rest shows."""
    lacking, asked = len(comparison.lacking), len(comparison.asked)
    if not lacking or lacking == asked:
        return "cannot be used"
    change = _describe_change(comparison)
    unusable = f"cannot be used for {lacking} of {format_count(asked, 'behaviour')}"
    return f"{unusable}; besides, it {change}" if change else unusable


def format_next_step(verdicts: Sequence[BehaviourVerdict]) -> str:
    """Write the cheapest next step of several verdicts, with the name of what it decides.

    Steps whose trials are not counted come after all others. Empty where there is no step.
    """
    open_steps = [verdict for verdict in verdicts if verdict.next_step]
    if not open_steps:
        return ""
    counted = [verdict for verdict in open_steps if verdict.next_trials is not None]
    best = min(counted, key=lambda verdict: verdict.next_trials or 0, default=open_steps[0])
    is_for_all = len({verdict.next_step for verdict in open_steps}) == 1
    return best.next_step if is_for_all else f"{best.behaviour}: {best.next_step}"


def _list_names(names: Sequence[str]) -> str:
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} other behaviours"
    return " and ".join([", ".join(names[:-1])] * (len(names) > 1) + list(names[-1:]))


def format_verdict(verdict: BehaviourVerdict) -> str:
    """Write a verdict, or that there are too few scenarios, with the figures it rests on."""
    interval = format_interval(verdict).replace(" (", " points (")
    return ", ".join(filter(None, (verdict.word, interval, f"n {verdict.n}")))


def format_interval(verdict: BehaviourVerdict) -> str:
    """Write the change in points with its 95 % interval; empty where there is none."""
    if verdict.estimate is None:
        return ""
    low, high = format_points(verdict.low), format_points(verdict.high)
    return f"{format_points(verdict.estimate)} ({low} to {high})"
