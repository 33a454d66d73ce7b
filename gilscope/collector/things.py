"""What records are about: addresses, keys and numbers get the tracks of locks, tasks and other things."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.forward import ends_of, forward, starts_of
from gilscope.collector.columns import Ids, Known, kinds, ring_of
from gilscope.collector.gils import Gils
from gilscope.collector.memo import Memo
from gilscope.collector.places import Places
from gilscope.collector.processes import OF_PROCESS, Processes
from gilscope.collector.records import Records
from gilscope.collector.tasks import Tasks
from gilscope.collector.threads import Threads
from gilscope.collector.tracks import Tracks
from gilscope.collector.works import Works
from gilscope.events import Flag, Kind, TrackKind

SHARED = np.uint64(1 << 47)
"""From here on, a thing isn't an address but a key, which means the same in all processes."""
NO_PROCESS = 0
"""Stands for the process of what is shared."""

OF_CALL = kinds(Kind.CALL, Kind.RETURN)
OF_TASK = kinds(*(kind for kind in Kind if Kind.TASK_NEW <= kind <= Kind.TASK_CANCEL))
OF_TASK |= kinds(Kind.TASK_UNCANCEL, Kind.TASK_GATHERED)
OF_LOOP = kinds(Kind.LOOP_SELECT, Kind.LOOP_RUN, Kind.LOOP_CALL)
MAKES = kinds(Kind.THING_NEW, Kind.ASYNC_NEW)
OF_TYPE = kinds(Kind.PICKLE, Kind.PICKLED, Kind.UNPICKLE, Kind.UNPICKLED, Kind.REQUEST)
OF_THING = kinds(*(kind for kind in Kind if Kind.THING_NEW <= kind <= Kind.THREAD_END and not OF_CALL[kind]))
OF_THING |= OF_TASK | OF_LOOP | kinds(Kind.ASYNC_NEW, Kind.MEMORY_OPENED, Kind.MEMORY_CLOSED)
OF_THING |= kinds(*(kind for kind in Kind if Kind.WORK_NEW <= kind <= Kind.POOL_WORKER))


class Things:
    """Of all processes of a run."""

    def __init__(
        self, tracks: Tracks, places: Places, known: Known, threads: Threads, processes: Processes, gils: Gils
    ) -> None:
        self._tracks, self._places, self._known = tracks, places, known
        self._threads, self._processes, self._gils = threads, processes, gils
        self._things: dict[int, Memo] = {}
        self._inherited: dict[int, dict[int, int]] = {}
        """By forked process, what its parent had: track by address."""
        self._sleep = 0
        self._tasks = Tasks(tracks, places)
        self._works = Works(tracks)

    def define_task(self, told: Mapping[str, Any]) -> None:
        """A definition of a task, or of the words for what tasks await; of a work, or of what one failed with."""
        (self._works if told["def"] in ("work", "work error") else self._tasks).define(told)

    def find_shared(self, records: Records) -> Records:
        """Make what is made for several processes, whichever of them is looked at first. What is read at the one end of a
        pipe is what is written at the other."""
        shared = records.thing >= SHARED
        if not shared.any():
            return records
        for n in np.flatnonzero(shared & (records.kind == Kind.THING_NEW)).tolist():
            maker = self._threads[ring_of(records, n)].pid
            one = records[[n]]
            self._made_things(NO_PROCESS, one, self._places.at(maker, one.code, one.offset))
        read = (
            shared & (records.aux == TrackKind.PIPE) & ((records.kind == Kind.BLOCK) | (records.kind == Kind.UNBLOCK))
        )
        thing = records.thing.copy()
        for end in np.unique(thing[read]).tolist():
            thing[read & (records.thing == end)] = self._tracks.other_end.get(end, end)
        return replace(records, thing=thing)

    def meant_by(self, pid: int, records: Records, line: Ids) -> tuple[Ids, NDArray[np.int64]]:
        """The track that each record is about, and its value, which may be a track, too."""
        thing = self._gils.meant_by(pid, records)
        of_pipe = records.aux == TrackKind.PIPE
        calls = OF_CALL[records.kind] & ~of_pipe
        if calls.any():
            if not self._sleep:
                self._sleep = self._known.new(self._tracks.add(TrackKind.SLEEP, "time.sleep", pid))
            thing[calls] = self._sleep
        of_process = records.aux == TrackKind.PROCESS
        some = (OF_THING[records.kind] | OF_CALL[records.kind] & of_pipe) & (records.thing != 0) & ~of_process
        of_type = OF_TYPE[records.kind] & (records.thing != 0)
        for number in np.unique(records.thing[of_type]).tolist():
            thing[of_type & (records.thing == number)] = self._known.new(self._tracks.type(number, pid))
        for n in np.flatnonzero(of_process & (OF_THING | OF_PROCESS)[records.kind]).tolist():
            thing[n] = self._process_meant(pid, records, n)
        value = records.value
        if OF_TASK[records.kind].any() or (records.kind == Kind.WORK_NEW).any():
            thing, value = self._tasks_of(pid, records, line, thing, some)
        elif some.any():
            thing[some] = self._made_things(pid, records[some], line[some])
        self._works.end(pid, records, thing)
        return thing, value

    def _tasks_of(
        self, pid: int, records: Records, line: Ids, thing: Ids, some: NDArray[np.bool_]
    ) -> tuple[Ids, NDArray[np.int64]]:
        """The same where tasks or works are among them: what such a record is about besides is an address of the same
        moment."""
        first = np.flatnonzero(some)
        also = (each.also_meant(pid, records) for each in (self._tasks, self._works))
        second, address, kind = (np.concatenate(columns) for columns in zip(*also, strict=True))
        both = np.concatenate((first, second))
        of_tasks = OF_TASK[records.kind[first]]
        asked = replace(
            records[both],
            thing=np.concatenate((records.thing[first], address)),
            aux=np.concatenate((np.where(of_tasks, TrackKind.TASK, records.aux[first]), kind)).astype(np.uint16),
            kind=np.concatenate((records.kind[first], np.full(len(second), Kind.NONE))).astype(np.uint8),
        )
        order = both.argsort(kind="stable")
        ids = np.empty(len(both), np.uint32)
        ids[order] = self._made_things(pid, asked[order], line[both][order])
        thing[first] = ids[: len(first)]
        value = np.where(np.isin(records.kind, (Kind.TASK_NEW, Kind.WORK_NEW)), 0, records.value)
        value[second] = ids[len(first) :]
        for n in np.flatnonzero(records.kind == Kind.WORK_NEW).tolist():
            call = self._works.made(pid, int(records.value[n]), int(thing[n]), int(value[n]))
            if call:
                self.by_address(NO_PROCESS).put(call, int(thing[n]))
        for n in np.flatnonzero(records.kind == Kind.TASK_NEW).tolist():
            self._tasks.made(pid, int(records.value[n]), int(thing[n]), int(value[n]))
        words = (records.kind == Kind.TASK_SUSPEND) & (records.aux == TrackKind.FUTURE)
        for number in np.unique(records.value[words]).tolist():
            value[words & (records.value == number)] = self._known.new(self._tasks.future(pid, number))
        return thing, value

    def _process_meant(self, pid: int, records: Records, n: int) -> int:
        """The track of the process that a record is about; 0: not known which."""
        match records.kind[n]:
            case Kind.PROCESS_START:
                meant = self._processes.started_at(ring_of(records, n), int(records.at[n]))
            case Kind.PROCESS_STARTED:
                meant = int(records.value[n])
            case Kind.PROCESS_BEGIN | Kind.PROCESS_RUN:
                meant = pid
            case _:
                meant = int(records.thing[n])
        return self._known.new(self._tracks.process(meant)) if meant else 0

    def _made_things(self, pid: int, records: Records, line: Ids) -> Ids:
        """The same for things that are made, and whose addresses are used again."""
        shared = records.thing >= SHARED
        if pid != NO_PROCESS and shared.any():
            ids = np.empty(len(shared), np.uint32)
            for which, whose in ((shared, NO_PROCESS), (~shared, pid)):
                ids[which] = self._made_things(whose, records[which], line[which])
            return ids
        memo = self.by_address(pid)
        keys = records.thing
        before = memo.ids(keys, lambda *_: 0)
        nested = records.flags & Flag.NESTED != 0
        made = MAKES[records.kind] & ((before == 0) | (pid != NO_PROCESS))
        # The standard library makes its own locks by the thousand: those of one address share a track.
        again = made & nested & self._known.inner[before] & (self._known.kind[before] == records.aux)
        news = (
            made
            | (records.kind == Kind.TASK_NEW)
            | (records.kind == Kind.WORK_NEW)
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

    def by_address(self, pid: int) -> Memo:
        """What the addresses of a process mean now, as tracks. A forked process begins with new ones, and remembers what
        its parent had."""
        memo = self._things.setdefault(pid, Memo())
        parent = self._things.get(self._tracks.forked.get(pid, 0))  # told a little after its first records
        if parent and pid not in self._inherited:
            self._inherited[pid] = dict(parent.known)
        return memo

    def _make(self, pid: int, records: Records, n: int, location: int, internal: bool) -> int:
        kind = TrackKind(int(records.aux[n]))
        thread = self._threads[ring_of(records, n)]
        if records.kind[n] == Kind.THREAD_BEGIN and thread.track:
            return thread.track
        if kind == TrackKind.THREAD:
            return self._threads.announce(pid)
        if kind == TrackKind.LOOP:
            return self._known.new(self._tracks.loop(pid))
        if kind == TrackKind.TASK or records.kind[n] == Kind.WORK_NEW:
            return self._known.new(self._tracks.add(kind, kind.name.lower(), pid, line=location))
        had = self._inherited.get(pid, {}).get(int(records.thing[n]))
        if had and internal and records.kind[n] != Kind.THING_NEW and self._known.kind[had] == kind:
            return self._known.new(self._tracks.copy(had, pid))
        value = int(records.value[n]) if MAKES[records.kind[n]] else 0
        track = self._tracks.thing(kind, pid or thread.pid, location, internal, value)
        if records.kind[n] == Kind.ASYNC_NEW:
            self._tracks.change(track, asyncio=True)
        if pid == NO_PROCESS:
            self._tracks.change(track, pid=0)  # it outlives the process that made it
            queue = self.by_address(pid).known.get(self._tracks.counted.get(int(records.thing[n]), 0))
            if queue:
                self._tracks.change(
                    track, name=f"{self._tracks[queue]['name']}: unfinished", internal=False, counts=True
                )
        return self._known.new(track)
