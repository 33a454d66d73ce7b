"""Event loops: which thread runs each, what a thread runs steps of, and whom a loop or a lock had instead of those that
waited for it. Times are ns."""

from dataclasses import replace

import numpy as np

from gilscope.analysis.culprits import wakes
from gilscope.analysis.forward import Index, Numbers, pairs
from gilscope.analysis.spans import Spans
from gilscope.analysis.task_flows import AT_ONCE, LATE_NS
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind, State

MOST_PARTS = 1 << 17
"""A thousand tasks may each wait for a thousand steps of others: so many are told apart."""
CLOCK = ("asyncio.sleep",)
OUTSIDE = ("read", "drain", "close", "subprocess", "socket", "connect", "serve_forever")
"""What a task awaits that no other task of this recording brings about."""

MOST_ROUNDS = 3
"""From a call into a loop to the task that it lets go on, through the callbacks of futures in between."""


def threads(timeline: Timeline) -> Numbers:
    """By id of a loop's track: the thread that ran its tasks, the last one; 0: none did."""
    spans = timeline.steps[timeline.steps.begin.argsort(kind="stable")]
    found = np.zeros(max(timeline.tracks, default=0) + 2, np.uint32)
    found[timeline.parent_of(spans.thing)] = spans.track
    return found


def task_in(timeline: Timeline, thread: int, begin: Numbers, end: Numbers) -> int:
    """The task in whose steps a thread was for most of these stretches; 0: it wasn't in one for half of them."""
    spans = timeline.steps.of(thread)
    which, n = pairs(spans.end.searchsorted(begin, "right"), spans.begin.searchsorted(end))
    if not len(n):
        return 0
    length = np.minimum(spans.end[n], end[which]) - np.maximum(spans.begin[n], begin[which])
    tasks, of = np.unique(spans.thing[n], return_inverse=True)
    total = np.bincount(of, length)
    most = int(total.argmax())
    return int(tasks[most]) if total[most] * 2 >= (end - begin).sum() else 0


def saw_late(timeline: Timeline, waits: Spans) -> Spans:
    """Of waits of tasks that no other task ended: where the loop was busy, so that it can have seen too late that they
    were over: since it had looked the last time but one. ``thing``: the loop. Empty where it waited for it, when it looked."""
    waits = waits[wakes(timeline, waits)[0] == 0]
    loop = timeline.parent_of(waits.track)
    idle = timeline.spans[(timeline.spans.state == State.IDLE) & np.isin(timeline.spans.track, np.unique(loop))]
    last = timeline.key(idle.track, idle.end).searchsorted(timeline.key(loop, waits.end), "right") - 1
    known = (last >= 0) & (idle.track[last] == loop) if len(idle) else np.zeros(len(waits), np.bool_)
    waits, loop, last = waits[known], loop[known], last[known]
    again = (last > 0) & (idle.track[last - 1] == loop)
    begin = np.maximum(np.where(again, idle.end[last - 1], 0), waits.begin)
    busy = replace(waits, thing=loop, begin=begin, end=idle.begin[last])
    return busy[(busy.length >= LATE_NS) & (busy.length >= AT_ONCE * idle.length[last])]


def called(timeline: Timeline, waits: Spans) -> tuple[int, int] | None:
    """Of a wait of a task that no other task ended: which other thread called into the loop last before, and when; within
    so many rounds that the loop can have handed it on. None where none did."""
    rows, end = timeline.flows.rows, int(waits.end[-1])
    loop = int(timeline.parent_of(waits.track[:1])[0])
    mine = int(threads(timeline)[loop])
    calls = (rows.kind == Kind.LOOP_CALL) & (rows.thing == loop) & (rows.at >= waits.begin[-1]) & (rows.at <= end)
    some = np.flatnonzero(calls & (rows.track != mine))
    if not len(some):
        return None
    at = int(rows.at[some].max())
    rounds = (rows.kind == Kind.LOOP_RUN) & (rows.track == mine) & (rows.at >= at) & (rows.at <= end)
    return (int(rows.track[some[-1]]), at) if np.count_nonzero(rounds) <= MOST_ROUNDS else None


def had(timeline: Timeline, waits: Spans) -> tuple[Index, Spans]:
    """Of waits for a loop or a lock: what that did meanwhile, and which wait each part belongs to. Where there are more
    parts than this, only those of its longest spans."""
    of = timeline.spans[np.isin(timeline.spans.track, np.unique(waits.thing))]
    first, last = _met(timeline, of, waits)
    begins = np.zeros(len(of) + 1, np.int64)
    np.add.at(begins, first, 1)
    np.subtract.at(begins, last, 1)
    met = np.cumsum(begins[:-1])
    if int(met.sum()) > MOST_PARTS:
        order = (-of.length).argsort(kind="stable")
        of = of[np.sort(order[np.cumsum(met[order]) <= MOST_PARTS])]
        first, last = _met(timeline, of, waits)
    which, n = pairs(first, last)
    return which, of[n].cut(waits.begin[which], waits.end[which])


def _met(timeline: Timeline, of: Spans, waits: Spans) -> tuple[Index, Index]:
    """For each wait the first of the spans of its thing that it meets, and the first one after it."""
    first = timeline.key(of.track, of.end).searchsorted(timeline.key(waits.thing, waits.begin), "right")
    last = timeline.key(of.track, of.begin).searchsorted(timeline.key(waits.thing, waits.end))
    return first, np.maximum(first, last)
