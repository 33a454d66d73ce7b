"""The fold's fourth part: what becomes of each submitted work, and how much of it each pool has."""

import numpy as np

from gilscope.analysis.forward import Groups, Index, Numbers, Table, Tables, Truth, order_by
from gilscope.events import TASK_ENDS, Flag, Kind, State, TrackKind
from gilscope.recording import Rows

NO_STATE = 255
ENTERS = np.full(256, NO_STATE, np.uint8)
"""The state in which an event leaves its work. WORK_END says itself whether it failed."""
ENTERS[Kind.WORK_NEW] = State.READY
ENTERS[Kind.WORK_RUN] = State.RUNNING
ENTERS[[Kind.THING_NEW, Kind.WORK_RETURN]] = State.SUSPENDED
ENTERS[Kind.WORK_CANCEL] = State.CANCELLED
ENTERS[Kind.WORK_END] = State.DONE
ENTERS[Kind.LOST] = State.UNKNOWN
OVER = (State.EXITED, *TASK_ENDS)
COUNTED = (State.READY, State.RUNNING, State.UNKNOWN)
OF_WORKS = np.zeros(256, np.bool_)
OF_WORKS[[Kind.THING_NEW, *(kind for kind in Kind if Kind.WORK_NEW <= kind <= Kind.WORK_SENT)]] = True


class Works(Tables):
    """Carries, for each work, its state; for each pool, how many works are queued, run, and are in a state that isn't known."""

    def __init__(self, kind: Table, pid: Table) -> None:
        self._kind, self._pid = kind, pid
        self._parent = Table(np.uint32)
        self._capacity = Table(np.int64)
        self._state = Table(np.uint8, NO_STATE)
        self._over = Table(np.bool_)
        self._thing = Table(np.uint32)
        self._ready = Table(np.int64)
        self._running = Table(np.int64)
        self._unknown = Table(np.int64)

    def add(self, id: int, parent: int, capacity: int) -> None:
        """A track was told."""
        self._parent[id], self._capacity[id] = parent, capacity

    def exit(self, pid: int, row: Rows) -> Rows:
        """The process is over: rows that say so of its pools, and of works that had no end."""
        mine = np.isin(self._kind.values, (TrackKind.WORK, TrackKind.POOL)) & (self._pid.values == pid)
        left = np.flatnonzero(mine & ~np.isin(self._state.values, (NO_STATE, *OVER)))
        self._state[left], self._over[left] = State.EXITED, True
        return Rows.of(np.full(len(left), row.at[0]), track=left, state=State.EXITED)

    def feed(self, rows: Rows) -> Rows:
        """Rows of works and pools. ``rows``: of threads, by time."""
        about = self._kind[rows.thing]
        row = np.flatnonzero(OF_WORKS[rows.kind] & (about == TrackKind.WORK))
        steps = np.flatnonzero(np.isin(rows.kind, (Kind.THING_NEW, Kind.POOL_SHUTDOWN)) & (about == TrackKind.POOL))
        lost = np.flatnonzero(rows.kind == Kind.LOST)
        if not len(row) and not len(steps) and not len(lost):
            return Rows.empty()
        work, kind = rows.thing[row], rows.kind[row]
        for at in lost.tolist():  # what was lost may have been about any work that its process has submitted
            open_works = self._open(int(self._pid[rows.track[at]]), work[row < at])
            row, work = np.append(row, np.full(len(open_works), at)), np.append(work, open_works).astype(np.uint32)
            kind = np.append(kind, np.full(len(open_works), Kind.LOST, np.uint8))
        order = order_by(work, row) if len(row) else row
        row, work, kind = row[order], work[order], kind[order]
        return self._fold(rows, row, work, kind, steps)

    def _open(self, pid: int, seen: Numbers) -> Index:
        known = ~np.isin(self._state.values, (NO_STATE, *OVER))
        known[seen] = True
        return np.flatnonzero(known & (self._kind.values == TrackKind.WORK) & (self._pid.values == pid))

    def _fold(self, rows: Rows, row: Index, work: Numbers, kind: Numbers, steps: Index) -> Rows:
        works = Groups(work)
        thread = rows.track[row]
        enters = ENTERS[kind]
        enters[(kind == Kind.WORK_END) & (rows.flags[row] & Flag.ERROR != 0)] = State.FAILED
        over = np.isin(enters, OVER)
        over = works.before(works.forward(over, over, self._over), self._over)
        sets = (enters != NO_STATE) & ~over
        state = works.forward(sets, enters, self._state)
        state[state == NO_STATE] = State.UNKNOWN
        was = works.before(state, self._state)
        about = np.select([state == State.READY, kind == Kind.WORK_RUN], [self._parent[work], thread], np.uint32(0))
        thing = works.forward(sets, about.astype(np.uint32), self._thing)
        works.carry((self._state, state), (self._thing, thing), (self._over, np.isin(state, OVER)))
        by = np.where(np.isin(kind, (Kind.WORK_RUN, Kind.LOST)), 0, thread)
        told = Rows.of(
            rows.at[row],
            track=work,
            kind=kind,
            flags=rows.flags[row],
            state=state,
            thing=thing,
            line=rows.line[row],
            value=by,
        )
        pools = self._pools(rows, row, work, state, was, ~over, steps)
        order = row[~over].argsort(kind="stable")
        return Rows.concat((told[~over][order], pools))

    def _pools(
        self, rows: Rows, row: Index, work: Numbers, state: Numbers, was: Numbers, some: Truth, steps: Index
    ) -> Rows:
        """Each pool: idle, busy, or contended, with how many works are queued; and what is told of it itself."""
        some = some & (self._kind[self._parent[work]] == TrackKind.POOL)
        change = [(state == each).astype(np.int64) - (was == each) for each in COUNTED]
        nothing = np.zeros(len(steps), np.int64)
        pool = np.concatenate((self._parent[work[some]], rows.thing[steps])).astype(np.uint32)
        change = [np.concatenate((each[some], nothing)) for each in change]
        at = np.concatenate((row[some], steps))
        order = order_by(pool, at) if len(at) else at
        pool, at = pool[order], at[order]
        pools = Groups(pool)
        tables = (self._ready, self._running, self._unknown)
        ready, running, unknown = counts = [
            pools.total(each[order], table) for each, table in zip(change, tables, strict=True)
        ]
        now = np.select(
            [unknown > 0, (ready > 0) & (running >= self._capacity[pool]), ready + running > 0],
            [np.uint8(State.UNKNOWN), np.uint8(State.CONTENDED), np.uint8(State.BUSY)],
            np.uint8(State.IDLE),
        )
        own = np.isin(rows.kind[at], (Kind.POOL_SHUTDOWN, Kind.THING_NEW)) & (rows.thing[at] == pool)
        changed = own | (now != pools.before(now, self._state))
        changed |= ready != pools.before(ready, self._ready)
        pools.carry(*zip(tables, counts, strict=True), (self._state, now))
        told = Rows.of(
            rows.at[at],
            track=pool,
            kind=np.where(own, rows.kind[at], Kind.RESOURCE),
            state=now,
            line=np.where(own, rows.line[at], 0),
            value=ready,
        )
        return told[changed][at[changed].argsort(kind="stable")]
