"""Findings about tasks: what blocks a loop, what is never awaited, cancellations that come to nothing, tasks left behind."""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis import loops
from gilscope.analysis.finding import MOST_SPANS, WORTH_TELLING_NS, Finding, Stretch, proof
from gilscope.analysis.forward import Numbers, ends_of, order_by, starts_of
from gilscope.analysis.spans import Spans
from gilscope.analysis.stretches import longest, meanwhile, words
from gilscope.analysis.text import counted, duration, listed, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import TASK_ENDS, Kind, State, TrackKind
from gilscope.recording import Rows

BLOCKS_NS = 50_000_000
"""A step that takes so long blocks its loop …"""
KEEPS_NS = 10_000_000
"""… and one that takes so long, if others could have run meanwhile."""
OBEYS_NS = 100_000_000
"""So long a cancelled task may take to end."""
MOST = 5
MOST_SEARCHED = 1000


def _blocked_loops(timeline: Timeline) -> list[Finding]:
    """By loop and function the longest step, with those that it kept waiting."""
    steps = timeline.steps
    steps = steps[steps.length >= KEEPS_NS]
    steps = steps[(-steps.length).argsort(kind="stable")[:MOST_SEARCHED]]
    by_function: dict[tuple[int, str], list[int]] = {}
    for n, task in enumerate(steps.thing.tolist()):
        told = timeline.tracks[task]
        by_function.setdefault((told.get("parent", 0), told.get("function") or told["name"]), []).append(n)
    found = []
    for (loop, _), all in list(by_function.items())[:MOST]:
        if finding := _blocked(timeline, loop, steps[all]):
            found.append(finding)
    return found


def _blocked(timeline: Timeline, loop: int, steps: Spans) -> Finding | None:
    thread, task, begin, end = (int(each[0]) for each in (steps.track, steps.thing, steps.begin, steps.end))
    at_it = _parts(timeline, thread, begin, end)
    at_it = at_it[~np.isin(at_it.state, (State.STALLED, State.RUNNABLE, State.GIL_WAIT))]
    own = int(at_it.length.sum())  # the rest isn't the task's doing
    mine = timeline.task_spans[timeline.parent_of(timeline.task_spans.track) == loop]
    kept = mine[(mine.state == State.READY) & (mine.end > begin) & (mine.begin < end)].cut(begin, end)
    kept = kept[kept.length >= WORTH_TELLING_NS]
    slept = mine[(mine.state == State.SUSPENDED) & (mine.end >= end) & (mine.begin < end)]
    late = loops.saw_late(timeline, slept)
    late = late[(late.begin < end) & (late.end >= end)].cut(begin, end)
    if own < (KEEPS_NS if len(kept) or len(late) else BLOCKS_NS):
        return None
    name, again = timeline.name_apart(task, thread), len(steps) - 1
    sentence = f"One step of {name} took {duration(end - begin)}: {_doing(timeline, thread, begin, end)}. "
    if len(kept):
        sentence += f"{_who(timeline, kept)} could have run meanwhile, and had to wait. "
    if len(late):
        sentence += f"{_who(timeline, late, 'up to ')} may have gone on late: its loop didn't look whether it could. "
    if not len(kept) and not len(late):
        sentence += "No other task could run meanwhile; none had to. "
    if again:
        sentence += f"Such a step came {times(again)} more. "
    sentence += "A loop runs one task at a time, and goes on to the next only where that one awaits."
    share = float(steps.length.sum()) / max(timeline.duration_ns, 1)
    spans: list[Stretch] = [(task, begin, end), *proof(kept)][:MOST_SPANS]
    return Finding("blocked-loop", f"{name} blocks its event loop", sentence, "ready", spans, 600 + 100 * share)


def _who(timeline: Timeline, spans: Spans, much: str = "") -> str:
    """``a (50.0 ms), b (50.0 ms) and 3 more``."""
    whose, total = longest(spans.track, spans.length)
    return listed([f"{timeline.name(track)} ({much}{duration(ns)})" for track, ns in zip(whose, total, strict=True)])


def _parts(timeline: Timeline, track: int, begin: int, end: int) -> Spans:
    one = np.array([track]), np.array([begin]), np.array([end])
    return Spans.concat([parts for _, parts in timeline.parts(*one)])


def _doing(timeline: Timeline, thread: int, begin: int, end: int) -> str:
    """What the thread of a step did most of the time."""
    most = meanwhile(timeline, thread, np.array([begin]), np.array([end]))
    if most is None:
        return "it isn't known in what"
    state, thing, line = State(int(most.state[0])), int(most.thing[0]), int(most.line[most.length.argmax()])
    place = f" at {timeline.place(line)}" if timeline.place(line) else ""
    call = timeline.call(state, line)
    length = duration(int(most.length.sum()))
    if timeline.kind_of(most.thing[:1])[0] == TrackKind.SLEEP:
        return f"{length} of it in time.sleep(){place}"
    if state == State.BLOCKED:
        return f"{length} of it waiting for {words(timeline, thing)}{place}"
    if state in (State.OUTSIDE, State.NATIVE):
        return f"{length} of it in {call or 'a call'}{place}"
    return f"{length} of it running Python" if state == State.RUNNING else f"its thread had no turn for {length} of it"


def _unawaited(timeline: Timeline) -> list[Finding]:
    """Calls of coroutine functions without an await."""
    rows = timeline.rows[timeline.rows.kind == Kind.UNAWAITED]
    rows = rows[order_by(rows.track)]
    made, lost = rows[rows.value == 0], rows[rows.value == 1]
    if len(made) != len(lost):
        return []  # some were lost
    found = []
    for line in list(dict.fromkeys(made.line.tolist()))[:MOST]:
        mine = lost[made.line == line]
        told = timeline.recording.locations.get(line, {})
        name = f"{told['function']}()" if told.get("function") else "a coroutine function"
        where = listed([place for at in dict.fromkeys(mine.line.tolist()) if (place := timeline.place(at))])
        thrown = f", at {where}" if where else ""
        sentence = (
            f"A coroutine of {name} was thrown away {times(len(mine))}{thrown}, without ever being awaited: none of its code "
            "has run. Calling an async function only makes a coroutine; await it, or make a task of it."
        )
        spans = [(track, at, at) for track, at in zip(mine.track.tolist(), mine.at.tolist(), strict=True)][:MOST_SPANS]
        found.append(
            Finding("never-awaited", f"{name} was called, but never awaited", sentence, "suspended", spans, 800)
        )
    return found


@dataclass(frozen=True, slots=True)
class _Life:
    """The rows of one task, and how it ended; ``ended`` 0: it didn't, ``end`` is the end of the recording."""

    task: int
    rows: Rows
    end: int
    ended: int


def _lives(timeline: Timeline, tasks: Numbers) -> list[_Life]:
    rows = timeline.rows[np.isin(timeline.rows.track, tasks)]
    rows = rows[order_by(rows.track)]
    starts = starts_of(rows.track)
    found = []
    for first, last in zip(starts.tolist(), ends_of(starts, len(rows)).tolist(), strict=False):
        mine = rows[first : last + 1]
        over = np.isin(mine.state[-1], TASK_ENDS)
        end = int(mine.at[-1]) if over or mine.state[-1] == State.EXITED else timeline.duration_ns
        found.append(_Life(int(mine.track[0]), mine, end, int(mine.state[-1]) if over else 0))
    return found


def _swallowed(timeline: Timeline) -> list[Finding]:
    """Tasks that were cancelled, got to know, and went on."""
    of_tasks = timeline.kind_of(timeline.rows.track) == TrackKind.TASK
    cancelled = np.unique(timeline.rows.track[of_tasks & (timeline.rows.kind == Kind.TASK_CANCEL)])[:MOST_SEARCHED]
    found = []
    for life in _lives(timeline, cancelled):
        asked = _cancelled(life.rows)
        step = next((n for n in range(asked, len(life.rows)) if life.rows.kind[n] == Kind.TASK_STEP), -1)
        goes_on = (Kind.TASK_SUSPEND, Kind.TASK_YIELD)
        then = next((n for n in range(step, len(life.rows)) if life.rows.kind[n] in (*goes_on, Kind.TASK_END)), -1)
        if asked < 0 or step < 0 or then < 0 or life.rows.kind[then] == Kind.TASK_END:
            continue
        since = int(life.rows.at[asked])
        if life.ended == State.CANCELLED and life.end - since < OBEYS_NS:
            continue
        if _by_its_group(timeline, life, asked):
            continue
        found.append(_disobeyed(timeline, life, asked, then))
    return sorted(found, key=lambda finding: -finding.weight)[:MOST]


def _by_its_group(timeline: Timeline, life: _Life, asked: int) -> bool:
    """Up to 3.12, a TaskGroup cancels the task that awaits it, too, when one of its own fails, and doesn't take that back."""
    waits = np.flatnonzero(life.rows.kind[:asked] == Kind.TASK_SUSPEND)
    if not len(waits) or timeline.name(int(life.rows.thing[waits[-1]])) != "TaskGroup":
        return False
    rows = timeline.rows
    made = rows.track[(rows.kind == Kind.TASK_NEW) & (rows.value == life.task)]
    failed = (rows.kind == Kind.TASK_END) & (rows.state == State.FAILED) & np.isin(rows.track, made)
    failed &= (rows.at >= life.rows.at[waits[-1]]) & (rows.at <= life.rows.at[asked])
    return bool(failed.any())


def _cancelled(rows: Rows) -> int:
    """The first row that asks for a cancellation which nobody takes back; -1: none."""
    asked: list[int] = []
    for n in np.flatnonzero((rows.kind == Kind.TASK_CANCEL) | (rows.kind == Kind.TASK_UNCANCEL)).tolist():
        if rows.kind[n] == Kind.TASK_CANCEL:
            asked.append(n)
        elif asked:
            asked.pop()
    return asked[0] if asked else -1


def _disobeyed(timeline: Timeline, life: _Life, asked: int, then: int) -> Finding:
    rows, name, since = life.rows, timeline.name(life.task), int(life.rows.at[asked])
    by, length = timeline.name(int(rows.value[asked])), duration(life.end - since)
    obeyed = life.ended == State.CANCELLED
    awaits = f"awaited {timeline.name(int(rows.thing[then]))}" if rows.kind[then] == Kind.TASK_SUSPEND else "ran on"
    place = f" at {timeline.place(int(rows.line[then]))}" if timeline.place(int(rows.line[then])) else ""
    ended = {0: "never ended", State.DONE: f"ended {length} later as if nothing had happened"}
    how = ended.get(life.ended, f"ended {length} later")
    sentence = f"{by} cancelled {name}, which got to know it, but then {awaits}{place}, and {how}. "
    waits = timeline.task_spans
    waits = waits[(waits.thing == life.task) & (waits.state == State.SUSPENDED) & (waits.end > since)].cut(
        since, life.end
    )
    if len(waits):
        sentence += f"{_who(timeline, waits)} waited for that. "
    sentence += (
        "Whoever cancels a task waits until it has ended: what it still does then should be short."
        if obeyed
        else "Whoever catches a CancelledError has to raise it again, once it has cleaned up."
    )
    kind, title = ("slow-cancellation", "takes long to end") if obeyed else ("swallowed-cancellation", "goes on")
    spans = [(life.task, since, life.end), *proof(waits)][:MOST_SPANS]
    weight = 500 + 100 * (life.end - since) / max(timeline.duration_ns, 1)
    return Finding(kind, f"{name} is cancelled, and {title}", sentence, "cancelled", spans, weight)


def _dangling(timeline: Timeline) -> list[Finding]:
    """Tasks of a gather() that another one's exception ended: they go on, and nobody cancels them."""
    rows = timeline.rows
    rows = rows[(rows.kind == Kind.TASK_GATHERED) & (timeline.kind_of(rows.track) == TrackKind.TASK)]
    pids = np.array([timeline.tracks[track].get("pid", 0) for track in rows.track.tolist()], np.int64)
    groups = (pids << 32) + rows.value
    failed = timeline.spans.track[timeline.spans.state == State.FAILED]
    found = []
    for group in np.unique(groups[np.isin(rows.track, failed)]).tolist()[:MOST_SEARCHED]:
        lives = _lives(timeline, rows.track[groups == group])
        first = min((life for life in lives if life.ended == State.FAILED), key=lambda life: life.end)
        left = [life for life in lives if life.end > first.end and _goes_on(life, first.end)]
        if not left:
            continue
        name, error = timeline.name(first.task), timeline.tracks[first.task].get("error", "an exception")
        on = [f"{timeline.name(life.task)} ({duration(life.end - first.end)})" for life in left]
        sentence = (
            f"{name} failed with {error}, and gather() raised that at once. It doesn't cancel the others: {listed(on)} went on, "
            "with nobody to wait for them there. A TaskGroup cancels them and waits until they have ended."
        )
        spans = [(life.task, first.end, life.end) for life in left][:MOST_SPANS]
        title = f"gather() left {counted(len(left), 'task')} running"
        found.append(Finding("dangling-tasks", title, sentence, "failed", spans, 550))
    return found[:MOST]


def _goes_on(life: _Life, since: int) -> bool:
    """Whether a task makes another step of its own before anybody cancels it."""
    after = life.rows[life.rows.at > since]
    steps, cancels = (np.flatnonzero(after.kind == kind) for kind in (Kind.TASK_STEP, Kind.TASK_CANCEL))
    return bool(len(steps)) and (not len(cancels) or int(steps[0]) < int(cancels[0]))


def _pending(timeline: Timeline) -> list[Finding]:
    """Tasks that were in the middle of something when the loop's first task ended."""
    rows = timeline.rows[timeline.kind_of(timeline.rows.track) == TrackKind.TASK]
    made = rows[rows.kind == Kind.TASK_NEW]
    found = []
    for loop in timeline.ids(TrackKind.LOOP):
        mine = made[timeline.parent_of(made.track) == loop]
        roots = mine.track[timeline.kind_of(mine.value) == TrackKind.THREAD]
        ends = rows.at[(rows.track == roots[0]) & (rows.kind == Kind.TASK_END)] if len(roots) else roots
        if not len(ends):
            continue
        over = int(ends[0])
        alive = timeline.task_spans[np.isin(timeline.task_spans.track, mine.track[mine.at < over])]
        alive = alive[(alive.begin <= over) & (alive.end > over)]
        left = [life for life in _lives(timeline, alive.track[:MOST_SEARCHED]) if not _goes_on(life, over)]
        if not left:
            continue
        names, cancelled = [timeline.name(life.task) for life in left], all(life.ended for life in left)
        how = "cancelled then" if cancelled else "never finished"
        root = timeline.name(int(roots[0]))
        sentence = (
            f"When {root} ended, {listed(names)} {'was' if len(left) == 1 else 'were'} in the middle of something, and "
            f"{'was' if len(left) == 1 else 'were'} {how}. A loop ends with its first task: what is to be finished, that one has to "
            "await."
        )
        spans = proof(alive[np.isin(alive.track, [life.task for life in left])])
        title = f"{counted(len(left), 'task')} cut off by the end of {root}"
        found.append(Finding("cut-off-tasks", title, sentence, "cancelled", spans, 200))
    return found


RULES = (_blocked_loops, _unawaited, _swallowed, _dangling, _pending)
