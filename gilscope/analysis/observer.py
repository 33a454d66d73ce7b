"""The observer effect: how much longer a run takes because it is recorded, out of runs with the recorder and without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import comb
from statistics import median
from typing import Any

from gilscope.analysis.text import percent

FEWEST, MOST = 2, 10
"""So many runs of each kind."""
SURE = 0.95
"""How sure the interval is to be, where so few runs allow it: from four of each kind on."""


@dataclass(frozen=True, slots=True)
class Effect:
    """``ratio``: of the medians, with the recorder to without. The true one lies from ``low`` to ``high``, with the
    probability ``confidence``."""

    ratio: float
    low: float
    high: float
    confidence: float


def effect(recorded: Sequence[int], plain: Sequence[int]) -> Effect:
    """Out of the times that the runs took, of which nothing is supposed but that all of one kind are alike.

    The interval is that of Mann and Whitney's test: of all ratios of a recorded run to a plain one, those at the two ends
    that chance explains are left out.
    """
    ratios = sorted(one / other for one in recorded for other in plain)
    left_out = 0
    while _chance(len(recorded), len(plain), left_out) <= 1 - SURE:
        left_out += 1
    left_out = max(left_out - 1, 0)
    return Effect(
        ratio=median(recorded) / median(plain),
        low=ratios[left_out],
        high=ratios[-1 - left_out],
        confidence=1 - _chance(len(recorded), len(plain), left_out),
    )


def sentence(told: Mapping[str, Any]) -> str:
    """What a recording tells of it, in words."""
    if not told["measured"]:
        return f"Not measured. {told['why']}"
    return (
        f"With the recorder it took ×{told['ratio']:.2f} as long as without, ×{told['low']:.2f} to ×{told['high']:.2f} "
        f"with {percent(told['confidence'])} certainty: {len(told['recorded_ns'])} runs with it and "
        f"{len(told['plain_ns'])} without, in turns."
    )


def figure(told: Mapping[str, Any]) -> str:
    """The same in short: ``×1.02 (0.99–1.05)``."""
    if not told["measured"]:
        return "not measured"
    return f"×{told['ratio']:.2f} ({told['low']:.2f}–{told['high']:.2f})"


def counts(told: Mapping[str, Any]) -> str:
    """``, 5 + 5 runs``; nothing where there is no figure."""
    return f", {len(told['recorded_ns'])} + {len(told['plain_ns'])} runs" if told["measured"] else ""


def _chance(n: int, m: int, left_out: int) -> float:
    """The probability that the true ratio lies beyond the interval which leaves out so many at each end."""
    return 2 * sum(_ways(n, m, pairs) for pairs in range(left_out + 1)) / comb(n + m, n)


@cache
def _ways(n: int, m: int, pairs: int) -> int:
    """In how many orders of n and m runs does one of the n come before one of the m in just so many pairs."""
    if pairs < 0:
        return 0
    if n == 0 or m == 0:
        return int(pairs == 0)
    return _ways(n - 1, m, pairs - m) + _ways(n, m - 1, pairs)
