"""Figures, against pictures in which one can count."""

from typing import Any

import numpy as np

from gilscope.analysis import statistics
from gilscope.analysis.statistics import GilFigures, Parallelism, ResourceFigures
from gilscope.analysis.text import called, counted, duration, listed, percent, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import TICK, draw, track_of

PICTURE = """
    main   RRRRWWWWRRWWWRRRXX
    worker ..WWRRaaaaRRRWWWRR
    hasher ...WWWRNNNNNNCCNOO
    a      111111111122222222
"""


def test_life_by_state() -> None:
    """All states of a life together are its length."""
    timeline = Timeline(draw(PICTURE))
    told = {timeline.name(each.track): each for each in statistics.tracks(timeline)}
    in_ticks = {
        name: {state: length // TICK for state, length in told[name].states.items()} for name in ("main", "hasher", "a")
    }
    assert in_ticks == {
        "main": {State.RUNNING: 9, State.GIL_WAIT: 7},
        "hasher": {State.GIL_WAIT: 3, State.RUNNING: 1, State.NATIVE: 7, State.RUNNABLE: 2, State.OUTSIDE: 2},
        "a": {State.HELD: 14, State.CONTENDED: 4},
    }
    for each in told.values():
        assert sum(each.states.values()) == each.lifetime_ns
    assert told["main"].lifetime_ns == 16 * TICK
    assert told["main"].gil == GilFigures(acquires=3, waits=0, drop_requests=0, forced_releases=2)
    assert told["worker"].gil == GilFigures(acquires=3, waits=1, drop_requests=0, forced_releases=1)
    assert told["a"].gil is None


def test_what_the_gil_and_a_lock_cost() -> None:
    """Acquires, waits by thread, and holds."""
    recording = draw(PICTURE)
    timeline = Timeline(recording)
    main, worker, hasher, lock = (track_of(recording, name) for name in ("main", "worker", "hasher", "a"))
    by_track = {each.track: each for each in statistics.resources(timeline)}
    assert by_track[lock] == ResourceFigures(
        lock, 2, 1, 4 * TICK, {worker: 4 * TICK}, held_ns=18 * TICK, longest_hold_ns=10 * TICK
    )
    gil = by_track[2]
    assert gil.wait_ns_by_thread == {main: 7 * TICK, worker: 5 * TICK, hasher: 3 * TICK}
    assert (gil.acquires, gil.contended, gil.wait_ns) == (7, 5, 15 * TICK)


def test_drop_requests_are_counted() -> None:
    """One for each switch interval waited."""
    recording = draw("""
        burner RRRRRRRRRRRRRRRW
        waiter WWWWWWWWWWWWWWWR
    """)
    told = {each.track: each.gil for each in statistics.tracks(Timeline(recording))}
    assert told[track_of(recording, "waiter")] == GilFigures(1, 1, 2, 0)


def test_having_had_it_already_is_no_acquire() -> None:
    """As the recorder's own thread had when it began."""
    rows = Rows.of(
        [0, 5, 9],
        track=3,
        thing=2,
        kind=[Kind.GIL_ACQUIRE, Kind.GIL_RELEASE, Kind.GIL_ACQUIRE],
        value=[1, 0, 0],
        state=[State.RUNNING, State.NATIVE, State.RUNNING],
    )
    recording = Recording({"layers": {"gil": {"measured": True}}}, rows)
    recording.take({"tracks": [{"id": 2, "kind": TrackKind.GIL}, {"id": 3, "kind": TrackKind.THREAD}]})
    assert statistics.tracks(Timeline(recording))[0].gil == GilFigures(1, 0, 0, 0)
    assert statistics.resources(Timeline(recording))[0].acquires == 1


def things(kind: TrackKind, *steps: tuple[int, Kind, int, int]) -> tuple[int, int, int]:
    """Acquires, contended and wait of steps (thread, kind, value, flags) with one thing, a tick each."""
    columns = {name: [step[n] for step in steps] for n, name in ((0, "track"), (1, "kind"), (2, "value"), (3, "flags"))}
    recording = Recording({}, Rows.of(np.arange(len(steps)) * 10, thing=9, **columns))
    thread = {"kind": TrackKind.THREAD}
    recording.take({"tracks": [{"id": 3, **thread}, {"id": 4, **thread}, {"id": 9, "kind": kind}]})
    told = statistics.resources(Timeline(recording))[0]
    return told.acquires, told.contended, told.wait_ns


def test_each_kind_of_thing_counts_what_matters_there() -> None:
    """Permits taken, items got, waits that ended well; a recursion isn't an acquire, nor is a timeout."""
    acquire, release = Kind.LOCK_ACQUIRE, Kind.LOCK_RELEASE
    assert things(TrackKind.RLOCK, (3, acquire, 1, 0), (3, acquire, 2, 0), (3, release, 1, 0)) == (1, 0, 0)
    wait, block, unblock = (3, Kind.LOCK_WAIT, 0, 0), (3, Kind.BLOCK, 0, 0), (3, Kind.UNBLOCK, 0, 0)
    assert things(TrackKind.LOCK, wait, (3, Kind.LOCK_TIMEOUT, 0, Flag.TIMEOUT)) == (0, 0, 10)
    assert things(TrackKind.LOCK, wait, (3, acquire, 1, Flag.CONTENDED)) == (1, 1, 10)
    assert things(TrackKind.SEMAPHORE, block, unblock, (3, Kind.TAKE, 0, 0)) == (1, 1, 10)
    assert things(TrackKind.QUEUE, block, (4, Kind.PUT, 1, 0), unblock, (3, Kind.GET, 0, 0)) == (1, 1, 20)
    assert things(TrackKind.EVENT, block, (3, Kind.UNBLOCK, 0, Flag.TIMEOUT)) == (0, 1, 10)
    assert things(TrackKind.EVENT, block, unblock) == (1, 1, 10)


def test_handoffs() -> None:
    """Who gave to whom, when, how long nobody had it, and whether by force."""
    recording = draw("""
        one RROORROOORWWW
        two ...ROOORRORRR
    """)
    handoffs = Timeline(recording).handoffs
    one, two = track_of(recording, "one"), track_of(recording, "two")
    columns = (handoffs.giver, handoffs.taker, handoffs.released, handoffs.acquired, handoffs.forced)
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == [
        (one, two, 2 * TICK, 3 * TICK, False),
        (two, one, 4 * TICK, 4 * TICK, False),
        (one, two, 6 * TICK, 7 * TICK, False),
        (two, one, 9 * TICK, 9 * TICK, False),
        (one, two, 10 * TICK, 10 * TICK, True),
    ]
    assert handoffs.latency.tolist() == [TICK, 0, TICK, 0, 0]


def test_parallelism() -> None:
    """Running and native at the same time; what meets only at an instant isn't at the same time."""
    timeline = Timeline(
        draw("""
        one   RRRROONN
        two   NNOOOOOO
        three NOOORROO
    """)
    )
    assert statistics.parallelism(timeline) == Parallelism(3, 11 / 8, 2 * TICK)
    assert statistics.parallelism(timeline, State.RUNNING).most == 1
    assert statistics.parallelism(Timeline(Recording({}))) == Parallelism(0, 0.0, 0)


def test_the_switch_interval() -> None:
    """The run's parameter, or what its process tells, or CPython's own."""

    def interval(header: dict[str, Any], **track: Any) -> int:
        recording = Recording(header)
        recording.take({"tracks": [{"id": 1, "kind": TrackKind.PROCESS, **track}]})
        return Timeline(recording).switch_interval_ns

    assert interval({}) == 5_000_000
    assert interval({}, switch_interval_ns=7) == 7
    assert interval({"parameters": {"switch_interval_ms": 0.5}}, switch_interval_ns=7) == 500_000
    assert interval({"parameters": {"switch_interval_us": 100}}, switch_interval_ns=7) == 100_000


def test_figures_read_well() -> None:
    """One form for each."""
    lengths = (0, 640, 830_400, 999_999, 5_123_000, 12_345_678, 106_700_000, 1_240_000_000, 62e9)
    assert [duration(length) for length in lengths] == [
        "0 ns",
        "640 ns",
        "830 µs",
        "1.00 ms",
        "5.12 ms",
        "12.3 ms",
        "107 ms",
        "1.24 s",
        "62.0 s",
    ]
    assert [percent(share) for share in (0, 0.004, 0.87, 1)] == ["0 %", "0.4 %", "87 %", "100 %"]
    assert [times(1), times(2), times(1200)] == ["once", "twice", "1,200 times"]
    assert [counted(1, "thread"), counted(2, "thread"), counted(0, "child", "children")] == [
        "1 thread",
        "2 threads",
        "0 children",
    ]
    names = (("lock", "cache"), ("lock", "lock"), ("lock", "lock 2"), ("lock", "lock_2"), ("event loop", "loop 1"))
    assert [called(kind, name) for kind, name in names] == [
        "lock cache",
        "lock",
        "lock 2",
        "lock lock_2",
        "event loop 1",
    ]
    assert [listed(list("abcdef"[:n])) for n in (0, 1, 2, 3, 6)] == [
        "",
        "a",
        "a and b",
        "a, b and c",
        "a, b, c, d and 2 more",
    ]
