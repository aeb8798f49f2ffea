"""Exact (Clopper-Pearson) intervals for a share, from the binomial distribution alone.

C. J. Clopper, E. S. Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
Biometrika 26 (1934).
"""
import math


def at_most(hits, tries, share):
    """The chance of at most so many hits."""
    return sum(math.comb(tries, k) * share**k * (1 - share) ** (tries - k) for k in range(hits + 1))


def share_where(falling, level):
    """Where a function that falls from 1 to 0 over the shares passes a level."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > level else (low, middle)
    return (low + high) / 2


def exact_interval(hits, tries, confidence=0.95):
    """The interval (low, high) of the share of hits. Everything, where nothing was tried."""
    if not 0 <= hits <= tries:
        raise ValueError(f"{hits} hits of {tries}")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else share_where(lambda share: at_most(hits - 1, tries, share), 1 - tail)
    high = 1.0 if hits == tries else share_where(lambda share: at_most(hits, tries, share), tail)
    return low, high
