"""Tasks and loops: what the recorder tells of them by numbers and addresses becomes tracks, names and parents."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gilscope.collector.places import Places
from gilscope.collector.records import Records
from gilscope.collector.tracks import Tracks
from gilscope.events import Kind, TrackKind

BARE = "future"
"""What a task awaits when nothing tells what that is."""
OF_LOOPS = ("BaseEventLoop.", "BaseSelectorEventLoop.")
"""Tasks that a loop of asyncio makes for itself, as to accept a connection or to close down: no program's own."""

Index = NDArray[np.intp]


class Tasks:
    """Of all processes of a run."""

    def __init__(self, tracks: Tracks, places: Places) -> None:
        self._tracks, self._places = tracks, places
        self._told: dict[tuple[int, int], dict[str, Any]] = {}
        """By pid and number of a task."""
        self._known: dict[tuple[int, int], int] = {}
        """The same: its track."""
        self._words: dict[int, list[str]] = {}
        self._futures: dict[tuple[int, str], int] = {}

    def define(self, told: Mapping[str, Any]) -> None:
        """What a task is called, or what it failed with; or the words for what tasks await."""
        if told["def"] == "words":
            self._words[told["pid"]] = told["words"]
            return
        key = told["pid"], told["number"]
        self._told.setdefault(key, {}).update(told)
        if key in self._known:
            self._tell(key)

    def also_meant(self, pid: int, records: Records) -> tuple[Index, NDArray[np.uint64], NDArray[np.uint16]]:
        """Records that are about a second thing: the loop of a new task, what a task awaits, and the task whose end made
        another one ready. Which records, that thing's address, and its kind."""
        made = np.flatnonzero(records.kind == Kind.TASK_NEW)
        told = [self._told.get((pid, number), {}).get("loop", 0) for number in records.value[made].tolist()]
        loops = np.array(told, np.uint64)
        made, loops = made[loops != 0], loops[loops != 0]
        awaits = np.flatnonzero((records.kind == Kind.TASK_SUSPEND) & (records.aux != TrackKind.FUTURE))
        ended = np.flatnonzero((records.kind == Kind.TASK_READY) & (records.value != 0))
        which = np.concatenate((awaits, ended))
        return (
            np.concatenate((made, which)),
            np.concatenate((loops, records.value[which].astype(np.uint64))),
            np.concatenate((np.full(len(made), TrackKind.LOOP), records.aux[which])).astype(np.uint16),
        )

    def made(self, pid: int, number: int, track: int, loop: int) -> None:
        """A task has its track, and that of its loop."""
        self._known[pid, number] = track
        self._tracks.change(track, parent=loop or self._tracks.process(pid))
        self._tell((pid, number))

    def future(self, pid: int, number: int) -> int:
        """The track that stands for a word."""
        words = self._words.get(pid, []) or self._words.get(self._tracks.forked.get(pid, 0), [])
        word = words[number - 1] if 0 < number <= len(words) else BARE
        if (pid, word) not in self._futures:
            self._futures[pid, word] = self._tracks.add(TrackKind.FUTURE, word, pid)
        return self._futures[pid, word]

    def _tell(self, key: tuple[int, int]) -> None:
        told, track = self._told.get(key, {}), self._known[key]
        if "name" in told:
            function = self._places.function(key[0], told["code"])
            self._tracks.change(track, name=told["name"], function=function, internal=function.startswith(OF_LOOPS))
        if "error" in told:
            self._tracks.change(track, error=told["error"])
