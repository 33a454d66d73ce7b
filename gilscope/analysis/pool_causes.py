"""Why has this work no result yet? What the chain of causes says of what was submitted to pools."""

import numpy as np

from gilscope.analysis.spans import Spans
from gilscope.analysis.stretches import MOST_NAMED, kind, lasting, longest, meanwhile, share
from gilscope.analysis.text import counted, duration, listed, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import STATE_TEXT, Kind, State, TrackKind

MOST_STRETCHES = 200
"""More of them than this don't change who had the workers for longest."""


def is_work(timeline: Timeline, track: int) -> bool:
    """Whether it is something that was submitted, or a future."""
    return kind(timeline, track) == TrackKind.WORK


def calls(timeline: Timeline, pool: int) -> Spans:
    """When the works of a pool were queued or ran."""
    works = [id for id in timeline.ids(TrackKind.WORK) if timeline.tracks[id].get("parent") == pool]
    unfinished = np.isin(timeline.spans.state, (State.READY, State.RUNNING))
    return timeline.spans[unfinished & np.isin(timeline.spans.track, works)]


def runs(timeline: Timeline, pool: int) -> Spans:
    """When the works of a pool ran; ``thing`` is the worker."""
    every = calls(timeline, pool)
    return every[every.state == State.RUNNING]


def workers(timeline: Timeline, pool: int) -> list[int]:
    """The threads of a pool; of processes, their main threads."""
    rows = timeline.rows[(timeline.rows.kind == Kind.POOL_WORKER) & (timeline.rows.thing == pool)]
    threads = {int(timeline.tracks[id].get("tid") or 0): id for id in timeline.ids(TrackKind.THREAD)}
    return [threads[tid] for tid in rows.value.tolist() if tid in threads]


def without_work(timeline: Timeline, here: Spans) -> tuple[str, Spans | None] | None:
    """Of a worker that waits while nothing is queued for it: until when that is so, and what whoever ends it did until
    then. None where it isn't that which a thread waits for."""
    thread, begin, end = int(here.track[0]), int(here.begin[0]), int(here.end[-1])
    if not timeline.tracks.get(int(here.thing[0]), {}).get("internal"):
        return None
    pool = next((id for id in timeline.ids(TrackKind.POOL) if thread in workers(timeline, id)), 0)
    if not pool:
        return None
    every = calls(timeline, pool)
    mine, waiting = every[(every.state == State.RUNNING) & (every.thing == thread)], every[every.state == State.READY]
    some = here[:MOST_STRETCHES]
    left = sum(int(waiting.within(*each).length.sum()) for each in zip(some.begin, some.end, strict=True))
    if len(mine.within(begin, end)) or 2 * left > int(some.length.sum()):
        return None
    told = f"It is a worker of {timeline.name(pool)}, and nothing is queued there"
    following = mine[mine.begin >= end]
    if len(following):
        rows = timeline.rows[timeline.rows.track == following.track[int(following.begin.argmin())]]
        if rows.kind[0] == Kind.WORK_NEW and begin <= rows.at[0] <= end:
            who, at = int(rows.value[0]), int(rows.at[0])
            told += f" until {timeline.name(who)} submits {timeline.name(int(rows.track[0]))}"
            return f"{told}.", meanwhile(timeline, who, here.begin, np.clip(here.end, here.begin, at))
    rows = timeline.rows[(timeline.rows.kind == Kind.POOL_SHUTDOWN) & (timeline.rows.thing == pool)]
    if not len(rows) or rows.at[0] > end:
        return f"{told}.", None
    if rows.at[0] <= begin:
        return f"{told}: it has been shut down.", None
    who, at = int(rows.track[0]), int(rows.at[0])
    until = np.clip(here.end, here.begin, at)
    return f"{told} until {timeline.name(who)} shuts it down.", meanwhile(timeline, who, here.begin, until)


def given(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """Who gives a work the result that it waits for, and what that one did until then."""
    rows = timeline.rows[(timeline.rows.track == here.track[0]) & (timeline.rows.kind == Kind.WORK_END)]
    if not len(rows) or not rows.value[0]:
        return "Nobody in this recording gives it its result.", None
    who = int(rows.value[0])
    return f"{timeline.name(who)} gives it its result.", meanwhile(timeline, who, here.begin, here.end)


def queued(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """Which works had the workers while this one was queued, and the one that had one for longest."""
    pool, whole = int(here.thing[0]), int(here.length.sum())
    every = runs(timeline, pool)
    some = here[here.length.argsort(kind="stable")[::-1][:MOST_STRETCHES]]
    others = Spans.concat(
        [every.within(begin, end) for begin, end in zip(some.begin.tolist(), some.end.tolist(), strict=True)]
    )
    workers = int(timeline.tracks.get(pool, {}).get("capacity") or 0)
    if not len(others):
        return f"No other work runs in {timeline.name(pool)}: a worker starts, or wakes up.", None
    whose, total = longest(others.track, others.length)
    on = dict(zip(others.track.tolist(), others.thing.tolist(), strict=True))
    named = [
        f"{timeline.name(who)} on {timeline.name(on[who])}{lasting(ns, whole)}"
        for who, ns in zip(whose, total, strict=True)
    ]
    if len(named) > MOST_NAMED:
        named[MOST_NAMED:] = [counted(len(named) - MOST_NAMED, "other call")]
    detail = f"Meanwhile {counted(workers, 'worker')} of {timeline.name(pool)} ran {listed(named, MOST_NAMED + 1)}."
    return detail + _before(timeline, here), others[others.track == whose[0]]


def _before(timeline: Timeline, here: Spans) -> str:
    """How many works stood in the queue already when this one came."""
    came = int(timeline.spans.of(int(here.track[0])).begin[0])
    every = timeline.spans[(timeline.spans.state == State.READY) & (timeline.spans.thing == here.thing[0])]
    count = int(((every.begin < came) & (every.end > came)).sum())
    return f" {counted(count, 'call')} stood in the queue before it." if count else ""


def submitted(timeline: Timeline, work: int) -> str:
    """Who submitted it, and how long it was queued; empty where that isn't known."""
    rows = timeline.rows[timeline.rows.track == work]
    spans = timeline.spans.of(work)
    queued = int(spans.length[spans.state == State.READY].sum())
    if not len(rows) or rows.kind[0] != Kind.WORK_NEW:
        return ""
    return f"{timeline.name(int(rows.value[0]))} submitted it, and it was queued for {duration(queued)}."


def sentence(timeline: Timeline, here: Spans, of: int) -> str:
    """What becomes of a work, for how long."""
    state, track, thing, total = (
        int(each) for each in (here.state[0], here.track[0], here.thing[0], here.length.sum())
    )
    name, length = timeline.name(track), duration(total) + share(total, of)
    often = f", {times(len(here))}" if len(here) > 1 else ""
    match State(state):
        case State.READY:
            told = f"is queued for {length}{often}: no worker of {timeline.name(thing)} has taken it yet"
        case State.RUNNING:
            told = f"runs for {length}{often} on {timeline.name(thing)}"
        case State.SUSPENDED if kind(timeline, int(timeline.tracks[track].get("parent") or 0)) == TrackKind.POOL:
            told = f"has run; its result is on its way back for {length}"
        case State.SUSPENDED:
            told = f"waits {length} for somebody to give it its result"
        case State.UNKNOWN:
            return f"{name}: these {length} were not seen."
        case _:
            return f"{name}: {STATE_TEXT[State(state)][0]} for {length}."
    return f"{name} {told}."
