"""Stretches of one track in one state: what a hop of a chain is about, and how long it takes. Times are ns."""

import numpy as np

from gilscope.analysis.forward import Numbers, order_by, starts_of
from gilscope.analysis.spans import Spans
from gilscope.analysis.text import called, duration
from gilscope.analysis.timeline import Timeline
from gilscope.events import TASK_ENDS, TASK_STATES, THREAD_STATES, State, TrackKind

OVER = (State.EXITED, *TASK_ENDS)
MOST_NAMED = 3
ALIVE = tuple({*THREAD_STATES, *TASK_STATES} - {*OVER})


def meanwhile(
    timeline: Timeline, track: int, begin: Numbers, end: Numbers, states: tuple[State, ...] = ALIVE
) -> Spans | None:
    """What another thread or task did for most of these stretches, of what it did in these states."""
    some = Spans.concat([parts for _, parts in timeline.parts(np.full(len(begin), track), begin, end)])
    some = some[np.isin(some.state, states)]
    if not len(some):
        return None
    order = order_by(some.state, some.thing)
    starts = starts_of(some.state[order], some.thing[order])
    most = int(np.add.reduceat(some.length[order], starts).argmax())
    state, thing = some.state[order[starts[most]]], some.thing[order[starts[most]]]
    return some[(some.state == state) & (some.thing == thing)]


def longest(whose: Numbers, length: Numbers) -> tuple[list[int], list[int]]:
    """Each of them, and the ns of each; the one with most first."""
    unique, which = np.unique(whose, return_inverse=True)
    total = np.zeros(len(unique), np.int64)
    np.add.at(total, which, length)
    order = np.argsort(-total, kind="stable")
    return unique[order].tolist(), total[order].tolist()


def share(part: int, whole: int) -> str:
    """Said of less than all, unless one can't see that in the figures."""
    return " of it" if part < whole and duration(part) != duration(whole) else ""


def lasting(part: int, whole: int) -> str:
    """`` for 5.00 ms of it``; of all of it, nothing."""
    return f" for {duration(part)} of it" if share(part, whole) else ""


def kind(timeline: Timeline, track: int) -> int:
    """``TrackKind``; -1: never told."""
    return int(timeline.tracks.get(track, {}).get("kind", -1))


def words(timeline: Timeline, thing: int) -> str:
    """``lock cache``; ``lock 2`` of one that is called so; ``an inner event``, of one that the standard library made for itself."""
    told = timeline.tracks.get(thing, {})
    if told.get("internal"):
        return f"an {timeline.name(thing)}"
    of = kind(timeline, thing)
    return called(TrackKind(of).name.lower() if of in list(TrackKind) else "something called", timeline.name(thing))
