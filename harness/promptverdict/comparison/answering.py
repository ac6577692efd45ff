"""Who answered as a rival explanation: sides that different models answered get no verdict.

A name may stand for another model at another server, and an alias for another one from one day to
the next. What the answers said they came from is what counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from promptverdict.comparison.capping import cap_suites
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.verdicts import Comparison


def cap_different_models(
    comparison: Comparison, paired: Iterable[PairedScenario], format_command: Callable[[], str]
) -> Comparison:
    """Return a comparison without verdicts on suites whose sides different models answered.

    format_command: writes the command that records both sides together.
    """
    scenarios = list(paired)
    reasons = {}
    for suite in dict.fromkeys(scenario.suite for scenario in scenarios):
        own = [scenario for scenario in scenarios if scenario.suite == suite]
        before = list_answering(trial for scenario in own for trial in scenario.baseline)
        after = list_answering(trial for scenario in own for trial in scenario.candidate)
        if before and after and set(before) != set(after):
            reasons[suite] = describe_difference(before, after)
    if not reasons:
        return comparison
    notes = tuple(f"{suite}: {reason}" for suite, reason in reasons.items())
    capped = cap_suites(
        comparison, reasons, f"record both sides with one model: {format_command()}"
    )
    return capped.model_copy(update={"notes": (*notes, *capped.notes)})


def list_answering(samples: Iterable[Sample]) -> tuple[str, ...]:
    """List what trials' answers said they came from, each once; those without an answer aside."""
    answered = (sample.provenance.answered for sample in samples if sample.provenance)
    return tuple(dict.fromkeys(filter(None, answered)))


def describe_difference(before: Iterable[str], after: Iterable[str]) -> str:
    """Write which models answered each side."""
    return (
        f"different models answered: {', '.join(before)} for the baseline,"
        f" {', '.join(after)} for the candidate"
    )
