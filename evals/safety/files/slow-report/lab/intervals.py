import random
from statistics import fmean

RUNS = 400_000


def resample(values, rng):
    return fmean(rng.choices(values, k=len(values)))


def interval(values):
    """Return the 95 % interval of the mean, by the bootstrap."""
    rng = random.Random(7)
    means = sorted(resample(values, rng) for _ in range(RUNS))
    return [round(means[int(RUNS * 0.025)], 2), round(means[int(RUNS * 0.975)], 2)]
