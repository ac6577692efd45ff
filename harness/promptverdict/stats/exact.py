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

import numpy as np
import numpy.typing as npt
from scipy.special import bdtrc, gammaln, xlog1py, xlogy

from promptverdict.stats.samples import Array
from promptverdict.stats.score import compute_level, compute_quantile

Counts = npt.NDArray[np.intp]

_SHARES = 2049
"""Shares of differing pairs of which the worst is sought: more would change no p by 1e-5."""

_SAME = 1e-9
"""Two chances or statistics less apart than this are the same but for rounding."""

_HALVINGS = 28
"""Of the chances below which a result is critical: more than two of them are apart."""

_MOST_AT_ONCE = 2**20
"""Numbers of a table that are worked out at once: 8 MB of each of their intermediate values."""


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
    discordant = np.arange(pairs + 1)
    statistic = (2 * more - seen) / np.sqrt(np.maximum(seen, 1))
    tails, weights = _list_tails(pairs), _list_seen(pairs)
    chances = np.empty(seen.size)
    for rows in _split_rows(seen.size, pairs + 1):
        reached = (discordant + statistic[rows, None] * np.sqrt(discordant)) / 2
        least = np.clip(np.ceil(reached - _SAME).astype(np.intp), 0, pairs + 1)
        chances[rows] = (weights[seen[rows]] * tails[discordant, least]).sum(axis=1)
    return chances


def _split_rows(rows: int, columns: int) -> Iterator[slice]:
    """Yield slices of so many rows that what is worked out from them at once stays small.

    Tables grow with the square of the pairs: with five thousand of them each takes 200 MB.
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
    tails = _list_tails(pairs)[np.arange(pairs + 1), least]
    return float((_list_shares(pairs) @ tails).max())


@lru_cache(maxsize=8)
def _list_tails(pairs: int) -> Array:
    """Return for m differing pairs (rows) the chance of at least b (columns) of one sign.

    Either sign may be the more frequent one; at most 1.
    """
    more = np.arange(pairs + 2)
    tails = np.empty((pairs + 1, pairs + 2))
    for rows in _split_rows(pairs + 1, pairs + 2):
        discordant = np.arange(rows.start, rows.stop)[:, None]
        # Without a differing pair there is no T at all, so that no result is reached.
        impossible = (more > discordant) | (discordant == 0)
        likely = 2 * np.where(impossible, 0.0, bdtrc(more - 1.0, discordant, 0.5))
        tails[rows] = np.minimum(likely, 1.0)
    return tails


@lru_cache(maxsize=8)
def _list_seen(pairs: int) -> Array:
    """Return the chances of 0, 1, ... differing pairs (columns), at each share that can be seen."""
    return _list_binomial(pairs, np.arange(pairs + 1) / pairs)


@lru_cache(maxsize=8)
def _list_shares(pairs: int) -> Array:
    """Return the chances of 0, 1, ... differing pairs (columns), for shares from 0 to 1 (rows).

    The shares lie evenly on the scale of the arcsine, on which all are known equally well.
    """
    return _list_binomial(pairs, np.sin(np.linspace(0, math.pi / 2, _SHARES)) ** 2)


def _list_binomial(pairs: int, shares: Array) -> Array:
    count = np.arange(pairs + 1)
    ways = gammaln(pairs + 1) - gammaln(count + 1) - gammaln(pairs - count + 1)
    chances = np.empty((shares.size, pairs + 1))
    for rows in _split_rows(shares.size, pairs + 1):
        share = shares[rows, None]
        chances[rows] = np.exp(ways + xlogy(count, share) + xlog1py(pairs - count, -share))
    return chances
