"""Collections of garbage: how long each took, and who waited for the GIL meanwhile. Times are ns."""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.forward import Numbers, order_by
from gilscope.analysis.spans import Spans
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind


@dataclass(frozen=True, slots=True, eq=False)
class Collections:
    """By thread, then time."""

    track: Numbers
    begin: Numbers
    end: Numbers
    generation: Numbers
    collected: Numbers
    """Objects; -1 where the thread ended before it was told."""

    @property
    def length(self) -> Numbers:
        """ns"""
        return np.asarray(self.end - self.begin)


@dataclass(frozen=True, slots=True)
class GarbageFigures:
    """What one thread's collections cost, and whom."""

    track: int
    count: int
    total_ns: int
    longest_ns: int
    collected: int
    waited_ns_by_thread: dict[int, int]
    """Of other threads, for the GIL that this one had meanwhile."""

    @property
    def waited_ns(self) -> int:
        """By all of them together."""
        return sum(self.waited_ns_by_thread.values())


def collections(timeline: Timeline) -> Collections:
    """All whose beginning and end is known; one that the thread's end cut short ends there."""
    rows = timeline.rows
    some = rows[(rows.kind == Kind.GC_BEGIN) | (rows.kind == Kind.GC_END)]
    some = some[order_by(some.track)]
    begins = np.flatnonzero(some.kind == Kind.GC_BEGIN)
    following = np.minimum(begins + 1, max(len(some) - 1, 0))
    same = (following > begins) & (some.track[following] == some.track[begins])
    closed = same & (some.kind[following] == Kind.GC_END)
    over = np.array([timeline.lives.get(track, (0, 0))[1] for track in some.track[begins].tolist()], np.int64)
    end = np.where(closed, some.at[following], np.maximum(over, some.at[begins]))
    collected = np.where(closed, some.value[following], -1)
    known = closed | ~same  # else the end was lost, with the rows around it
    begins, end, collected = begins[known], end[known], collected[known]
    return Collections(some.track[begins], some.at[begins], end, some.value[begins], collected)


def figures(timeline: Timeline) -> list[GarbageFigures]:
    """Of each thread that collected, in the order of ids."""
    all, waits = collections(timeline), timeline.gil_waits
    # Only the main interpreter's collections are seen, and they keep its GIL.
    waits = waits[np.array([not timeline.tracks[gil].get("interpreter") for gil in waits.thing.tolist()], np.bool_)]
    pid = {id: track.get("pid") for id, track in timeline.tracks.items()}
    found = []
    for track in np.unique(all.track).tolist():
        mine = all.track == track
        length = all.length[mine]
        waited = _meanwhile(waits, all.begin[mine], all.end[mine])
        by_thread = {
            waiter: int(waited[waits.track == waiter].sum())
            for waiter in np.unique(waits.track[waited > 0]).tolist()
            if waiter != track and pid.get(waiter) == pid.get(track)
        }
        collected = int(all.collected[mine].clip(0).sum())
        found.append(GarbageFigures(track, len(length), int(length.sum()), int(length.max()), collected, by_thread))
    return found


def _meanwhile(waits: Spans, begin: Numbers, end: Numbers) -> Numbers:
    """How much of each wait lies in the stretches, which follow one another."""
    before = np.append(0, np.cumsum(end - begin))

    def until(at: Numbers) -> Numbers:
        n = begin.searchsorted(at, "right")
        return np.asarray(before[n] - np.where(n > 0, np.maximum(end[n - 1] - at, 0), 0))

    return np.asarray(until(waits.end) - until(waits.begin))
