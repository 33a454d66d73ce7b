"""The fold's other half: who has each GIL, lock and core, and who waits for what, out of the events of threads."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.forward import (
    Groups,
    Index,
    Numbers,
    Table,
    Tables,
    Truth,
    before,
    ends_of,
    forward,
    order_by,
    running_total,
    starts_of,
)
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Rows

HOLDABLE = (TrackKind.GIL, TrackKind.LOCK, TrackKind.RLOCK)
RESOURCES = tuple(kind for kind in TrackKind if TrackKind.GIL <= kind <= TrackKind.QUEUE)
SHARED = 0
"""Stands for the process of what several processes share."""
SOMEBODY = np.uint32(0xFFFFFFFF)
"""Stands for a holder that isn't known."""
NO_STATE = 255

KINDS = np.zeros(256, np.bool_)
"""Events that say something about their thing."""
KINDS[[Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE]] = True
KINDS[Kind.THING_NEW : Kind.LOCK_TIMEOUT + 1] = True
KINDS[Kind.BLOCK : Kind.TAKE + 1] = True
KINDS[[Kind.CORE_ON, Kind.CORE_OFF, Kind.CORE_LOST]] = True
KINDS[Kind.INTERPRETER_END] = True

WAITS = np.zeros(256, np.int8)
"""1: its thread waits for the thing from here on; −1: it doesn't any more."""
WAITS[[Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST, Kind.LOCK_WAIT, Kind.BLOCK]] = 1
WAITS[[Kind.GIL_ACQUIRE, Kind.GIL_RELEASE, Kind.LOCK_ACQUIRE, Kind.LOCK_TIMEOUT, Kind.UNBLOCK, Kind.LOST]] = -1


@dataclass(slots=True)
class _Events:
    """What bears on one thing each, ordered by thing, then by time."""

    at: Numbers
    row: Numbers
    thing: Numbers
    thread: Numbers
    kind: Numbers
    flags: Numbers
    line: Numbers
    value: Numbers
    things: Groups
    track_kind: Numbers


class Resources(Tables):
    """Carries, for each thing: who has it, how many wait, its permits or its length."""

    def __init__(self, kind: Table, pid: Table) -> None:
        self._kind, self._pid = kind, pid
        self._holder = Table(np.uint32, int(SOMEBODY))
        self._acquirer = Table(np.uint32)
        self._acquired_at = Table(np.int64)
        self._waiters = Table(np.int64)
        self._value = Table(np.int64)
        self._capacity = Table(np.int64)
        self._state = Table(np.uint8, NO_STATE)
        self._shown = Table(np.uint32)
        self._internal = Table(np.bool_)
        self._counts = Table(np.bool_)
        """A semaphore that only counts: nobody has its permits."""
        self._waiting: NDArray[np.uint64] = np.empty(0, np.uint64)
        """Who waits for what: thread « 32 | thing, sorted."""

    def add(self, id: int, capacity: int, internal: bool, counts: bool) -> None:
        """A track was told."""
        self._internal[id], self._counts[id] = internal, counts
        if capacity:
            self._capacity[id] = capacity

    def exit(self, pid: int, row: Rows) -> Rows:
        """The process is over: rows that say so of everything that belonged to it."""
        mine = self._of_process(pid, np.empty(0, np.intp))
        left = mine[self._state[mine] != State.EXITED]
        self._state[left] = State.EXITED
        return Rows.of(np.full(len(left), row.at[0]), track=left, kind=Kind.RESOURCE, state=State.EXITED)

    def feed(self, rows: Rows, gone: Truth, left: Index) -> Rows:
        """Rows for each change. ``gone``: rows after which nothing is seen of what their thread has; ``left``: those
        at which threads exit."""
        events = self._events(rows, gone, left)
        if events is None:
            return Rows.empty()
        waiters = self._fold_waiters(events)
        holder = self._fold_holder(events)
        value = self._fold_value(events)
        state = self._states(events, holder, waiters, value)
        ends = events.kind == Kind.INTERPRETER_END
        over = forward(events.things.starts, ends, ends, np.zeros(len(events.things.starts), np.bool_))
        state[over] = State.EXITED  # whatever waits for it then
        lockish = np.isin(events.track_kind, (*HOLDABLE, TrackKind.CORE))
        shown = np.where(lockish & (holder != SOMEBODY) & ~over, holder, 0).astype(np.uint32)
        things = events.things
        changed = (
            (state != things.before(state, self._state))
            | (shown != things.before(shown, self._shown))
            | (value != things.before(value, self._value))
        ) & (self._state[events.thing] != State.EXITED)
        things.carry(
            (self._waiters, waiters),
            (self._holder, holder),
            (self._value, value),
            (self._shown, shown),
            (self._state, np.where(self._state[events.thing] == State.EXITED, np.uint8(State.EXITED), state)),
        )
        made = Rows.of(
            events.at[changed],
            track=events.thing[changed],
            kind=Kind.RESOURCE,
            flags=events.flags[changed] & np.uint8(Flag.FORCED),
            state=state[changed],
            thing=shown[changed],
            line=events.line[changed],
            value=value[changed],
        )
        return made[events.row[changed].argsort(kind="stable")]

    def _events(self, rows: Rows, gone: Truth, left: Index) -> _Events | None:
        bears = KINDS[rows.kind] & np.isin(self._kind[rows.thing], (*RESOURCES, TrackKind.CORE)) & (rows.thing != 0)
        row, thing = np.flatnonzero(bears), rows.thing[bears]
        kind = rows.kind[bears]
        losses = np.flatnonzero((rows.kind == Kind.LOST) | gone)
        concerned = [
            *((Kind.THREAD_END, at, self._sentinels(rows, int(rows.track[at]))) for at in left),
            *((Kind.LOST, at, self._concerned(rows, int(at), thing)) for at in losses),
        ]
        for happened, at, things in concerned:
            row = np.concatenate((row, np.full(len(things), at)))
            thing = np.concatenate((thing, things)).astype(np.uint32)
            kind = np.concatenate((kind, np.full(len(things), happened, np.uint8)))
        order = order_by(thing, row) if concerned else order_by(thing)
        if not len(order):
            return None
        row, thing = row[order], thing[order]
        return _Events(
            at=rows.at[row],
            row=row,
            thing=thing,
            thread=rows.track[row],
            kind=kind[order],
            flags=rows.flags[row],
            line=rows.line[row],
            value=rows.value[row],
            things=Groups(thing),
            track_kind=self._kind[thing],
        )

    def _sentinels(self, rows: Rows, thread: int) -> Index:
        """The standard library's own locks that a thread had last. Up to Python 3.12, one of them is let go by the
        interpreter when the thread exits, unseen: it is what joining waits for."""
        now = rows.thing[(rows.kind == Kind.LOCK_ACQUIRE) & (rows.track == thread)]
        mine = self._acquirer.values == thread
        mine[now] = True
        return np.flatnonzero(mine & self._internal.values & (self._kind.values == TrackKind.LOCK))

    def _concerned(self, rows: Rows, at: int, named: Numbers) -> Index:
        """What a row concerns after which not all is seen: what belongs to its process; of lost events, what
        processes share, too."""
        mine = self._of_process(int(self._pid[rows.track[at]]), named)
        if rows.kind[at] != Kind.LOST:
            return mine
        return np.union1d(mine, self._of_process(SHARED, named))

    def _of_process(self, pid: int, named: Numbers) -> Index:
        """What belongs to it and was seen before, or is named in this batch."""
        known = self._state.values != NO_STATE
        known[named] = True
        return np.flatnonzero(known & np.isin(self._kind.values, RESOURCES) & (self._pid.values == pid))

    def _fold_waiters(self, events: _Events) -> Numbers:
        """How many wait for the event's thing, from it on. Counts threads, so that a loss doesn't count twice."""
        change = np.zeros(len(events.at), np.int64)
        waits = WAITS[events.kind]
        forced = (events.kind == Kind.GIL_RELEASE) & (events.flags & Flag.FORCED != 0)
        waits[forced] = 1
        told = np.flatnonzero(waits)
        if len(told):
            order = told[order_by(events.thread[told], events.thing[told])]
            thread, thing = events.thread[order], events.thing[order]
            starts = starts_of(thread, thing)
            pairs = thread[starts].astype(np.uint64) << np.uint64(32) | thing[starts].astype(np.uint64)
            now = (waits[order] > 0).astype(np.int64)
            was = before(starts, now, np.isin(pairs, self._waiting).astype(np.int64))
            change[order] = now - was
            still = pairs[now[ends_of(starts, len(now))] > 0]
            self._waiting = np.union1d(np.setdiff1d(self._waiting, pairs), still)
        return events.things.total(change, self._waiters)

    def _fold_holder(self, events: _Events) -> Numbers:
        """Who has the event's thing, from it on: a thread, 0 nobody, ``SOMEBODY`` not known."""
        things, kind, thread = events.things, events.kind, events.thread
        takes = (kind == Kind.GIL_ACQUIRE) | (kind == Kind.LOCK_ACQUIRE) | (kind == Kind.CORE_ON)
        lets_go = (kind == Kind.GIL_RELEASE) | (kind == Kind.CORE_OFF)
        lets_go |= (kind == Kind.LOCK_RELEASE) & (events.value == 0)
        acquirer = things.forward(takes, thread, self._acquirer)
        acquired_at = things.forward(takes, events.at, self._acquired_at)
        things.carry((self._acquirer, acquirer), (self._acquired_at, acquired_at))
        made = kind == Kind.THING_NEW
        own = (lets_go | (kind == Kind.THREAD_END)) & (acquirer == thread)
        taken = np.where(takes, thread, np.uint32(0))
        holder = things.forward(takes | own | made, taken, self._holder)
        # A thread may let go of another's plain lock. Else, and at the very time of the acquire, it is
        # the release before that acquire, which came in behind it.
        others = lets_go & ~own & (events.track_kind == TrackKind.LOCK) & (events.at > acquired_at)
        others |= lets_go & ~own & ((holder == SOMEBODY) | (holder == 0))
        holder = things.forward(takes | own | made | others, taken, self._holder)
        lost = (kind == Kind.LOST) | (kind == Kind.CORE_LOST)
        if lost.any():
            unsure = lost & ((holder == thread) | (holder == 0))
            taken = np.where(unsure, SOMEBODY, taken)
            holder = things.forward(takes | own | made | others | unsure, taken, self._holder)
        return holder

    def _fold_value(self, events: _Events) -> Numbers:
        """Permits of semaphores, lengths of queues; 0 of all others."""
        kind, starts = events.kind, events.things.starts
        semaphore = events.track_kind == TrackKind.SEMAPHORE
        queue = events.track_kind == TrackKind.QUEUE
        if not (semaphore.any() or queue.any()):
            return np.zeros(len(kind), np.int64)
        made = kind == Kind.THING_NEW
        new = semaphore & made
        self._capacity[events.thing[new]] = events.value[new]
        tells = new | semaphore & (kind == Kind.TAKE) | queue & ((kind == Kind.PUT) | (kind == Kind.GET))
        told = events.things.forward(tells, events.value, self._value)
        given = np.where(semaphore & (kind == Kind.NOTIFY), events.value, 0)
        total = running_total(starts, given, np.zeros(len(starts), np.int64))
        base = forward(starts, tells, total, np.zeros(len(starts), np.int64))
        return np.asarray(np.where(semaphore, told + total - base, np.where(queue, told, 0)))

    def _states(self, events: _Events, holder: Numbers, waiters: Numbers, value: Numbers) -> NDArray[np.uint8]:
        kind = events.track_kind
        lockish = np.isin(kind, HOLDABLE)
        unavailable = (kind == TrackKind.SEMAPHORE) & (value < np.maximum(self._capacity[events.thing], 1))
        unavailable &= ~self._counts[events.thing]
        chosen: list[tuple[Any, State]] = [
            ((kind == TrackKind.CORE) & (holder == 0), State.IDLE),
            ((kind == TrackKind.CORE) & (holder == SOMEBODY), State.UNKNOWN),
            (kind == TrackKind.CORE, State.BUSY),
            (lockish & (holder == SOMEBODY), State.UNKNOWN),
            (lockish & (holder == 0), State.FREE),
            (waiters > 0, State.CONTENDED),
            (lockish | unavailable, State.HELD),
        ]
        return np.select(
            [condition for condition, _ in chosen], [np.uint8(state) for _, state in chosen], np.uint8(State.FREE)
        )
