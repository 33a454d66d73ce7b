"""Recordings drawn in ASCII, one character a millisecond; reading a test is seeing what happens.

    draw('''
        main   RRRRWWRRR
        worker ..WWRRaaR
        a      111111112
    ''')

A line is a thread, or, by its name: a lock (one small letter), an event (such a letter and an exclamation mark), a
core (core0, core1 …). Of a thread: R running, S stalled, N native, W waits for the GIL, O outside, Z sleeps, C runnable,
X exited, ? lost, . not there yet, the letter of a lock or an event: blocked on it, the number of a thread: joins it. Of a
lock or a core: the number of the thread that has it, or . for none. Of an event: the number of the thread that sets it
then. Without lines of cores, each thread has a core of its own. What a picture leaves out happens in the order in which
it must, all at once: a thread drawn as going from R to a releases the GIL in between.
"""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from gilscope.analysis.fold import Fold, Gil
from gilscope.events import STATE_TEXT, Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows

TICK = 1_000_000
"""ns"""
SWITCH_INTERVAL_TICKS = 5
PID = 100
GIL = 2
"""Id of the GIL's track; 1 is the process, the lines of the picture follow."""

Event = tuple[int, int, dict[str, int]]  # at, phase within that instant, columns


def draw(picture: str, *, gil: Gil = "measured", cores: bool = True) -> Recording:
    """The recording of what is drawn, folded by the real fold."""
    tracks, events = events_of(picture)
    fold = Fold(gil, cores)
    fold.add_tracks(tracks)
    if gil != "measured":
        events = events[~np.isin(events.kind, (1, 2, 3, 4))]
    if not cores:
        events = events[~np.isin(events.kind, (Kind.CORE_ON, Kind.CORE_OFF))]
    rows = fold.feed(events)
    lost = [
        {"track": int(row.track[0]), "from": int(row.at[0]), "to": int(row.at[0]) + TICK, "count": 1}
        for row in (events[n : n + 1] for n in np.flatnonzero(events.kind == Kind.LOST))
    ]
    recording = Recording(
        {
            "id": "picture",
            "scenario": "picture",
            "title": "A picture",
            "parameters": {},
            "python": {"version": "3.13.0", "implementation": "CPython", "build": "", "free_threaded": gil == "absent"},
            "layers": {
                "gil": {"measured": gil == "measured", "why": "" if gil == "measured" else "the picture says so"},
                "cores": {"measured": cores, "why": "" if cores else "the picture says so"},
                "program": {"measured": True, "why": ""},
            },
            "switch_interval_ns": SWITCH_INTERVAL_TICKS * TICK,
        },
        rows=rows,
        lost=lost,
        end={
            "verdict": "ok",
            "sentence": "Ended by itself.",
            "duration_ns": max(map(len, _lines(picture).values())) * TICK,
            "emitted": 1000,
            "stored": 1000 - len(lost),
            "lost": len(lost),
        },
    )
    recording.take({"tracks": tracks})
    return recording


def redraw(recording: Recording, name: str) -> str:
    """The line of one track as the recording tells it: a lock that is free as ``.``, its holder by number."""
    track = track_of(recording, name)
    mine = recording.rows[recording.rows.track == track]
    threads = [id for id, told in recording.tracks.items() if told["kind"] == TrackKind.THREAD]
    line = ""
    for tick in range(recording.duration_ns // TICK):
        at = int(mine.at.searchsorted(tick * TICK, "right")) - 1
        if at < 0:
            line += "."
            continue
        state, thing = State(mine.state[at]), int(mine.thing[at])
        if state == State.BLOCKED:
            line += recording.tracks[thing]["name"]
        elif state in (State.HELD, State.CONTENDED, State.BUSY):
            line += str(threads.index(thing) + 1)
        elif state in (State.FREE, State.IDLE):
            line += "."
        else:
            line += STATE_TEXT[state][1]
    return line


@st.composite
def any_picture(draw: st.DrawFn) -> str:
    """Whatever can be drawn, also what can't happen."""
    threads = draw(st.integers(1, 4))
    numbers = "123456"[:threads]
    length = draw(st.integers(1, 24))
    cores = draw(st.integers(0, 2))

    def line(name: str, letters: str) -> str:
        return f"{name} {draw(st.text(letters, min_size=1, max_size=length))}"

    lines = [line(f"thread-{number}", f"RRRRWWSNOZCX?abe.{numbers}") for number in numbers]
    lines += [line(name, f".{numbers}") for name in ("a", "b", "e!", *(f"core{n}" for n in range(cores)))]
    return "\n".join(lines)


def track_of(recording: Recording, name: str) -> int:
    """A track's id by its name."""
    return next(id for id, told in recording.tracks.items() if told["name"] == name)


def events_of(picture: str) -> tuple[list[dict[str, Any]], Rows]:
    """Tracks, and the events as the collector hands them to the fold."""
    lines = _lines(picture)
    threads = [name for name in lines if _kind(name) == TrackKind.THREAD]
    told = [("python", TrackKind.PROCESS), ("GIL", TrackKind.GIL), *((name, _kind(name)) for name in lines)]
    if not any(kind == TrackKind.CORE for _, kind in told):
        told += [(f"core {n}", TrackKind.CORE) for n in range(len(threads))]
    if any("Z" in lines[name] for name in threads):
        told.append(("time.sleep", TrackKind.SLEEP))
    tracks = [_track(id, kind, name.rstrip("!")) for id, (name, kind) in enumerate(told, 1)]
    ids = {str(track["name"]): int(track["id"]) for track in tracks}
    events: list[Event] = []
    for name in threads:
        events += _Thread(name, threads, lines, ids).events()
    for name in lines:
        if _kind(name) == TrackKind.LOCK:
            events += _lock_events(lines[name], ids[name], threads, lines, ids)
        elif _kind(name) == TrackKind.EVENT:
            events += _event_events(lines[name], ids[name[0]], threads, ids)
    events.sort(key=lambda event: event[:2])
    columns = {
        name: [event[2].get(name, 0) for event in events] for name in ("track", "kind", "flags", "thing", "value")
    }
    return tracks, Rows.of([event[0] for event in events], **columns)


def _lines(picture: str) -> dict[str, str]:
    parts = (line.strip().partition(" ") for line in picture.strip().splitlines())
    return {name: line.strip() for name, _, line in parts}


def _kind(name: str) -> TrackKind:
    if name[0].islower() and name[1:] in ("", "!"):
        return TrackKind.EVENT if name.endswith("!") else TrackKind.LOCK
    return TrackKind.CORE if name.startswith("core") else TrackKind.THREAD


def _track(id: int, kind: TrackKind, name: str) -> dict[str, Any]:
    return {"id": id, "kind": int(kind), "name": name, "parent": 1, "internal": False, "pid": PID, "tid": 1000 + id}


RELEASES, LEAVES, WANTS, COMES, TAKES = range(5)
"""What happens first of all that happens at one instant."""


class _Thread:
    """One line, read from left to right."""

    def __init__(self, name: str, threads: list[str], lines: dict[str, str], ids: dict[str, int]) -> None:
        self.line, self.track, self.number = lines[name], ids[name], str(threads.index(name) + 1)
        self.threads, self.lines, self.ids = threads, lines, ids
        self.cores = [other for other in ids if other.startswith("core")]
        self.core = ids.get(f"core {threads.index(name)}", ids[self.cores[0]])
        self.now, self.begun = 0, False
        self.blocked_on, self.since = "", 0
        self.told: list[Event] = []

    def add(self, phase: int, kind: Kind, thing: int = 0, flags: int = 0, value: int = 0, tick: int = 0) -> None:
        columns = {"track": self.track, "kind": kind, "thing": thing, "flags": flags, "value": value}
        self.told.append(((tick or self.now) * TICK, phase, columns))

    def events(self) -> list[Event]:
        last = "."
        for now, here in enumerate(self.line):
            self.now = now
            if here not in (last, "."):
                self.becomes(here, last)
            last = here
        return self.told

    def becomes(self, here: str, last: str) -> None:
        if not self.begun and here != "?":
            phase = {"R": COMES, "W": WANTS}.get(here, LEAVES)
            self.comes(phase)
            if here == "W":
                self.add(WANTS, Kind.GIL_WAIT, GIL)
            else:
                self.add(phase, Kind.GIL_ACQUIRE, GIL)
                self.add(phase, Kind.THREAD_BEGIN)
                self.begun, last = True, "R"
        if self.blocked_on and here not in ("W", "R", "?"):  # gives up waiting, gets the GIL, and goes on
            self.add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            self.goes_on(LEAVES, well=False)
            last = "R"
        if last == "Z" and here not in ("W", "R", "?"):
            self.add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            self.add(LEAVES, Kind.RETURN, self.ids["time.sleep"])
            last = "R"
        if last == "W" and here not in "R?":  # gets it, and lets it go at once
            self.add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            last = "R"
        if here == "?":
            self.add(LEAVES, Kind.LOST, value=1)
        elif here == "W":
            self.wants_the_gil(last)
        elif here == "S":
            self.add(COMES, Kind.CORE_OFF, self.core, Flag.PREEMPTED)
        elif here == "R":
            self.runs(last)
        elif here == "X":
            if last != "R":
                self.add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            self.add(LEAVES, Kind.THREAD_END)
            self.add(LEAVES, Kind.GIL_RELEASE, GIL)
            self.add(LEAVES, Kind.CORE_OFF, self.core)
        else:
            self.leaves(here, last)

    def comes(self, phase: int) -> None:
        """Onto the core that has its number; onto none, where cores are drawn and none has."""
        drawn = {core: self.lines[core] for core in self.cores if core in self.lines}
        here = next((core for core, line in drawn.items() if line[self.now :][:1] == self.number), "")
        self.core = self.ids.get(here, self.core)
        if here or not drawn:
            self.add(phase, Kind.CORE_ON, self.core)

    def wants_the_gil(self, last: str) -> None:
        if last == "R":
            self.add(LEAVES, Kind.GIL_RELEASE, GIL, Flag.FORCED)
        elif last != ".":
            self.add(WANTS, Kind.GIL_WAIT, GIL)
        self.add(WANTS, Kind.CORE_OFF, self.core)
        length = len(self.line[self.now :]) - len(self.line[self.now :].lstrip("W"))
        for asks in range(self.now + SWITCH_INTERVAL_TICKS, self.now + length, SWITCH_INTERVAL_TICKS):
            self.add(LEAVES, Kind.GIL_DROP_REQUEST, GIL, tick=asks)

    def runs(self, last: str) -> None:
        if last != "R":
            self.comes(COMES)
        if last not in "RS":
            self.add(COMES, Kind.GIL_ACQUIRE, GIL)
        if not self.begun:
            self.add(COMES, Kind.THREAD_BEGIN)
            self.begun = True
        if self.line[: self.now].rstrip("W").endswith("Z"):
            self.add(COMES, Kind.RETURN, self.ids["time.sleep"])
        if self.blocked_on:
            self.goes_on(TAKES, self.has_it())

    def leaves(self, here: str, last: str) -> None:
        if here == "Z" or here.isdigit() or here.islower():
            if last != "R":
                self.add(LEAVES, Kind.GIL_ACQUIRE, GIL)
                last = "R"
            if here == "Z":
                self.add(LEAVES, Kind.CALL, self.ids["time.sleep"], value=-1)
            else:
                self.blocked_on, self.since = here, self.now
                self.add(LEAVES, Kind.LOCK_WAIT if here in self.lines else Kind.BLOCK, self.thing())
        if last in "RS":
            self.add(LEAVES, Kind.GIL_RELEASE, GIL)
        if here == "N":
            self.comes(LEAVES)
        else:
            self.add(LEAVES, Kind.CORE_OFF, self.core, Flag.PREEMPTED if here == "C" else 0)

    def thing(self) -> int:
        """What it is blocked on."""
        what = self.blocked_on
        return self.ids[self.threads[int(what) - 1] if what.isdigit() else what]

    def has_it(self) -> bool:
        """Whether what it was blocked on has come about."""
        what, now = self.blocked_on, self.now
        if what.isdigit():
            return "X" in self.lines[self.threads[int(what) - 1]][: now + 1]
        if what in self.lines:
            return self.lines[what][now : now + 1] == self.number
        return self.lines[f"{what}!"][self.since : now + 1].strip(".") != ""

    def goes_on(self, phase: int, well: bool) -> None:
        if self.blocked_on not in self.lines:
            self.add(phase, Kind.UNBLOCK, self.thing(), 0 if well else Flag.TIMEOUT)
        elif well:
            self.add(phase, Kind.LOCK_ACQUIRE, self.thing(), Flag.CONTENDED, 1)
        else:
            self.add(phase, Kind.LOCK_TIMEOUT, self.thing(), Flag.TIMEOUT)
        self.blocked_on = ""


def _lock_events(line: str, lock: int, threads: list[str], lines: dict[str, str], ids: dict[str, int]) -> list[Event]:
    events: list[Event] = [(0, RELEASES, {"track": ids[threads[0]], "kind": Kind.THING_NEW, "thing": lock})]
    last = "."
    for now, here in enumerate(line):
        if here == last:
            continue
        if last != ".":
            releaser = ids[threads[int(last) - 1]]
            events.append((now * TICK, RELEASES, {"track": releaser, "kind": Kind.LOCK_RELEASE, "thing": lock}))
        if here != ".":
            name = threads[int(here) - 1]
            waited = lines[name][:now].rstrip("W").endswith(next(n for n, id in ids.items() if id == lock))
            if not waited:
                columns = {"track": ids[name], "kind": Kind.LOCK_ACQUIRE, "thing": lock, "value": 1}
                events.append((now * TICK, TAKES, columns))
        last = here
    return events


def _event_events(line: str, event: int, threads: list[str], ids: dict[str, int]) -> list[Event]:
    events: list[Event] = [(0, RELEASES, {"track": ids[threads[0]], "kind": Kind.THING_NEW, "thing": event})]
    for now, here in enumerate(line):
        if here != ".":
            columns = {"track": ids[threads[int(here) - 1]], "kind": Kind.NOTIFY, "thing": event, "value": 1}
            events.append((now * TICK, RELEASES, columns))
    return events
