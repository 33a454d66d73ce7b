"""The order in which threads take locks while they have others: two orders that contradict each other can deadlock."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np

from gilscope.analysis.forward import Index, Numbers, order_by, starts_of
from gilscope.analysis.timeline import LOCKS, Timeline

MOST = 20


@dataclass(frozen=True, slots=True)
class Nesting:
    """A thread took a lock while it had another one; the first time that it did."""

    thread: int
    outer: int
    inner: int
    begin: int
    """When it took the outer one."""
    end: int
    """When it let go of one of the two."""
    outer_line: int
    """Location."""
    inner_line: int
    count: int
    """How many times it did."""


@dataclass(frozen=True, slots=True, eq=False)
class _Holds:
    """From an acquire of a lock to its release, by thread, then time."""

    thread: Numbers
    lock: Numbers
    begin: Numbers
    end: Numbers
    line: Numbers


def inversions(timeline: Timeline) -> list[tuple[Nesting, Nesting]]:
    """Two threads that took the same two locks in both orders, by time; each pair of locks once.

    Only where it could become a deadlock: both threads lived at the same time, and no third lock kept them apart, one
    that both had whenever they did it. Locks of the standard library's own don't count, nor do those of tasks.
    """
    holds = _holds(timeline)
    outer, inner = _nested(holds)
    by_order: dict[tuple[int, int], list[Nesting]] = {}
    for nesting in _nestings(holds, outer, inner):
        by_order.setdefault((nesting.outer, nesting.inner), []).append(nesting)
    found = []
    for (first, second), some in by_order.items():
        contrary = by_order.get((second, first), []) if first < second else []
        pair = next(_could_meet(timeline, holds, (outer, inner), some, contrary), None)
        if pair:
            found.append(pair)
    return sorted(found, key=lambda pair: max(pair[0].begin, pair[1].begin))[:MOST]


def _holds(timeline: Timeline) -> _Holds:
    moves, acquires = timeline.lock_moves
    own = [
        id
        for id in timeline.ids(*LOCKS)
        if not (timeline.tracks[id].get("internal") or timeline.tracks[id].get("asyncio"))
    ]
    first = np.flatnonzero(acquires & np.isin(moves.thing, own))
    following = np.minimum(first + 1, max(len(moves) - 1, 0))
    over = (following > first) & (moves.thing[following] == moves.thing[first])
    end = np.where(over, moves.at[following], timeline.duration_ns)
    order = np.lexsort((first, moves.at[first], moves.track[first]))
    first = first[order]
    return _Holds(moves.track[first], moves.thing[first], moves.at[first], end[order], moves.line[first])


def _nested(holds: _Holds) -> tuple[Index, Index]:
    """Pairs of holds of one thread: the second began while the first went on."""
    around = np.arange(len(holds.thread)) - 1
    around[starts_of(holds.thread)] = -1
    # The nearest hold before that still goes on: whatever is over at some hold is over at all later ones.
    while (over := np.flatnonzero((around >= 0) & (holds.end[around] <= holds.begin))).size:
        around[over] = around[around[over]]
    pairs = []
    inner, outer = np.arange(len(around)), around
    while (some := np.flatnonzero(outer >= 0)).size:
        inner, outer = inner[some], outer[some]
        still = holds.end[outer] > holds.begin[inner]
        pairs.append((outer[still], inner[still]))
        outer = around[outer]
    pairs.append((outer[:0], inner[:0]))
    return np.concatenate([outer for outer, _ in pairs]), np.concatenate([inner for _, inner in pairs])


def _nestings(holds: _Holds, outer: Index, inner: Index) -> Iterator[Nesting]:
    """One for each thread and order of two locks."""
    columns = (holds.thread[inner], holds.lock[outer], holds.lock[inner])
    order = order_by(*columns, inner)
    starts = starts_of(*(column[order] for column in columns))
    counts = np.diff(np.append(starts, len(order)))
    for n, count in zip(order[starts].tolist(), counts.tolist(), strict=True):
        a, b = outer[n], inner[n]
        yield Nesting(
            thread=int(holds.thread[b]),
            outer=int(holds.lock[a]),
            inner=int(holds.lock[b]),
            begin=int(holds.begin[a]),
            end=int(min(holds.end[a], holds.end[b])),
            outer_line=int(holds.line[a]),
            inner_line=int(holds.line[b]),
            count=count,
        )


def _could_meet(
    timeline: Timeline, holds: _Holds, pairs: tuple[Index, Index], some: list[Nesting], others: list[Nesting]
) -> Iterator[tuple[Nesting, Nesting]]:
    """Of two orders, those threads that could have taken their first locks at the same time."""
    if not others:
        return
    under = {nesting: _always_under(holds, pairs, nesting) for nesting in (*some, *others)}
    for one, other in product(some, others):
        (begin, end), (since, until) = (timeline.lives.get(each.thread, (0, 0)) for each in (one, other))
        together = max(begin, since) < min(end, until)
        if one.thread != other.thread and together and not under[one] & under[other]:
            yield one, other


def _always_under(holds: _Holds, pairs: tuple[Index, Index], nesting: Nesting) -> set[int]:
    """Locks that the thread had every time, besides these two."""
    outer, inner = pairs
    mine = (holds.thread[inner] == nesting.thread) & (holds.lock[inner] == nesting.inner)
    times = inner[mine & (holds.lock[outer] == nesting.outer)]
    then = outer[mine & np.isin(inner, times)]
    locks, counts = np.unique(holds.lock[then], return_counts=True)
    return set(locks[counts == len(times)].tolist()) - {nesting.outer}
