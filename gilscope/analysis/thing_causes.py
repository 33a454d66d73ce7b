"""Why is this thread not running? What the chain of causes says of things that nobody gives: a copy of a lock, a queue
into which nothing comes, a barrier to which not all come, the end of what has told its end."""

import numpy as np

from gilscope.analysis.process_findings import left_behind
from gilscope.analysis.spans import Spans
from gilscope.analysis.stretches import MOST_NAMED, kind
from gilscope.analysis.text import called, duration, listed, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind, State, TrackKind


def copied(timeline: Timeline, lock: int) -> str:
    """Who held a lock when a fork made a copy of it, which nobody can release; empty where it is no such copy."""
    told = timeline.tracks.get(lock, {})
    for left in left_behind(timeline) if told.get("copy") else ():
        if (left.lock, left.child) == (told["copy"], told.get("parent")):
            child, holder, forker = (timeline.name(each) for each in (left.child, left.holder, left.forker))
            return (
                f"It is the copy that {child} has of the {called('lock', timeline.name(lock))}, made when {forker} forked it "
                f"while {holder} held that. {holder} isn't there in {child}: nobody ever releases the copy."
            )
    return ""


def over(timeline: Timeline, thing: int, here: Spans) -> str:
    """Said of a wait for the end of what had told its end already."""
    thread = timeline.main_thread(thing)
    if timeline.lives.get(thread, (0, np.inf))[1] > int(here.begin[0]):
        return ""
    last = "the interpreter and the kernel clear up" if kind(timeline, thing) == TrackKind.PROCESS else "it clears up"
    return f"{timeline.name(thing)} has done all that was recorded of it: {last}."


def until_then(timeline: Timeline, here: Spans) -> str:
    """Said of a wait that nobody ends: who did what it waits for before, or how many of those it needs have come."""
    thing, end = int(here.thing[0]), int(here.end[-1])
    told = timeline.tracks.get(thing, {})
    if here.state[0] != State.BLOCKED or told.get("internal"):
        return ""
    if kind(timeline, thing) == TrackKind.BARRIER and told.get("capacity"):
        there = timeline.spans[(timeline.spans.thing == thing) & (timeline.spans.state == State.BLOCKED)]
        come = len(np.unique(there.within(end - 1, end).track))
        return f"It needs {told['capacity']}, and {come} {'is' if come == 1 else 'are'} there."
    if kind(timeline, thing) != TrackKind.QUEUE:
        return ""
    rows = timeline.flows.rows
    moves = rows[(rows.thing == thing) & np.isin(rows.kind, (Kind.PUT, Kind.GET))]
    before = moves[moves.at <= end]
    full = bool(len(before) and 0 < int(told.get("capacity") or 0) <= before.value[-1])
    did = "took {} out of it" if full else "put {} into it"
    some = before[before.kind == (Kind.GET if full else Kind.PUT)]
    if not len(some):
        return f"Nobody {did.format('anything')} until then."
    names = listed([timeline.name(id) for id in np.unique(some.track).tolist()], MOST_NAMED)
    last = duration(end - int(some.at[-1]))
    return f"{names} {did.format('something')} {times(len(some))} until then, last {last} before."
