"""Chances are chances, sides may be swapped, and what can be counted is what is computed."""

from __future__ import annotations

import math
from itertools import combinations, pairwise, product

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from promptverdict.stats.agreement import compute_clopper_pearson
from promptverdict.stats.compare import compare
from promptverdict.stats.corrections import adjust_by_holm
from promptverdict.stats.drift import Count, compute_drift_p, find_noticeable_changes
from promptverdict.stats.exact import compute_exact_p, find_critical_counts
from promptverdict.stats.fixed import compare_fixed
from promptverdict.stats.flips import stands_out
from promptverdict.stats.looks import Look
from promptverdict.stats.newcombe import compute_change_p, compute_newcombe
from promptverdict.stats.rates import (
    compute_wilson,
    estimate_pass_at_k,
    estimate_pass_hat_k,
    estimate_rate,
)
from promptverdict.stats.rule import Rule
from promptverdict.stats.sign_flips import compute_sign_flip_p
from promptverdict.stats.unbounded import compare_unbounded

from tests.properties.profile import PROFILE

__all__ = ["PROFILE"]

CLOSE = 1e-9
SCORES = st.sampled_from([0.0, 1.0]) | st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.floats(0, 1)
Arm = dict[str, list[float | None]]
OPPOSITE = {"improved": "regressed", "regressed": "improved"}


@st.composite
def draw_sides(draw: st.DrawFn, scores: st.SearchStrategy[float] = SCORES) -> tuple[Arm, Arm]:
    """Draw both sides of a comparison, of the same scenarios but for one, some with gaps."""
    names = [f"s{number}" for number in range(draw(st.integers(0, 16)))]
    results = scores if draw(st.booleans()) else scores | st.none()
    trials = draw(st.integers(1, 3))
    sides: list[Arm] = [
        {name: draw(st.lists(results, min_size=trials, max_size=trials)) for name in names}
        for _ in range(2)
    ]
    if names and draw(st.booleans()):
        sides[draw(st.integers(0, 1))].pop(names[0])
    return sides[0], sides[1]


def check_mirrored(first: object, second: object) -> None:
    """Fail unless two tests say the same of swapped sides."""
    for one, other in ((first, second), (second, first)):
        assert OPPOSITE.get(one.verdict, one.verdict) == other.verdict  # type: ignore[attr-defined]
        low, high = one.low, other.high  # type: ignore[attr-defined]
        assert math.isclose(low, -high, abs_tol=CLOSE)
    p, again = first.p, second.p  # type: ignore[attr-defined]
    assert math.isclose(p, again, abs_tol=CLOSE)
    assert 0 <= p <= 1


LOOKS = st.none() | st.builds(
    lambda at, of: Look(min(at, of), of), st.integers(1, 5), st.integers(2, 5)
)
ALPHAS = st.sampled_from([0.05, 0.05, 0.01, 0.2])


@given(sides=draw_sides(), look=LOOKS, alpha=ALPHAS, strict=st.booleans())
def test_swapped_sides_have_the_opposite_verdict(
    sides: tuple[Arm, Arm], look: Look | None, alpha: float, *, strict: bool
) -> None:
    first = compare(*sides, alpha=alpha, strict=strict, look=look)
    second = compare(*sides[::-1], alpha=alpha, strict=strict, look=look)
    check_mirrored(first, second)
    assert -1 <= first.low <= first.high <= 1
    assert 0 <= first.p_signflip <= 1
    if first.n:
        assert first.low - CLOSE <= first.estimate <= first.high + CLOSE
        assert math.isclose(first.estimate, -second.estimate, abs_tol=CLOSE)
        assert (first.p < first.alpha) == (first.low > 0 or first.high < 0)
    if first.verdict in OPPOSITE:
        assert first.n >= 6
        assert first.verdict == ("improved" if first.estimate > 0 else "regressed")


GRADES = st.sampled_from([0.0, 1.0, 1.0])


@given(draw_sides(GRADES), ALPHAS)
def test_swapped_sides_of_exactly_these_scenarios_have_the_opposite_verdict(
    sides: tuple[Arm, Arm], alpha: float
) -> None:
    tried = [{name: [[grade] for grade in grades] for name, grades in arm.items()} for arm in sides]
    first, second = (compare_fixed(*order, alpha=alpha) for order in (tried, tried[::-1]))
    check_mirrored(first, second)
    assert -1 <= first.low <= first.high <= 1
    # The interval is about all scenarios, the estimate about those with grades on both sides.
    if first.verdict != "invalid" and first.paired == first.n:
        assert first.low - CLOSE <= first.estimate <= first.high + CLOSE


@given(draw_sides(st.floats(0.001, 1e6)))
def test_swapped_sides_of_a_quantity_have_the_inverse_ratio(sides: tuple[Arm, Arm]) -> None:
    first, second = compare_unbounded(*sides), compare_unbounded(*sides[::-1])
    assert OPPOSITE_CHANGES.get(first.verdict, first.verdict) == second.verdict
    assert 0 <= first.p <= 1
    if first.n > 1:
        assert first.low <= first.ratio * (1 + CLOSE)
        assert first.high >= first.ratio * (1 - CLOSE)
        assert math.isclose(first.ratio * second.ratio, 1, rel_tol=1e-6)


OPPOSITE_CHANGES = {"lower": "higher", "higher": "lower"}

DIFFERENCES = st.lists(
    st.sampled_from([-1.0, -0.5, 0.0, 0.0, 0.25, 1.0, 1 / 3, -2 / 3]), max_size=10
).map(np.array)


@given(DIFFERENCES)
def test_flipping_signs_is_counted_over_all_signs(differences: np.ndarray) -> None:
    observed = abs(differences.sum())
    sums = [
        abs(float(np.dot(signs, differences)))
        for signs in product((-1, 1), repeat=differences.size)
    ]
    above = sum(total > observed + CLOSE for total in sums)
    tied = sum(abs(total - observed) <= CLOSE for total in sums)
    expected = (above + tied / 2) / len(sums) if differences.any() else 1.0
    assert math.isclose(compute_sign_flip_p(differences), expected, abs_tol=1e-6)


@given(st.integers(1, 14), st.floats(0, 1), ALPHAS)
def test_an_unchanged_variant_differs_as_often_as_its_level_says(
    pairs: int, share: float, alpha: float
) -> None:
    """Count all results of so many pairs, of which a share differ by chance."""
    total = 0.0
    for discordant in range(pairs + 1):
        chance = (
            math.comb(pairs, discordant) * share**discordant * (1 - share) ** (pairs - discordant)
        )
        for gains in range(discordant + 1):
            if compute_exact_p(pairs, gains, discordant - gains) < alpha:
                total += chance * math.comb(discordant, gains) / 2**discordant
    assert total <= alpha + 1e-4


@given(st.integers(1, 30), st.data(), ALPHAS)
def test_more_of_one_sign_is_never_less_sure(pairs: int, data: st.DataObject, alpha: float) -> None:
    discordant = data.draw(st.integers(0, pairs))
    p_values = [
        compute_exact_p(pairs, gains, discordant - gains) for gains in range(discordant + 1)
    ]
    assert p_values == p_values[::-1]
    upper = p_values[(discordant + 1) // 2 :]
    assert all(later <= earlier + CLOSE for earlier, later in pairwise(upper))
    assert all(0 <= p <= 1 for p in p_values)
    critical = int(find_critical_counts(pairs, alpha)[discordant])
    for gains in range((discordant + 1) // 2, discordant + 1):
        p = compute_exact_p(pairs, gains, discordant - gains)
        assume(abs(p - alpha) > 1e-6)
        assert (p < alpha) == (gains >= critical)


SIZES = st.integers(1, 6)


@given(SIZES, SIZES, st.floats(0, 1), ALPHAS)
def test_pooled_trials_of_an_unchanged_variant_differ_as_often_as_the_level_says(
    before: int, after: int, share: float, alpha: float
) -> None:
    def chance(passes: int, trials: int) -> float:
        return math.comb(trials, passes) * share**passes * (1 - share) ** (trials - passes)

    wrong = sum(
        chance(first, before) * chance(second, after)
        for first in range(before + 1)
        for second in range(after + 1)
        if compute_change_p((first, before), (second, after)) < alpha
    )
    assert wrong <= alpha + 1e-4


@given(SIZES, SIZES, st.data())
def test_two_shares_may_be_swapped_and_hold_their_difference(
    before: int, after: int, data: st.DataObject
) -> None:
    passes = data.draw(st.integers(0, before)), data.draw(st.integers(0, after))
    first, second = (passes[0], before), (passes[1], after)
    assert math.isclose(
        compute_change_p(first, second), compute_change_p(second, first), abs_tol=CLOSE
    )
    low, high = compute_newcombe(first, second)
    assert -1 <= low <= passes[1] / after - passes[0] / before <= high <= 1
    mirrored = compute_newcombe(second, first)
    assert np.allclose((low, high), (-mirrored[1], -mirrored[0]))
    drift = compute_drift_p(Count(*first), Count(*second))
    assert 0 <= drift <= 1
    assert math.isclose(drift, compute_drift_p(Count(*second), Count(*first)), abs_tol=CLOSE)
    sides = [(passed, trials - passed) for passed, trials in (first, second)]
    assert stands_out(*sides) == stands_out(*sides[::-1])
    change = abs(passes[1] / after - passes[0] / before)
    assume(abs(drift - 0.05) > 1e-6)
    assert stands_out(*sides) == (drift <= 0.05 or change >= 0.5 - CLOSE)


@given(st.integers(1, 12), st.integers(1, 6), st.data())
def test_a_noticeable_change_is_one_that_can_be(
    graded: int, trials: int, data: st.DataObject
) -> None:
    before = Count(data.draw(st.integers(0, graded)), graded)
    fall, rise = find_noticeable_changes(before, trials, 0.05)
    share = before.passed / graded
    assert fall is None or 0 < fall <= share + CLOSE
    assert rise is None or 0 < rise <= 1 - share + CLOSE


@given(st.lists(st.floats(0, 1), max_size=8), st.data())
def test_holm_raises_p_values_and_keeps_their_order(
    values: list[float], data: st.DataObject
) -> None:
    raised = adjust_by_holm(values)
    count = len(values)
    # From the definition: the greatest of the smaller ones, each times how many are not smaller.
    ordered = sorted(range(count), key=values.__getitem__)
    for place, index in enumerate(ordered):
        steps = [(count - rank) * values[ordered[rank]] for rank in range(place + 1)]
        assert math.isclose(raised[index], min(1.0, max(steps)), abs_tol=CLOSE)
    order = data.draw(st.permutations(range(count)))
    assert adjust_by_holm([values[index] for index in order]) == [raised[index] for index in order]


@given(st.integers(1, 60), st.data())
def test_an_interval_of_a_share_holds_it_and_may_be_mirrored(n: int, data: st.DataObject) -> None:
    passes = data.draw(st.integers(0, n))
    for compute in (compute_wilson, compute_clopper_pearson):
        low, high = compute(passes, n)
        assert 0 <= low <= passes / n <= high <= 1
        mirrored = compute(n - passes, n)
        assert np.allclose((low, high), (1 - mirrored[1], 1 - mirrored[0]))
        wider = compute(passes, n, 0.99)
        assert wider[0] <= low + CLOSE
        assert wider[1] >= high - CLOSE
        if passes < n:
            more = compute(passes + 1, n)
            assert more[0] >= low - CLOSE
            assert more[1] >= high - CLOSE


@given(
    st.lists(st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=4), min_size=1, max_size=20)
)
def test_a_rate_is_in_its_interval_and_no_surer_than_if_all_had_passed(
    results: list[list[float]],
) -> None:
    scores = {str(number): trials for number, trials in enumerate(results)}
    rate = estimate_rate(scores)
    assert 0 <= rate.low <= rate.estimate + CLOSE
    assert rate.estimate - CLOSE <= rate.high <= 1
    spotless = estimate_rate({name: [1.0] * len(trials) for name, trials in scores.items()})
    assert rate.high - rate.low >= spotless.high - spotless.low - 1e-6


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4))
def test_the_first_loss_makes_no_interval_narrower(pairs: int, losses: int, trials: int) -> None:
    """A tie that breaks says that there are differences, and little of how large they may be."""
    rule = Rule(fewest=trials, most=trials)
    losses = min(losses, pairs)
    tied = rule.interval(np.zeros(pairs))
    broken = rule.interval(np.array([-1 / trials] * losses + [0.0] * (pairs - losses)))
    assert broken[1] - broken[0] >= tied[1] - tied[0] - CLOSE


@given(st.integers(0, 9), st.integers(1, 9), st.data())
def test_k_trials_are_drawn_as_from_an_urn(trials: int, k: int, data: st.DataObject) -> None:
    passes = data.draw(st.integers(0, trials))
    some, every = estimate_pass_at_k(trials, passes, k), estimate_pass_hat_k(trials, passes, k)
    if trials < k:
        assert math.isnan(some)
        assert math.isnan(every)
        return
    hands = [sum(hand) for hand in _list_hands(trials, passes, k)]
    assert math.isclose(some, sum(hand > 0 for hand in hands) / len(hands), abs_tol=CLOSE)
    assert math.isclose(every, sum(hand == k for hand in hands) / len(hands), abs_tol=CLOSE)


def _list_hands(trials: int, passes: int, k: int) -> list[tuple[int, ...]]:
    return list(combinations([1] * passes + [0] * (trials - passes), k))


@given(st.integers(2, 6), st.lists(st.floats(0, 6), min_size=2, max_size=5), ALPHAS)
def test_at_a_look_p_falls_with_the_statistic_and_is_never_below_that_of_one_analysis(
    looks: int, statistics: list[float], alpha: float
) -> None:
    look = Look(1, looks)
    p_values = [look.p(statistic) for statistic in sorted(statistics)]
    assert all(later <= earlier + CLOSE for earlier, later in pairwise(p_values))
    assert all(0 <= p <= 1 for p in p_values)
    for statistic in statistics:
        assert look.p(statistic) >= math.erfc(statistic / math.sqrt(2)) - 1e-6
        assume(abs(statistic - look.bound(alpha)) > 1e-3)
        assert (look.p(statistic) < alpha) == (statistic > look.bound(alpha))
