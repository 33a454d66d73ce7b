"""Records and switches become rows of one time axis, each about the right track."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gilscope.collector.columns import NO_SWITCHES
from gilscope.collector.cores import MARGIN_NS, Loss, Switches
from gilscope.collector.merge import PATIENCE_NS, Merge
from gilscope.collector.places import Places
from gilscope.collector.records import Records
from gilscope.collector.rings import FOREVER, Account, Batch
from gilscope.collector.tracks import Tracks
from gilscope.collector.transcript import Transcript
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Rows, read

PID = 100
ORIGIN = 1_000_000_000
GIL_ADDRESS = 0x7000
MAIN, ONE, TWO = 0x1000, 0x1100, 0x1200
LOCK, RLOCK, THREAD = TrackKind.LOCK, TrackKind.RLOCK, TrackKind.THREAD

Event = tuple[int, int, Kind, int, int, int]
"""slot, time after the origin, kind, address, aux, flags"""


def event(slot: int, at: int, kind: Kind, thing: int = GIL_ADDRESS, aux: int = 0, flags: int = 0) -> Event:
    return slot, at, kind, thing, aux, flags


def records(events: Sequence[Event], generation: int = 1) -> Records:
    """As the rings are read."""
    columns = zip(*events, strict=True) if events else [()] * 6
    slot, at, kind, thing, aux, flags = (np.array(column, np.int64) for column in columns)
    zeros = np.zeros(len(events), np.uint64)
    return Records(
        slot=slot.astype(np.uint32),
        generation=np.full(len(events), generation, np.uint32),
        at=at + ORIGIN,
        kind=kind.astype(np.uint8),
        flags=flags.astype(np.uint8),
        aux=aux.astype(np.uint16),
        thing=thing.astype(np.uint64),
        code=zeros.copy(),
        offset=zeros.astype(np.uint16),
        value=zeros.astype(np.int64),
    )


def switches(*some: tuple[int, int, int, bool]) -> Switches:
    """tid, time after the origin, core, put on it."""
    tid, at, cpu, on = (np.array(column) for column in zip(*some, strict=True))
    size = len(some)
    return Switches(
        at.astype(np.int64) + ORIGIN,
        np.full(size, PID, np.uint32),
        tid.astype(np.uint32),
        cpu.astype(np.uint32),
        on.astype(np.bool_),
        np.zeros(size, np.bool_),
    )


class Merging:
    """A merge, and what it told of its tracks."""

    def __init__(self, cores: bool = False, slots: int = 3) -> None:
        places = Places(Path("/nowhere"), ())
        self.tracks = Tracks(places)
        self.merge = Merge(self.tracks, places, ORIGIN, cores)
        self.merge.begin([Account(slot, 1, PID, PID + slot) for slot in range(slots)])
        self.told: dict[int, dict[str, Any]] = {}

    def feed(self, events: Sequence[Event], until: int = FOREVER, on_cores: Switches = NO_SWITCHES) -> list[str]:
        """Rows, one line each: time, track, kind, thing."""
        rows = self.merge.feed(records(events), on_cores, until if until == FOREVER else until + ORIGIN)
        self.told.update({told["id"]: told for told in self.tracks.take_changed()})
        return self.say(rows)

    def say(self, rows: Rows) -> list[str]:
        columns = zip(rows.at.tolist(), rows.track.tolist(), rows.kind.tolist(), rows.thing.tolist(), strict=True)
        return [
            " ".join([str(at), self.name(track), Kind(kind).name, *([self.name(thing)] if thing else [])])
            for at, track, kind, thing in columns
        ]

    def name(self, track: int) -> str:
        told = self.told[track]
        return f"{told['name']}#{track}" if told["kind"] in (LOCK, RLOCK) else str(told["name"])


def name(slot: int, name: str) -> dict[str, Any]:
    """A thread's definition."""
    return {"def": "thread", "slot": slot, "generation": 1, "name": name, "daemon": False, "main": False, "thing": 0}


def test_a_thread_is_the_one_that_was_started() -> None:
    """The row that starts it is about the same track as its own rows."""
    merging = Merging()
    merging.merge.define(name(1, "worker"))
    assert merging.feed(
        [
            event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD),
            event(0, 10, Kind.THREAD_START, ONE, THREAD),
            event(1, 20, Kind.GIL_WAIT),
            event(1, 30, Kind.THREAD_BEGIN, ONE, THREAD),
            event(0, 40, Kind.BLOCK, ONE, THREAD),
        ]
    ) == [
        "0 process 100 NONE",
        "0 MainThread THREAD_BEGIN MainThread",
        "10 MainThread THREAD_START worker",
        "20 worker GIL_WAIT GIL",
        "30 worker THREAD_BEGIN worker",
        "40 MainThread BLOCK worker",
    ]


def test_an_address_that_is_used_again_is_another_thread() -> None:
    """Two threads, one after the other, whose Thread objects lie at the same place."""
    merging = Merging()
    merging.merge.define(name(1, "first"))
    merging.merge.define(name(2, "second"))
    rows = merging.feed(
        [
            event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD),
            event(0, 10, Kind.THREAD_START, ONE, THREAD),
            event(1, 20, Kind.THREAD_BEGIN, ONE, THREAD),
            event(0, 30, Kind.BLOCK, ONE, THREAD),
            event(0, 40, Kind.THREAD_START, ONE, THREAD),
            event(2, 50, Kind.THREAD_BEGIN, ONE, THREAD),
            event(0, 60, Kind.BLOCK, ONE, THREAD),
        ]
    )
    assert [row for row in rows if "BLOCK" in row or "START" in row] == [
        "10 MainThread THREAD_START first",
        "30 MainThread BLOCK first",
        "40 MainThread THREAD_START second",
        "60 MainThread BLOCK second",
    ]


def test_rows_wait_until_a_thread_has_told_who_it_is() -> None:
    """Its first rows, and everything later; they come as soon as it has."""
    merging = Merging()
    merging.merge.define(name(1, "worker"))
    first = merging.feed(
        [
            event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD),
            event(0, 10, Kind.THREAD_START, ONE, THREAD),
            event(1, 20, Kind.GIL_WAIT),
            event(0, 25, Kind.GIL_RELEASE),
        ],
        until=30,
    )
    assert first == ["0 process 100 NONE", "0 MainThread THREAD_BEGIN MainThread", "10 MainThread THREAD_START thread"]
    assert merging.feed([event(1, 40, Kind.THREAD_BEGIN, ONE, THREAD)], until=50) == [
        "20 worker GIL_WAIT GIL",
        "25 MainThread GIL_RELEASE GIL",
        "40 worker THREAD_BEGIN worker",
    ]


def test_who_never_tells_goes_by_its_number() -> None:
    """After a while nobody waits for it any more."""
    merging = Merging()
    assert len(merging.feed([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(1, 20, Kind.GIL_WAIT)], until=30)) == 2
    assert merging.feed([], until=20 + PATIENCE_NS - 1) == []
    assert merging.feed([], until=20 + PATIENCE_NS) == ["20 thread 101 GIL_WAIT GIL"]


def test_who_tells_after_the_cut_waits_whole() -> None:
    """No row of a thread comes before it is known which one it is, though another one holds the cut."""
    merging = Merging()
    merging.merge.define(name(2, "late"))
    rows = merging.feed(
        [
            event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD),
            event(0, 5, Kind.THREAD_START, TWO, THREAD),
            event(2, 10, Kind.GIL_WAIT),
            event(1, 20, Kind.GIL_WAIT),
            event(2, 30, Kind.THREAD_BEGIN, TWO, THREAD),
        ],
        until=40,
    )
    assert rows[-1] == "5 MainThread THREAD_START thread"
    assert merging.feed([]) == ["10 late GIL_WAIT GIL", "20 thread 101 GIL_WAIT GIL", "30 late THREAD_BEGIN late"]


NEW = Kind.THING_NEW


def made(*events: Event) -> list[str]:
    """What the main thread's rows are about, without the first two."""
    return [row.split()[-1] for row in Merging().feed([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), *events])[2:]]


def test_a_lock_made_at_an_address_is_another_lock() -> None:
    """From then on; up to then the address meant the one before it."""
    assert made(
        event(0, 1, NEW, 0x10, LOCK),
        event(0, 2, Kind.LOCK_ACQUIRE, 0x10, LOCK),
        event(0, 3, NEW, 0x20, LOCK),
        event(0, 4, NEW, 0x10, LOCK),
        event(0, 5, Kind.LOCK_ACQUIRE, 0x10, LOCK),
        event(0, 6, Kind.LOCK_ACQUIRE, 0x20, LOCK),
    ) == ["1#3", "1#3", "2#4", "3#5", "3#5", "2#4"]


def test_inner_locks_of_one_address_share_a_track() -> None:
    """A condition makes one at every wait; a user's lock, or one of another kind, doesn't share it."""
    nested = Flag.NESTED
    assert made(
        event(0, 1, NEW, 0x10, LOCK, nested),
        event(0, 2, NEW, 0x20, LOCK, nested),
    ) == ["lock#3", "lock#4"]
    merging = Merging()
    start = event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD)
    things = [
        row.split("#")[-1]
        for events in (
            [start, event(0, 1, NEW, 0x10, LOCK, nested)],
            [event(0, 2, NEW, 0x10, LOCK, nested)],
            [event(0, 3, NEW, 0x10, RLOCK, nested)],
            [event(0, 4, NEW, 0x10, LOCK)],
            [event(0, 5, NEW, 0x10, LOCK, nested)],
        )
        for row in merging.feed(events, until=10 * events[-1][1])
        if "THING_NEW" in row
    ]
    assert things == ["3", "3", "4", "5", "6"]


def test_a_lock_made_where_a_thread_was_is_a_lock() -> None:
    """Also when the thread began in the same batch: what it told of itself holds no longer."""
    merging = Merging()
    merging.feed(
        [
            event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD),
            event(0, 1, Kind.THREAD_START, ONE, THREAD),
            event(1, 2, Kind.THREAD_BEGIN, ONE, THREAD),
            event(1, 3, Kind.THREAD_END, ONE, THREAD),
            event(0, 4, NEW, ONE, LOCK),
        ],
        until=10,
    )
    assert merging.feed([event(0, 20, Kind.LOCK_ACQUIRE, ONE, LOCK)]) == ["20 MainThread LOCK_ACQUIRE lock#4"]


def test_a_lock_made_before_the_recording_is_internal() -> None:
    """Nobody saw who made it."""
    merging = Merging()
    merging.feed([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 1, Kind.LOCK_ACQUIRE, 0x10, LOCK)])
    assert [told["internal"] for told in merging.told.values() if told["kind"] == LOCK] == [True]


def test_switches_before_the_origin_say_who_is_on_a_core_then() -> None:
    """The last one of each thread counts, if it put it on."""
    merging = Merging(cores=True)
    rows = merging.feed(
        [event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 50, Kind.GIL_RELEASE)],
        on_cores=switches((PID, -9, 0, True), (PID, -8, 0, False), (PID, -7, 1, True), (PID, 60, 1, False)),
    )
    assert rows == [
        "0 process 100 NONE",
        "0 MainThread THREAD_BEGIN MainThread",
        "0 MainThread CORE_ON core 1",
        "50 MainThread GIL_RELEASE GIL",
        "60 MainThread CORE_OFF core 1",
    ]


def test_the_main_thread_is_known_by_its_number() -> None:
    """However long the interpreter's start takes, and whatever it does before it tells that it begins."""
    merging = Merging(cores=True)
    start = switches((PID, -3 * PATIENCE_NS, 0, True))
    assert merging.feed([event(0, 0, Kind.GIL_ACQUIRE)], until=2 * MARGIN_NS, on_cores=start) == [
        "0 process 100 NONE",
        "0 MainThread GIL_ACQUIRE GIL",
        "0 MainThread CORE_ON core 0",
    ]
    later = 3 * MARGIN_NS
    events = [event(0, later, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, later + 1, Kind.BLOCK, MAIN, THREAD)]
    assert merging.feed(events) == [
        f"{later} MainThread THREAD_BEGIN MainThread",
        f"{later + 1} MainThread BLOCK MainThread",
    ]


def test_a_thread_that_only_the_kernel_knows_has_a_track() -> None:
    """One that C code started; after a while, for it might tell who it is. No row overtakes a switch to come."""
    merging = Merging(cores=True)
    begin = [event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD)]
    assert merging.feed(begin, 50, switches((777, 30, 0, True))) == []
    told = merging.feed([], 30 + PATIENCE_NS + MARGIN_NS)
    assert told == ["0 process 100 NONE", "0 MainThread THREAD_BEGIN MainThread", "30 thread 777 CORE_ON core 0"]


def test_the_main_thread_of_a_forked_process_is_known_at_once() -> None:
    """It never tells that it begins: its number is that of its process."""
    merging = Merging(slots=1)
    merging.feed([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD)], until=10)
    merging.merge.begin([Account(1, 1, 500, 500)])
    assert merging.feed([event(1, 20, Kind.GIL_ACQUIRE)], until=30) == [
        "20 process 500 NONE",
        "20 MainThread GIL_ACQUIRE GIL",
    ]
    parents = {told["pid"] for told in merging.told.values() if told["kind"] == TrackKind.GIL}
    assert parents == {500}


def test_what_a_forked_process_inherits_is_known_once_it_has_told_that_it_is_one() -> None:
    """Though its first records came before that."""
    merging = Merging(slots=1)
    merging.merge.begin([Account(5, 1, 200, 200)])
    first = [event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 1, Kind.THING_NEW, 0x2000, LOCK)]
    merging.feed([*first, event(5, 10, Kind.THING_NEW, 0x3000, LOCK)], until=20)
    merging.tracks.name_process({"pid": 200, "parent": PID, "name": "fork 1", "forked": True, "helper": False})
    merging.feed([event(5, 30, Kind.LOCK_ACQUIRE, 0x2000, LOCK)])
    locks = [told for told in merging.told.values() if told["kind"] == LOCK]
    assert [(told["pid"], told["internal"], told.get("copy")) for told in locks] == [
        (PID, False, None),
        (200, False, None),
        (200, False, locks[0]["id"]),
    ]


@pytest.mark.parametrize("cores", [True, False])
def test_a_process_has_exited_once_all_of_it_is_told(cores: bool) -> None:
    """When the kernel saw the last of it, or, where that isn't measured, when we saw that it was gone."""
    merging = Merging(cores, slots=1)
    seen = ORIGIN + 500
    merging.merge.gone({PID: seen})
    rows = merging.merge.feed(records([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD)]), NO_SWITCHES, ORIGIN + MARGIN_NS)
    assert State.EXITED not in rows.state
    merging.merge.end([Account(0, 1, PID, PID)])
    last = records([event(0, 70, Kind.GIL_RELEASE)])
    rows = merging.merge.feed(last, NO_SWITCHES, ORIGIN + 2 * MARGIN_NS)
    assert (rows.at[-1], rows.state[-1], rows.track[-1]) == (70 if cores else 500, State.EXITED, 1)


def test_who_was_killed_has_exited_when_the_kernel_saw_the_last_of_it() -> None:
    """Though its end was noticed before the records of the kernel are there up to it."""
    merging = Merging(cores=True, slots=1)
    events = records([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 70, Kind.GIL_RELEASE)])
    died, seen = 2 * MARGIN_NS, 2 * MARGIN_NS + 500
    merging.merge.gone({PID: ORIGIN + seen})
    merging.merge.end([Account(0, 1, PID, PID)])
    rows = merging.merge.feed(events, NO_SWITCHES, ORIGIN + died)
    assert State.EXITED not in rows.state
    rows = merging.merge.feed(records([]), switches((PID, died, 0, False)), ORIGIN + seen + 2 * MARGIN_NS)
    assert (rows.at[-1], rows.state[-1], rows.track[-1]) == (died, State.EXITED, 1)


def test_a_process_that_puts_the_recorder_back_has_exited_for_the_recording() -> None:
    """When its main thread has ended: what the kernel tells afterwards is the interpreter's own end."""
    merging = Merging(cores=True, slots=1)
    events = [event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 50, Kind.THREAD_END, MAIN, THREAD)]
    told = merging.feed(events, on_cores=switches((PID, 40, 0, True), (PID, 60, 0, False)))
    assert told[-3:] == ["40 MainThread CORE_ON core 0", "50 MainThread THREAD_END MainThread", "50 process 100 NONE"]
    merging.merge.gone({PID: ORIGIN + 99})
    assert merging.feed([], on_cores=switches((PID, 70, 0, True))) == []


def test_a_name_may_come_before_its_thread() -> None:
    """Definitions and rings are read at different moments."""
    merging = Merging(slots=1)
    merging.merge.define(name(1, "worker"))
    merging.merge.begin([Account(1, 1, PID, PID + 1)])
    told = merging.feed([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(1, 1, Kind.THREAD_BEGIN, ONE, THREAD)])
    assert told[-1] == "1 worker THREAD_BEGIN worker"


def test_losses_are_told_by_track_and_range() -> None:
    """Those of a ring as a row too; those of the kernel by core."""
    merging = Merging(cores=True)
    of_cores = merging.merge.lose_switches([Loss(1, ORIGIN + 5, ORIGIN + 9, 3)])
    some = records([event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 7, Kind.LOST)])
    lost = np.flatnonzero(some.kind == Kind.LOST)
    some.code[lost], some.value[lost] = ORIGIN + 11, 42
    rows = merging.merge.feed(some, NO_SWITCHES, FOREVER)
    assert (int(rows.at[-1]), Kind(rows.kind[-1]), int(rows.value[-1])) == (7, Kind.LOST, 42)
    tracks = {told["name"]: told["id"] for told in merging.tracks.take_changed()}
    assert of_cores == [(tracks["core 1"], 5, 9)]
    assert merging.merge.take_lost() == [
        {"track": tracks["core 1"], "from": 5, "to": 9, "count": 3},
        {"track": tracks["MainThread"], "from": 7, "to": 11, "count": 42},
    ]
    assert merging.merge.take_lost() == []


def test_a_recording_says_that_it_lost_sight_of_a_core(tmp_path: Path) -> None:
    """Of a thread that was on it, and of the core, until either is seen again."""
    path = tmp_path / "lost.gilscope"
    transcript = Transcript(path, {"python": {"free_threaded": True}}, tmp_path, ())
    transcript.layers["cores"] = {"measured": True, "why": ""}
    begins = [event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 9, Kind.RETURN, 0, 0)]
    batch = Batch(
        records(begins),
        [{"def": "process", "pid": PID, "parent": 1, "switch_interval_ns": 0, "without_gil": True}],
        [Account(0, 1, PID, PID)],
        [],
        FOREVER,
    )
    transcript.take(batch, switches((PID, 2, 0, True), (PID, 8, 0, False)), [Loss(0, ORIGIN + 4, ORIGIN + 6, 3)], {})
    transcript.work()
    transcript.end({"verdict": "ok", "duration_ns": 10})
    recording = read(path)
    rows, ids = recording.rows, {told["name"]: id for id, told in recording.tracks.items()}
    said = {
        name: [*zip(rows.at[rows.track == id].tolist(), rows.state[rows.track == id].tolist(), strict=True)]
        for name, id in ids.items()
    }
    assert said["MainThread"][1:] == [(2, State.NATIVE), (4, State.UNKNOWN), (8, State.OUTSIDE), (9, State.OUTSIDE)]
    assert said["core 0"] == [(2, State.BUSY), (4, State.UNKNOWN), (8, State.IDLE)]


def test_in_whatever_pieces_it_comes_the_rows_are_the_same() -> None:
    """The same events at once, and cut anywhere."""
    chance = np.random.default_rng(5)
    events = [event(0, 0, Kind.THREAD_BEGIN, MAIN, THREAD), event(0, 1, Kind.THREAD_START, ONE, THREAD)]
    events += [event(1, 2, Kind.GIL_WAIT), event(1, 3, Kind.THREAD_BEGIN, ONE, THREAD)]
    for at in range(4, 400):
        kind = (Kind.LOCK_ACQUIRE, Kind.LOCK_RELEASE, NEW, Kind.GIL_ACQUIRE)[chance.integers(4)]
        address = GIL_ADDRESS if kind == Kind.GIL_ACQUIRE else 0x10 * int(chance.integers(1, 5))
        aux = 0 if kind == Kind.GIL_ACQUIRE else LOCK
        events.append(event(int(chance.integers(2)), at, kind, address, aux))
    whole = numbered([Merging().merge.feed(records(events), NO_SWITCHES, FOREVER)])
    assert len(whole) == 401
    for _ in range(20):
        merge, told, position = Merging().merge, list[Rows](), 0
        while position < len(events):
            size = int(chance.integers(1, 60))
            part = events[position : position + size]
            told.append(merge.feed(records(part), NO_SWITCHES, ORIGIN + part[-1][1]))
            position += size
        assert numbered([*told, merge.feed(records([]), NO_SWITCHES, FOREVER)]) == whole


def numbered(parts: list[Rows]) -> list[tuple[int, int, int, int]]:
    """Rows with their tracks numbered in the order in which they occur."""
    rows, order = Rows.concat(parts), dict[int, int]()
    columns = zip(rows.at.tolist(), rows.kind.tolist(), rows.track.tolist(), rows.thing.tolist(), strict=True)
    return [
        (at, kind, *(order.setdefault(id, len(order)) for id in (track, thing))) for at, kind, track, thing in columns
    ]


def test_picking_keeps_the_columns_together() -> None:
    """Rows stay rows."""
    some = records([event(n, n, Kind.GIL_WAIT, n) for n in range(5)])
    picked = some[some.slot % 2 == 1]
    assert [picked.slot.tolist(), picked.thing.tolist(), (picked.at - ORIGIN).tolist()] == [[1, 3]] * 3


@pytest.mark.parametrize("together", [True, False], ids=["one batch", "one by one"])
def test_a_gil_is_that_of_the_interpreter_that_was_made_there_last(together: bool) -> None:
    """A GIL's address is used again."""
    merging = Merging()
    events = [
        (event(0, 0, Kind.GIL_ACQUIRE), 1),
        (event(0, 10, Kind.INTERPRETER_NEW, 0x9000), 1),
        (event(0, 11, Kind.GIL_ACQUIRE, 0x9000, aux=1), 0),
        (event(0, 12, Kind.GIL_RELEASE, 0x9000), 0),
        (event(0, 13, Kind.INTERPRETER_END, 0x9000), 1),
        (event(0, 20, Kind.INTERPRETER_NEW, 0x9000), 2),
        (event(1, 21, Kind.GIL_ACQUIRE, 0x9000, aux=2), 0),
    ]
    lines = []
    for batch in [events] if together else [[each] for each in events]:
        some = replace(records([each for each, _ in batch]), value=np.array([value for _, value in batch]))
        rows = merging.merge.feed(some, NO_SWITCHES, FOREVER)
        merging.told.update({told["id"]: told for told in merging.tracks.take_changed()})
        lines += merging.say(rows[rows.kind != Kind.NONE])
    one, two = "GIL 1", "GIL 2"
    assert lines == [
        "0 MainThread GIL_ACQUIRE GIL",
        f"10 MainThread INTERPRETER_NEW {one}",
        f"11 MainThread GIL_ACQUIRE {one}",
        f"12 MainThread GIL_RELEASE {one}",
        f"13 MainThread INTERPRETER_END {one}",
        f"20 MainThread INTERPRETER_NEW {two}",
        f"21 thread 101 GIL_ACQUIRE {two}",
    ]
    homes = {told["name"]: told.get("interpreter", 0) for told in merging.told.values()}
    assert (homes["MainThread"], homes["thread 101"]) == (0, 2)
