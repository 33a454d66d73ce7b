"""Pools and what is submitted to them: numbers and keys become tracks, names, parents and errors."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.collector.records import Records
from gilscope.collector.tasks import Index
from gilscope.collector.tracks import Tracks
from gilscope.events import Flag, Kind, TrackKind


class Works:
    """Of all processes of a run."""

    def __init__(self, tracks: Tracks) -> None:
        self._tracks = tracks
        self._told: dict[tuple[int, int], Mapping[str, Any]] = {}
        """By pid and number of a work."""
        self._errors: dict[tuple[int, int], str] = {}
        self._named: Counter[tuple[int, str]] = Counter()
        self._first: dict[tuple[int, str], int] = {}
        """By pool and name: how many works have it, and the first of them."""

    def define(self, told: Mapping[str, Any]) -> None:
        """What was submitted, to which pool; or what a work failed with."""
        key = told["pid"], told["number"]
        if told["def"] == "work":
            self._told[key] = told
        else:
            self._errors[key] = told["error"]

    def also_meant(self, pid: int, records: Records) -> tuple[Index, NDArray[np.uint64], NDArray[np.uint16]]:
        """Records of works that are new, and the addresses of their pools."""
        made = np.flatnonzero(records.kind == Kind.WORK_NEW)
        pools = [self._told.get((pid, number), {}).get("pool", 0) for number in records.value[made].tolist()]
        pool = np.array(pools, np.uint64)
        made, pool = made[pool != 0], pool[pool != 0]
        return made, pool, np.full(len(made), TrackKind.POOL, np.uint16)

    def made(self, pid: int, number: int, track: int, pool: int) -> int:
        """A work has its track, and that of its pool. The key of its call in a worker process; 0: it has none."""
        told = self._told.pop((pid, number), {})
        name = str(told.get("name", "work"))
        self._named[pool, name] += 1
        count = self._named[pool, name]
        if count == 1:
            self._first[pool, name] = track
        elif count == 2:
            self._tracks.change(self._first[pool, name], name=f"{name} 1")
        self._tracks.change(
            track, name=name if count == 1 else f"{name} {count}", parent=pool or self._tracks.process(pid)
        )
        return int(told.get("call", 0))

    def end(self, pid: int, records: Records, thing: NDArray[np.uint32]) -> None:
        """Tell what works have failed with. ``thing``: the track that each record is about."""
        failed = (records.kind == Kind.WORK_END) & (records.flags & Flag.ERROR != 0)
        for n in np.flatnonzero(failed).tolist():
            text = self._errors.pop((pid, int(records.value[n])), None)
            if text is not None:
                self._tracks.change(int(thing[n]), error=text)
