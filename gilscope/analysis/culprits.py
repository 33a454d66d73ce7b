"""Who is to blame for a wait: who had it meanwhile, who let the thread go on at last, who was on its core."""

from collections.abc import Iterator

import numpy as np

from gilscope.analysis.flows import TELLS
from gilscope.analysis.forward import Index, Numbers, last_before
from gilscope.analysis.spans import Spans
from gilscope.analysis.timeline import Timeline
from gilscope.events import Flag, Kind, State, TrackKind


def holders(timeline: Timeline, spans: Spans) -> Iterator[tuple[Index, Spans]]:
    """Of waits for a GIL or a lock: what that did meanwhile, with its holder as ``thing``, as far as it is known; and to
    which of the waits each belongs."""
    for which, holds in timeline.parts(spans.thing, spans.begin, spans.end):
        told = holds.state != State.UNKNOWN
        yield which[told], holds[told]


def wakes(timeline: Timeline, spans: Spans) -> tuple[Numbers, Numbers]:
    """Of blocked threads and suspended tasks, who let each go on, and when; 0 and the span's end where nobody did.

    A part of a span has the waker of the whole.
    """
    ends = timeline.spans.end[timeline.spans_at(spans.track, spans.begin)]
    if len(spans) and timeline.kind_of(spans.track[:1])[0] == TrackKind.TASK:
        return _readied(timeline, spans, ends), ends
    rows, cause, woken = timeline.flows.rows, timeline.flows.cause, timeline.flows.wakes
    if not len(woken):
        return _told_late(timeline, spans, ends).astype(np.uint32), ends
    keys = timeline.key(rows.track[woken], rows.at[woken])
    order = keys.argsort(kind="stable")
    wanted = timeline.key(spans.track, ends)
    n = order[np.minimum(keys[order].searchsorted(wanted), len(keys) - 1)]
    known = keys[n] == wanted
    causes = cause[woken[n]]
    waker, at = np.where(known, rows.track[causes], 0), np.where(known, rows.at[causes], ends)
    left = np.flatnonzero(~known)
    waker[left] = _told_late(timeline, spans[left], ends[left])
    return waker.astype(np.uint32), at


def _told_late(timeline: Timeline, waits: Spans, ends: Numbers) -> Numbers:
    """Who let threads go on, and told it after they had woken up, before they were through with their wait; 0: nobody.

    What is written in C, as a SimpleQueue is, lets a waiter go on before its caller can tell so.
    """
    rows = timeline.flows.rows
    closes, tells = np.flatnonzero(rows.kind == Kind.UNBLOCK), np.flatnonzero(np.isin(rows.kind, TELLS))
    if not len(closes) or not len(tells):
        return np.zeros(len(waits), np.uint32)
    keys = timeline.key(rows.track[closes], rows.at[closes])
    order = keys.argsort(kind="stable")
    closing = closes[order[np.minimum(keys[order].searchsorted(timeline.key(waits.track, ends)), len(keys) - 1)]]
    mine = (rows.track[closing] == waits.track) & (rows.thing[closing] == waits.thing) & (rows.at[closing] >= ends)
    in_vain = rows.flags[closing] & (Flag.TIMEOUT | Flag.ERROR) != 0
    told = last_before(rows.thing[tells], tells, waits.thing, closing)
    late = mine & ~in_vain & (told >= 0) & (rows.at[told] >= ends) & (rows.track[told] != waits.track)
    return np.where(late, rows.track[told], 0)


def _readied(timeline: Timeline, spans: Spans, ends: Numbers) -> Numbers:
    """Who made each task ready at the end of its span; 0: its own loop, between two steps, saw that it could go on."""
    rows = timeline.readied
    if not len(rows):
        return np.zeros(len(spans), np.uint32)
    keys, wanted = timeline.key(rows.track, rows.at), timeline.key(spans.track, ends)
    n = np.minimum(keys.searchsorted(wanted), len(keys) - 1)
    by = np.where(keys[n] == wanted, rows.value[n], 0)
    before = timeline.spans_at(spans.track, spans.begin) - 1
    ran = (timeline.spans.track[before] == spans.track) & (timeline.spans.state[before] == State.RUNNING)
    own = np.where(ran, timeline.spans.thing[before], 0)
    return np.where(by == own, 0, by).astype(np.uint32)


def on_their_cores(timeline: Timeline, spans: Spans) -> Iterator[tuple[Index, Spans]]:
    """Of threads without a core: what the core that each had last did meanwhile, with who was on it as ``thing``."""
    mine = lost_cores(timeline, spans)
    for which, parts in timeline.parts(mine, spans.begin, spans.end):
        busy = (parts.state == State.BUSY) & (parts.thing != spans.track[which])
        yield which[busy], parts[busy]


def lost_cores(timeline: Timeline, spans: Spans) -> Numbers:
    """The core that each thread was on last before; 0: not known."""
    stays = timeline.spans[timeline.kind_of(timeline.spans.track) == TrackKind.CORE]
    stays = stays[stays.state == State.BUSY]
    if not len(stays):
        return np.zeros(len(spans), np.uint32)
    keys = timeline.key(stays.thing, stays.begin)
    order = keys.argsort()
    n = order[np.maximum(keys[order].searchsorted(timeline.key(spans.track, spans.begin)) - 1, 0)]
    return np.where(stays.thing[n] == spans.track, stays.track[n], 0).astype(np.uint32)
