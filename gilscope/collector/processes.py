"""The life of the processes of a run: started, alive, exited, as rows on their own tracks."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gilscope.collector.columns import Known, Ring, kinds, ring_of
from gilscope.collector.cores import Switches
from gilscope.collector.records import Records
from gilscope.collector.rings import FOREVER
from gilscope.collector.threads import Threads
from gilscope.collector.tracks import Tracks
from gilscope.events import Flag, Kind, State
from gilscope.recording import Rows

NEVER = FOREVER
OF_PROCESS = kinds(Kind.PROCESS_START, Kind.PROCESS_STARTED, Kind.PROCESS_BEGIN, Kind.PROCESS_RUN)


class Processes:
    """All of a run."""

    def __init__(self, tracks: Tracks, known: Known, threads: Threads, origin: int, cores: bool) -> None:
        self._tracks, self._known, self._threads = tracks, known, threads
        self._origin, self._cores = origin, cores
        self._over: dict[int, int] = {}
        """By process, when it stopped being recorded."""
        self._begun_at: dict[int, int] = {}
        """By process, when it was alive first."""
        self._starting: set[int] = set()
        """Processes whose start was told: alive once they record themselves."""
        self._started: dict[tuple[int, int, int], int] = {}
        """By the start, as slot, generation and time: which process."""
        self._dying: dict[int, int] = {}
        self._last: dict[int, int] = {}
        """By process, the last that was told of it."""

    def gone(self, pids: Mapping[int, int]) -> None:
        """Processes that are over, each with when that was seen (ns)."""
        self._dying.update(pids)

    def seen(self, pid: int, at: int) -> None:
        """Something was told of a process."""
        self._last[pid] = max(self._last.get(pid, 0), at)

    def recorded(self, switches: Switches) -> Switches:
        """Without those of processes that had stopped being recorded."""
        for pid, over in self._over.items():
            switches = switches[(switches.pid != pid) | (switches.at <= over)]
        return switches

    def started_at(self, ring: Ring, at: int) -> int:
        """The process that was started there then; 0: not known which."""
        return self._started.pop((*ring, at), 0)

    def match_starts(self, records: Records) -> list[tuple[int, int]]:
        """When each process was begun to be started, and when that was answered (0: not yet). Notes which one it is."""
        open_starts: dict[Ring, list[int]] = {}
        found: dict[tuple[int, int, int], int] = {}
        for n in np.flatnonzero((records.kind == Kind.PROCESS_START) | (records.kind == Kind.PROCESS_STARTED)).tolist():
            ring, at = ring_of(records, n), int(records.at[n])
            if records.kind[n] == Kind.PROCESS_START:
                open_starts.setdefault(ring, []).append(at)
                found[(*ring, at)] = 0
            elif open_starts.get(ring):
                start = (*ring, open_starts[ring].pop())
                found[start] = at
                if not records.flags[n] & Flag.ERROR:
                    self._started[start] = int(records.value[n])
        return [(at, answered) for (_, _, at), answered in found.items()]

    def starts(self, rows: Sequence[Rows]) -> Rows:
        """What is told of the starts of processes. Each belongs to the last that says so: of what a fork server forks,
        that is who asked for it."""
        steps = Rows.concat([part[OF_PROCESS[part.kind] & (part.thing != 0)] for part in rows]).sorted()
        for n in np.flatnonzero(steps.kind <= Kind.PROCESS_STARTED).tolist():
            track, starter = int(steps.thing[n]), int(self._known.pid[steps.track[n]])
            self._tracks.start_process(track, self._tracks.process(starter))
            if steps.kind[n] == Kind.PROCESS_START:
                self._starting.add(int(self._known.pid[track]))
        return steps

    def tell_starts(self, steps: Rows) -> Rows:
        """The same on the tracks of the processes: starting, until they are alive."""
        told = []
        for n in range(len(steps)):
            track, at = int(steps.thing[n]), int(steps.at[n])
            pid = int(self._known.pid[track])
            begun, over = self._begun_at.get(pid, NEVER), self._over.get(pid, NEVER) - self._origin
            if at <= over:
                state = State.ALIVE if at >= begun else State.STARTING
                told.append(Rows.of([at], track=track, kind=steps.kind[n], state=state, line=steps.line[n]))
        return Rows.concat(told)

    def begin(self, of_rings: Sequence[Rows], on_cores: Sequence[Rows]) -> Rows:
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
        return np.asarray(self._known.pid[rows.track] == pid)

    def put_back(self, rows: Sequence[Rows]) -> Rows:
        """A process whose main thread has ended isn't recorded any more: what is left is the interpreter's own end."""
        told = []
        for part in rows:
            for n in np.flatnonzero((part.kind == Kind.THREAD_END) & self._known.main[part.track]).tolist():
                pid, at = int(self._known.pid[part.track[n]]), int(part.at[n])
                self._over[pid] = at + self._origin
                told.append(Rows.of([at], track=self._tracks.process(pid), state=State.EXITED))
        return Rows.concat(told)

    def end(self, cut: int, until: int, waiting: Callable[[int], bool]) -> Rows:
        """Each process that is gone has exited once nothing more of it can come. ``cut``: all rows before it are told;
        ``until``: the last of them; ``waiting``: whether rows of one are still to come."""
        told, final = [], cut == NEVER
        if final:  # a child that lived too shortly to be seen leaving is gone with the others
            unseen = set([*self._tracks.processes()][1:]) - self._dying.keys() - self._over.keys()
            self._dying.update(dict.fromkeys(unseen, until + self._origin))
        for pid in self._dying.keys() & self._over.keys():
            del self._dying[pid]
        for pid in [*self._dying]:
            track = self._tracks.processes().get(pid)
            if track is None or (not final and (self._threads.live(pid) or waiting(pid))):
                continue
            seen = self._dying[pid]
            # The kernel tells to the nanosecond when its last thread left its core; without it, we know when we saw it.
            at = max((self._last.get(pid, seen) if self._cores else seen) - self._origin, until)
            if max(at + self._origin, seen if self._cores else 0) >= cut and not final:
                continue  # others may still tell something of it: that it was started, or when the kernel ended it
            del self._dying[pid]
            self._over.setdefault(pid, at + self._origin)
            told.append(Rows.of([at], track=track, state=State.EXITED))
        return Rows.concat(told).sorted()
