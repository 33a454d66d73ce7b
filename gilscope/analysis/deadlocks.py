"""Deadlocks: threads and tasks in a circle, each waiting for a lock that the next one holds, or for its end."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gilscope.analysis.forward import Numbers, Truth
from gilscope.analysis.timeline import LOCKS, Spans, Timeline
from gilscope.events import TASK_ENDS, Kind, State, TrackKind

MOST = 20
LIVING = (TrackKind.THREAD, TrackKind.TASK)
"""What one may wait for the end of; of a process, it is that of its main thread."""


@dataclass(frozen=True, slots=True)
class Link:
    """Who waits for which lock, and who holds it; or for whose end."""

    waiter: int
    thing: int
    holder: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """A circle, from when the last of them began to wait until the first gave up."""

    links: tuple[Link, ...]
    begin: int
    end: int
    broken: bool
    """A wait was given up; else it lasted until the end of the recording, or of the threads."""


@dataclass(frozen=True, slots=True)
class _Wait:
    thing: int
    begin: int
    end: int
    given_up: bool


def deadlocks(timeline: Timeline) -> list[Cycle]:
    """By time. Who waits for a lock of its own is a circle of one.

    A circle can only begin where a wait begins, and only if nobody in it ever gets what it waits for: so the
    waits that ended well leave the graph before it is searched.
    """
    found: list[Cycle] = []
    open_waits: dict[int, _Wait] = {}
    for waiter, wait in sorted([*_of_threads(timeline), *_of_tasks(timeline)], key=lambda each: each[1].begin):
        open_waits[waiter] = wait
        links = tuple(_circle(timeline, waiter, wait.begin, open_waits))
        if links:
            members = [open_waits[link.waiter] for link in links]
            over = min(member.end for member in members)
            broken = any(member.given_up and member.end == over for member in members)
            found.append(Cycle(links, wait.begin, over, broken))
            if len(found) == MOST:
                break
    return found


def _of_threads(timeline: Timeline) -> Iterator[tuple[int, _Wait]]:
    """For locks that they don't get, and for ends that don't come."""
    waits = timeline.waits
    kinds = timeline.kind_of(waits.thing)
    hopeless = np.isin(kinds, LOCKS) & (waits.ended != Kind.LOCK_ACQUIRE)
    hopeless |= np.isin(kinds, (*LIVING, TrackKind.PROCESS)) & (waits.ended == 0)
    waits = waits[hopeless]
    yield from _told(waits.track, waits.thing, waits.begin, waits.end, waits.ended == Kind.LOCK_TIMEOUT)


def _of_tasks(timeline: Timeline) -> Iterator[tuple[int, _Wait]]:
    """The same; a wait that a cancellation ends is given up."""
    spans, rows = timeline.spans, timeline.rows
    waits = np.flatnonzero((spans.state == State.SUSPENDED) & np.isin(timeline.kind_of(spans.thing), (*LOCKS, *LIVING)))
    after = np.minimum(waits + 1, max(len(spans) - 1, 0))
    endless = (after == waits) | (spans.track[after] != spans.track[waits]) | (spans.state[after] == State.EXITED)
    mine = spans[waits]
    cancels = rows[(rows.kind == Kind.TASK_CANCEL) & (timeline.kind_of(rows.track) == TrackKind.TASK)]
    keys = np.sort(timeline.key(cancels.track, cancels.at))
    given_up = keys.searchsorted(timeline.key(mine.track, mine.end), "right") > keys.searchsorted(
        timeline.key(mine.track, mine.begin)
    )
    some = mine[endless | given_up]
    yield from _told(some.track, some.thing, some.begin, some.end, given_up[endless | given_up])


def _told(track: Numbers, thing: Numbers, begin: Numbers, end: Numbers, given_up: Truth) -> Iterator[tuple[int, _Wait]]:
    columns = (thing.tolist(), begin.tolist(), end.tolist(), given_up.tolist())
    yield from zip(track.tolist(), map(_Wait, *columns), strict=True)


def _circle(timeline: Timeline, first: int, at: int, waits: dict[int, _Wait]) -> Iterator[Link]:
    """The links of the circle that closes when this one begins to wait; none when none does."""
    links: list[Link] = []
    waiter, seen = first, set[int]()
    while waiter in waits and waiter not in seen:
        seen.add(waiter)
        wait = waits[waiter]
        if not wait.begin <= at < wait.end:
            return
        holder = _holder(timeline, wait.thing, at)
        if not holder:
            return
        links.append(Link(waiter, wait.thing, holder))
        if holder == first:
            yield from links
            return
        waiter = holder


def _holder(timeline: Timeline, thing: int, at: int) -> int:
    """Who would have to go on first."""
    here = _at(timeline, thing, at)
    if timeline.tracks.get(thing, {}).get("kind") not in LOCKS:
        thing = timeline.main_thread(thing)
        over = len(here) and here.state[0] in (State.EXITED, *TASK_ENDS)
        return 0 if over else thing
    return int(here.thing[0]) if len(here) and here.state[0] in (State.HELD, State.CONTENDED) else 0


def _at(timeline: Timeline, track: int, at: int) -> Spans:
    """The span in which a track is then; none where it isn't there yet."""
    spans = timeline.spans.of(track)
    n = int(spans.begin.searchsorted(at, "right"))
    return spans[max(n - 1, 0) : n]
