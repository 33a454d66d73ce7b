"""Merges what threads and the kernel recorded into rows of one time axis, about numbered tracks.

Comes in: records of rings (by address) and context switches (by the kernel's thread id). Goes out: rows as the fold
takes them. A thread's first rows wait until it has told who it is, at most ``PATIENCE_NS``: so that no row is ever
about a track that turns out to be another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.forward import Table, ends_of, forward, starts_of
from gilscope.collector.cores import MARGIN_NS, Loss, Switches
from gilscope.collector.memo import Memo
from gilscope.collector.places import Places
from gilscope.collector.rings import FOREVER, Account, Records
from gilscope.collector.tasks import Tasks
from gilscope.collector.tracks import Tracks
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Rows

PATIENCE_NS = 100_000_000
"""A thread that hasn't told who it is after this long goes by its number."""
START_PATIENCE_NS = 1_000_000_000
"""A start that hasn't told after this long which process it has started is that of nobody."""
NEVER = FOREVER
SHARED = np.uint64(1 << 47)
"""From here on, a thing isn't an address but a key, which means the same in all processes."""
NO_PROCESS = 0
"""Stands for the process of what is shared."""

_NONE = np.empty(0, np.uint32)
NO_SWITCHES = Switches(np.empty(0, np.int64), _NONE, _NONE, _NONE, np.empty(0, np.bool_), np.empty(0, np.bool_))

Columns = TypeVar("Columns", Records, Switches)
Ids = NDArray[np.uint32]


def kinds(*some: Kind) -> NDArray[np.bool_]:
    """A table that tells these kinds."""
    table = np.zeros(256, np.bool_)
    table[list(some)] = True
    return table


OF_GIL = kinds(Kind.GIL_WAIT, Kind.GIL_DROP_REQUEST, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE)
OF_CALL = kinds(Kind.CALL, Kind.RETURN)
OF_PROCESS = kinds(Kind.PROCESS_START, Kind.PROCESS_STARTED, Kind.PROCESS_BEGIN, Kind.PROCESS_RUN)
OF_TASK = kinds(*(kind for kind in Kind if Kind.TASK_NEW <= kind <= Kind.TASK_CANCEL))
OF_LOOP = kinds(Kind.LOOP_SELECT, Kind.LOOP_RUN)
MAKES = kinds(Kind.THING_NEW, Kind.ASYNC_NEW)
OF_TYPE = kinds(Kind.PICKLE, Kind.PICKLED, Kind.UNPICKLE, Kind.UNPICKLED)
OF_THING = kinds(*(kind for kind in Kind if Kind.THING_NEW <= kind <= Kind.THREAD_END and not OF_CALL[kind]))
OF_THING |= OF_TASK | OF_LOOP | kinds(Kind.ASYNC_NEW)


def pick(columns: Columns, index: Any) -> Columns:
    """Some of the rows."""
    return type(columns)(*(getattr(columns, column.name)[index] for column in fields(columns)))


def join(first: Columns, second: Columns) -> Columns:
    """One after the other."""
    if not len(first.at) or not len(second.at):
        return second if len(second.at) else first
    names = [column.name for column in fields(first)]
    return type(first)(*(np.concatenate((getattr(first, name), getattr(second, name))) for name in names))


@dataclass(slots=True, eq=False)
class _Thread:
    """One ring, from claim to end. ``track`` is 0 until it is known which one."""

    pid: int
    tid: int
    track: int = 0
    named: Mapping[str, Any] | None = None


class Merge:
    """Carries everything from one batch to the next."""

    def __init__(self, tracks: Tracks, places: Places, origin: int, cores: bool) -> None:
        self._tracks, self._places, self._origin, self._cores = tracks, places, origin, cores
        self._threads: dict[tuple[int, int], _Thread] = {}
        self._unbound: dict[tuple[int, int], _Thread] = {}
        self._named: dict[tuple[int, int], Mapping[str, Any]] = {}
        self._rings = Memo()
        """Track by slot « 32 | generation."""
        self._tids = Memo()
        self._gils: dict[int, Memo] = {}
        self._things: dict[int, Memo] = {}
        self._sleep = 0
        self._tasks = Tasks(tracks, places)
        self._announced: set[int] = set()
        """Tracks of threads that were started, but have not begun."""
        self._kind = Table(np.uint8)
        self._inner = Table(np.bool_)
        self._main = Table(np.bool_)
        self._pid = Table(np.int64)
        self._lost: list[dict[str, int]] = []
        self._records: Records | None = None
        self._switches: Switches | None = None
        self._early = NO_SWITCHES
        self._live: dict[int, set[tuple[int, int]]] = {}
        self._over: dict[int, int] = {}
        """By process, when it stopped being recorded."""
        self._begun_at: dict[int, int] = {}
        """By process, when it was alive first."""
        self._starting: set[int] = set()
        """Processes whose start was told: alive once they record themselves."""
        self._started: dict[tuple[int, int, int], int] = {}
        """By the start, as slot, generation and time: which process."""
        self._inherited: dict[int, dict[int, int]] = {}
        """By forked process, what its parent had: track by address."""
        self._dying: dict[int, int] = {}
        self._last: dict[int, int] = {}
        self._told_until = 0

    def begin(self, accounts: Iterable[Account]) -> None:
        """Threads that have claimed rings."""
        for account in accounts:
            key = (account.slot, account.generation)
            thread = _Thread(account.pid, account.tid, named=self._named.pop(key, None))
            self._threads[key] = self._unbound[key] = thread
            self._live.setdefault(account.pid, set()).add(key)

    def end(self, accounts: Iterable[Account]) -> None:
        """Threads whose rings are read to their ends."""
        for account in accounts:
            self._live[account.pid].discard((account.slot, account.generation))

    def gone(self, pids: Mapping[int, int]) -> None:
        """Processes that are over, each with when that was seen (ns)."""
        self._dying.update(pids)

    def define(self, told: Mapping[str, Any]) -> None:
        """A definition of a thread: its name. It may come before anything else of the thread was seen."""
        key = (told["slot"], told["generation"])
        thread = self._threads.get(key)
        if thread is None:
            self._named[key] = told
        else:
            thread.named = told
            self._name(thread)

    def define_task(self, told: Mapping[str, Any]) -> None:
        """A definition of a task, or the words for what tasks await."""
        self._tasks.define(told)

    def lose_switches(self, losses: Iterable[Loss]) -> None:
        """The kernel found no room for so many records of a core."""
        for loss in losses:
            self._lose(self._tracks.core(loss.cpu), loss.first, loss.last, loss.count)

    def take_lost(self) -> list[dict[str, int]]:
        """What was lost, as the recording tells it, since the last call."""
        lost, self._lost = self._lost, []
        return lost

    def _lose(self, track: int, first: int, last: int, count: int) -> None:
        begin = max(first - self._origin, 0)
        self._lost.append({"track": track, "from": begin, "to": max(last - self._origin, begin), "count": count})

    def feed(self, records: Records, switches: Switches, until: int) -> Rows:
        """Rows for the fold, by time. ``until``: no record earlier than this comes later; ``FOREVER``: none at all."""
        switches = self._from_origin(switches, until)
        if self._records is not None and self._switches is not None:
            records, switches = join(self._records, records), join(self._switches, switches)
        cut = self._cut(records, switches, until)
        early, early_switches = records.at < cut, switches.at < cut
        self._records, self._switches = pick(records, ~early), pick(switches, ~early_switches)
        of_rings = self._merge(pick(records, early))
        starts = self._starts(of_rings)
        ends = self._put_back(of_rings)
        on_cores = self._on_cores(pick(switches, early_switches))
        lives = self._begin_processes(of_rings, on_cores)
        merged = Rows.concat((lives, *of_rings, *on_cores, self._tell_starts(starts), ends)).sorted()
        if len(merged):
            self._told_until = max(self._told_until, int(merged.at[-1]))
        return Rows.concat((merged, self._end_processes(until == FOREVER)))

    def _from_origin(self, switches: Switches, until: int) -> Switches:
        """Without those before time 0, but for who is on a core then."""
        before = switches.at < self._origin
        if before.any():
            self._early, switches = join(self._early, pick(switches, before)), pick(switches, ~before)
        if not len(self._early) or until < self._origin + MARGIN_NS:
            return switches
        early, self._early = self._early, NO_SWITCHES
        last = {tid: n for n, tid in enumerate(early.tid.tolist())}
        there = pick(early, [n for n in last.values() if early.on[n]])
        return join(replace(there, at=np.full(len(there), self._origin)), switches)

    # Who is who

    def _cut(self, records: Records, switches: Switches, until: int) -> int:
        """The time from which on rows have to wait: for later switches, for a thread to tell who it is, for a start to
        tell which process it has started."""
        if until == FOREVER:
            self._match_starts(records)
            return NEVER
        begin, tell = self._first_rows(records, switches)
        patient = until - PATIENCE_NS
        waiting = [at for tid, at in begin.items() if tid not in tell and at > patient]
        for start, (at, answered) in enumerate(self._match_starts(records)):
            if answered:  # numbers below 0 are no thread's
                begin[-1 - start], tell[-1 - start] = at, answered
            elif at > until - START_PATIENCE_NS:
                waiting.append(at)
        cut = min([until + 1 - (MARGIN_NS if self._cores else 0), *waiting])
        # Who tells it after the cut waits from its first row on, too.
        while True:
            more = [at for tid, at in begin.items() if at < cut <= tell.get(tid, 0)]
            if not more:
                return cut
            cut = min(more)

    def _first_rows(self, records: Records, switches: Switches) -> tuple[dict[int, int], dict[int, int]]:
        """By tid, of threads without a track: when they first show, and when they tell who they are.

        A process's main thread is known without: its number is the process's.
        """
        begin: dict[int, int] = {}
        tell: dict[int, int] = {}
        for (slot, generation), thread in self._unbound.items():
            mine = np.flatnonzero((records.slot == slot) & (records.generation == generation))
            if len(mine) and thread.tid != thread.pid:
                begin[thread.tid] = int(records.at[mine[0]])
                begins = mine[records.kind[mine] == Kind.THREAD_BEGIN]
                if len(begins):
                    tell[thread.tid] = int(records.at[begins[0]])
        unknown = (self._tids.ids(switches.tid.astype(np.uint64), lambda *_: 0) == 0) & (switches.tid != switches.pid)
        tids, first = np.unique(switches.tid[unknown], return_index=True)
        for tid, at in zip(tids.tolist(), switches.at[unknown][first].tolist(), strict=True):
            begin[tid] = min(at, begin.get(tid, at))
        return begin, tell

    def _match_starts(self, records: Records) -> list[tuple[int, int]]:
        """When each process was begun to be started, and when that was answered (0: not yet). Notes which one it is."""
        open_starts: dict[tuple[int, int], list[int]] = {}
        found: dict[tuple[int, int, int], int] = {}
        for n in np.flatnonzero((records.kind == Kind.PROCESS_START) | (records.kind == Kind.PROCESS_STARTED)).tolist():
            ring, at = (int(records.slot[n]), int(records.generation[n])), int(records.at[n])
            if records.kind[n] == Kind.PROCESS_START:
                open_starts.setdefault(ring, []).append(at)
                found[(*ring, at)] = 0
            elif open_starts.get(ring):
                start = (*ring, open_starts[ring].pop())
                found[start] = at
                if not records.flags[n] & Flag.ERROR:
                    self._started[start] = int(records.value[n])
        return [(at, answered) for (_, _, at), answered in found.items()]

    def _bind(self, key: tuple[int, int], track: int) -> None:
        thread = self._unbound.pop(key)
        thread.track = track
        self._announced.discard(track)
        self._rings.put(key[0] << 32 | key[1], track)
        self._tids.put(thread.tid, track)
        self._main[track] = thread.tid == thread.pid
        self._tracks.change(track, tid=thread.tid, pid=thread.pid)
        self._name(thread)

    def _name(self, thread: _Thread) -> None:
        if thread.track and thread.named:
            name = self._tracks.thread_name(thread.pid, thread.tid, thread.named["name"])
            self._tracks.change(thread.track, name=name, daemon=thread.named["daemon"])
        elif thread.track:
            self._tracks.change(thread.track, name="MainThread" if thread.tid == thread.pid else f"thread {thread.tid}")

    def _bind_by_number(self, key: tuple[int, int]) -> int:
        """A thread that tells nothing of itself."""
        thread = self._unbound[key]
        track = self._tids.known.get(thread.tid) or self._new(self._tracks.thread(thread.pid))
        self._bind(key, track)
        return track

    def _new(self, track: int) -> int:
        """Remember what kind of track this is."""
        for table in (self._kind, self._inner, self._main, self._pid):
            table.reach(track + 1)
        told = self._tracks[track]
        self._kind[track], self._inner[track], self._pid[track] = told["kind"], told["internal"], told["pid"]
        return track

    # Rings

    def _merge(self, records: Records) -> list[Rows]:
        """Rows of the records, by process."""
        if not len(records.at):
            return []
        records = self._find_shared(records)
        keys = records.slot.astype(np.uint64) << np.uint64(32) | records.generation
        unique, inverse = np.unique(keys, return_inverse=True)
        pids = np.array([self._threads[key >> 32, key & 0xFFFFFFFF].pid for key in unique.tolist()])
        if len(set(pids.tolist())) == 1:
            return [self._of_process(int(pids[0]), records, keys)]
        pid = pids[inverse]
        return [
            self._of_process(each, pick(records, pid == each), keys[pid == each]) for each in np.unique(pid).tolist()
        ]

    def _find_shared(self, records: Records) -> Records:
        """Make what is made for several processes, whichever of them is looked at first. What is read at the one end of a
        pipe is what is written at the other."""
        shared = records.thing >= SHARED
        if not shared.any():
            return records
        for n in np.flatnonzero(shared & (records.kind == Kind.THING_NEW)).tolist():
            maker = self._threads[int(records.slot[n]), int(records.generation[n])].pid
            one = pick(records, [n])
            self._made_things(NO_PROCESS, one, self._places.at(maker, one.code, one.offset))
        read = (
            shared & (records.aux == TrackKind.PIPE) & ((records.kind == Kind.BLOCK) | (records.kind == Kind.UNBLOCK))
        )
        thing = records.thing.copy()
        for end in np.unique(thing[read]).tolist():
            thing[read & (records.thing == end)] = self._tracks.other_end.get(end, end)
        return replace(records, thing=thing)

    def _of_process(self, pid: int, records: Records, keys: NDArray[np.uint64]) -> Rows:
        line = self._places.at(pid, records.code, records.offset)
        line[records.kind == Kind.LOST] = 0
        for key in [key for key, thread in self._unbound.items() if thread.tid == thread.pid == pid]:
            self._bind_by_number(key)
        thing, value = self._things_of(pid, records, line)
        for n in np.flatnonzero(records.kind == Kind.THREAD_BEGIN).tolist():
            self._thread_begins(
                pid, (int(records.slot[n]), int(records.generation[n])), int(records.thing[n]), thing, n
            )
        track = self._rings.ids(keys, lambda key, _: self._bind_by_number((key >> 32, key & 0xFFFFFFFF)))
        self._last[pid] = max(self._last.get(pid, 0), int(records.at[-1]))
        for n in np.flatnonzero(records.kind == Kind.LOST).tolist():
            self._lose(int(track[n]), int(records.at[n]), int(records.code[n]), int(records.value[n]))
        return Rows.of(
            records.at - self._origin,
            track=track,
            kind=records.kind,
            flags=records.flags,
            thing=thing,
            line=line,
            value=value,
        )

    def _thread_begins(self, pid: int, key: tuple[int, int], address: int, thing: Ids, n: int) -> None:
        track = int(thing[n])
        if key not in self._unbound:
            track = self._threads[key].track
        elif track not in self._announced:  # it wasn't started by start()
            track = self._new(self._tracks.thread(pid))
        thing[n] = track
        self._things_by_address(pid).put(address, track)
        if key in self._unbound:
            self._bind(key, track)

    def _things_of(self, pid: int, records: Records, line: Ids) -> tuple[Ids, NDArray[np.int64]]:
        """The track that each record is about, and its value, which may be a track, too."""
        thing = np.zeros(len(records.at), np.uint32)
        gils = OF_GIL[records.kind]
        if gils.any():
            memo = self._gils.setdefault(pid, Memo())
            thing[gils] = memo.ids(records.thing[gils], lambda *_: self._new(self._tracks.gil(pid)))
        of_pipe = records.aux == TrackKind.PIPE
        calls = OF_CALL[records.kind] & ~of_pipe
        if calls.any():
            if not self._sleep:
                self._sleep = self._new(self._tracks.add(TrackKind.SLEEP, "time.sleep", pid))
            thing[calls] = self._sleep
        of_process = records.aux == TrackKind.PROCESS
        some = (OF_THING[records.kind] | OF_CALL[records.kind] & of_pipe) & (records.thing != 0) & ~of_process
        of_type = OF_TYPE[records.kind] & (records.thing != 0)
        for number in np.unique(records.thing[of_type]).tolist():
            thing[of_type & (records.thing == number)] = self._new(self._tracks.type(number, pid))
        for n in np.flatnonzero(of_process & (OF_THING | OF_PROCESS)[records.kind]).tolist():
            thing[n] = self._process_meant(pid, records, n)
        if OF_TASK[records.kind].any():
            return self._tasks_of(pid, records, line, thing, some)
        if some.any():
            thing[some] = self._made_things(pid, pick(records, some), line[some])
        return thing, records.value

    def _tasks_of(
        self, pid: int, records: Records, line: Ids, thing: Ids, some: NDArray[np.bool_]
    ) -> tuple[Ids, NDArray[np.int64]]:
        """The same where tasks are among them: what such a record is about besides is an address of the same moment."""
        first = np.flatnonzero(some)
        second, address, kind = self._tasks.also_meant(pid, records)
        both = np.concatenate((first, second))
        of_tasks = OF_TASK[records.kind[first]]
        asked = replace(
            pick(records, both),
            thing=np.concatenate((records.thing[first], address)),
            aux=np.concatenate((np.where(of_tasks, TrackKind.TASK, records.aux[first]), kind)).astype(np.uint16),
            kind=np.concatenate((records.kind[first], np.full(len(second), Kind.NONE))).astype(np.uint8),
        )
        order = both.argsort(kind="stable")
        ids = np.empty(len(both), np.uint32)
        ids[order] = self._made_things(pid, pick(asked, order), line[both][order])
        thing[first] = ids[: len(first)]
        value = np.where(records.kind == Kind.TASK_NEW, 0, records.value)
        value[second] = ids[len(first) :]
        for n in np.flatnonzero(records.kind == Kind.TASK_NEW).tolist():
            self._tasks.made(pid, int(records.value[n]), int(thing[n]), int(value[n]))
        words = (records.kind == Kind.TASK_SUSPEND) & (records.aux == TrackKind.FUTURE)
        for number in np.unique(records.value[words]).tolist():
            value[words & (records.value == number)] = self._new(self._tasks.future(pid, number))
        return thing, value

    def _process_meant(self, pid: int, records: Records, n: int) -> int:
        """The track of the process that a record is about; 0: not known which."""
        match records.kind[n]:
            case Kind.PROCESS_START:
                ring = int(records.slot[n]), int(records.generation[n])
                meant = self._started.pop((*ring, int(records.at[n])), 0)
            case Kind.PROCESS_STARTED:
                meant = int(records.value[n])
            case Kind.PROCESS_BEGIN | Kind.PROCESS_RUN:
                meant = pid
            case _:
                meant = int(records.thing[n])
        return self._new(self._tracks.process(meant)) if meant else 0

    def _made_things(self, pid: int, records: Records, line: Ids) -> Ids:
        """The same for things that are made, and whose addresses are used again."""
        shared = records.thing >= SHARED
        if pid != NO_PROCESS and shared.any():
            ids = np.empty(len(shared), np.uint32)
            for which, whose in ((shared, NO_PROCESS), (~shared, pid)):
                ids[which] = self._made_things(whose, pick(records, which), line[which])
            return ids
        memo = self._things_by_address(pid)
        keys = records.thing
        before = memo.ids(keys, lambda *_: 0)
        nested = records.flags & Flag.NESTED != 0
        made = MAKES[records.kind] & ((before == 0) | (pid != NO_PROCESS))
        # The standard library makes its own locks by the thousand: those of one address share a track.
        again = made & nested & self._inner[before] & (self._kind[before] == records.aux)
        news = (
            made
            | (records.kind == Kind.TASK_NEW)
            | (records.kind == Kind.THREAD_START) & (records.flags & Flag.ERROR == 0)
        )
        creating = news & ~again
        remade = np.isin(keys, keys[creating]) if creating.any() else creating
        creating |= news & remade
        unknown = np.flatnonzero(before == 0)
        sets = creating.copy()
        sets[unknown[np.unique(keys[unknown], return_index=True)[1]]] = True
        ids = before.copy()
        for n in np.flatnonzero(sets).tolist():
            ids[n] = self._make(pid, records, n, int(line[n]), internal=not creating[n] or bool(nested[n]))
        moving = np.flatnonzero(remade | (before == 0))
        if len(moving):
            # From each making on, the address means the new thing; up to the first, what it meant before.
            order = moving[keys[moving].argsort(kind="stable")]
            starts = starts_of(keys[order])
            ids[order] = forward(starts, sets[order], ids[order], before[order[starts]])
            for n in order[ends_of(starts, len(order))].tolist():
                memo.put(int(keys[n]), int(ids[n]))
        return ids

    def _things_by_address(self, pid: int) -> Memo:
        if pid not in self._things:
            self._things[pid] = Memo()
            parent = self._things.get(self._tracks.forked.get(pid, 0))
            self._inherited[pid] = dict(parent.known) if parent else {}
        return self._things[pid]

    def _make(self, pid: int, records: Records, n: int, location: int, internal: bool) -> int:
        kind = TrackKind(int(records.aux[n]))
        thread = self._threads[int(records.slot[n]), int(records.generation[n])]
        if records.kind[n] == Kind.THREAD_BEGIN and thread.track:
            return thread.track
        if kind == TrackKind.THREAD:
            track = self._new(self._tracks.thread(pid))
            self._announced.add(track)
            return track
        if kind == TrackKind.LOOP:
            return self._new(self._tracks.loop(pid))
        if kind == TrackKind.TASK:
            return self._new(self._tracks.add(kind, "task", pid, line=location))
        had = self._inherited.get(pid, {}).get(int(records.thing[n]))
        if had and internal and records.kind[n] != Kind.THING_NEW and self._kind[had] == kind:
            return self._new(self._tracks.copy(had, pid))
        value = int(records.value[n]) if MAKES[records.kind[n]] else 0
        track = self._tracks.thing(kind, pid or thread.pid, location, internal, value)
        if records.kind[n] == Kind.ASYNC_NEW:
            self._tracks.change(track, asyncio=True)
        if pid == NO_PROCESS:
            self._tracks.change(track, pid=0)  # it outlives the process that made it
        return self._new(track)

    # Cores

    def _on_cores(self, switches: Switches) -> list[Rows]:
        """Rows of the kernel's records: about threads, with the core as what they are about."""
        for pid, over in self._over.items():
            switches = pick(switches, (switches.pid != pid) | (switches.at <= over))
        if not len(switches.at):
            return []

        def number(tid: int, n: int) -> int:
            pid = int(switches.pid[n])
            track = self._new(self._tracks.thread(pid))
            self._tracks.change(track, tid=tid, name=f"thread {tid}")
            return track

        track = self._tids.ids(switches.tid.astype(np.uint64), number)
        cores = np.array([self._tracks.core(cpu) for cpu in range(int(switches.cpu.max()) + 1)], np.uint32)
        for pid in np.unique(switches.pid).tolist():
            self._last[pid] = max(self._last.get(pid, 0), int(switches.at[switches.pid == pid][-1]))
        return [
            Rows.of(
                switches.at - self._origin,
                track=track,
                kind=np.where(switches.on, Kind.CORE_ON, Kind.CORE_OFF),
                flags=np.where(switches.preempted & ~switches.on, Flag.PREEMPTED, 0),
                thing=cores[switches.cpu],
                value=switches.cpu,
            )
        ]

    # Processes

    def _starts(self, rows: Sequence[Rows]) -> Rows:
        """What is told of the starts of processes. Each belongs to the last that says so: of what a fork server forks,
        that is who asked for it."""
        steps = Rows.concat([part[OF_PROCESS[part.kind] & (part.thing != 0)] for part in rows]).sorted()
        for n in np.flatnonzero(steps.kind <= Kind.PROCESS_STARTED).tolist():
            track, starter = int(steps.thing[n]), int(self._pid[steps.track[n]])
            self._tracks.start_process(track, self._tracks.process(starter))
            if steps.kind[n] == Kind.PROCESS_START:
                self._starting.add(int(self._pid[track]))
        return steps

    def _tell_starts(self, steps: Rows) -> Rows:
        """The same on the tracks of the processes: starting, until they are alive."""
        told = []
        for n in range(len(steps)):
            track, at = int(steps.thing[n]), int(steps.at[n])
            pid = int(self._pid[track])
            begun, over = self._begun_at.get(pid, NEVER), self._over.get(pid, NEVER) - self._origin
            if at <= over:
                state = State.ALIVE if at >= begun else State.STARTING
                told.append(Rows.of([at], track=track, kind=steps.kind[n], state=state, line=steps.line[n]))
        return Rows.concat(told)

    def _begin_processes(self, of_rings: Sequence[Rows], on_cores: Sequence[Rows]) -> Rows:
        """Each process is alive from its first row on; one whose start was told, from the first that it tells itself."""
        fresh = {pid: track for pid, track in self._tracks.processes().items() if pid not in self._begun_at}
        told = []
        for pid, track in fresh.items():
            rows = of_rings if pid in self._starting else (*of_rings, *on_cores)
            first = [int(part.at[mine].min()) for part in rows if (mine := self._of(part, pid)).any()]
            if first:
                self._begun_at[pid] = min(first)
                told.append(Rows.of([min(first)], track=track, state=State.ALIVE))
        return Rows.concat(told)

    def _of(self, rows: Rows, pid: int) -> NDArray[np.bool_]:
        return np.asarray(self._pid[rows.track] == pid)

    def _put_back(self, rows: Sequence[Rows]) -> Rows:
        """A process whose main thread has ended isn't recorded any more: what is left is the interpreter's own end."""
        told = []
        for part in rows:
            for n in np.flatnonzero((part.kind == Kind.THREAD_END) & self._main[part.track]).tolist():
                pid, at = int(self._pid[part.track[n]]), int(part.at[n])
                self._over[pid] = at + self._origin
                told.append(Rows.of([at], track=self._tracks.process(pid), state=State.EXITED))
        return Rows.concat(told)

    def _end_processes(self, final: bool) -> Rows:
        """Each process that is gone has exited once nothing more of it can come."""
        told = []
        if final:  # a child that lived too shortly to be seen leaving is gone with the others
            unseen = set([*self._tracks.processes()][1:]) - self._dying.keys() - self._over.keys()
            self._dying.update(dict.fromkeys(unseen, self._told_until + self._origin))
        for pid in self._dying.keys() & self._over.keys():
            del self._dying[pid]
        for pid in [*self._dying]:
            track = self._tracks.processes().get(pid)
            if track is None or not (final or self._is_read(pid)):
                continue
            seen = self._dying.pop(pid)
            # The kernel tells to the nanosecond when its last thread left its core; without it, we know when we saw it.
            at = max((self._last.get(pid, seen) if self._cores else seen) - self._origin, self._told_until)
            self._over.setdefault(pid, at + self._origin)
            told.append(Rows.of([at], track=track, state=State.EXITED))
        return Rows.concat(told)

    def _is_read(self, pid: int) -> bool:
        waiting = self._records is not None and any(
            self._threads[key].pid == pid
            for key in set(zip(self._records.slot.tolist(), self._records.generation.tolist(), strict=True))
        )
        return not self._live.get(pid) and not waiting
