"""The critical path: backwards from the end of the last thread, always along what came last before it could go on.

From the acquire of the GIL to who let it go, from a wake to who woke it, from a join to who ended, from a first row to
who started it; from a task's step to what made the task ready. What lies on the path determined how long the run took: shorten anything else, and it takes as long.
"""

from dataclasses import dataclass, replace

import numpy as np

from gilscope.analysis import loops
from gilscope.analysis.columns import Columns
from gilscope.analysis.flows import NONE
from gilscope.analysis.forward import Index, Numbers, Truth, ends_of, last_before, order_by, starts_of
from gilscope.analysis.text import called, counted
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording

ALONE = (State.RUNNING, State.NATIVE, State.STALLED)
"""States that are about nothing else."""


@dataclass(frozen=True, slots=True, eq=False)
class Path(Columns):
    """Segments by time. Each begins where the one before it ends; together they are the whole run."""

    track: Numbers
    begin: Numbers
    end: Numbers
    state: Numbers
    """What the thread did up to there; STARTING: it was being started."""
    thing: Numbers
    line: Numbers
    let_go: Truth
    """It begins when another thread let this one go on."""
    count: Numbers
    """How many segments it stands for: 1 where it isn't summed up."""

    @property
    def length(self) -> Numbers:
        """ns"""
        return np.asarray(self.end - self.begin)


def critical_path(recording: Recording) -> Path:
    """Of the whole run; without segments where no thread lived."""
    return path(Timeline(recording))


def path(timeline: Timeline) -> Path:
    """As ``critical_path``, on a timeline that is there already."""
    flows, last = timeline.flows, _last_row(timeline)
    before = np.where(flows.cause == NONE, flows.previous, flows.cause)
    before = np.where(timeline.task_flows.cause == NONE, before, timeline.task_flows.cause)
    _where_processes_begin(timeline, before)
    rows = _followed(before, last)[::-1]
    # A segment leads from each row on the path to the next; what its thread did there, its own row before that says.
    own = flows.previous[rows[1:]]
    own = np.append(own, rows[-1:])
    track = np.append(flows.rows.track[rows[1:]], flows.rows.track[rows[-1:]])
    begun = own != NONE
    started = np.append(flows.cause[rows[1:]] != NONE, False)
    state = np.where(begun, flows.rows.state[own], np.where(started, State.STARTING, State.UNKNOWN))
    alone = np.isin(state, ALONE) | ~begun
    at = flows.rows.at[rows]
    told = Path(
        track=track,
        begin=at,
        end=np.append(at[1:], timeline.duration_ns)[: len(at)],
        state=state.astype(np.uint8),
        thing=np.where(alone, 0, flows.rows.thing[own]).astype(np.uint32),
        line=np.zeros(len(own), np.uint32),
        let_go=own != rows,
        count=np.ones(len(own), np.int64),
    )
    joined = _joined(_unseen_beginning(_by_tasks(timeline, told, rows)))
    spans = timeline.spans[timeline.spans_at(joined.track, joined.begin)]
    there = (spans.track == joined.track) & (spans.begin <= joined.begin)
    return replace(joined, line=np.where(there, spans.line, 0))


def _by_tasks(timeline: Timeline, path: Path, rows: Index) -> Path:
    """A task's, where a thread runs it, and where it waited. ``rows``: at which each segment begins."""
    flows = timeline.task_flows
    if not flows.current.any():
        return path
    ends = np.append(rows[1:], rows[-1:])
    waited = (flows.cause[ends] != NONE) & (flows.cause[ends] == rows)
    runs = ~waited & (path.state == State.RUNNING) & (flows.current[ends] != 0)
    runs[-1:] = False
    task = np.where(waited, flows.task[ends], flows.current[ends])
    awaited = np.where(flows.state[ends] == State.READY, timeline.parent_of(task), flows.thing[ends])
    return replace(
        path,
        track=np.where(waited | runs, task, path.track),
        state=np.where(waited, flows.state[ends], path.state),
        thing=np.where(waited, awaited, path.thing),
        let_go=np.where(waited, False, path.let_go),
    )


def _last_row(timeline: Timeline) -> Index:
    """The end of the thread that ended last; of several that did together, the main thread's. Helpers don't count."""

    def rank(thread: int) -> tuple[bool, int, bool, int]:
        told = timeline.tracks[thread]
        main = told.get("tid", -1) == told.get("pid")
        return not told.get("internal"), timeline.lives[thread][1], main, -thread

    flows = timeline.flows
    last = max(timeline.lives, key=rank, default=0)
    mine = np.flatnonzero((flows.rows.track == last) & (flows.was != State.EXITED))
    return np.asarray(mine[-1:])


def _where_processes_begin(timeline: Timeline, before: Index) -> None:
    """Where it isn't known what started a thread, the main thread goes on: that of its process, or, where it is that
    itself, of the process that started its own."""
    rows = timeline.flows.rows
    first = np.flatnonzero(before == NONE)
    mains: dict[int, int] = {}
    for id in timeline.ids(TrackKind.THREAD):
        told = timeline.tracks[id]
        if told.get("tid", -1) == told.get("pid") or told.get("parent") not in mains:
            mains[told.get("parent", 0)] = id
    root = min(mains, default=0)
    parents = []
    for thread in rows.track[first].tolist():
        process = timeline.tracks[thread].get("parent", 0)
        if mains[process] == thread:
            process = timeline.tracks.get(process, {}).get("parent", 0)
        parents.append(mains.get(process, mains[root]))
    before[first] = last_before(rows.track, np.arange(len(rows)), np.array(parents, np.uint32), first)


def _followed(before: Index, first: Index) -> Index:
    """From the first row to the one before it, and on to the end; in steps that double, for there may be millions."""
    leap = np.append(before, NONE)  # the last one stands for the end: it leads to itself
    found = first
    while len(found) and found[-1] != NONE:
        found = np.concatenate((found, leap[found]))
        leap = leap[leap]
    return np.asarray(found[found != NONE])


def _unseen_beginning(path: Path) -> Path:
    """Nothing is known before the first row."""
    if not len(path) or not path.begin[0]:
        return path
    unseen = replace(
        path[:1],
        begin=np.zeros(1, np.int64),
        end=path.begin[:1],
        state=np.array([State.UNKNOWN], np.uint8),
        thing=np.zeros(1, np.uint32),
        line=np.zeros(1, np.uint32),
        let_go=np.zeros(1, np.bool_),
    )
    return Path.concat((unseen, path))


def _joined(path: Path) -> Path:
    """Without empty segments, and one where a thread goes on with the same."""
    some = path[path.end > path.begin]
    starts = starts_of(some.track, some.state, some.thing)
    return replace(some[starts], end=some.end[ends_of(starts, len(some))]) if len(some) else some


def summed_up(path: Path, most: int) -> Path:
    """About so many segments: the longest, and between two of them one for all the others, which is told as what most
    of its time went into."""
    if len(path) <= most:
        return path
    long = np.zeros(len(path), np.bool_)
    long[path.length.argsort(kind="stable")[-max(most // 2, 1) :]] = True
    group = np.cumsum(long | np.append(True, long[:-1]))
    order = order_by(group, path.track, path.state)
    starts = starts_of(group[order], path.track[order], path.state[order])
    total = np.add.reduceat(path.length[order], starts)
    best = np.lexsort((total, group[order[starts]]))
    best = best[ends_of(starts_of(group[order[starts[best]]]), len(best))]
    begins = starts_of(group)
    ends = ends_of(begins, len(path))
    return replace(
        path[order[starts[best]]],
        begin=path.begin[begins],
        end=path.end[ends],
        let_go=path.let_go[begins],
        count=ends - begins + 1,
    )


def sentence(timeline: Timeline, path: Path, n: int) -> str:
    """What one segment is, for people who never heard of a critical path."""
    name, thing = timeline.name(path.track[n]), int(path.thing[n])
    gil = timeline.the_gil(thing)
    what = gil if _kind(timeline, thing) == TrackKind.GIL else timeline.name(thing)
    count, place = int(path.count[n]), timeline.place(path.line[n])
    call = timeline.call(int(path.state[n]), path.line[n])
    inside = (f" in {call}" if call else "") + (f", at {place}" if place else "")
    match State(int(path.state[n])):
        case State.RUNNING if _kind(timeline, int(path.track[n])) == TrackKind.TASK:
            told = "ran"
        case State.READY:
            told = "could run, but its loop was still waking up"
        case State.SUSPENDED:
            told = ("slept" if what in loops.CLOCK else f"awaited {what}") + (f", at {place}" if place else "")
        case State.RUNNING:
            told = f"ran Python, from {place} on" if place else "ran Python"
        case State.NATIVE:
            told = f"computed in C code{inside}"
        case State.STALLED:
            told = "held the GIL, but had no core"
        case State.RUNNABLE:
            told = "had no core"
        case State.GIL_WAIT:
            told = f"was getting {gil}, which had just been let go" if path.let_go[n] else f"waited for {gil}"
        case State.BLOCKED if _kind(timeline, thing) == TrackKind.PROCESS:
            told = f"waited for the {called('process', what)} to be gone"
        case State.BLOCKED:
            told = f"was waking up from waiting for {what}" if path.let_go[n] else f"waited for {what}"
        case State.OUTSIDE if _kind(timeline, thing) == TrackKind.SLEEP:
            told = f"slept, at {place}" if place else "slept"
        case State.OUTSIDE if _kind(timeline, thing) == TrackKind.PIPE:
            told = f"wrote to {what}"
        case State.OUTSIDE:
            told = f"was away from Python{inside}" if call else "was away from Python: input, output, or the clock"
        case State.STARTING:
            told = "was being started"
        case State.EXITED:
            told = "had ended"
        case _:
            told = "wasn't seen"
    return f"{name} {told}." if count == 1 else f"{counted(count, 'short segment')}, mostly: {name} {told}."


def _kind(timeline: Timeline, thing: int) -> int:
    return int(timeline.tracks.get(thing, {}).get("kind", -1))
