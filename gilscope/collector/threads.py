"""Who is who: rings and the kernel's thread numbers get the tracks of threads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.collector.columns import Ids, Known, Ring
from gilscope.collector.cores import Switches
from gilscope.collector.memo import Memo
from gilscope.collector.records import Records
from gilscope.collector.rings import Account
from gilscope.collector.tracks import MAIN, Tracks
from gilscope.events import Kind


@dataclass(slots=True, eq=False)
class Thread:
    """One ring, from claim to end. ``track`` is 0 until it is known which one."""

    pid: int
    tid: int
    track: int = 0
    named: Mapping[str, Any] | None = None


class Threads:
    """Of all processes of a run."""

    def __init__(self, tracks: Tracks, known: Known) -> None:
        self._tracks, self._known = tracks, known
        self._threads: dict[Ring, Thread] = {}
        self._unbound: dict[Ring, Thread] = {}
        self._named: dict[Ring, Mapping[str, Any]] = {}
        self._rings = Memo()
        """Track by slot « 32 | generation."""
        self._tids = Memo()
        self._announced: set[int] = set()
        """Tracks of threads that were started, but have not begun."""
        self._live: dict[int, set[Ring]] = {}

    def __getitem__(self, ring: Ring) -> Thread:
        return self._threads[ring]

    def begin(self, accounts: Iterable[Account]) -> None:
        """Threads that have claimed rings."""
        for account in accounts:
            key = (account.slot, account.generation)
            thread = Thread(account.pid, account.tid, named=self._named.pop(key, None))
            self._threads[key] = self._unbound[key] = thread
            self._live.setdefault(account.pid, set()).add(key)

    def end(self, accounts: Iterable[Account]) -> None:
        """Threads whose rings are read to their ends."""
        for account in accounts:
            self._live[account.pid].discard((account.slot, account.generation))

    def define(self, told: Mapping[str, Any]) -> None:
        """A definition of a thread: its name. It may come before anything else of the thread was seen."""
        key = (told["slot"], told["generation"])
        thread = self._threads.get(key)
        if thread is None:
            self._named[key] = told
        else:
            thread.named = told
            self._name(thread)

    def live(self, pid: int) -> bool:
        """Whether more may be read of a process."""
        return bool(self._live.get(pid))

    def of_rings(self, keys: NDArray[np.uint64]) -> Ids:
        """The track of each ring, by slot « 32 | generation. Who has told nothing of itself goes by its number."""
        return self._rings.ids(keys, lambda key, _: self._bind_by_number((key >> 32, key & 0xFFFFFFFF)))

    def on_cores(self, switches: Switches) -> Ids:
        """The track of each thread that the kernel names. One that only the kernel knows gets one of its own."""

        def number(tid: int, n: int) -> int:
            pid = int(switches.pid[n])
            track = self._known.new(self._tracks.thread(pid))
            self._tracks.change(track, tid=tid, name=self._tracks.thread_name(pid, tid))
            return track

        return self._tids.ids(switches.tid.astype(np.uint64), number)

    def announce(self, pid: int) -> int:
        """A thread is started: its track."""
        track = self._known.new(self._tracks.thread(pid))
        self._announced.add(track)
        return track

    def begins(self, ring: Ring, meant: int) -> int:
        """A thread tells that it begins, and which of the started ones it says it is; its track."""
        if ring not in self._unbound:
            return self._threads[ring].track
        track = meant
        if track not in self._announced:  # it wasn't started by start()
            track = self._known.new(self._tracks.thread(self._threads[ring].pid))
        self._bind(ring, track)
        return track

    def bind_main(self, pid: int) -> None:
        """A process's main thread is known by its number, which is that of the process."""
        for ring in [ring for ring, thread in self._unbound.items() if thread.tid == thread.pid == pid]:
            self._bind_by_number(ring)

    def first_rows(self, records: Records, switches: Switches) -> tuple[dict[int, int], dict[int, int]]:
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

    def _bind(self, ring: Ring, track: int) -> None:
        thread = self._unbound.pop(ring)
        thread.track = track
        self._announced.discard(track)
        self._rings.put(ring[0] << 32 | ring[1], track)
        self._tids.put(thread.tid, track)
        self._known.main[track] = thread.tid == thread.pid
        self._tracks.change(track, tid=thread.tid, pid=thread.pid)
        self._name(thread)

    def _name(self, thread: Thread) -> None:
        if thread.track and thread.named:
            name = self._tracks.thread_name(thread.pid, thread.tid, thread.named["name"])
            self._tracks.change(thread.track, name=name, daemon=thread.named["daemon"])
        elif thread.track:
            name = MAIN if thread.tid == thread.pid else ""
            self._tracks.change(thread.track, name=self._tracks.thread_name(thread.pid, thread.tid, name))

    def _bind_by_number(self, ring: Ring) -> int:
        """A thread that tells nothing of itself."""
        thread = self._unbound[ring]
        track = self._tids.known.get(thread.tid) or self._known.new(self._tracks.thread(thread.pid))
        self._bind(ring, track)
        return track
