"""Deadlocks: threads in a circle, each waiting for a lock that the next one holds."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.events import Kind, State

MOST = 20


@dataclass(frozen=True, slots=True)
class Link:
    """Who waits for which lock, and who holds it."""

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


def deadlocks(timeline: Timeline) -> list[Cycle]:
    """By time. A thread that waits for a lock of its own is a circle of one.

    A circle can only begin where a wait begins, and only if nobody in it ever gets what it waits for: so the
    waits that ended in an acquire leave the graph before it is searched.
    """
    waits = timeline.waits
    kinds = timeline.kind_of(waits.thing)
    hopeless = waits[np.isin(kinds, LOCKS) & (waits.ended != Kind.LOCK_ACQUIRE)]
    hopeless = hopeless[hopeless.begin.argsort(kind="stable")]
    columns = (hopeless.track, hopeless.thing, hopeless.begin, hopeless.end, hopeless.ended)
    found: list[Cycle] = []
    open_waits: dict[int, tuple[int, int, int, int]] = {}
    for track, thing, begin, end, ended in zip(*(column.tolist() for column in columns), strict=True):
        open_waits[track] = (thing, begin, end, ended)
        links = tuple(_circle(timeline, track, begin, open_waits))
        if links:
            members = [open_waits[link.waiter] for link in links]
            over = min(member[2] for member in members)
            broken = any(member[3] == Kind.LOCK_TIMEOUT and member[2] == over for member in members)
            found.append(Cycle(links, begin, over, broken))
            if len(found) == MOST:
                break
    return found


def _circle(timeline: Timeline, first: int, at: int, waits: dict[int, tuple[int, int, int, int]]) -> Iterator[Link]:
    """The links of the circle that closes when this thread begins to wait; none when none does."""
    links: list[Link] = []
    waiter, seen = first, set[int]()
    while waiter in waits and waiter not in seen:
        seen.add(waiter)
        thing, begin, end, _ = waits[waiter]
        if not begin <= at < end:
            return
        holder = _holder(timeline, thing, at)
        if not holder:
            return
        links.append(Link(waiter, thing, holder))
        if holder == first:
            yield from links
            return
        waiter = holder


def _holder(timeline: Timeline, thing: int, at: int) -> int:
    spans = timeline.spans.of(thing)
    n = int(spans.begin.searchsorted(at, "right")) - 1
    if n < 0 or spans.state[n] not in (State.HELD, State.CONTENDED):
        return 0
    return int(spans.thing[n])
