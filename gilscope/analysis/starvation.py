"""Starvation: one thread waits for a thing that others, meanwhile, get again and again."""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.finding import WORTH_TELLING_NS
from gilscope.analysis.forward import Numbers
from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.events import Kind, TrackKind

LEAST_TURNS = 10
"""So often others got it during one wait …"""
FACTOR = 5
"""… none of them after a wait of even this part of it."""
MOST_SEARCHED = 200
MOST = 5


@dataclass(frozen=True, slots=True)
class Starved:
    """One wait, and what others had meanwhile."""

    thread: int
    thing: int
    begin: int
    end: int
    line: int
    """Location."""
    turns: dict[int, int]
    """How often others got it, by thread, the one with most first."""
    longest_ns: int
    """That any of them waited for it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Stretches:
    thread: Numbers
    thing: Numbers
    begin: Numbers
    end: Numbers
    line: Numbers


def starved(timeline: Timeline) -> list[Starved]:
    """The longest wait of each thread and thing, the longest of all first; the GIL, locks and semaphores."""
    waits, (thing, thread, at) = _waits(timeline), _acquires(timeline)
    keys = timeline.key(thing, at)
    order = keys.argsort(kind="stable")
    keys, thread = keys[order], thread[order]
    first = keys.searchsorted(timeline.key(waits.thing, waits.begin), "right")
    last = keys.searchsorted(timeline.key(waits.thing, waits.end))
    length = waits.end - waits.begin
    some = np.flatnonzero((last - first >= LEAST_TURNS) & (length >= WORTH_TELLING_NS))
    some = some[(-length[some]).argsort(kind="stable")[:MOST_SEARCHED]]
    found: dict[tuple[int, int], Starved] = {}
    for n in some.tolist():
        whose, counts = np.unique(thread[first[n] : last[n]], return_counts=True)
        meanwhile = (waits.thing == waits.thing[n]) & (waits.end > waits.begin[n]) & (waits.end < waits.end[n])
        longest = int(length[meanwhile].max(initial=0))
        key = int(waits.thread[n]), int(waits.thing[n])
        if key not in found and longest * FACTOR <= length[n]:
            turns = sorted(zip(whose.tolist(), counts.tolist(), strict=True), key=lambda pair: -pair[1])
            where = int(waits.begin[n]), int(waits.end[n]), int(waits.line[n])
            found[key] = Starved(*key, *where, dict(turns), longest)
    return list(found.values())[:MOST]


def _waits(timeline: Timeline) -> _Stretches:
    gil, waits = timeline.gil_waits, timeline.waits
    own = [id for id in timeline.ids(*LOCKS, TrackKind.SEMAPHORE) if not timeline.tracks[id].get("internal")]
    waits = waits[np.isin(waits.thing, own)]
    return _Stretches(
        *(
            np.concatenate((getattr(gil, name), getattr(waits, name)))
            for name in ("track", "thing", "begin", "end", "line")
        )
    )


def _acquires(timeline: Timeline) -> tuple[Numbers, Numbers, Numbers]:
    """Thing, thread and time."""
    parts = [moves[acquires] for moves, acquires in (timeline.gil_moves, timeline.lock_moves)]
    parts.append(timeline.rows[timeline.rows.kind == Kind.TAKE])
    thing, thread, at = (np.concatenate([getattr(part, name) for part in parts]) for name in ("thing", "track", "at"))
    return thing, thread, at
