"""The fold: events of threads become rows with states; docs/HACKING.md, "The fold".

A batch at a time, each in the order of time and none before the one before it. Facts that a batch leaves
open are carried into the next, so that batches of any size give the same rows.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.forward import Groups, Index, Numbers, Table, Tables, Truth, order_by
from gilscope.analysis.memory import Memory
from gilscope.analysis.resources import Resources
from gilscope.analysis.tasks import Tasks
from gilscope.analysis.works import Works
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Rows

Gil = Literal["measured", "absent", "unmeasured"]
"""``absent``: a free-threaded build has none."""

# What is known of a thread and the GIL, of what it is inside of, and of its core.
NOT_KNOWN, NONE, WANTS, HOLDS = range(4)
NOTHING, IN_BLOCK, IN_CALL = 1, 2, 3
NOT_SEEN, ON, OFF, PREEMPTED = range(4)

OPENS = {Kind.BLOCK: IN_BLOCK, Kind.LOCK_WAIT: IN_BLOCK, Kind.CALL: IN_CALL}


def _states() -> NDArray[np.uint8]:
    """State by what is known of the GIL, inside and core: the table of HACKING."""
    table = np.full((4, 4, 4), State.UNKNOWN, np.uint8)
    table[HOLDS, :, :] = State.RUNNING
    table[HOLDS, :, OFF] = table[HOLDS, :, PREEMPTED] = State.STALLED
    table[WANTS] = State.GIL_WAIT
    for inside in (NOT_KNOWN, NOTHING):
        table[NONE, inside, ON] = State.NATIVE
        table[NONE, inside, PREEMPTED] = State.RUNNABLE
    table[NONE, NOTHING, OFF] = State.OUTSIDE
    table[NONE, IN_CALL] = State.OUTSIDE
    table[NONE, IN_CALL, ON] = State.NATIVE
    table[NOT_KNOWN, IN_CALL] = State.OUTSIDE
    table[NOT_KNOWN, IN_CALL, ON] = State.UNKNOWN
    table[NONE, IN_BLOCK] = table[NOT_KNOWN, IN_BLOCK] = State.BLOCKED
    return table


def _by_kind(dtype: Any, values: Mapping[Kind, int]) -> NDArray[Any]:
    table = np.zeros(256, dtype)
    for kind, value in values.items():
        table[kind] = value
    return table


STATES = _states()
GIL_KINDS = _by_kind(np.bool_, {k: 1 for k in Kind if Kind.GIL_WAIT <= k <= Kind.GIL_RELEASE})
GIL_FACT = _by_kind(
    np.uint8, {Kind.GIL_WAIT: WANTS, Kind.GIL_DROP_REQUEST: WANTS, Kind.GIL_ACQUIRE: HOLDS, Kind.GIL_RELEASE: NONE}
)
PROGRAM_KINDS = _by_kind(np.bool_, {k: 1 for k in Kind if Kind.THING_NEW <= k <= Kind.THREAD_END})
INSIDE_FACT = _by_kind(np.uint8, {k: OPENS.get(k, NOTHING) for k in Kind if Kind.LOCK_WAIT <= k <= Kind.THREAD_END})
STEPS = PROGRAM_KINDS & ~_by_kind(np.bool_, dict.fromkeys(OPENS, 1))
CORE_KINDS = _by_kind(np.bool_, {Kind.CORE_ON: 1, Kind.CORE_OFF: 1})
ABOUT_CORES = CORE_KINDS | _by_kind(np.bool_, {Kind.CORE_LOST: 1})


class Fold(Tables):
    """Gives rows their states, and makes the rows of the GIL, of locks and kin, of cores, of tasks and loops, of works
    and pools.

    ``gil`` and ``cores``: which layers this run measures. A track is told by ``add_tracks`` before any row
    names it, as ``track`` or as ``thing``.

    Rows that come in are about threads: ``track`` the thread, ``kind`` and ``flags`` what happened, ``thing``
    the track concerned (GIL events: the GIL of the process; ``CALL`` of a sleep: a track of kind SLEEP;
    ``CORE_ON`` and ``CORE_OFF``: the core's track). Rows about processes may stand among them, and pass as
    they are; when one says EXITED, everything of that process has exited: its threads get a THREAD_END with
    the flag ERROR unless they had ended, its GIL and locks a row EXITED.
    """

    def __init__(self, gil: Gil, cores: bool) -> None:
        self._measured = gil == "measured"
        self._cores = cores
        self._kind = Table(np.uint8, 255)
        self._pid = Table(np.int64)
        self._main = Table(np.bool_)
        self._gil = Table(np.uint8, NONE if gil == "absent" else NOT_KNOWN)
        self._gil_thing = Table(np.uint32)
        self._inside = Table(np.uint8)
        self._inside_thing = Table(np.uint32)
        self._core = Table(np.uint8)
        self._last_core = Table(np.uint32)
        self._core_losses: list[tuple[int, int, int]] = []
        """From when to when, at most, and of which core; those that rows may still meet."""
        self._until = -1
        self._ended = Table(np.bool_)
        self._exited = Table(np.bool_)
        self._seen = Table(np.bool_)
        self._first_gil: dict[int, int] = {}
        """By process, when its GIL was first seen: threads that appear later begin without it."""
        self._resources = Resources(self._kind, self._pid)
        self._tasks = Tasks(self._kind, self._pid)
        self._works = Works(self._kind, self._pid)
        self._memory = Memory(self._kind, self._pid)

    def add_tracks(self, tracks: Iterable[Mapping[str, Any]]) -> None:
        """Tracks as the recording's ``tracks`` tell them; again when something changes."""
        for track in tracks:
            id, parent = int(track["id"]), int(track.get("parent") or 0)
            for tables in (self, self._resources, self._tasks, self._works):
                tables.reach(max(id, parent) + 1)
            self._kind[id] = track["kind"]
            self._pid[id] = track.get("pid") or 0
            self._main[id] = track["kind"] == TrackKind.THREAD and track.get("tid") == track.get("pid")
            self._resources.add(
                id, int(track.get("capacity") or 0), bool(track.get("internal")), bool(track.get("counts"))
            )
            self._tasks.add(id, parent, bool(track.get("asyncio")))
            self._works.add(id, parent, int(track.get("capacity") or 0))
            self._memory.add(id, int(track["kind"]), int(track.get("pid") or 0))

    def lose_core(self, core: int, begin: int, end: int) -> None:
        """Records of a core were lost after a time, up to another one at most. Told before rows of that time are fed."""
        self._core_losses.append((max(begin, self._until + 1), end, core))

    def feed(self, rows: Rows) -> Rows:
        """The next batch with states, among it the rows that it makes for resources and cores, by time."""
        if not len(rows):
            return rows
        highest = int(max(rows.track.max(), rows.thing.max()))
        if highest >= len(self._kind.values) or (self._kind[rows.track] == 255).any():
            raise ValueError("a row names a track that was never told")
        exits = rows[(self._kind[rows.track] == TrackKind.PROCESS) & (rows.state == State.EXITED)]
        if len(exits):
            rows = Rows.concat((rows, self._ends(rows, exits))).sorted()
        if self._core_losses:
            rows = Rows.concat((rows, self._lost_sight(rows))).sorted()
        self._until = int(rows.at[-1])
        about_thread = self._kind[rows.track] == TrackKind.THREAD
        if about_thread.all():
            threads, others = rows, []
        else:
            threads, others = rows[about_thread], [rows[~about_thread]]
        told, left = self._threads(threads)
        of_tasks, seen = self._tasks.feed(threads)
        others += [of_tasks, self._works.feed(threads), self._memory.feed(threads)]
        others += [self._resources.feed(seen, self._gone(threads), left)]
        for row in _each(exits):
            pid = int(self._pid[row.track[0]])
            others += [each.exit(pid, row) for each in (self._resources, self._tasks, self._works, self._memory)]
        return Rows.concat((told, *others)).sorted()

    def _ends(self, rows: Rows, exits: Rows) -> Rows:
        """For each thread of a process that has exited, the end that it didn't tell."""
        parts = []
        told = set(rows.track[rows.kind == Kind.THREAD_END].tolist())
        for exit in _each(exits):
            mine = (self._kind.values == TrackKind.THREAD) & (self._pid.values == self._pid[exit.track[0]])
            left = [id for id in np.flatnonzero(mine & ~self._ended.values).tolist() if id not in told]
            parts.append(Rows.of(np.full(len(left), exit.at[0]), track=left, kind=Kind.THREAD_END, flags=Flag.ERROR))
        return Rows.concat(parts)

    def _lost_sight(self, rows: Rows) -> Rows:
        """For each thread that is there when records of a core begin to be lost, a row that says so."""
        parts = []
        for n, (begin, end, core) in enumerate(self._core_losses):
            again = rows.at[CORE_KINDS[rows.kind] & (rows.thing == core) & (rows.at > begin)]
            if len(again):  # what a core tells comes in order: from there on it is seen again
                self._core_losses[n] = (begin, min(end, int(again[0]) - 1), core)
            if self._until < begin <= rows.at[-1]:
                here = self._core.values != NOT_SEEN
                here[rows.track[rows.at <= begin]] = True
                threads = (self._kind.values == TrackKind.THREAD) & here & ~self._exited.values
                mine = np.flatnonzero(threads).astype(np.uint32)
                parts.append(Rows.of(np.full(len(mine), begin), track=mine, kind=Kind.CORE_LOST, thing=core))
        return Rows.concat(parts)

    def _gone(self, rows: Rows) -> Truth:
        """Rows after which nothing more is seen of their thread, though it may hold things."""
        ends = rows.kind == Kind.THREAD_END
        return np.asarray(ends & (self._main[rows.track] | (rows.flags & Flag.ERROR != 0)))

    def _threads(self, rows: Rows) -> tuple[Rows, Index]:
        """The same rows, each with its thread's state and what it waits for; and at which of them threads exit."""
        if not len(rows):
            return rows, np.empty(0, np.intp)
        order = order_by(rows.track)
        ordered = rows[order]
        threads = Groups(ordered.track)
        self._meet(rows, ordered, threads)

        gil, gil_thing = self._fold_gil(ordered, threads)
        inside, inside_thing = self._fold_inside(ordered, threads)
        core = self._fold_core(ordered, threads)
        state = STATES[gil, inside, core]
        if not self._measured:
            # No GIL tells that it acts: what it does inside of a wait, such as letting a lock go before it, is no waiting.
            acts = (inside == IN_BLOCK) & (ordered.flags & Flag.NESTED != 0) & STEPS[ordered.kind]
            state[acts] = STATES[gil, NOTHING, core][acts]
        exited = self._fold_exit(ordered, threads, gil)
        state[exited] = State.EXITED

        left = order[exited & ~threads.before(exited, self._exited)]

        thing = np.where(ABOUT_CORES[ordered.kind], np.uint32(0), ordered.thing)
        away = (state == State.BLOCKED) | (state == State.OUTSIDE)
        thing = np.where(away, np.where(inside >= IN_BLOCK, inside_thing, np.uint32(0)), thing)
        thing = np.where(state == State.GIL_WAIT, gil_thing, thing).astype(np.uint32)
        threads.carry(
            (self._gil, gil),
            (self._gil_thing, gil_thing),
            (self._inside, inside),
            (self._inside_thing, inside_thing),
            (self._core, core),
            (self._exited, exited),
        )
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        told = Rows(rows.at, rows.track, rows.kind, rows.flags, state[back], thing[back], rows.line, rows.value)
        # Who is on another core hasn't lost anything.
        elsewhere = (ordered.kind == Kind.CORE_LOST) & (core == ON)
        return told[~elsewhere[back]], left

    def _meet(self, rows: Rows, ordered: Rows, threads: Groups) -> None:
        """A thread that first shows when its process's GIL was known already begins without it, inside of nothing."""
        fresh = ~self._seen[threads.ids]
        if not self._measured:
            return
        of_gil = GIL_KINDS[rows.kind]
        pids, first = np.unique(self._pid[rows.track[of_gil]], return_index=True)
        for pid, at in zip(pids.tolist(), rows.at[of_gil][first].tolist(), strict=True):
            self._first_gil.setdefault(pid, at)
        for track, at in zip(threads.ids[fresh].tolist(), ordered.at[threads.starts[fresh]].tolist(), strict=True):
            if self._first_gil.get(int(self._pid[track]), at) < at:
                self._gil[track] = NONE
                self._inside[track] = NOTHING
        self._seen[threads.ids] = True

    def _fold_gil(self, rows: Rows, threads: Groups) -> tuple[Numbers, Numbers]:
        if not self._measured:
            constant = np.full(len(rows), self._gil[0], np.uint8)
            return constant, np.zeros(len(rows), np.uint32)
        told = GIL_KINDS[rows.kind]
        fact = GIL_FACT[rows.kind]
        fact[(rows.kind == Kind.GIL_RELEASE) & (rows.flags & Flag.FORCED != 0)] = WANTS
        sets = told | (rows.kind == Kind.LOST)
        gil = threads.forward(sets, fact, self._gil)
        # What the program layer records, it records with the GIL held: that tells, where nothing else does.
        implied = (gil == NOT_KNOWN) & PROGRAM_KINDS[rows.kind]
        if implied.any():
            fact[implied] = HOLDS
            gil = threads.forward(sets | implied, fact, self._gil)
        return gil, threads.forward(told, rows.thing, self._gil_thing)

    def _fold_inside(self, rows: Rows, threads: Groups) -> tuple[Numbers, Numbers]:
        fact = INSIDE_FACT[rows.kind]
        sets = (fact != 0) & (rows.flags & Flag.NESTED == 0) | (rows.kind == Kind.LOST)
        inside = threads.forward(sets, fact, self._inside)
        return inside, threads.forward(sets, rows.thing, self._inside_thing)

    def _fold_core(self, rows: Rows, threads: Groups) -> Numbers:
        if not self._cores:
            return np.full(len(rows), NOT_SEEN, np.uint8)
        told, lost = CORE_KINDS[rows.kind], rows.kind == Kind.CORE_LOST
        fact = np.where(rows.flags & Flag.PREEMPTED, PREEMPTED, OFF).astype(np.uint8)
        for begin, end, _ in self._core_losses:
            fact[(rows.at >= begin) & (rows.at <= end)] = NOT_SEEN  # by now it may be on the core that isn't seen
        fact[lost] = NOT_SEEN
        fact[rows.kind == Kind.CORE_ON] = ON
        if lost.any():
            seen, core = threads.forward(told, fact, self._core), threads.forward(told, rows.thing, self._last_core)
            told |= lost & ((seen != ON) | (core == rows.thing))
        threads.carry((self._last_core, threads.forward(CORE_KINDS[rows.kind], rows.thing, self._last_core)))
        self._core_losses = [loss for loss in self._core_losses if loss[1] > self._until]
        return threads.forward(told, fact, self._core)

    def _fold_exit(self, rows: Rows, threads: Groups, gil: Numbers) -> Truth:
        """From the end that a thread tells, or from when it lets go of the GIL after that."""
        tells = rows.kind == Kind.THREAD_END
        if not tells.any() and not self._ended[threads.ids].any():
            return np.zeros(len(rows), np.bool_)
        ended = threads.forward(tells, tells, self._ended)
        at_once = self._gone(rows)
        exits = at_once | ended & ((gil != HOLDS) | (not self._measured))
        threads.carry((self._ended, ended))
        return threads.forward(exits, exits, self._exited)


def _each(rows: Rows) -> list[Rows]:
    return [rows[n : n + 1] for n in range(len(rows))]
