"""Pairs that differ by one size or not at all: all results are counted, none is approximated.

With one trial a scenario each difference is -1, 0 or 1, and McNemar's statistic
T = (gains - losses) / sqrt(gains + losses) takes few values. The normal approximation then errs too
often: with 8 scenarios and at 5 %, in 7.0 % of comparisons of a variant with itself, where the
share of scenarios that differ by chance is the worst there is. So p is counted by Lloyd's "estimate
and maximise" (Biometrics 64:716, 2008). Results are ranked by how likely one with so large a T is,
at the share of differing pairs that was seen; p is the greatest chance of a result ranked as high,
whatever that share is in truth. What is likelier than not to come of few differing pairs is kept
this way, where counting at the worst share alone would lose it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, gammaln, xlog1py, xlogy

from promptverdict.stats.samples import Array
from promptverdict.stats.score import compute_level, compute_quantile

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Counts = npt.NDArray[np.intp]

_SHARES = 2049
"""Shares of differing pairs of which the worst is sought: more would change no p by 1e-5."""

_SAME = 1e-9
"""Two chances or statistics less apart than this are the same but for rounding."""

_HALVINGS = 28
"""Of the chances below which a result is critical: more than two of them are apart."""

_MOST_AT_ONCE = 2**20
"""Numbers of a table that are worked out at once: 8 MB of each of their intermediate values."""

_NEGLIGIBLE = 1e-16
"""Of all results, those left out together have at most this chance: 1.0 minus it is 1.0."""


@lru_cache(maxsize=4096)
def compute_exact_p(pairs: int, gains: int, losses: int) -> float:
    """Return the two-sided p of no change, with so many gains and losses among the pairs.

    Never below that of McNemar's asymptotic test, so that p and the score interval agree. 1 where
    gains and losses are equal. Raises ValueError for counts that make no sense.
    """
    if min(gains, losses) < 0 or gains + losses > pairs:
        raise ValueError(f"{gains} gains and {losses} losses are not among {pairs} pairs")
    if gains == losses:
        return 1.0
    discordant, more = gains + losses, max(gains, losses)
    asymptotic = compute_level((2 * more - discordant) / math.sqrt(discordant))
    chance = float(_rank(pairs, np.array([discordant]), np.array([more]))[0])
    least = _find_least(pairs, chance, *_bracket_counts(pairs))
    return min(1.0, max(asymptotic, _find_worst_chance(pairs, least)))


@lru_cache(maxsize=4096)
def find_critical_counts(pairs: int, alpha: float) -> Counts:
    """Return, for 0, 1, ... differing pairs, the fewest of one sign with a p below alpha.

    One more than the differing pairs where no p is. The verdicts are those of `compute_exact_p`,
    for many samples at once.
    """
    low, high = 0.0, 1.0
    # The higher the chance, the fewer it takes: what both ends take is a bracket for the middle.
    fewest, most = _bracket_counts(pairs)
    at_low: Counts | None = None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        least = _find_least(pairs, middle, fewest, most)
        if _find_worst_chance(pairs, least) < alpha:
            low, most, at_low = middle, least, least
        else:
            high, fewest = middle, least
    discordant = np.arange(pairs + 1)
    statistic = compute_quantile(1 - alpha / 2)
    beyond = np.floor((discordant + statistic * np.sqrt(discordant)) / 2 + _SAME).astype(np.intp)
    if at_low is None:
        at_low = _find_least(pairs, low, fewest, most)
    counts = np.minimum(np.maximum(at_low, beyond + 1), discordant + 1)
    # The array is cached: whoever wrote into it would change every later verdict.
    counts.flags.writeable = False
    return counts


def _rank(pairs: int, seen: Counts, more: Counts) -> Array:
    """Return the chance of a T as large, at the share that is seen.

    `more` are those of the more frequent sign among `seen` differing pairs, one number each.
    """
    statistic = (2 * more - seen) / np.sqrt(np.maximum(seen, 1))
    tails, weights, reach = _list_tails(pairs), _list_seen(pairs), _find_reach(pairs)
    around = np.arange(-reach, reach + 1)
    chances = np.empty(seen.size)
    for rows in _split_rows(seen.size, around.size):
        discordant = np.clip(seen[rows, None] + around, 0, pairs)
        reached = (discordant + statistic[rows, None] * np.sqrt(discordant)) / 2
        least = np.ceil(reached - _SAME).astype(np.intp)
        places = np.minimum(least - discordant // 2, reach + 1)
        chances[rows] = (weights[seen[rows]] * tails[discordant, places]).sum(axis=1)
    return chances


def _find_reach(pairs: int) -> int:
    """Return how far a binomial count of so many pairs can be from its mean.

    Farther lie results that are negligible together (Hoeffding, JASA 58:13, 1963, theorem 2).
    Tables hold nothing of them, so that they grow with the pairs to the power of 1.5, and not of 2.
    """
    return min(pairs, math.ceil(math.sqrt(pairs * math.log(2 / _NEGLIGIBLE) / 2)))


def _split_rows(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of so many rows that what is worked out from them at once stays small.

    The tables of twenty thousand pairs take 200 MB.
    """
    step = max(1, _MOST_AT_ONCE // columns)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))


def _bracket_counts(pairs: int) -> tuple[Counts, Counts]:
    """Return, for 0, 1, ... differing pairs, more than half of them, and one more than all."""
    discordant = np.arange(pairs + 1)
    return discordant // 2 + 1, discordant + 1


def _find_least(pairs: int, chance: float, fewest: Counts, most: Counts) -> Counts:
    """Return, for 0, 1, ... differing pairs, the fewest of one sign that rank at most at a chance.

    `fewest` and `most` are bounds of the result; one more than the differing pairs stands for none.
    """
    low, high = fewest.copy(), most.copy()
    undecided = np.flatnonzero(low < high)
    while undecided.size:
        middle = np.minimum((low[undecided] + high[undecided]) // 2, undecided)
        ranked = _rank(pairs, undecided, middle) <= chance + _SAME
        high[undecided] = np.where(ranked, middle, high[undecided])
        low[undecided] = np.where(ranked, low[undecided], middle + 1)
        undecided = undecided[low[undecided] < high[undecided]]
    return high


def _find_worst_chance(pairs: int, least: Counts) -> float:
    """Return the greatest chance, whatever share of pairs differs, of so many of one sign."""
    discordant = np.arange(pairs + 1)
    places = np.minimum(least - discordant // 2, _find_reach(pairs) + 1)
    return float((_list_shares(pairs) @ _list_tails(pairs)[discordant, places]).max())


@lru_cache(maxsize=8)
def _list_tails(pairs: int) -> Array:
    """Return for m differing pairs (rows) the chance of at least m // 2 + k (columns) of one sign.

    Either sign may be the more frequent one; at most 1. The last column is that of all k that are
    too many to be likely: 0.
    """
    beyond = np.arange(_find_reach(pairs) + 1)
    tails = np.zeros((pairs + 1, beyond.size + 1))
    for rows in _split_rows(pairs + 1, beyond.size):
        discordant = np.arange(rows.start, rows.stop)[:, None]
        more = discordant // 2 + beyond
        # Without a differing pair there is no T at all, so that no result is reached.
        impossible = (more > discordant) | (discordant == 0)
        likely = 2 * np.where(impossible, 0.0, bdtrc(more - 1.0, discordant, 0.5))
        tails[rows, :-1] = np.minimum(likely, 1.0)
    return tails


@lru_cache(maxsize=8)
def _list_seen(pairs: int) -> Array:
    """Return the chances of the counts of differing pairs that lie around each count (rows).

    The share of differing pairs is the one that the count is seen at; columns are as far on both
    sides as it matters.
    """
    seen, reach = np.arange(pairs + 1), _find_reach(pairs)
    return _list_binomial(pairs, seen / pairs, seen, np.arange(-reach, reach + 1))


@lru_cache(maxsize=8)
def _list_shares(pairs: int) -> csr_array:
    """Return the chances of 0, 1, ... differing pairs (columns), for shares from 0 to 1 (rows).

    The shares lie evenly on the scale of the arcsine, on which all are known equally well.
    """
    from scipy.sparse import csr_array  # its import takes as long as most comparisons

    shares, reach = np.sin(np.linspace(0, math.pi / 2, _SHARES)) ** 2, _find_reach(pairs)
    centres, around = np.rint(shares * pairs).astype(np.intp), np.arange(-reach - 1, reach + 2)
    chances = _list_binomial(pairs, shares, centres, around)
    columns = np.clip(centres[:, None] + around, 0, pairs)
    starts = np.arange(_SHARES + 1) * around.size
    return csr_array((chances.ravel(), columns.ravel(), starts), shape=(_SHARES, pairs + 1))


def _list_binomial(pairs: int, shares: Array, centres: Counts, around: Counts) -> Array:
    """Return the chances of the counts around each centre, at each share; 0 for no count."""
    chances = np.empty((shares.size, around.size))
    for rows in _split_rows(shares.size, around.size):
        wanted, share = centres[rows, None] + around, shares[rows, None]
        count = np.clip(wanted, 0, pairs)
        ways = gammaln(pairs + 1) - gammaln(count + 1) - gammaln(pairs - count + 1)
        likely = np.exp(ways + xlogy(count, share) + xlog1py(pairs - count, -share))
        chances[rows] = np.where(wanted == count, likely, 0.0)
    return chances
