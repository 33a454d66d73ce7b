"""The blame table: where each thread's and each task's time went, and who is to blame for it. Times are ns.

Of each of them the rows add up to its life, or to the part of it that was asked for: nothing is counted twice, and
nothing is left out.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from gilscope.analysis import loops
from gilscope.analysis.columns import Columns
from gilscope.analysis.culprits import holders, lost_cores, on_their_cores, wakes
from gilscope.analysis.forward import Index, Numbers, Truth, order_by, starts_of
from gilscope.analysis.spans import Spans
from gilscope.analysis.text import called
from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording

WORDS = {int(kind): kind.name.lower() for kind in TrackKind if kind not in (*LOCKS, TrackKind.SLEEP)}
WORDS[TrackKind.THREAD] = WORDS[TrackKind.PROCESS] = WORDS[TrackKind.TASK] = "join"
"""What a thread waits for until another one does something."""
REASONS = ("running", "native", "lock", "waking", "no-core", "sleep", "io", "unknown", *dict.fromkeys(WORDS.values()))
"""``native``: C code without the GIL. ``waking``: what the thread waited for is there, but the thread isn't yet.
``no-core``: it could go on, had it a core. ``gil``, ``lock``, ``join``, ``queue`` …: it waited for that."""


@dataclass(frozen=True, slots=True)
class Blame:
    """One reason of one thread, or of one task."""

    thread: int
    """Or the task."""
    reason: str
    """One of ``REASONS``."""
    thing: int
    """The GIL, the lock, the queue, the joined thread, the core that it lost, the loop; 0: none, or not known."""
    culprit: int
    """The thread or task that had the thing meanwhile, that let this one go on at last, or whatever it joined; the loop or
    lock itself: many that had it in turn, each for a short time; 0: nobody in this recording."""
    ns: int


Rules = dict[State, Callable[["Timeline", Spans], Iterator["_Parts"]]]


@dataclass(frozen=True, slots=True, eq=False)
class _Parts(Columns):
    """Stretches of lives, as columns; one life's add up to all of it."""

    thread: Numbers
    reason: Numbers
    thing: Numbers
    culprit: Numbers
    ns: Numbers


def blame(recording: Recording, begin: int = 0, end: int | None = None) -> list[Blame]:
    """By thread and task, the longest first. ``begin``, ``end``: only what lies between these times (ns)."""
    return table(Timeline(recording), begin, end)


def table(timeline: Timeline, begin: int = 0, end: int | None = None) -> list[Blame]:
    """As ``blame``, on a timeline that is there already."""
    until = timeline.duration_ns if end is None else max(begin, end)
    threads = timeline.thread_spans
    some = ((threads[threads.state != State.EXITED], RULES), (timeline.task_spans, TASK_RULES))
    told = (part for spans, rules in some for part in _parts(timeline, spans.within(begin, until), rules))
    parts = _added_up([_added_up([part]) for part in told])
    columns = (column.tolist() for column in (parts.thread, parts.reason, parts.thing, parts.culprit, parts.ns))
    rows = [Blame(t, REASONS[r], thing, c, ns) for t, r, thing, c, ns in zip(*columns, strict=True) if ns]
    return sorted(rows, key=lambda row: (row.thread, -row.ns))


def _parts(timeline: Timeline, spans: Spans, rules: Rules) -> Iterator[_Parts]:
    for state, rule in rules.items():
        mine = spans[spans.state == state]
        if len(mine):
            yield from rule(timeline, mine)
    yield _of(spans[~np.isin(spans.state, list(rules))], "unknown")


def _added_up(several: list[_Parts]) -> _Parts:
    """One row for each thread, reason, thing and culprit."""
    parts = _Parts.concat(several)
    ordered = parts[order_by(parts.thread, parts.reason, parts.thing, parts.culprit)]
    starts = starts_of(ordered.thread, ordered.reason, ordered.thing, ordered.culprit)
    return replace(ordered[starts], ns=np.add.reduceat(ordered.ns, starts) if len(starts) else ordered.ns)


def _of(
    spans: Spans,
    reason: str,
    *,
    thing: Numbers | None = None,
    culprit: Numbers | int = 0,
    ns: Numbers | None = None,
) -> _Parts:
    return _Parts(
        spans.track,
        np.full(len(spans), REASONS.index(reason), np.uint8),
        spans.thing if thing is None else thing,
        np.broadcast_to(np.asarray(culprit, np.uint32), len(spans)),
        spans.length if ns is None else ns,
    )


def _running(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    yield _of(spans, "running")


def _native(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    yield _of(spans, "native")


def _outside(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    sleeps = timeline.kind_of(spans.thing) == TrackKind.SLEEP
    yield _of(spans[sleeps], "sleep")
    yield _of(spans[~sleeps], "io")


def _gil_wait(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    yield from _held(timeline, spans, "gil")


def _blocked(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    kinds = timeline.kind_of(spans.thing)
    locks = np.isin(kinds, LOCKS)
    yield from _held(timeline, spans[locks], "lock")
    for kind in np.unique(kinds[~locks]).tolist():
        mine = spans[kinds == kind]
        yield from _woken(timeline, mine, WORDS[kind]) if kind in WORDS else [_of(mine, "unknown")]


def _held(timeline: Timeline, spans: Spans, reason: str) -> Iterator[_Parts]:
    """Waits for what one thread has at a time: who had it meanwhile. While nobody has it, it can be taken."""
    left = spans.length
    for which, holds in holders(timeline, spans):
        np.subtract.at(left, which, holds.length)
        free = holds.state == State.FREE
        yield _of(spans[which[free]], "waking", ns=holds.length[free])
        yield _of(spans[which[~free]], reason, culprit=holds.thing[~free], ns=holds.length[~free])
    yield _of(spans, reason, ns=left)


def _woken(timeline: Timeline, spans: Spans, reason: str) -> Iterator[_Parts]:
    """Waits until another thread does something: who did it, and how long it took from there on."""
    waker, at = wakes(timeline, spans)
    # A process isn't gone with the last that is seen of its threads.
    at = np.where(timeline.kind_of(spans.thing) == TrackKind.PROCESS, spans.end, np.clip(at, spans.begin, spans.end))
    yield _of(spans, reason, culprit=spans.thing if reason == "join" else waker, ns=at - spans.begin)
    yield _of(spans, "waking", ns=spans.end - at)


def _no_core(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    """Waits for a core: who was on the one that the thread had last."""
    left = spans.length
    cores = lost_cores(timeline, spans)
    for which, stays in on_their_cores(timeline, spans):
        np.subtract.at(left, which, stays.length)
        yield _of(spans[which], "no-core", thing=stays.track, culprit=stays.thing, ns=stays.length)
    yield _of(spans, "no-core", thing=cores, ns=left)


def _task_runs(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    yield _of(spans, "running", thing=np.zeros(len(spans), np.uint32))


def _ready(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    """Its loop runs other tasks, or callbacks, which are the thread's; while it runs nothing, it wakes up."""
    which, busy = loops.had(timeline, spans)
    callbacks = np.where(busy.thing == 0, loops.threads(timeline)[busy.track], busy.thing)
    busy = replace(busy, thing=callbacks)
    yield from _had_by(spans, which, busy, busy.state == State.BUSY, busy.state == State.IDLE, "loop")


def _suspended(timeline: Timeline, spans: Spans) -> Iterator[_Parts]:
    kinds = timeline.kind_of(spans.thing)
    locks = np.isin(kinds, LOCKS)
    which, holds = loops.had(timeline, spans[locks])
    held = np.isin(holds.state, (State.HELD, State.CONTENDED))
    yield from _had_by(spans[locks], which, holds, held, holds.state == State.FREE, "lock")
    clock, outside = (
        np.isin(spans.thing, [id for id in timeline.ids(TrackKind.FUTURE) if timeline.name(id) in names])
        for names in (loops.CLOCK, loops.OUTSIDE)
    )
    yield _of(spans[clock], "sleep")
    yield _of(spans[outside], "io")
    for kind in np.unique(kinds[~locks]).tolist():
        mine = spans[(kinds == kind) & ~clock & ~outside]
        yield from _woken(timeline, mine, WORDS[kind]) if kind in WORDS else [_of(mine, "unknown")]


def _had_by(spans: Spans, which: Index, parts: Spans, had: Truth, free: Truth, reason: str) -> Iterator[_Parts]:
    """Waits for what one has at a time; what isn't told apart is had by many in turn."""
    left = spans.length
    np.subtract.at(left, which[had | free], parts.length[had | free])
    yield _of(spans[which[had]], reason, culprit=parts.thing[had], ns=parts.length[had])
    yield _of(spans[which[free]], "waking", ns=parts.length[free])
    yield _of(spans, reason, culprit=spans.thing, ns=left)


TASK_RULES: Rules = {
    State.RUNNING: _task_runs,
    State.READY: _ready,
    State.SUSPENDED: _suspended,
}
"""By state of the task."""
RULES: Rules = {
    State.RUNNING: _running,
    State.NATIVE: _native,
    State.GIL_WAIT: _gil_wait,
    State.BLOCKED: _blocked,
    State.STALLED: _no_core,
    State.RUNNABLE: _no_core,
    State.OUTSIDE: _outside,
}
"""By state of the thread. Of all others nothing is known."""


def sentence(timeline: Timeline, row: Blame) -> str:
    """What a row says, after the thread's name: ``waited for the lock cache, which main had``."""
    thing = (
        timeline.the_gil(row.thing) if _is_gil(timeline, row.thing) else timeline.name(row.thing) if row.thing else ""
    )
    inner = timeline.tracks.get(row.thing, {}).get("internal")
    named = f"an {thing}" if inner else f"the {called(row.reason, thing)}"
    culprit = timeline.name(row.culprit) if row.culprit else ""
    match row.reason:
        case "running":
            return "ran Python"
        case "native":
            return "computed in C code, without the GIL"
        case "gil":
            return f"waited for {thing}, {_had(culprit)}"
        case "loop":
            return f"could run, but its loop {_busy(thing, culprit)}"
        case "future":
            return f"awaited {thing}, {f'until {culprit} let it go on' if culprit else 'which came from outside of its loop'}"
        case "lock":
            return f"waited for {named}, {_had(culprit)}"
        case "join":
            return f"waited for {thing} to end"
        case "waking" if timeline.tracks.get(row.thing, {}).get("kind") == TrackKind.LOOP:
            return "could run, but its loop was still waking up"
        case "waking":
            return f"needn't wait for {named if inner else thing} any more, but was still waking up"
        case "no-core":
            return f"had no core: {culprit or 'something outside of this run'} was on {thing or 'it'}"
        case "sleep":
            return "slept"
        case "io":
            return "was away from Python: input, output, or the clock"
        case "unknown":
            return "was not seen"
    until = f"until {culprit} let it go on" if culprit else "and nobody let it go on"
    return f"waited for {named}, {until}"


def _busy(loop: str, culprit: str) -> str:
    return "ran many others in turn" if culprit == loop else f"ran {culprit}" if culprit else "ran something else"


def _had(culprit: str) -> str:
    return f"which {culprit} had" if culprit else "and who had it isn't known"


def _is_gil(timeline: Timeline, thing: int) -> bool:
    return bool(timeline.tracks.get(thing, {}).get("kind") == TrackKind.GIL)
