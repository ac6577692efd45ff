"""Sides that were recorded far apart get no verdict, and every comparison says how far."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest
from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.contemporary import format_gap, measure_gaps
from promptverdict.comparison.pairing import pair_scenarios
from promptverdict.comparison.verdicts import Comparison
from promptverdict.trials.record import TrialRecord
from pydantic import ValidationError

from tests.cases import try_cases
from tests.compared import BASE, TERSE, samples, side, suite
from tests.report.made import PROVENANCE


def recorded(moment: str, **more: Any) -> dict[str, Any]:
    return {"provenance": PROVENANCE.model_copy(update={"recorded": moment, **more})}


def compared(late: str, signs: list[str], **of: Any) -> Comparison:
    base = side(BASE, *["+"] * len(signs), **recorded("2026-01-01T12:00:00Z"))
    other = side(TERSE, *signs, **recorded(late))
    return compare_variants(samples([*base, *other]), {"manners": suite(**of)}, BASE, TERSE)


@try_cases("late", ["2026-01-01T12:00:00Z", "2026-01-02T11:00:00Z"])
def test_within_a_day_a_verdict_stands(late: str) -> None:
    assert compared(late, ["-"] * 12).word == "regressed"


def test_beyond_it_the_verdict_is_inconclusive_with_the_gap_and_the_cure() -> None:
    comparison = compared("2026-01-10T12:00:00Z", ["-"] * 12)
    (kind,) = comparison.behaviours
    assert (comparison.word, kind.verdict) == ("inconclusive", "inconclusive")
    assert kind.reason.startswith(
        "the sides were recorded 9 days apart; by the figures it would be regressed"
    )
    assert kind.next_step == "record both sides together: pytest evals/ --record all"
    assert (
        "manners: the sides were recorded 9 days apart, and time may be what differs"
        in comparison.notes
    )


def test_an_improvement_far_apart_is_none_either() -> None:
    base = side(BASE, *["-"] * 12, **recorded("2026-01-01T12:00:00Z"))
    other = side(TERSE, *["+"] * 12, **recorded("2026-03-01T12:00:00Z"))
    found = compare_variants(samples([*base, *other]), {"manners": suite()}, BASE, TERSE)
    assert found.word == "inconclusive"


def test_a_gate_that_would_block_is_undecided_and_blocks() -> None:
    gated = {"gate": {"mode": "no_regression"}}
    comparison = compared("2026-01-10T12:00:00Z", ["-"] * 12, **gated)
    (gate,) = comparison.gates
    assert (gate.outcome, gate.exit_code) == ("inconclusive", 6)
    assert gate.reasons[0].startswith("the sides were recorded 9 days apart: ")
    (sooner,) = compared("2026-01-01T13:00:00Z", ["-"] * 12, **gated).gates
    assert (sooner.outcome, sooner.exit_code) == ("fail", 1)


def test_a_suite_says_its_own_limit() -> None:
    three_days = {"contemporary": {"within": "3d"}}
    assert compared("2026-01-03T12:00:00Z", ["-"] * 12, **three_days).word == "regressed"
    assert compared("2026-01-05T12:00:00Z", ["-"] * 12, **three_days).word == "inconclusive"


def test_without_a_limit_the_gap_is_noted_with_its_reason() -> None:
    pinned = {"contemporary": {"within": "none", "because": "the model is a pinned file"}}
    comparison = compared("2026-01-10T12:00:00Z", ["-"] * 12, **pinned)
    assert comparison.word == "regressed"
    assert (
        "manners: the sides were recorded 9 days apart: the model is a pinned file"
        in comparison.notes
    )


@try_cases("within", ["none", "soon", "0h", "24", "-1d"])
def test_a_limit_that_says_nothing_is_refused(within: str) -> None:
    with pytest.raises(ValidationError):
        suite(contemporary={"within": within})


def test_only_the_widest_gap_of_paired_scenarios_counts() -> None:
    early, late = recorded("2026-01-01T12:00:00Z"), recorded("2026-01-10T12:00:00Z")
    base: list[TrialRecord] = side(BASE, *["+"] * 12, **early)
    other = [*side(TERSE, *["-"] * 11, **early), *side(TERSE, *["-"] * 12, **late)[11:]]
    found = compare_variants(samples([*base, *other]), {"manners": suite()}, BASE, TERSE)
    assert found.word == "inconclusive"


def test_a_floating_model_name_is_noted() -> None:
    latest = recorded("2026-01-01T12:00:00Z", model="anthropic/claude-opus-latest")
    records = [*side(BASE, *["+"] * 6, **latest), *side(TERSE, *["+"] * 6, **latest)]
    found = compare_variants(samples(records), {"manners": suite()}, BASE, TERSE)
    assert any("claude-opus-latest is a floating name" in note for note in found.notes)


@try_cases(
    ("gap", "words"),
    [
        (timedelta(days=9, hours=5), "9 days"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(seconds=0), "0 seconds"),
    ],
)
def test_a_gap_is_written_in_its_largest_unit(gap: timedelta, words: str) -> None:
    assert format_gap(gap) == words


def test_one_fresh_trial_among_old_ones_brings_none_of_them_nearer() -> None:
    old, new = recorded("2026-01-01T12:00:00Z"), recorded("2026-01-10T12:00:00Z")
    base = [*side(BASE, *["++"] * 12, **old), *side(BASE, *["++++"] * 12, **new)[3::4]]
    other = side(TERSE, *["----"] * 12, **new)
    found = compare_variants(samples([*base, *other]), {"manners": suite()}, BASE, TERSE)
    assert found.word == "inconclusive"
    assert any("9 days apart" in note for note in found.notes)


def test_the_nearest_of_many_is_found_wherever_it_lies() -> None:
    drawn = random.Random(3)
    for _ in range(50):
        sides = [
            [datetime(2026, 1, 1) + timedelta(hours=drawn.randrange(200)) for _ in range(size)]
            for size in (drawn.randrange(1, 7), drawn.randrange(1, 7))
        ]
        before, after = (
            samples(
                trial.model_copy(update={"trial": number})
                for number, moment in enumerate(moments)
                for trial in side(name, "+", **recorded(moment.isoformat() + "Z"))
            )
            for name, moments in zip((BASE, TERSE), sides, strict=True)
        )
        (scenario,), _ = pair_scenarios(before, after)
        expected = max(
            min(abs(moment - other) for other in others)
            for moments, others in (sides, sides[::-1])
            for moment in moments
        )
        assert measure_gaps([scenario]) == {"manners": expected}
