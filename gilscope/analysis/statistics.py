"""Figures of each track, and of all together. Times are ns."""

from dataclasses import dataclass, field

import numpy as np

from gilscope.analysis.forward import Numbers
from gilscope.analysis.spans import Spans
from gilscope.analysis.timeline import LOCKS, RESOURCE_KINDS, Timeline
from gilscope.events import TASK_ENDS, Flag, Kind, State, TrackKind

STATE_NAMES = {state: state.name.lower().replace("_", "-") for state in State}


@dataclass(frozen=True, slots=True)
class GilFigures:
    """One thread and the GIL."""

    acquires: int
    waits: int
    drop_requests: int
    forced_releases: int


@dataclass(frozen=True, slots=True)
class TrackFigures:
    """A track's life by state."""

    track: int
    lifetime_ns: int
    states: dict[State, int]
    gil: GilFigures | None = None


@dataclass(frozen=True, slots=True)
class ResourceFigures:
    """What a GIL, a lock or another thing did, and what it cost."""

    track: int
    acquires: int
    contended: int
    """Acquires, or other steps, that had to wait."""
    wait_ns: int
    wait_ns_by_thread: dict[int, int] = field(default_factory=dict)
    held_ns: int = 0
    longest_hold_ns: int = 0


def tracks(timeline: Timeline, begin: int = 0, end: int | None = None) -> list[TrackFigures]:
    """Of every track that has a row, in the order of ids. ``begin``, ``end``: only what lies between these times."""
    until = timeline.duration_ns if end is None else end
    spans = timeline.spans.within(begin, until)
    alive = spans[~np.isin(spans.state, (State.EXITED, *TASK_ENDS))]
    size = max(timeline.tracks, default=0) + 1
    time = np.zeros((size, len(State)), np.int64)
    np.add.at(time, (alive.track, alive.state), alive.length)
    some = (timeline.rows.at >= begin) & ((timeline.rows.at < until) | (until >= timeline.duration_ns))
    rows = timeline.rows if some.all() else timeline.rows[some]
    counts = {
        kind: np.bincount(rows.track[rows.kind == kind], minlength=size)
        for kind in (Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST)
    }
    acquires = (rows.kind == Kind.GIL_ACQUIRE) & (rows.value != 1)
    forced = (rows.kind == Kind.GIL_RELEASE) & (rows.flags & Flag.FORCED != 0)
    acquired = np.bincount(rows.track[acquires], minlength=size)
    forced_away = np.bincount(rows.track[forced], minlength=size)
    figures = []
    for id in np.unique(timeline.rows.track).tolist():
        gil = None
        if timeline.tracks[id]["kind"] == TrackKind.THREAD and timeline.measured("gil"):
            gil = GilFigures(
                acquires=int(acquired[id]),
                waits=int(counts[Kind.GIL_WAIT][id]),
                drop_requests=int(counts[Kind.GIL_DROP_REQUEST][id]),
                forced_releases=int(forced_away[id]),
            )
        by_state = {State(state): int(time[id, state]) for state in np.flatnonzero(time[id]).tolist()}
        figures.append(TrackFigures(id, int(time[id].sum()), by_state, gil))
    return figures


@dataclass(frozen=True, slots=True)
class CallFigures:
    """What one call cost its thread: where it was away or blocked, or computed without the GIL."""

    track: int
    state: State
    call: str
    line: int
    count: int
    """How many spans: a wait that is interrupted has several."""
    total_ns: int


def calls(timeline: Timeline) -> list[CallFigures]:
    """By thread, state and call, the longest first."""
    spans = timeline.thread_spans
    spans = spans[np.isin(spans.state, (State.OUTSIDE, State.NATIVE, State.BLOCKED)) & (spans.line != 0)]
    keys, which = np.unique(
        np.stack((spans.track, spans.state, spans.line)).astype(np.int64),
        axis=1,
        return_inverse=True,
    )
    which = which.ravel()
    count = np.bincount(which, minlength=keys.shape[1])
    total = np.zeros(keys.shape[1], np.int64)
    np.add.at(total, which, spans.length)
    figures = [
        CallFigures(int(track), State(int(state)), call, timeline.line(int(line)), int(count[n]), int(total[n]))
        for n, (track, state, line) in enumerate(keys.T.tolist())
        if (call := timeline.call(state, line))
    ]
    return sorted(figures, key=lambda each: -each.total_ns)


def resources(timeline: Timeline) -> list[ResourceFigures]:
    """Of every GIL, lock and other thing, in the order of ids."""
    size = max(timeline.tracks, default=0) + 1
    rows, waits, spans = timeline.rows, timeline.waits, timeline.spans
    steps = np.zeros(len(rows), np.bool_)
    about = timeline.kind_of(rows.thing)
    for kind, things, value in (
        (Kind.LOCK_ACQUIRE, LOCKS, 1),  # an RLock's first; its recursions aren't
        (Kind.TAKE, (TrackKind.SEMAPHORE,), None),
        (Kind.GET, (TrackKind.QUEUE,), None),
        (Kind.UNBLOCK, (TrackKind.CONDITION, TrackKind.EVENT, TrackKind.BARRIER), None),
    ):
        mine = (rows.kind == kind) & np.isin(about, things)
        steps |= mine if value is None else mine & (rows.value <= value)
    steps &= rows.flags & Flag.TIMEOUT == 0
    acquired = np.bincount(rows.thing[steps], minlength=size)
    moves, are_acquires = timeline.gil_moves
    acquired += np.bincount(moves.thing[are_acquires & (moves.value != 1)], minlength=size)

    gil_waits = timeline.gil_waits
    thing = np.concatenate((waits.thing, gil_waits.thing)).astype(np.int64)
    track = np.concatenate((waits.track, gil_waits.track)).astype(np.int64)
    length = np.concatenate((waits.length, gil_waits.length))
    # Of a lock, the waits that got it; what gave up waited as well, but acquired nothing.
    got = np.concatenate((~np.isin(waits.ended, (0, Kind.LOCK_TIMEOUT)), gil_waits.end < timeline.duration_ns))
    contended = np.bincount(thing[got], minlength=size)
    pairs, which = np.unique(np.stack((thing, track)), axis=1, return_inverse=True)
    by_pair = np.zeros(pairs.shape[1], np.int64)
    np.add.at(by_pair, which.ravel(), length)

    held = spans[np.isin(spans.state, (State.HELD, State.CONTENDED)) & (spans.thing != 0)]
    longest, total = _holds(held.track, held.thing, held.begin, held.end, size)
    figures = []
    for id in timeline.ids(*RESOURCE_KINDS):
        first, last = np.searchsorted(pairs[0], (id, id + 1))
        threads = dict(zip(pairs[1, first:last].tolist(), by_pair[first:last].tolist(), strict=True))
        figures.append(
            ResourceFigures(
                track=id,
                acquires=int(acquired[id]),
                contended=int(contended[id]),
                wait_ns=sum(threads.values()),
                wait_ns_by_thread={thread: wait for thread, wait in threads.items() if wait},
                held_ns=int(total[id]),
                longest_hold_ns=int(longest[id]),
            )
        )
    return figures


def _holds(track: Numbers, holder: Numbers, begin: Numbers, end: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """Longest and total time that something was had; being wanted in the middle doesn't divide a hold."""
    longest, total = np.zeros(size, np.int64), np.zeros(size, np.int64)
    if len(track):
        goes_on = (track[1:] == track[:-1]) & (holder[1:] == holder[:-1]) & (begin[1:] == end[:-1])
        first = np.flatnonzero(np.append(True, ~goes_on))
        last = np.append(first[1:], len(track)) - 1
        length = end[last] - begin[first]
        np.maximum.at(longest, track[first], length)
        np.add.at(total, track[first], length)
    return longest, total


@dataclass(frozen=True, slots=True)
class Parallelism:
    """How many threads were in given states at the same time."""

    most: int
    mean: float
    """While at least one was."""
    together_ns: int
    """While at least two were."""


def parallelism(timeline: Timeline, *states: State) -> Parallelism:
    """Of threads that run or compute, unless other states are given."""
    return at_once(timeline.thread_spans, *states)


def at_once(spans: Spans, *states: State) -> Parallelism:
    """As ``parallelism``, of some spans alone."""
    times, count = spans[np.isin(spans.state, states or (State.RUNNING, State.NATIVE))].at_once()
    if len(times) < 2:
        return Parallelism(0, 0.0, 0)
    length, active = np.diff(times), count[:-1]
    lasting = length > 0
    busy = int(length[active > 0].sum())
    most = int(active[lasting].max()) if lasting.any() else 0
    mean = float((length * active).sum() / busy) if busy else 0.0
    return Parallelism(most, mean, int(length[active > 1].sum()))
