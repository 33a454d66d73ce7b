"""Spans, waits and handoffs as columns. Times are ns since the run's origin."""

from dataclasses import dataclass, replace

import numpy as np

from gilscope.analysis.columns import Columns
from gilscope.analysis.forward import Numbers, Truth


@dataclass(frozen=True, slots=True, eq=False)
class Spans(Columns):
    """From one change of a track to the next, by track, then time; none is empty, none continues the one before."""

    track: Numbers
    begin: Numbers
    end: Numbers
    state: Numbers
    thing: Numbers
    line: Numbers

    @property
    def length(self) -> Numbers:
        """ns"""
        return np.asarray(self.end - self.begin)

    def of(self, track: int) -> "Spans":
        """Those of one track."""
        first, last = self.track.searchsorted(np.array((track, track + 1), self.track.dtype))
        return self[first:last]

    def within(self, begin: int, end: int) -> "Spans":
        """The parts of these that lie between two times."""
        return self[(self.end > begin) & (self.begin < end)].cut(begin, end)

    def cut(self, begin: Numbers | int, end: Numbers | int) -> "Spans":
        """The same, each no longer than from and to these times."""
        return replace(self, begin=np.maximum(self.begin, begin), end=np.minimum(self.end, end))

    def at_once(self) -> tuple[Numbers, Numbers]:
        """Times, and how many of these there are from each on."""
        times, (count,) = at_once(self)
        return times, count


def at_once(*several: Spans) -> tuple[Numbers, list[Numbers]]:
    """Times, and how many of each of these there are from each time on."""
    times = np.concatenate([edge for spans in several for edge in (spans.begin, spans.end)])
    steps = np.concatenate([np.full(len(spans), step, np.int64) for spans in several for step in (1, -1)])
    whose = np.concatenate([np.full(2 * len(spans), n, np.uint8) for n, spans in enumerate(several)])
    order = np.lexsort((steps, times))
    steps, whose = steps[order], whose[order]
    return times[order], [np.cumsum(np.where(whose == n, steps, 0)) for n in range(len(several))]


@dataclass(frozen=True, slots=True, eq=False)
class Waits(Columns):
    """From the first moment that a thread wanted a thing until it had it, or gave up, or the end."""

    track: Numbers
    thing: Numbers
    begin: Numbers
    end: Numbers
    line: Numbers
    ended: Numbers
    """``Kind`` of what ended it; 0: nothing did."""

    @property
    def length(self) -> Numbers:
        """ns"""
        return np.asarray(self.end - self.begin)


@dataclass(frozen=True, slots=True, eq=False)
class Handoffs(Columns):
    """A release of the GIL by one thread, and the acquire by another that follows it."""

    gil: Numbers
    giver: Numbers
    taker: Numbers
    released: Numbers
    acquired: Numbers
    forced: Truth
    waited: Numbers
    """ns that the taker had waited for it, up to its acquire; 0: it didn't have to."""

    def of(self, gil: int) -> "Handoffs":
        """Those of one GIL."""
        return self[self.gil == gil]

    @property
    def latency(self) -> Numbers:
        """ns during which nobody had it. Says how fast it passes only where somebody waited at the release."""
        return np.asarray(self.acquired - self.released)
