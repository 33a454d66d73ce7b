"""Findings about locks: deadlocks, those that are to come, and who waits for whom."""

import numpy as np

from gilscope.analysis.deadlocks import Link, deadlocks
from gilscope.analysis.finding import MOST_SPANS, Finding
from gilscope.analysis.lock_order import Nesting, inversions
from gilscope.analysis.starvation import starved
from gilscope.analysis.statistics import ResourceFigures, resources
from gilscope.analysis.text import called, duration, listed, percent, times
from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.events import State, TrackKind

LOCK_SHARE = 0.01


def _deadlocks(timeline: Timeline) -> list[Finding]:
    found = []
    for cycle in deadlocks(timeline):
        names = [timeline.name(link.waiter) for link in cycle.links]
        steps = [_waits(timeline, link) for link in cycle.links]
        length = cycle.end - cycle.begin
        how = (
            f"It lasted {duration(length)}, until a wait was given up."
            if cycle.broken
            else f"Nothing ended it: it lasted until the end of the recording, {duration(length)}."
        )
        alone = len(cycle.links) == 1
        sentence = f"{'; '.join(steps)}. {'It can never go on by itself' if alone else 'None of them can go on'}. {how}"
        title = f"{names[0]} waits for itself" if alone else f"Deadlock of {listed(names)}"
        stretches = [(link.waiter, cycle.begin, cycle.end) for link in cycle.links]
        of_tasks = timeline.tracks[cycle.links[0].waiter].get("kind") == TrackKind.TASK
        state = "suspended" if of_tasks else "blocked"
        found.append(Finding("deadlock", title, sentence, state, stretches, 1000))
    return found


def _waits(timeline: Timeline, link: Link) -> str:
    waiter, thing, holder = (timeline.name(each) for each in (link.waiter, link.thing, link.holder))
    of_lock = timeline.tracks[link.thing].get("kind") in LOCKS
    return f"{waiter} waits for {thing}, held by {holder}" if of_lock else f"{waiter} waits for the end of {holder}"


def _lock_order(timeline: Timeline) -> list[Finding]:
    """Two threads that take two locks in both orders: it went well this time."""
    locked_up = [{link.thing for link in cycle.links} for cycle in deadlocks(timeline)]
    found = []
    for one, other in inversions(timeline):
        if any({one.outer, one.inner} <= things for things in locked_up):
            continue
        first, second = timeline.name(one.outer), timeline.name(one.inner)
        sentence = (
            f"{_takes(timeline, one)}; {_takes(timeline, other)}. No deadlock came of it in this run, but one will, if each "
            "takes its first lock before the other has taken its second."
        )
        title = f"{first} and {second} are taken in both orders"
        spans = [(each.thread, each.begin, each.end) for each in (one, other)]
        found.append(Finding("lock-order", title, sentence, "blocked", spans, 700))
    return found


def _takes(timeline: Timeline, nesting: Nesting) -> str:
    """``one took a (line 4), then b (line 5), 10 times``."""
    locks = ((nesting.outer, nesting.outer_line), (nesting.inner, nesting.inner_line))
    first, second = (
        timeline.name(lock) + (f" ({place})" if (place := timeline.place(line)) else "") for lock, line in locks
    )
    return f"{timeline.name(nesting.thread)} took {first}, then {second}, {times(nesting.count)}"


def _starved(timeline: Timeline) -> list[Finding]:
    """Others got it again and again, and one thread didn't."""
    found = []
    for each in starved(timeline):
        name, gil = timeline.name(each.thread), timeline.tracks[each.thing].get("kind") == TrackKind.GIL
        kind = TrackKind(timeline.tracks[each.thing]["kind"]).name.lower()
        what = timeline.the_gil(each.thing) if gil else f"the {called(kind, timeline.name(each.thing))}"
        place = timeline.place(each.line)
        who = listed([timeline.name(thread) for thread in each.turns])
        waited = f"never waited longer than {duration(each.longest_ns)}" if each.longest_ns else "never had to wait"
        sentence = (
            f"{name} waited {duration(each.end - each.begin)} for {what}{f' at {place}' if place else ''}. Meanwhile {who} got "
            f"it {times(sum(each.turns.values()))}, and {waited} for it."
        )
        state = "gil-wait" if gil else "blocked"
        spans = [(each.thread, each.begin, each.end)]
        weight = 400 + 100 * (each.end - each.begin) / max(timeline.duration_ns, 1)
        title = f"{name} starves: others get {what} again and again"
        found.append(Finding("starvation", title, sentence, state, spans, weight))
    return found


def _locks(timeline: Timeline) -> list[Finding]:
    """Locks that threads waited for, with what it cost and who had them."""
    found = []
    locked_up = {link.thing for cycle in deadlocks(timeline) for link in cycle.links}
    for lock in resources(timeline):
        told = timeline.tracks[lock.track]
        if told.get("kind") not in LOCKS or told.get("internal") or not lock.wait_ns or lock.track in locked_up:
            continue
        lives = sum(end - begin for begin, end in (timeline.lives.get(t, (0, 0)) for t in lock.wait_ns_by_thread))
        share = lock.wait_ns / max(lives, 1)
        if share < LOCK_SHARE:
            continue
        found.append(_contended(timeline, lock, share))
    return found


def _contended(timeline: Timeline, lock: ResourceFigures, share: float) -> Finding:
    name = called("lock", timeline.name(lock.track))
    waits = timeline.waits
    mine = waits[waits.thing == lock.track]
    holds = timeline.spans.of(lock.track)
    contended = holds[holds.state == State.CONTENDED]
    blame: dict[int, int] = {}
    for holder, length in zip(contended.thing.tolist(), contended.length.tolist(), strict=True):
        blame[holder] = blame.get(holder, 0) + length
    waiters = sorted(lock.wait_ns_by_thread, key=lambda t: -lock.wait_ns_by_thread[t])
    lifetimes = "its life" if len(waiters) == 1 else "their lives"
    sentence = (
        f"{listed([timeline.name(each) for each in waiters])} waited {times(len(mine))} for the {name}: "
        f"{duration(lock.wait_ns)} in all, {percent(share)} of {lifetimes}. "
    )
    if blame:
        most = max(blame, key=lambda holder: blame[holder])
        cost = duration(blame[most])
        sentence += f"{timeline.name(most)} caused most of it: it held the lock for {cost} while others waited. "
    sentence += f"The longest hold was {duration(lock.longest_hold_ns)}."
    order = np.sort(mine.length.argsort(kind="stable")[::-1][:MOST_SPANS])
    some = mine[order]
    stretches = list(zip(some.track.tolist(), some.begin.tolist(), some.end.tolist(), strict=True))
    return Finding("contended-lock", f"Threads queue for the {name}", sentence, "blocked", stretches, 500 + 100 * share)


RULES = (_deadlocks, _lock_order, _starved, _locks)
