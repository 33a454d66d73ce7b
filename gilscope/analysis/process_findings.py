"""Findings about processes: what starting them costs, what sending costs, and locks that a fork left behind."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from gilscope.analysis import transport
from gilscope.analysis.finding import WORTH_TELLING_NS, Finding, Stretch, proof
from gilscope.analysis.forward import stretches
from gilscope.analysis.spans import Spans
from gilscope.analysis.text import called, counted, duration, listed, size
from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.events import Kind, State, TrackKind

BUSY = (*transport.AT_IT, State.OUTSIDE)
"""States in which a thread does something of its own, or has something done."""


def _dear_messages(timeline: Timeline) -> list[Finding]:
    """To hand objects over costs more than what is computed with them."""
    rows, sent = timeline.flows.rows, timeline.flows.messages
    sent = sent[transport.between_processes(timeline)]
    ends = np.unique(timeline.parent_of(np.concatenate((rows.track[sent.begun], rows.track[sent.read]))))
    workers = [id for id in ends.tolist() if timeline.tracks[id].get("parent")]
    if not workers:
        return []
    involved, own = (_threads(timeline, some) for some in (ends.tolist(), workers))
    work = sum(int(_at_work(timeline, id, transport.AT_IT).length.sum()) for id in workers)
    costs: dict[str, int] = {}
    parts = []
    for step in transport.steps(timeline):
        spans = step.of(involved).spans(timeline)
        costs[step.name] = int(spans.length.sum())
        work -= int(spans.length[np.isin(spans.track, own)].sum())
        parts.append(spans)
    total, work = sum(costs.values()), max(work, 0)
    if total < WORTH_TELLING_NS or total <= work:
        return []
    names = [timeline.name(id) for id in workers]
    took = listed([f"{name} {duration(ns)}" for name, ns in costs.items()])
    sentence = (
        f"{listed(names)} and who they work for sent each other {counted(len(sent), 'message')}, "
        f"{size(int(sent.bytes.sum()))} in all: {took}, together {duration(total)}. Everything else that "
        f"{listed(names)} did took {duration(work)}: handing the work over costs more than the work."
    )
    weight = 450 + 100 * total / (total + work)
    title = "Sending objects costs more than the work"
    return [Finding("dear-messages", title, sentence, "running", proof(Spans.concat(parts)), weight)]


def _dear_starts(timeline: Timeline) -> list[Finding]:
    """To start processes takes longer than what they do."""
    starting: dict[int, Stretch] = {}
    work = 0
    for id in timeline.ids(TrackKind.PROCESS):
        told = timeline.rows[timeline.rows.track == id]
        started, runs = (told.at[told.kind == kind] for kind in (Kind.PROCESS_START, Kind.PROCESS_RUN))
        if len(started) and len(runs) and not timeline.tracks[id].get("internal"):
            starting[id] = (id, int(started[0]), int(runs[0]))
            work += int(_at_work(timeline, id, BUSY).length.sum())
    total = sum(end - begin for _, begin, end in starting.values())
    if total < WORTH_TELLING_NS or total <= work:
        return []
    names, one = listed([timeline.name(id) for id in starting]), len(starting) == 1
    each = "" if one else f", {duration(total / len(starting))} each"
    sentence = (
        f"To start {names} took {duration(total)} in all{each}, until {'it' if one else 'they'} could begin. What "
        f"{'it' if one else 'they'} then did, waiting left out, took {duration(work)}."
    )
    weight = 400 + 100 * total / (total + work)
    title = (
        "Starting the process took longer than its work" if one else "Starting processes took longer than their work"
    )
    return [Finding("dear-starts", title, sentence, "starting", list(starting.values()), weight)]


def _at_work(timeline: Timeline, process: int, states: tuple[State, ...]) -> Spans:
    """What the threads of a process do in these states, once it has been started."""
    rows = timeline.rows
    runs = rows.at[(rows.track == process) & (rows.kind == Kind.PROCESS_RUN)]
    spans = timeline.thread_spans
    spans = spans[np.isin(spans.track, _threads(timeline, [process])) & np.isin(spans.state, states)]
    return spans.within(int(runs[0]) if len(runs) else 0, timeline.duration_ns)


def _threads(timeline: Timeline, processes: list[int]) -> list[int]:
    return [id for id in timeline.ids(TrackKind.THREAD) if timeline.tracks[id].get("parent") in processes]


@dataclass(frozen=True, slots=True)
class Left:
    """A lock that another thread held when a thread forked: in the child there is nobody who could release it."""

    lock: int
    holder: int
    forker: int
    child: int
    hold: Stretch
    at: int


def left_behind(timeline: Timeline) -> Iterator[Left]:
    """By time of the fork. Of locks of the standard library's own, too."""
    rows = timeline.flows.rows
    locks = [id for id in timeline.ids(*LOCKS) if timeline.tracks[id].get("pid")]
    for n in np.flatnonzero(rows.kind == Kind.PROCESS_START).tolist():
        child, forker = int(rows.thing[n]), int(rows.track[n])
        back = (rows.track == forker) & (rows.kind == Kind.PROCESS_STARTED) & (rows.thing == child)
        if not timeline.tracks.get(child, {}).get("forked") or not back[n:].any():
            continue
        begin, end = int(rows.at[n]), int(rows.at[n + int(back[n:].argmax())])
        for lock in locks:
            if timeline.tracks[lock].get("parent") != timeline.parent_of(np.array([forker]))[0]:
                continue
            holds = timeline.spans.of(lock)
            held = holds[
                (holds.begin <= begin) & (holds.end >= end) & np.isin(holds.state, (State.HELD, State.CONTENDED))
            ]
            if len(held) and held.thing[0] not in (0, forker):
                hold = (lock, int(held.begin[0]), int(held.end[0]))
                yield Left(lock, int(held.thing[0]), forker, child, hold, begin)


def _left_behind(timeline: Timeline) -> list[Finding]:
    """A process was forked while another thread held a lock."""
    found = []
    for left in left_behind(timeline):
        copies = [id for id, told in timeline.tracks.items() if told.get("copy") == left.lock]
        copy = next((id for id in copies if timeline.tracks[id].get("parent") == left.child), 0)
        moves = timeline.rows.kind[timeline.rows.thing == copy]
        waits = timeline.waits[timeline.waits.thing == copy]
        if copy and np.isin(moves, (Kind.LOCK_ACQUIRE, Kind.LOCK_RELEASE)).any():
            continue  # the child has helped itself
        if not len(waits) and timeline.tracks[left.lock].get("internal"):
            continue
        lock, child, holder = (timeline.name(each) for each in (left.lock, left.child, left.holder))
        sentence = (
            f"{timeline.name(left.forker)} forked the process {child} while {holder} held the {called('lock', lock)}. The child has "
            f"a copy of the lock, but not of {holder}: nobody there can ever release it. "
        )
        if not len(waits):
            sentence += f"{child} didn't ask for it in this run; if it does, it waits for ever."
            title, weight = f"{child} was forked while {holder} held {lock}", 650.0
            found.append(Finding("fork-held-lock", title, sentence, "held", [left.hold], weight))
            continue
        first = int(waits.begin.argmin())
        waiter, begin, end = (int(each[first]) for each in (waits.track, waits.begin, waits.end))
        place = timeline.place(int(waits.line[first]))
        until = "until it gave up" if waits.ended[first] else "until the end"
        sentence += (
            f"{timeline.name(waiter)} waits for it{f' at {place}' if place else ''}: {duration(end - begin)}, {until}."
        )
        title = f"{child} waits for a lock that its fork left behind"
        stretches = [left.hold, (waiter, begin, end)]
        found.append(Finding("deadlock", title, sentence, "blocked", stretches, 1000))
    return found


def _joined_before_read(timeline: Timeline) -> list[Finding]:
    """A process is waited for that can't end, because nobody reads what it sends."""
    rows, waits = timeline.flows.rows, timeline.waits
    of_pipe = timeline.kind_of(rows.thing) == TrackKind.PIPE
    begun, written = stretches(rows.track, of_pipe & (rows.kind == Kind.CALL), of_pipe & (rows.kind == Kind.RETURN))
    reads = rows[of_pipe & (rows.kind == Kind.UNBLOCK)]
    joins = waits[(timeline.kind_of(waits.thing) == TrackKind.PROCESS) & (waits.ended == 0)]
    found = []
    for n in begun[written < 0].tolist():
        writer, pipe, since = int(rows.track[n]), int(rows.thing[n]), int(rows.at[n])
        read = bool(((reads.thing == pipe) & (reads.at > since)).any())
        mine = joins[(joins.thing == timeline.parent_of(rows.track[[n]])[0]) & (joins.end > since)]
        if read or not len(mine):
            continue
        waiter, process, begin, end = (int(each[0]) for each in (mine.track, mine.thing, mine.begin, mine.end))
        names = [timeline.name(each) for each in (waiter, process, pipe)]
        writes = timeline.name_beside(writer, waiter)
        sentence = (
            f"{names[0]} waits for {names[1]} to end, but that can't end before what it sends is read: {writes} "
            f"writes {size(int(rows.value[n]))} to {names[2]} for {duration(end - since)}, up to the end, and nobody reads it. "
            f"It goes on if {names[2]} is read before {names[1]} is joined."
        )
        title = f"{names[1]} is joined before what it sends is read"
        spans = [(waiter, begin, end), (writer, since, end)]
        found.append(Finding("deadlock", title, sentence, "blocked", spans, 1000))
    return found


def _unseen(timeline: Timeline) -> list[Finding]:
    """Processes that were started, and never told anything."""
    rows = timeline.rows
    started, told = (np.unique(rows.thing[rows.kind == kind]) for kind in (Kind.PROCESS_STARTED, Kind.PROCESS_BEGIN))
    some = np.setdiff1d(started, told)
    some = some[(timeline.kind_of(some) == TrackKind.PROCESS) & (some != 0)].tolist()
    if not some:
        return []
    names = listed([timeline.name(id) for id in some])
    one = ("was", "itself", "it isn't", "it did")
    was, itself, isn, did = one if len(some) == 1 else ("were", "themselves", "they aren't", "they did")
    sentence = (
        f"{names} {was} started, but told nothing of {itself}: {isn} this run's Python, or couldn't reach its memory. "
        f"What {did} isn't known."
    )
    spans = timeline.spans[np.isin(timeline.spans.track, some)]
    return [Finding("unseen-process", "Not every process was recorded", sentence, "unknown", proof(spans), 850)]


RULES = (_joined_before_read, _unseen, _left_behind, _dear_messages, _dear_starts)
