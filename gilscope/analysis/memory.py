"""The fold's fifth part: which processes have each block of shared memory open."""

from collections import Counter, defaultdict

import numpy as np

from gilscope.analysis.forward import Table
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Rows


class Memory:
    """Carries, for each block, how often each process has it open. There are few such events: they are taken one by one."""

    def __init__(self, kind: Table, pid: Table) -> None:
        self._kind, self._pid = kind, pid
        self._processes: dict[int, int] = {}
        """By pid, the track."""
        self._open: defaultdict[int, Counter[int]] = defaultdict(Counter)
        """By block, then by pid."""

    def add(self, id: int, kind: int, pid: int) -> None:
        """A track was told."""
        if kind == TrackKind.PROCESS:
            self._processes[pid] = id

    def exit(self, pid: int, row: Rows) -> Rows:
        """The process is over: it hasn't any block any more, closed or not."""
        had = [block for block, users in self._open.items() if users.pop(pid, 0)]
        return Rows.concat([self._tell(int(row.at[0]), Kind.MEMORY_CLOSED, block, pid, 0) for block in had])

    def feed(self, rows: Rows) -> Rows:
        """A row of the block for each change. ``thing``: the process that opened or closed it; ``value``: how many have it
        then. ``rows``: of threads, by time."""
        mine = np.isin(rows.kind, (Kind.MEMORY_OPENED, Kind.MEMORY_CLOSED)) & (rows.value > 0)
        told = []
        for n in np.flatnonzero(mine & (self._kind[rows.thing] == TrackKind.SHARED_MEMORY)).tolist():
            kind, block, pid = Kind(rows.kind[n]), int(rows.thing[n]), int(self._pid[rows.track[n]])
            users = self._open[block]
            users[pid] += 1 if kind == Kind.MEMORY_OPENED else -1
            if users[pid] <= 0:
                del users[pid]
            told.append(self._tell(int(rows.at[n]), kind, block, pid, int(rows.line[n])))
        return Rows.concat(told)

    def _tell(self, at: int, kind: Kind, block: int, pid: int, line: int) -> Rows:
        count = len(self._open[block])
        state = State.BUSY if count else State.IDLE
        process = self._processes.get(pid, 0)
        return Rows.of([at], track=block, kind=kind, state=state, thing=process, line=line, value=count)
