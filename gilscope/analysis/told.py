"""What a recording tells of itself, besides its rows: its tracks and their names, places in the program, what was measured."""

from functools import cached_property
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis.forward import Numbers
from gilscope.events import State, TrackKind
from gilscope.recording import Recording

DEFAULT_SWITCH_INTERVAL_NS = 5_000_000
"""CPython's, where nothing says otherwise."""


class Told:
    """What a recording tells, as it stands there."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.tracks = recording.tracks
        self.duration_ns = recording.duration_ns

    @cached_property
    def _kinds(self) -> NDArray[np.uint8]:
        kinds = np.full(max(self.tracks, default=0) + 2, 255, np.uint8)
        for id, track in self.tracks.items():
            kinds[id] = int(track.get("kind", 255))
        return kinds

    @cached_property
    def _parents(self) -> NDArray[np.uint32]:
        parents = np.zeros(len(self._kinds), np.uint32)
        for id, track in self.tracks.items():
            parents[id] = int(track.get("parent") or 0)
        return parents

    def kind_of(self, tracks: Numbers) -> Numbers:
        """``TrackKind`` of each; 255 where that was never told."""
        return np.asarray(self._kinds[np.minimum(tracks, len(self._kinds) - 1)])

    def parent_of(self, tracks: Numbers) -> Numbers:
        """Id of the parent of each: of a thread, its process; of a task, its loop."""
        return np.asarray(self._parents[np.minimum(tracks, len(self._parents) - 1)])

    def ids(self, *kinds: TrackKind) -> list[int]:
        """Tracks of these kinds, in the order of their ids."""
        return [id for id, track in sorted(self.tracks.items()) if track.get("kind") in kinds]

    def main_thread(self, track: int) -> int:
        """Of a process; any other track is its own. 0: not known."""
        told = self.tracks.get(track, {})
        if told.get("kind") != TrackKind.PROCESS:
            return track
        mine = [id for id in self.ids(TrackKind.THREAD) if self.tracks[id].get("parent") == track]
        return next((id for id in mine if self.tracks[id].get("tid") == told.get("pid")), 0)

    def name(self, track: int) -> str:
        """What people call it."""
        told = self.tracks.get(int(track))
        return str(told.get("name") or f"track {track}") if told else f"track {track}"

    def name_beside(self, thread: int, other: int) -> str:
        """With its process, where that isn't the other thread's, and it isn't called like it."""
        process, own = self.parent_of(np.array((thread, other))).tolist()
        name = self.name(thread)
        return name if process == own or name == self.name(process) else f"{name} of {self.name(process)}"

    def name_apart(self, task: int, thread: int) -> str:
        """With the process of the thread that it runs in, where another task is called so, too: ``Task-1`` is in each."""
        name, process = self.name(task), int(self.parent_of(np.array([thread]))[0])
        alike = [id for id in self.ids(TrackKind.TASK) if self.name(id) == name]
        return f"{name} of {self.name(process)}" if len(alike) > 1 else name

    def line(self, location: int) -> int:
        """Line number of a location; 0 where it isn't known."""
        return int(self.recording.locations.get(int(location), {}).get("line") or 0)

    def call(self, state: int, location: int) -> str:
        """What a thread is in while it is away or blocked, as its author calls it; empty where that isn't known.

        Away is where it released the GIL: without that, the line is of some earlier moment.
        """
        away = state in (State.OUTSIDE, State.NATIVE, State.RUNNABLE) and self.measured("gil")
        if not away and state != State.BLOCKED:
            return ""
        return str(self.recording.locations.get(int(location), {}).get("call") or "")

    def place(self, location: int) -> str:
        """``line 12`` where the program is one file and the line is in it, else ``line 12 of threading.py``; empty where unknown."""
        line, file = self.line(location), str(self.recording.locations.get(int(location), {}).get("file", ""))
        return f"line {line}" + ("" if self._files == {file} else f" of {PurePath(file).name}") if line else ""

    @cached_property
    def _files(self) -> set[str]:
        """Those of the program's author; those of the library where all of it is there."""
        return set(self.recording.sources) or {str(each.get("file", "")) for each in self.recording.locations.values()}

    @cached_property
    def cores(self) -> int:
        """How many the machine has; 0 where that isn't known."""
        told = int((self.recording.header.get("machine") or {}).get("cores") or 0)
        return max(told, len(self.ids(TrackKind.CORE))) if self.measured("cores") else 0

    def measured(self, layer: str) -> bool:
        """Whether this run measured a layer, as far as its end or its header says."""
        said = {**(self.recording.header.get("layers") or {}), **((self.recording.end or {}).get("layers") or {})}
        return bool((said.get(layer) or {}).get("measured"))

    def the_gil(self, thing: int) -> str:
        """``the GIL``, or ``the GIL of interpreter 1``; ``thing``: its track, or none."""
        interpreter = self.tracks.get(thing, {}).get("interpreter")
        return f"the GIL of interpreter {interpreter}" if interpreter else "the GIL"

    @property
    def without_gil(self) -> bool:
        """Whether the program ran on a free-threaded build: nobody waits for a GIL there."""
        python = self.recording.header.get("python") or {}
        return bool(python.get("free_threaded")) and not self.measured("gil")

    @cached_property
    def switch_interval_ns(self) -> int:
        """As set by the run's parameter, or told by its process; else CPython's own."""
        parameters = self.recording.header.get("parameters") or {}
        for unit, ns in (("ms", 1e6), ("us", 1e3)):
            if parameter := parameters.get(f"switch_interval_{unit}"):
                return int(float(parameter) * ns)
        told = [track.get("switch_interval_ns") for track in self.tracks.values()]
        told.append(self.recording.header.get("switch_interval_ns"))
        return next((int(each) for each in told if each), DEFAULT_SWITCH_INTERVAL_NS)
