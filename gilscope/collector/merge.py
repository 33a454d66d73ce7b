"""Merges what threads and the kernel recorded into rows of one time axis, about numbered tracks.

Comes in: records of rings (by address) and context switches (by the kernel's thread id). Goes out: rows as the fold
takes them. A thread's first rows wait until it has told who it is, at most ``PATIENCE_NS``: so that no row is ever
about a track that turns out to be another.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.collector.columns import NO_SWITCHES, Known, ring_of
from gilscope.collector.cores import MARGIN_NS, Loss, Switches
from gilscope.collector.gils import Gils
from gilscope.collector.places import Places
from gilscope.collector.processes import NEVER, Processes
from gilscope.collector.records import Records
from gilscope.collector.rings import FOREVER, Account
from gilscope.collector.things import Things
from gilscope.collector.threads import Threads
from gilscope.collector.tracks import Tracks
from gilscope.events import Flag, Kind
from gilscope.recording import Rows

PATIENCE_NS = 100_000_000
"""A thread that hasn't told who it is after this long goes by its number."""
START_PATIENCE_NS = 1_000_000_000
"""A start that hasn't told after this long which process it has started is that of nobody."""


class Merge:
    """Carries everything from one batch to the next."""

    def __init__(self, tracks: Tracks, places: Places, origin: int, cores: bool) -> None:
        self._tracks, self._places, self._origin, self._cores = tracks, places, origin, cores
        known = Known(tracks)
        self._threads = Threads(tracks, known)
        self._processes = Processes(tracks, known, self._threads, origin, cores)
        self._gils = Gils(tracks, known)
        self._things = Things(tracks, places, known, self._threads, self._processes, self._gils)
        self._lost: list[dict[str, int]] = []
        self._records: Records | None = None
        self._switches: Switches | None = None
        self._early = NO_SWITCHES
        self._told_until = 0

    def begin(self, accounts: Iterable[Account]) -> None:
        """Threads that have claimed rings."""
        self._threads.begin(accounts)

    def end(self, accounts: Iterable[Account]) -> None:
        """Threads whose rings are read to their ends."""
        self._threads.end(accounts)

    def gone(self, pids: Mapping[int, int]) -> None:
        """Processes that are over, each with when that was seen (ns)."""
        self._processes.gone(pids)

    def define(self, told: Mapping[str, Any]) -> None:
        """A definition of a thread: its name. It may come before anything else of the thread was seen."""
        self._threads.define(told)

    def define_task(self, told: Mapping[str, Any]) -> None:
        """A definition of a task, or the words for what tasks await."""
        self._things.define_task(told)

    def lose_switches(self, losses: Iterable[Loss]) -> list[tuple[int, int, int]]:
        """The kernel found no room for so many records of a core. Returns of each loss the core's track, and from when to when."""
        lost = [self._lose(self._tracks.core(loss.cpu), loss.first, loss.last, loss.count) for loss in losses]
        return [(told["track"], told["from"], told["to"]) for told in lost]

    def lose_unknown(self, first: int, last: int, count: int) -> None:
        """Somewhere in this stretch, so many events of threads that have no ring were lost: whose, isn't known."""
        self._lose(0, first, last, count)

    def take_lost(self) -> list[dict[str, int]]:
        """What was lost, as the recording tells it, since the last call."""
        lost, self._lost = self._lost, []
        return lost

    def _lose(self, track: int, first: int, last: int, count: int) -> dict[str, int]:
        begin = max(first - self._origin, 0)
        self._lost.append({"track": track, "from": begin, "to": max(last - self._origin, begin), "count": count})
        return self._lost[-1]

    def feed(self, records: Records, switches: Switches, until: int) -> Rows:
        """Rows for the fold, by time. ``until``: no record earlier than this comes later; ``FOREVER``: none at all."""
        switches = self._from_origin(switches, until)
        if self._records is not None and self._switches is not None:
            records, switches = Records.concat((self._records, records)), Switches.concat((self._switches, switches))
        cut = self._cut(records, switches, until)
        early, early_switches = records.at < cut, switches.at < cut
        self._records, self._switches = records[~early], switches[~early_switches]
        of_rings = self._merge(records[early])
        starts = self._processes.starts(of_rings)
        ends = self._processes.put_back(of_rings)
        on_cores = self._on_cores(switches[early_switches])
        lives = self._processes.begin(of_rings, on_cores)
        merged = Rows.concat((lives, *of_rings, *on_cores, self._processes.tell_starts(starts), ends)).sorted()
        if len(merged):
            self._told_until = max(self._told_until, int(merged.at[-1]))
        return Rows.concat((merged, self._processes.end(cut, self._told_until, self._is_waiting)))

    def _from_origin(self, switches: Switches, until: int) -> Switches:
        """Without those before time 0, but for who is on a core then."""
        before = switches.at < self._origin
        if before.any():
            self._early, switches = Switches.concat((self._early, switches[before])), switches[~before]
        if not len(self._early) or until < self._origin + MARGIN_NS:
            return switches
        early, self._early = self._early, NO_SWITCHES
        last = {tid: n for n, tid in enumerate(early.tid.tolist())}
        there = early[[n for n in last.values() if early.on[n]]]
        return Switches.concat((replace(there, at=np.full(len(there), self._origin)), switches))

    def _cut(self, records: Records, switches: Switches, until: int) -> int:
        """The time from which on rows have to wait: for later switches, for a thread to tell who it is, for a start to
        tell which process it has started."""
        if until == FOREVER:
            self._processes.match_starts(records)
            return NEVER
        begin, tell = self._threads.first_rows(records, switches)
        patient = until - PATIENCE_NS
        waiting = [at for tid, at in begin.items() if tid not in tell and at > patient]
        for start, (at, answered) in enumerate(self._processes.match_starts(records)):
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

    def _merge(self, records: Records) -> list[Rows]:
        """Rows of the records, by process."""
        if not len(records.at):
            return []
        records = self._things.find_shared(records)
        keys = records.slot.astype(np.uint64) << np.uint64(32) | records.generation
        unique, inverse = np.unique(keys, return_inverse=True)
        pids = np.array([self._threads[key >> 32, key & 0xFFFFFFFF].pid for key in unique.tolist()])
        if len(set(pids.tolist())) == 1:
            return [self._of_process(int(pids[0]), records, keys)]
        pid = pids[inverse]
        order = sorted(np.unique(pid).tolist(), key=self._tracks.process)  # who submits comes before its workers
        return [self._of_process(each, records[pid == each], keys[pid == each]) for each in order]

    def _of_process(self, pid: int, records: Records, keys: NDArray[np.uint64]) -> Rows:
        line = self._places.at(pid, records.code, records.offset)
        line[records.kind == Kind.LOST] = 0
        self._threads.bind_main(pid)
        thing, value = self._things.meant_by(pid, records, line)
        for n in np.flatnonzero(records.kind == Kind.THREAD_BEGIN).tolist():
            address, meant = int(records.thing[n]), int(thing[n])
            thing[n] = self._threads.begins(ring_of(records, n), meant)
            addresses = self._things.by_address(pid)
            if addresses.known.get(address) == meant:  # else it is already something else's
                addresses.put(address, int(thing[n]))
        track = self._threads.of_rings(keys)
        self._gils.bring_home(track, records)
        self._processes.seen(pid, int(records.at[-1]))
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

    def _on_cores(self, switches: Switches) -> list[Rows]:
        """Rows of the kernel's records: about threads, with the core as what they are about."""
        switches = self._processes.recorded(switches)
        if not len(switches.at):
            return []
        track = self._threads.on_cores(switches)
        cores = np.array([self._tracks.core(cpu) for cpu in range(int(switches.cpu.max()) + 1)], np.uint32)
        for pid in np.unique(switches.pid).tolist():
            self._processes.seen(pid, int(switches.at[switches.pid == pid][-1]))
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

    def _is_waiting(self, pid: int) -> bool:
        """Whether rows of a process are still to come."""
        return self._records is not None and any(
            self._threads[ring].pid == pid
            for ring in set(zip(self._records.slot.tolist(), self._records.generation.tolist(), strict=True))
        )
