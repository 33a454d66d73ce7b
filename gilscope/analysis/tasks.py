"""The fold's third part: what each task does and each event loop is busy with, out of the events of threads."""

from dataclasses import dataclass, replace

import numpy as np

from gilscope.analysis.forward import Groups, Index, Numbers, Table, Tables, Truth, order_by
from gilscope.events import TASK_ENDS, Kind, State, TrackKind
from gilscope.recording import Rows

NO_STATE = 255
ENTERS = np.full(256, NO_STATE, np.uint8)
"""The state in which an event leaves its task, whatever it was in before. TASK_END has it as its value."""
ENTERS[[Kind.TASK_NEW, Kind.TASK_YIELD]] = State.READY
ENTERS[Kind.TASK_STEP] = State.RUNNING
ENTERS[Kind.TASK_SUSPEND] = State.SUSPENDED
ENTERS[Kind.TASK_END] = State.DONE
ENTERS[Kind.LOST] = State.UNKNOWN

OF_TASKS = np.zeros(256, np.bool_)
OF_TASKS[Kind.TASK_NEW : Kind.TASK_CANCEL + 1] = True
OF_TASKS[[Kind.TASK_UNCANCEL, Kind.TASK_GATHERED]] = True
BY_SOMEBODY = (Kind.TASK_NEW, Kind.TASK_READY, Kind.TASK_CANCEL)
"""Of these, the value tells who did it: a task, or a thread."""
OF_ITS_THINGS = np.zeros(256, np.bool_)
"""Steps with locks and kin: a task's, if the thing is one of asyncio."""
OF_ITS_THINGS[Kind.LOCK_WAIT : Kind.LOCK_TIMEOUT + 1] = True
OF_ITS_THINGS[Kind.BLOCK : Kind.TAKE + 1] = True


@dataclass(slots=True)
class _Events:
    """What happened to one task each, by task, then time."""

    row: Index
    task: Numbers
    kind: Numbers
    state: Numbers
    was: Numbers
    thing: Numbers
    line: Numbers
    """Where the task stands."""
    waits: Numbers
    """What it waits for, from here on."""
    waited: Numbers
    """And up to here."""
    effective: Truth
    """Whether it changed anything: who is ready already can't become it."""


class Tasks(Tables):
    """Carries, for each task: its state, what it awaits, where it stands; for each thread and each loop: its task."""

    def __init__(self, kind: Table, pid: Table) -> None:
        self._kind, self._pid = kind, pid
        self._parent = Table(np.uint32)
        self._asyncio = Table(np.bool_)
        self._base = Table(np.uint8)
        """The state of a task by its last event, but for becoming ready."""
        self._state = Table(np.uint8, NO_STATE)
        self._thing = Table(np.uint32)
        self._line = Table(np.uint32)
        self._waits = Table(np.uint32)
        self._thread = Table(np.uint32)
        """Where a task was last."""
        self._current = Table(np.uint32)
        """The task whose step a thread executes."""
        self._ready = Table(np.int64)
        """By loop: how many of its tasks could run."""
        self._selects = Table(np.bool_)
        """Loops that tell when they look for input and output: between steps, they are busy or idle."""

    def add(self, id: int, parent: int, asyncio: bool) -> None:
        """A track was told."""
        self._parent[id], self._asyncio[id] = parent, asyncio

    def exit(self, pid: int, row: Rows) -> Rows:
        """The process is over: rows that say so of its loops, and of tasks that had no end."""
        mine = np.isin(self._kind.values, (TrackKind.TASK, TrackKind.LOOP)) & (self._pid.values == pid)
        over = (NO_STATE, State.EXITED, *TASK_ENDS)
        left = np.flatnonzero(mine & ~np.isin(self._state.values, over))
        self._state[left] = State.EXITED
        return Rows.of(np.full(len(left), row.at[0]), track=left, state=State.EXITED)

    def feed(self, rows: Rows) -> tuple[Rows, Rows]:
        """Rows of tasks and loops; and the given rows as their things see them: there, a task is what waits and has."""
        of_loops = np.isin(rows.kind, (Kind.LOOP_SELECT, Kind.LOOP_RUN))
        of_loops |= (rows.kind == Kind.ASYNC_NEW) & (self._kind[rows.thing] == TrackKind.LOOP)
        if not (OF_TASKS[rows.kind].any() or of_loops.any() or self._asyncio[rows.thing].any()):
            return Rows.empty(), rows
        current = self._current_tasks(rows)
        events = self._fold(rows)
        told = self._tell(rows, events, current)
        loops = self._loops(rows, events, np.flatnonzero(of_loops))
        return Rows.concat((told, loops)), self._seen_by_things(rows, events, current)

    def _current_tasks(self, rows: Rows) -> Numbers:
        """At each row, the task whose step its thread executes from then on; 0: none."""
        order = order_by(rows.track)
        kind, track = rows.kind[order], rows.track[order]
        threads = Groups(track)
        steps = kind == Kind.TASK_STEP
        sets = steps | np.isin(kind, (Kind.TASK_YIELD, Kind.TASK_SUSPEND, Kind.TASK_END, Kind.LOST, Kind.THREAD_END))
        current = threads.forward(sets, np.where(steps, rows.thing[order], 0), self._current)
        threads.carry((self._current, current))
        back = np.empty(len(rows), np.uint32)
        back[order] = current
        return back

    def _fold(self, rows: Rows) -> _Events:
        row = np.flatnonzero(OF_TASKS[rows.kind] & (self._kind[rows.thing] == TrackKind.TASK))
        task, kind = rows.thing[row], rows.kind[row]
        for at in np.flatnonzero(rows.kind == Kind.LOST):  # what was lost may have been about any task of its thread
            lost = self._open_tasks(rows, row[row < at], int(rows.track[at]))
            row, task = np.append(row, np.full(len(lost), at)), np.append(task, lost).astype(np.uint32)
            kind = np.append(kind, np.full(len(lost), Kind.LOST, np.uint8))
        order = order_by(task, row) if len(row) else row
        row, task, kind = row[order], task[order], kind[order]
        tasks = Groups(task)
        value, line, thread = rows.value[row], rows.line[row], rows.track[row]

        sets = ENTERS[kind] != NO_STATE
        enters = np.where(kind == Kind.TASK_END, value, ENTERS[kind]).astype(np.uint8)
        base = tasks.forward(sets, enters, self._base)
        readied = (kind == Kind.TASK_READY) & ((base == State.SUSPENDED) | (base == State.UNKNOWN))
        state = tasks.forward(sets | readied, np.where(readied, State.READY, enters), self._state)
        state[state == NO_STATE] = State.UNKNOWN
        was = tasks.before(state, self._state)
        loop = self._parent[task]
        about = np.select(
            [state == State.READY, kind == Kind.TASK_STEP, kind == Kind.TASK_SUSPEND],
            [loop, thread, value.astype(np.uint32)],
            np.uint32(0),
        )
        thing = tasks.forward(sets | readied, about, self._thing)
        stands = np.isin(kind, (Kind.TASK_NEW, Kind.TASK_SUSPEND)) | (kind == Kind.TASK_YIELD) & (line != 0)
        stand = tasks.forward(stands, line, self._line)
        awaits = np.where(kind == Kind.TASK_SUSPEND, value, 0).astype(np.uint32)
        waits = tasks.forward((sets | readied) & (kind != Kind.LOST), awaits, self._waits)
        waited = tasks.before(waits, self._waits)
        tasks.carry(
            (self._base, base),
            (self._state, state),
            (self._thing, thing),
            (self._line, stand),
            (self._waits, waits),
            (self._thread, thread),
        )
        effective = (kind != Kind.TASK_READY) | readied & (was != State.READY)
        return _Events(row, task, kind, state, was, thing, stand, waits, waited, effective)

    def _open_tasks(self, rows: Rows, row: Index, thread: int) -> Index:
        """Tasks without an end that were seen on this thread: before this batch, or at these rows."""
        mine = (self._thread.values == thread) & (self._kind.values == TrackKind.TASK)
        mine &= ~np.isin(self._base.values, TASK_ENDS)
        mine[rows.thing[row[rows.track[row] == thread]]] = True
        mine[rows.thing[row[rows.kind[row] == Kind.TASK_END]]] = False
        return np.flatnonzero(mine)

    def _tell(self, rows: Rows, events: _Events, current: Numbers) -> Rows:
        row = events.row
        by = np.where(current[row] != 0, current[row], rows.track[row])
        # Between two steps, it may be told whose end it was.
        by = np.where((events.kind == Kind.TASK_READY) & (rows.value[row] != 0), rows.value[row], by)
        by = np.where(np.isin(events.kind, BY_SOMEBODY), by, 0)
        told = Rows.of(
            rows.at[row],
            track=events.task,
            kind=events.kind,
            flags=rows.flags[row],
            state=events.state,
            thing=events.thing,
            line=events.line,
            value=np.where(events.kind == Kind.TASK_GATHERED, rows.value[row], by),
        )
        return _in_order(told[events.effective], row[events.effective])

    def _loops(self, rows: Rows, events: _Events, steps: Index) -> Rows:
        """Each loop: idle while it looks, busy with a task, or with something else; and how many tasks are ready."""
        parent = self._parent[events.task]
        some = np.flatnonzero(self._kind[parent] == TrackKind.LOOP)
        row = np.concatenate((events.row[some], steps))
        loop = np.concatenate((parent[some], rows.thing[steps]))
        kind = np.concatenate((events.kind[some], rows.kind[steps]))
        task = np.concatenate((events.task[some], np.zeros(len(steps), np.uint32)))
        more = (events.state == State.READY).astype(np.int64) - (events.was == State.READY)
        more = np.concatenate((more[some], np.zeros(len(steps), np.int64)))
        self._selects[rows.thing[steps]] = True
        order = order_by(loop, row) if len(row) else row
        row, loop, kind, task, more = row[order], loop[order], kind[order], task[order], more[order]
        loops = Groups(loop)
        steps_over = np.isin(kind, (Kind.TASK_YIELD, Kind.TASK_SUSPEND, Kind.TASK_END))
        state = np.select(
            [np.isin(kind, (Kind.LOOP_SELECT, Kind.ASYNC_NEW)), steps_over & ~self._selects[loop], kind == Kind.LOST],
            [np.uint8(State.IDLE), np.uint8(State.UNKNOWN), np.uint8(State.UNKNOWN)],
            np.uint8(State.BUSY),
        )
        sets = ~np.isin(kind, (*BY_SOMEBODY, Kind.TASK_UNCANCEL, Kind.TASK_GATHERED))
        state = loops.forward(sets, state, self._state)
        state[state == NO_STATE] = State.UNKNOWN
        thing = loops.forward(sets, np.where(kind == Kind.TASK_STEP, task, 0).astype(np.uint32), self._thing)
        ready = loops.total(more, self._ready)
        changed = (state != loops.before(state, self._state)) | (thing != loops.before(thing, self._thing))
        changed |= ready != loops.before(ready, self._ready)
        loops.carry((self._state, state), (self._thing, thing), (self._ready, ready))
        told = Rows.of(rows.at[row], track=loop, kind=Kind.RESOURCE, state=state, thing=thing, value=ready)
        return _in_order(told[changed], row[changed])

    def _seen_by_things(self, rows: Rows, events: _Events, current: Numbers) -> Rows:
        kind, track, thing = rows.kind.copy(), rows.track.copy(), rows.thing.copy()
        kind[kind == Kind.ASYNC_NEW] = Kind.THING_NEW
        its = OF_ITS_THINGS[rows.kind] & self._asyncio[rows.thing] & (current != 0)
        track[its] = current[its]
        for some, meaning, about in (
            ((events.waits == 0) & (events.waited != 0), Kind.UNBLOCK, events.waited),
            (events.kind == Kind.TASK_SUSPEND, Kind.BLOCK, events.waits),
        ):
            row = events.row[some]
            kind[row], track[row], thing[row] = meaning, events.task[some], about[some]
        return replace(rows, kind=kind, track=track, thing=thing)


def _in_order(rows: Rows, row: Index) -> Rows:
    """By time, and what is of one instant as it came."""
    return rows[row.argsort(kind="stable")]
