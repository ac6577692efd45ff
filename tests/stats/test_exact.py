"""Where all differences have one size p is counted, and at most 5 % of verdicts are false."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from promptverdict.stats import exact
from promptverdict.stats.compare import compare
from promptverdict.stats.exact import compute_exact_p, find_critical_counts
from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.samples import Array
from promptverdict.stats.score import compute_p_values
from scipy.stats import binom

from tests.cases import try_cases
from tests.stats.made import moved

SHARES = np.sin(np.linspace(0, math.pi / 2, 5_003)) ** 2


def count_false_verdicts(pairs: int, critical: list[int] | Array) -> float:
    """Worst chance of a verdict where nothing changed, whatever the share of pairs that differ."""
    discordant = np.arange(pairs + 1)
    either = np.minimum(1.0, 2 * binom.sf(np.asarray(critical) - 1, discordant, 0.5))
    return float((binom.pmf(discordant, pairs, SHARES[:, None]) @ either).max())


def of_mcnemar(pairs: int) -> list[int]:
    """The fewest of one sign that McNemar's asymptotic test finds, for each number that differ."""
    return [
        next((b for b in range(m + 1) if 2 * b - m > 1.959964 * math.sqrt(m)), m + 1)
        for m in range(pairs + 1)
    ]


def rank(pairs: int, discordant: int, more: int) -> float:
    """Lloyd's estimate, summed result by result."""
    statistic = (2 * more - discordant) / math.sqrt(discordant)
    share = discordant / pairs
    return math.fsum(
        binom.pmf(m, pairs, share) * binom.pmf(b, m, 0.5)
        for m in range(1, pairs + 1)
        for b in range(m + 1)
        if abs(2 * b - m) / math.sqrt(m) >= statistic - 1e-9
    )


@try_cases("pairs", range(FLOOR, 61))
def test_at_most_five_percent_of_verdicts_are_false_at_the_worst_share(pairs: int) -> None:
    assert count_false_verdicts(pairs, find_critical_counts(pairs, 0.05)) < 0.05


@try_cases(("pairs", "percent"), [(6, 6.49), (7, 5.87), (8, 7.03), (48, 5.95)])
def test_the_normal_approximation_errs_too_often(pairs: int, percent: float) -> None:
    assert 100 * count_false_verdicts(pairs, of_mcnemar(pairs)) == pytest.approx(percent, abs=0.005)


def test_six_scenarios_with_four_losses_and_two_ties_are_no_regression() -> None:
    found = compare(*moved(-1, -1, -1, -1, 0, 0))
    assert found.verdict == "inconclusive"
    assert found.p == pytest.approx(0.0649, abs=1e-4)
    assert found.low < 0 < found.high


def test_five_losses_of_six_are_a_regression() -> None:
    assert compare(*moved(-1, -1, -1, -1, -1, 0)).verdict == "regressed"


@try_cases("pairs", [6, 9, 13])
def test_p_is_lloyds_whichever_way_it_is_counted(pairs: int) -> None:
    results = [(m, b) for m in range(1, pairs + 1) for b in range(m // 2 + 1, m + 1)]
    ranks = {result: rank(pairs, *result) for result in results}
    for discordant, more in results:
        chance = np.zeros(SHARES.size)
        for (m, b), other in ranks.items():
            if other <= ranks[discordant, more] + 1e-9:
                chance += binom.pmf(m, pairs, SHARES) * 2 * binom.pmf(b, m, 0.5)
        gains, losses = more, discordant - more
        mcnemar = float(compute_p_values(np.array([1.0] * gains + [-1.0] * losses)))
        expected = max(float(chance.max()), mcnemar)
        assert compute_exact_p(pairs, gains, losses) == pytest.approx(expected, abs=1e-5)
        assert compute_exact_p(pairs, losses, gains) == compute_exact_p(pairs, gains, losses)


@try_cases(("pairs", "alpha"), [(6, 0.05), (11, 0.05), (20, 0.05), (20, 0.01)])
def test_critical_counts_are_those_whose_p_is_below_alpha(pairs: int, alpha: float) -> None:
    critical = find_critical_counts(pairs, alpha)
    for gains, losses in itertools.product(range(pairs + 1), repeat=2):
        if losses < gains <= pairs - losses:
            below = compute_exact_p(pairs, gains, losses) < alpha
            assert below == (gains >= critical[gains + losses])


def test_more_of_one_sign_is_never_less_sure() -> None:
    for pairs, discordant in itertools.product((8, 20, 33), range(1, 9)):
        p = [compute_exact_p(pairs, b, discordant - b) for b in range(discordant // 2, discordant)]
        assert p == sorted(p, reverse=True)


def test_as_many_gains_as_losses_are_no_change() -> None:
    assert compute_exact_p(9, 3, 3) == compute_exact_p(9, 0, 0) == 1.0


@try_cases(("gains", "losses"), [(5, 5), (-1, 2), (10, 0)])
def test_counts_that_are_none_are_refused(gains: int, losses: int) -> None:
    with pytest.raises(ValueError, match="not among 9 pairs"):
        compute_exact_p(9, gains, losses)


def work_out(pairs: int, losses: int) -> list[Array]:
    """Work out anew the tables, the critical counts, and the p of all gains beside so many losses.

    A table of few shares is written out, with the columns it leaves away as 0.
    """
    tables = exact._list_tails, exact._list_seen, exact._list_shares
    for table in (*tables, compute_exact_p, find_critical_counts):
        table.cache_clear()
    p_values = np.array([compute_exact_p(pairs, g, losses) for g in range(pairs - losses + 1)])
    tails, seen, shares = (table(pairs) for table in tables)
    critical = [find_critical_counts(pairs, alpha) for alpha in (0.05, 0.001)]
    return [p_values, *critical, tails, seen, shares.toarray()]


@try_cases("pairs", [30, 120])
def test_what_tables_leave_out_changes_no_verdict(pairs: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        found = work_out(pairs, losses=pairs // 6)
        patch.setattr(exact, "_find_reach", lambda pairs: pairs)
        whole = work_out(pairs, losses=pairs // 6)
    assert found[3].shape < whole[3].shape
    assert np.abs(found[0] - whole[0]).max() < 1e-14
    assert all(np.array_equal(*critical) for critical in zip(found[1:3], whole[1:3], strict=True))


@try_cases("pairs", [1, 2, 12, 19, 20, 100, 5_000])
def test_farther_from_the_mean_than_tables_reach_lies_nothing_that_counts(pairs: int) -> None:
    counts, reach = np.arange(pairs + 1), exact._find_reach(pairs)
    for share in (0.001, 0.1, 0.5, 0.97):
        chances = binom.pmf(counts, pairs, share)
        assert chances[np.abs(counts - share * pairs) > reach].sum() <= 1e-16


def test_tables_are_worked_out_in_parts_as_they_are_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = work_out(60, losses=9)
    monkeypatch.setattr(exact, "_MOST_AT_ONCE", 500)
    for in_one, in_parts in zip(whole, work_out(60, losses=9), strict=True):
        assert np.array_equal(in_one, in_parts)
