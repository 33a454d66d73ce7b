"""Recordings of tasks drawn in ASCII, one character a millisecond; see also pictures.py.

    draw_tasks('''
        main   R22222222R
        worker QRaaaQRRDD
        other  QQRRRRDDDD
        a      ..3333.2..
    ''')

A line is a task of one loop, which MainThread runs; or, by its name: a lock of asyncio (one small letter), an event (such
a letter and an exclamation mark), cancellations (the name of a task and ^). Of a task: R runs, S runs but sleeps in
time.sleep(), W runs but its thread waits for the GIL, which the thread `other` has; Q ready; Z in asyncio.sleep(), I waits
to read, F for a future, G in a gather(), T in a TaskGroup; the letter of a lock or an event: waits for it; the number of a task: awaits it;
D done, E failed, K cancelled, U its cancellation is taken back while it runs; . not there yet. Of a lock: the number of the
task that has it; of an event: that sets it; of cancellations: that asks for them, 0 for the loop. While no task runs, the
loop looks for input and output. A task that awaits something else than a lock, an event or a task is made ready by the loop
unless a `+` stands before Q or R: then by the end of the task that ended last.
"""

from typing import Any

from gilscope.analysis.fold import Fold
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import PID, TICK

PROCESS, GIL, MAIN, OTHER, LOOP = range(1, 6)
CORES = {MAIN: 6, OTHER: 7}
WORDS = {"Z": "asyncio.sleep", "I": "read", "F": "future", "G": "gather", "T": "TaskGroup"}
ENDS = {"D": State.DONE, "E": State.FAILED, "K": State.CANCELLED}
STEPS = "RSWU"
BEGIN = 13
"""Id of the first line's track; before them stand the words."""


def draw_tasks(picture: str, gathered: str = "") -> Recording:
    """The recording of what is drawn, folded by the real fold. ``gathered``: numbers of tasks that are one gather()."""
    drawn = _Picture(picture, gathered)
    fold = Fold("measured", cores=True)
    fold.add_tracks(drawn.tracks)
    columns = {
        name: [row.get(name, 0) for row in drawn.rows] for name in ("track", "kind", "flags", "thing", "line", "value")
    }
    layers = {name: {"measured": True, "why": ""} for name in ("gil", "cores", "program")}
    end = {"verdict": "ok", "sentence": "Ended by itself.", "duration_ns": drawn.length * TICK}
    recording = Recording({"layers": layers}, fold.feed(Rows.of([row["at"] for row in drawn.rows], **columns)), end=end)
    recording.take({"tracks": drawn.tracks})
    # Task number n stands at line 10 n; it was made at line 10 n + 1.
    locations = [{"id": n, "file": "a.py", "line": n, "function": "work"} for n in range(1, 100)]
    recording.take({"locations": locations, "sources": [{"file": "a.py", "text": ""}]})
    return recording


class _Picture:
    """Read from left to right: ``rows`` are what the recorder would tell of it."""

    def __init__(self, picture: str, gathered: str) -> None:
        lines = [line.strip().split() for line in picture.strip().splitlines()]
        self.lines: dict[str, str] = dict(lines)
        self.tasks = [name for name in self.lines if len(name) > 1 and name[-1] not in "!^"]
        self.length = max(len(line.replace("+", "")) for line in self.lines.values())
        self.by_end = {name: _pluses(self.lines[name]) for name in self.tasks}
        self.lines = {name: line.replace("+", "") for name, line in self.lines.items()}
        names = [name for name in self.lines if not name.endswith("^")]
        self.ids = {name.rstrip("!"): BEGIN + n for n, name in enumerate(names)}
        self.words = {letter: CORES[OTHER] + n for n, letter in enumerate(WORDS, 1)}
        self.tracks = list(self._tracks(names))
        self.gathered = gathered
        self.rows: list[dict[str, int]] = []
        self.ended, self.idle, self.now, self.looked = 0, False, 0, 0
        self.add(Kind.GIL_ACQUIRE, GIL)
        self.add(Kind.THREAD_BEGIN)
        self.add(Kind.ASYNC_NEW, LOOP)
        for name in names:
            if name not in self.tasks:
                self.add(Kind.ASYNC_NEW, self.ids[name.rstrip("!")])
        while self.now < self.length:
            self.tick()
            self.now += 1

    def _tracks(self, names: list[str]) -> Any:
        told: list[tuple[int, str, TrackKind, int]] = [
            (PROCESS, "process", TrackKind.PROCESS, 0),
            (GIL, "GIL", TrackKind.GIL, PROCESS),
            (MAIN, "MainThread", TrackKind.THREAD, PROCESS),
            (OTHER, "other thread", TrackKind.THREAD, PROCESS),
            (LOOP, "loop", TrackKind.LOOP, PROCESS),
            *((core, f"core {core}", TrackKind.CORE, 0) for core in CORES.values()),
            *((self.words[letter], word, TrackKind.FUTURE, PROCESS) for letter, word in WORDS.items()),
        ]
        for name in names:
            kind = TrackKind.TASK if name in self.tasks else TrackKind.EVENT if name.endswith("!") else TrackKind.LOCK
            told.append(
                (self.ids[name.rstrip("!")], name.rstrip("!"), kind, LOOP if kind == TrackKind.TASK else PROCESS)
            )
        told.append((max(self.ids.values()) + 1, "time.sleep", TrackKind.SLEEP, PROCESS))
        for id, name, kind, parent in told:
            more: dict[str, Any] = {"asyncio": True} if kind in (TrackKind.LOCK, TrackKind.EVENT) else {}
            if kind == TrackKind.TASK:
                more = {"function": "work", "line": 10 * (self.tasks.index(name) + 1) + 1}
            yield {
                "id": id,
                "kind": int(kind),
                "name": name,
                "parent": parent,
                "internal": False,
                "pid": PID,
                "tid": 1000 + id,
                **more,
            }

    def add(
        self, kind: Kind, thing: int = 0, *, track: int = MAIN, value: int = 0, flags: int = 0, line: int = 0
    ) -> None:
        row = {
            "at": self.now * TICK + self.looked,
            "kind": kind,
            "thing": thing,
            "track": track,
            "value": value,
            "flags": flags,
        }
        core = {**row, "thing": CORES[track]}
        if kind == Kind.GIL_ACQUIRE:
            self.rows.append({**core, "kind": Kind.CORE_ON})
        self.rows.append({**row, "line": line})
        if kind == Kind.GIL_RELEASE:
            self.rows.append({**core, "kind": Kind.CORE_OFF})

    def at(self, name: str, tick: int) -> str:
        """What is drawn there; after its end, a line goes on as it ended."""
        line = self.lines[name]
        return "." if tick < 0 else line[min(tick, len(line) - 1)]

    def running(self, tick: int) -> str:
        return next((name for name in self.tasks if self.at(name, tick) in STEPS), "")

    def tick(self) -> None:
        before, here = self.running(self.now - 1), self.running(self.now)
        self.looked = 0
        if before:
            self.in_step(before)
        for name in self.tasks:
            if self.at(name, self.now - 1) == "." != self.at(name, self.now):
                line = 10 * (self.tasks.index(name) + 1) + 1
                self.add(Kind.TASK_NEW, self.ids[name], line=line)
        if self.gathered and self.at(self.tasks[0], self.now) == "G" != self.at(self.tasks[0], self.now - 1):
            for number in self.gathered:
                self.add(Kind.TASK_GATHERED, self.ids[self.tasks[int(number) - 1]], value=1)
        if before:
            self.thread(self.at(before, self.now - 1), self.at(before, self.now))
            if self.at(before, self.now) not in STEPS:
                self.leaves(before, self.at(before, self.now))
        self.loop(here)
        if here and here != before:
            self.add(Kind.TASK_STEP, self.ids[here])
            self.thread("R", self.at(here, self.now))
        if here:
            self.in_step(here, begins=True)

    def thread(self, last: str, here: str) -> None:
        """What happens to the thread inside of a step."""
        sleep = max(self.ids.values()) + 1
        if last in "SW" and here != last:
            if last == "W":
                self.add(Kind.GIL_RELEASE, GIL, track=OTHER)
            self.add(Kind.GIL_ACQUIRE, GIL)
            if last == "S":
                self.add(Kind.RETURN, sleep)
        if here == "S" != last:
            self.add(Kind.CALL, sleep, value=-1, line=99)
            self.add(Kind.GIL_RELEASE, GIL, line=99)
        if here == "W" != last:
            self.add(Kind.GIL_RELEASE, GIL, flags=Flag.FORCED, line=98)
            self.add(Kind.GIL_ACQUIRE, GIL, track=OTHER)
        if here == "U" != last:
            self.add(Kind.TASK_UNCANCEL, self.ids[self.running(self.now)])

    def in_step(self, name: str, begins: bool = False) -> None:
        """Locks that a task takes and lets go of, events that it sets, tasks that it cancels: where its step begins or
        goes on, what is drawn at this tick, else what it does at its end."""
        number = str(self.tasks.index(name) + 1)
        for other, line in self.lines.items():
            last, now = (line[tick : tick + 1] if tick >= 0 else "" for tick in (self.now - 1, self.now))
            if other in self.tasks or (other.endswith("^") and not begins):
                continue
            if other.endswith("^") and now == number:
                self.cancels(other[:-1])
            elif other.endswith("!") and begins and now == number:
                self.add(Kind.NOTIFY, self.ids[other[:-1]], value=1)
                self.readies(other[:-1])
            elif len(other) == 1 and last == number != now and (begins or self.at(name, self.now) not in STEPS):
                self.add(Kind.LOCK_RELEASE, self.ids[other])
                self.readies(other)
            elif len(other) == 1 and begins and now == number != last:
                self.add(Kind.LOCK_ACQUIRE, self.ids[other], value=1)

    def cancels(self, name: str) -> None:
        self.add(Kind.TASK_CANCEL, self.ids[name])
        if self.at(name, self.now - 1) not in "QRSW" and self.at(name, self.now) in "QRSW":
            self.add(Kind.TASK_READY, self.ids[name])

    def readies(self, letter: str) -> None:
        """Those that wait for this and do no more."""
        for name in self.tasks:
            if self.at(name, self.now - 1) == letter != self.at(name, self.now):
                self.add(Kind.TASK_READY, self.ids[name])

    def leaves(self, name: str, here: str) -> None:
        number, id = self.tasks.index(name) + 1, self.ids[name]
        if here in ENDS:
            self.add(Kind.TASK_END, id, value=ENDS[here])
            self.ended = id
            for other in self.tasks:
                if self.at(other, self.now - 1) == str(number) != self.at(other, self.now):
                    self.add(Kind.TASK_READY, self.ids[other], value=id)
        elif here == "Q":
            self.add(Kind.TASK_YIELD, id, line=10 * number)
        else:
            thing = self.words.get(here) or self.ids[self.tasks[int(here) - 1] if here.isdigit() else here]
            self.add(Kind.TASK_SUSPEND, id, value=thing, line=10 * number)

    def loop(self, here: str) -> None:
        """What it does between two steps: it looks, and makes tasks ready."""
        cancelled = [
            name[:-1]
            for name, line in self.lines.items()
            if name.endswith("^") and line[self.now : self.now + 1] == "0"
        ]
        woken = [
            name
            for name in self.tasks
            if self.at(name, self.now - 1) in WORDS and self.at(name, self.now) in f"Q{STEPS}" and name not in cancelled
        ]
        woken = [name for name in woken if not self.lines.get(f"{name}^", "")[self.now : self.now + 1].strip(".")]
        if self.now == 0 and not here:
            self.looks()
        if self.running(self.now - 1) and (not here or woken):
            self.looks()
            self.looked = 1  # if only for a nanosecond
        if self.idle and (here or woken or cancelled):
            self.add(Kind.GIL_ACQUIRE, GIL)
            self.add(Kind.LOOP_RUN, LOOP)
            self.idle = False
        for name in cancelled:
            self.cancels(name)
        for name in woken:
            self.add(Kind.TASK_READY, self.ids[name], value=self.ended if self.now in self.by_end[name] else 0)

    def looks(self) -> None:
        self.add(Kind.LOOP_SELECT, LOOP)
        self.add(Kind.GIL_RELEASE, GIL)
        self.idle = True


def _pluses(line: str) -> set[int]:
    """Ticks before which one stands."""
    return {n - line[:n].count("+") for n, letter in enumerate(line) if letter == "+"}
