"""Findings about pools: too small for what waits for them, larger than what can compute at once or than its work."""

from collections.abc import Iterator

import numpy as np

from gilscope.analysis.finding import MOST_SPANS, WORTH_TELLING_NS, Finding, proof
from gilscope.analysis.forward import Numbers
from gilscope.analysis.pool_causes import calls, runs, workers
from gilscope.analysis.spans import Spans
from gilscope.analysis.text import counted, duration, listed, percent
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind

SHARE = 0.05
"""Of the run: so long all workers were taken while work was queued, or so long more of them ran than can compute."""
AWAY = 0.8
"""So much of that time they were away or blocked: another worker could have done the same meanwhile."""
WANT = 0.8
"""So much of their time in works, workers want to compute …"""
IDLE_WORKERS = 0.8
"""… and on average so many more of them than do."""
COMPUTES = (State.RUNNING, State.NATIVE)
NO_CORE = (State.RUNNABLE, State.STALLED)
LACKS = (State.GIL_WAIT, *NO_CORE)


def _spent(timeline: Timeline, thread: Numbers, begin: Numbers, end: Numbers) -> Spans:
    """What workers did in these stretches."""
    return Spans.concat([spans for _, spans in timeline.parts(thread, begin, end)])


def _total(spans: Spans, *states: State) -> int:
    return int(spans.length[np.isin(spans.state, states)].sum())


def _pools(timeline: Timeline) -> Iterator[tuple[int, Spans]]:
    for pool in timeline.ids(TrackKind.POOL):
        ran = runs(timeline, pool)
        if len(ran):
            yield pool, ran


def _too_small(timeline: Timeline) -> list[Finding]:
    """Work was queued while all workers were taken by works that waited rather than computed."""
    found = []
    for pool, ran in _pools(timeline):
        mine = timeline.spans.of(pool)
        full = mine[mine.state == State.CONTENDED]
        total = int(full.length.sum())
        share = total / max(timeline.duration_ns, 1)
        if total < WORTH_TELLING_NS or share < SHARE:
            continue
        taken = Spans.concat([ran.within(begin, end) for begin, end in zip(full.begin, full.end, strict=True)])
        spent = _spent(timeline, taken.thing, taken.begin, taken.end)
        away = _total(spent, State.OUTSIDE, State.BLOCKED) / max(int(spent.length.sum()), 1)
        if away < AWAY:
            continue
        queued = timeline.spans[timeline.spans.state == State.READY]
        queued = queued[queued.thing == pool]
        most = int(timeline.rows.value[timeline.rows.track == pool].max())
        most_workers = int(timeline.tracks[pool].get("capacity") or 0)
        whose = f"all {most_workers} workers were" if most_workers > 1 else "its only worker was"
        sentence = (
            f"For {duration(total)}, {percent(share)} of this run, {whose} taken while up to "
            f"{counted(most, 'more call')} waited in the queue of {timeline.name(pool)}, one of them for "
            f"{duration(int(queued.length.max()))}. But the workers computed little: for {percent(away)} of that time they "
            "were away or blocked themselves. With more workers, more of these calls would wait at the same time."
        )
        title = f"{timeline.name(pool)} has too few workers for work that mostly waits"
        found.append(Finding("pool-too-small", title, sentence, "ready", proof(queued), 350 + 100 * share))
    return found


def _too_large(timeline: Timeline) -> list[Finding]:
    """More workers than can compute at once all want to."""
    found = []
    for pool, ran in _pools(timeline):
        spent = _spent(timeline, ran.thing, ran.begin, ran.end)
        computed, lacked = _total(spent, *COMPUTES), _total(spent, *LACKS)
        moments, count = ran.at_once()
        several = int((np.diff(moments) * (count[:-1] > 1)).sum())
        busy = int((np.diff(moments) * (count[:-1] > 0)).sum())
        share = several / max(timeline.duration_ns, 1)
        if several < WORTH_TELLING_NS or share < SHARE or lacked < IDLE_WORKERS * several:
            continue
        if computed + lacked < WANT * int(spent.length.sum()):
            continue
        for_gil, for_core = _total(spent, State.GIL_WAIT), _total(spent, *NO_CORE)
        if for_core > for_gil and int(count.max()) <= timeline.cores:
            continue  # the cores would do: something else has them
        what = "the GIL, which one thread at a time has" if for_gil >= for_core else "a core"
        advice = (
            "More threads can't make this faster; processes could."
            if for_gil >= for_core
            else f"More workers than the {counted(timeline.cores, 'core')} of this machine can't make this faster."
        )
        sentence = (
            f"{timeline.name(pool)} ran up to {counted(int(count.max()), 'call')} at the same time, and all of them wanted to "
            f"compute; on average {computed / max(busy, 1):.2f} of them did. The others waited for {what}: "
            f"{duration(max(for_gil, for_core))} in all. {advice}"
        )
        lacking = spent[np.isin(spent.state, (State.GIL_WAIT,) if for_gil >= for_core else NO_CORE)]
        state = "gil-wait" if for_gil >= for_core else "runnable"
        title = f"{timeline.name(pool)} has more workers than can compute at once"
        found.append(Finding("pool-too-large", title, sentence, state, proof(lacking), 350 + 100 * share))
    return found


def _unused(timeline: Timeline) -> list[Finding]:
    """Workers that were started, and never ran a call. Nothing is said where a call may have been lost."""
    if timeline.recording.lost:
        return []
    found = []
    for pool in timeline.ids(TrackKind.POOL):
        started = workers(timeline, pool)
        lives = {id: timeline.lives[id] for id in started if id in timeline.lives}
        ran = set(runs(timeline, pool).thing.tolist())
        unused = sorted(lives.keys() - ran, key=timeline.name)
        if not unused:
            continue
        most = int(calls(timeline, pool).at_once()[1].max(initial=0))
        names = [timeline.name(id) for id in unused]
        which = "It" if len(unused) == 1 else "Each of them"
        sentence = (
            f"{timeline.name(pool)} started {counted(len(started), 'worker')}, but {listed(names)} never ran a call: no more "
            f"than {counted(most, 'call')} {'was' if most == 1 else 'were'} there at any time. {which} had to be started, "
            "and takes memory until the pool is shut down."
        )
        title = f"{len(unused)} of the {counted(len(started), 'worker')} of {timeline.name(pool)} never ran a call"
        spans = [(id, *lives[id]) for id in unused[:MOST_SPANS]]
        found.append(Finding("pool-unused", title, sentence, "idle", spans, 50 + 50 * len(unused) / len(started)))
    return found


RULES = (_too_small, _too_large, _unused)
