"""The tracks of one run: numbered as they turn up, told to the recording again when something about them changes."""

from typing import Any

from gilscope.collector.names import Names
from gilscope.collector.places import Places
from gilscope.events import TrackKind

Track = dict[str, Any]
MAIN = "MainThread"
"""What Python calls the main thread of each process."""
WORDS = {TrackKind.WORK: "future", TrackKind.SHARED_MEMORY: "shared memory"}
"""What things are called that don't go by the name of their kind: one that wasn't submitted to a pool."""


class Tracks:
    """All tracks, by id from 1."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._names = Names(places.source)
        self._tracks: dict[int, Track] = {}
        self._changed: dict[int, None] = {}
        self._cores: dict[int, int] = {}
        self._processes: dict[int, int] = {}
        self._starters: dict[int, int] = {}
        self._called: dict[int, str] = {}
        """What processes call themselves, by pid."""
        self.forked: dict[int, int] = {}
        """By pid of a forked process, that of its parent: what the parent had, it has too."""
        self.other_end: dict[int, int] = {}
        """By key of one end of a pipe of two directions: what is read there is written at that one."""
        self._challenged: dict[int, int] = {}
        """By challenge, the key of the one end of a socket that has told it."""
        self.counted: dict[int, int] = {}
        """By key of a semaphore, the key of the queue whose unfinished tasks it counts."""
        self._types: dict[int, str] = {}
        self._type_tracks: dict[int, int] = {}

    def __getitem__(self, id: int) -> Track:
        return self._tracks[id]

    def take_changed(self) -> list[Track]:
        """Those that are new or not what they were, since the last call."""
        changed, self._changed = self._changed, {}
        return [self._tracks[id] for id in changed]

    def add(self, kind: TrackKind, name: str, pid: int = 0, **more: Any) -> int:
        """A new track; its id."""
        parent = 0 if kind in (TrackKind.PROCESS, TrackKind.CORE) else self.process(pid)
        id = len(self._tracks) + 1
        self._tracks[id] = {
            "id": id,
            "kind": int(kind),
            "name": name,
            "parent": parent,
            "internal": False,
            "pid": pid,
            **more,
        }
        self._changed[id] = None
        return id

    def change(self, id: int, **changes: Any) -> None:
        """Something about a track is different from now on."""
        if any(self._tracks[id].get(name) != value for name, value in changes.items()):
            self._tracks[id] = {**self._tracks[id], **changes}
            self._changed[id] = None

    def process(self, pid: int) -> int:
        """The track of a process, new if need be."""
        if pid not in self._processes:
            id = self.add(TrackKind.PROCESS, f"process {pid}", pid)
            self._processes[pid] = id
        return self._processes[pid]

    def processes(self) -> dict[int, int]:
        """Track by pid."""
        return self._processes

    def define_process(self, told: Track) -> None:
        """What a process says of itself when its recording begins."""
        id = self.process(told["pid"])
        self.change(
            id,
            name="python" if id == 1 else self._tracks[id]["name"],
            parent=self._starters.get(id) or self._processes.get(told["parent"], 0),
            switch_interval_ns=told["switch_interval_ns"],
        )

    def start_process(self, id: int, starter: int) -> None:
        """A process is the child of the one that had it started, whoever forked it."""
        self._starters[id] = starter
        self.change(id, parent=starter)

    def name_process(self, told: Track) -> None:
        """What a process is called; a helper isn't the program's own business. Its main thread goes by its name."""
        pid, id = told["pid"], self.process(told["pid"])
        self._called[pid] = told["name"]
        parent = self._tracks[id]["parent"] or self._processes.get(told["parent"], 0)
        self.change(id, name=told["name"], internal=told["helper"], parent=parent)
        if told["forked"]:
            self.forked[pid] = told["parent"]
            self.change(id, forked=True)
        for thread, track in [*self._tracks.items()]:
            if track["parent"] == id and track["kind"] == TrackKind.THREAD:
                self.change(thread, internal=told["helper"])
                if track.get("tid") == pid:
                    self.change(thread, name=self.thread_name(pid, pid, MAIN))

    def thread_name(self, pid: int, tid: int, name: str = "") -> str:
        """What a thread that calls itself so (or not at all) is called: there is a MainThread in every process."""
        own = name or f"thread {tid}"
        return self._called.get(pid, own) if tid == pid and name in ("", MAIN) else own

    def define_pipe(self, here: int, there: int) -> None:
        """A pipe of two directions: each end is named by its key."""
        self.other_end.update({here: there, there: here})

    def define_end(self, told: Track) -> None:
        """One end of a socket: the other one has seen the same challenge."""
        other = self._challenged.pop(told["challenge"], 0)
        if other:
            self.define_pipe(other, told["end"])
        else:
            self._challenged[told["challenge"]] = told["end"]

    def define_type(self, told: Track) -> None:
        """The name of a type, by the number by which events tell it."""
        self._types[told["number"]] = told["name"]

    def type(self, number: int, pid: int) -> int:
        """The track that stands for a type."""
        if number not in self._type_tracks:
            self._type_tracks[number] = self.add(TrackKind.TYPE, self._types.get(number, "object"), pid)
        return self._type_tracks[number]

    def core(self, number: int) -> int:
        """The track of a core."""
        if number not in self._cores:
            self._cores[number] = self.add(TrackKind.CORE, f"core {number}")
        return self._cores[number]

    def gil(self, pid: int, interpreter: int) -> int:
        """A new GIL's track. ``interpreter``: the number of the one whose own it is."""
        if not interpreter:
            return self.add(TrackKind.GIL, "GIL", pid)
        return self.add(TrackKind.GIL, f"GIL {interpreter}", pid, interpreter=interpreter)

    def thread(self, pid: int) -> int:
        """A new thread's track. It has a name of its own once it tells it."""
        return self.add(TrackKind.THREAD, "thread", pid, internal=self._tracks[self.process(pid)]["internal"])

    def copy(self, id: int, pid: int) -> int:
        """A forked process's own copy of a thing that its parent had."""
        had = self._tracks[id]
        more = {name: had[name] for name in ("internal", "line", "capacity") if name in had}
        return self.add(TrackKind(had["kind"]), had["name"], pid, copy=id, **more)

    def loop(self, pid: int) -> int:
        """A new event loop's track."""
        earlier = sum(track["kind"] == TrackKind.LOOP and track["pid"] == pid for track in self._tracks.values())
        return self.add(TrackKind.LOOP, f"loop {earlier + 1}" if earlier else "loop", pid)

    def thing(self, kind: TrackKind, pid: int, location: int, internal: bool, capacity: int = 0) -> int:
        """A new lock or other thing, called by the line that made it; 0: it was made before the recording."""
        word = WORDS.get(kind, kind.name.lower())
        if internal and kind == TrackKind.POOL:  # that of asyncio: the program's own work is done there
            return self.add(kind, word, pid, line=location, capacity=capacity)
        if internal:
            return self.add(kind, f"inner {word}", pid, internal=True, line=location, capacity=capacity)
        id = self.add(kind, word, pid, line=location, capacity=capacity)
        for named, name in self._names.give(id, *self._places.place(location), word):
            self.change(named, name=name)
        return id
