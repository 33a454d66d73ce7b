"""Recordings drawn in ASCII, one character a millisecond; reading a test is seeing what happens.

    draw('''
        main   RRRRWWRRR
        worker ..WWRRaaR
        a      111111112
    ''')

A line is a thread, or, when its name is one small letter, a lock. Of a thread: R running, S stalled, N native,
W waits for the GIL, O outside, C runnable, X exited, ? lost, . not there yet, and a lock's letter: blocked on
it. Of a lock: the number of the thread that has it, or . for free. What a picture leaves out happens in the
order in which it must, all at once: a thread drawn as going from R to a releases the GIL in between.
"""

from typing import Any

import numpy as np

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


def track_of(recording: Recording, name: str) -> int:
    """A track's id by its name."""
    return next(id for id, told in recording.tracks.items() if told["name"] == name)


def events_of(picture: str) -> tuple[list[dict[str, Any]], Rows]:
    """Tracks, and the events as the collector hands them to the fold."""
    lines = _lines(picture)
    ids = {name: GIL + 1 + n for n, name in enumerate(lines)}
    threads = [name for name in lines if not _is_lock(name)]
    tracks = [_track(1, TrackKind.PROCESS, "python"), _track(GIL, TrackKind.GIL, "GIL")]
    tracks += [_track(ids[name], TrackKind.LOCK if _is_lock(name) else TrackKind.THREAD, name) for name in lines]
    cores = {name: max(ids.values()) + 1 + n for n, name in enumerate(threads)}
    tracks += [_track(id, TrackKind.CORE, f"core {n}") for n, id in enumerate(cores.values())]
    events: list[Event] = []
    for name in threads:
        locks = {lock: lines[lock] for lock in lines if _is_lock(lock)}
        events += _thread_events(lines[name], ids[name], cores[name], ids, locks, threads.index(name) + 1)
    for name in lines:
        if _is_lock(name):
            events += _lock_events(lines[name], ids[name], threads, lines, ids)
    events.sort(key=lambda event: event[:2])
    columns = {
        name: [event[2].get(name, 0) for event in events] for name in ("track", "kind", "flags", "thing", "value")
    }
    return tracks, Rows.of([event[0] for event in events], **columns)


def _lines(picture: str) -> dict[str, str]:
    parts = (line.strip().partition(" ") for line in picture.strip().splitlines())
    return {name: line.strip() for name, _, line in parts}


def _is_lock(name: str) -> bool:
    return len(name) == 1 and name.islower()


def _track(id: int, kind: TrackKind, name: str) -> dict[str, Any]:
    return {"id": id, "kind": int(kind), "name": name, "parent": 1, "internal": False, "pid": PID, "tid": 1000 + id}


RELEASES, LEAVES, WANTS, COMES, TAKES = range(5)
"""What happens first of all that happens at one instant."""


def _thread_events(
    line: str, track: int, core: int, ids: dict[str, int], locks: dict[str, str], number: int
) -> list[Event]:
    events: list[Event] = []

    def add(phase: int, kind: Kind, thing: int = 0, flags: int = 0, value: int = 0, tick: int = 0) -> None:
        columns = {"track": track, "kind": kind, "thing": thing, "flags": flags, "value": value}
        events.append(((tick or now) * TICK, phase, columns))

    last, blocked_on, begun = ".", "", False
    for now, here in enumerate(line):
        if here == last or here == ".":
            last = here
            continue
        if not begun and here != "?":
            add(COMES, Kind.CORE_ON, core)
            if here == "W":
                add(WANTS, Kind.GIL_WAIT, GIL)
            else:
                phase = COMES if here == "R" else LEAVES
                add(phase, Kind.GIL_ACQUIRE, GIL)
                add(phase, Kind.THREAD_BEGIN)
                begun, last = True, "R"
        if blocked_on and here not in ("W", "R", "?"):  # gives up waiting, gets the GIL, and goes on
            add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            add(LEAVES, Kind.LOCK_TIMEOUT, ids[blocked_on], Flag.TIMEOUT)
            blocked_on, last = "", "R"
        if last == "W" and here not in "R?":  # gets it, and lets it go at once
            add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            last = "R"
        begins = not begun and last == "W" and here == "R"
        if here == "?":
            add(LEAVES, Kind.LOST, value=1)
        elif here == "W":
            if last == "R":
                add(LEAVES, Kind.GIL_RELEASE, GIL, Flag.FORCED)
            elif last != ".":
                add(WANTS, Kind.GIL_WAIT, GIL)
            add(WANTS, Kind.CORE_OFF, core)
            length = len(line[now:]) - len(line[now:].lstrip("W"))
            for asks in range(now + SWITCH_INTERVAL_TICKS, now + length, SWITCH_INTERVAL_TICKS):
                add(LEAVES, Kind.GIL_DROP_REQUEST, GIL, tick=asks)
        elif here == "S":
            add(COMES, Kind.CORE_OFF, core, Flag.PREEMPTED)
        elif here == "R":
            if last != "R":
                add(COMES, Kind.CORE_ON, core)
            if last not in "RS":
                add(COMES, Kind.GIL_ACQUIRE, GIL)
            if begins:
                add(COMES, Kind.THREAD_BEGIN)
                begun = True
            if blocked_on:
                gets = locks[blocked_on][now : now + 1] == str(number)
                kind = Kind.LOCK_ACQUIRE if gets else Kind.LOCK_TIMEOUT
                add(TAKES, kind, ids[blocked_on], Flag.CONTENDED if gets else Flag.TIMEOUT, int(gets))
                blocked_on = ""
        elif here == "X":
            if last != "R":
                add(LEAVES, Kind.GIL_ACQUIRE, GIL)
            add(LEAVES, Kind.THREAD_END)
            add(LEAVES, Kind.GIL_RELEASE, GIL)
            add(LEAVES, Kind.CORE_OFF, core)
        else:
            if here in locks:
                if last != "R":
                    add(LEAVES, Kind.GIL_ACQUIRE, GIL)
                    last = "R"
                add(LEAVES, Kind.LOCK_WAIT, ids[here])
                blocked_on = here
            if last in "RS":
                add(LEAVES, Kind.GIL_RELEASE, GIL)
            if here == "N":
                add(LEAVES, Kind.CORE_ON, core)
            else:
                add(LEAVES, Kind.CORE_OFF, core, Flag.PREEMPTED if here == "C" else 0)
        last = here
    return events


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
