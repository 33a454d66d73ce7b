"""Why a thread isn't running: from one hop to the next."""

from gilscope.analysis.causes import Hop, why
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import TICK, draw, track_of


def told(recording: Recording, name: str, tick: float) -> list[tuple[str, str]]:
    """Sentence and detail of each hop."""
    return [(hop.sentence, hop.detail) for hop in why(recording, track_of(recording, name), int(tick * TICK))]


def test_from_the_lock_to_its_holder_to_the_gil() -> None:
    """The chain of the design: waits for a lock, whose holder waits for the GIL, which another has."""
    recording = draw("""
        worker-2 ..OOOORaaaaaaaaaaR
        worker-1 RRRRRRWWWWWWWRRRRO
        main     OOOOOOORRRRRRWWWWO
        a        222222222222222221
    """)
    lock, gil = track_of(recording, "a"), track_of(recording, "GIL")
    first, second, third = (track_of(recording, name) for name in ("worker-2", "worker-1", "main"))
    assert why(recording, first, 9 * TICK) == [
        Hop("worker-2 waits 10.0 ms for lock a.", "Held by worker-1.", first, 7 * TICK, 17 * TICK, "blocked", lock),
        Hop("worker-1 waits 6.00 ms for the GIL.", "Held by main.", second, 7 * TICK, 13 * TICK, "gil-wait", gil),
        Hop("main runs Python for 6.00 ms.", "", third, 7 * TICK, 13 * TICK, "running", 0),
    ]


def test_a_circle_is_told_once() -> None:
    """A deadlock ends where it began."""
    recording = draw("""
        left   RRWWbbbbbbbb
        right  WWRRaaaaaaaa
        a      111111111111
        b      ..2222222222
    """)
    assert told(recording, "left", 6) == [
        ("left waits 8.00 ms for lock b.", "Held by right."),
        ("right waits 8.00 ms for lock a.", "Held by left."),
        ("left is where this began: they wait for each other.", "Nobody of them can go on."),
    ]


def test_what_a_thread_does_by_itself_is_one_hop() -> None:
    """Each state has its sentence."""
    recording = draw("""
        one RRRSSNNCCOO?
        two ...........X
    """)
    assert [told(recording, "one", tick)[0][0] for tick in (0, 3, 5, 7, 9, 11)] == [
        "one runs Python for 3.00 ms.",
        "one holds the GIL, but the kernel took its core away for 2.00 ms.",
        "one computes in C code for 2.00 ms, without the GIL.",
        "one wants a core for 2.00 ms, and none is free.",
        "one is away from Python for 2.00 ms: it waits for input, output or the clock.",
        "one: these 1.00 ms were not seen.",
    ]
    assert told(recording, "two", 5) == []


def rows_with(kind: TrackKind, *rows: tuple[int, int, Kind, State, int]) -> Recording:
    """Two threads and one thing; rows of (at, track, kind, state, thing)."""
    names = ("at", "track", "kind", "state", "thing")
    recording = Recording({}, Rows.of(**{name: [row[n] for row in rows] for n, name in enumerate(names)}, line=1))
    recording.take(
        {
            "tracks": [
                {"id": 3, "kind": TrackKind.THREAD, "name": "giver"},
                {"id": 4, "kind": TrackKind.THREAD, "name": "taker"},
                {"id": 9, "kind": kind, "name": "orders"},
            ],
            "locations": [{"id": 1, "file": "a.py", "line": 11}],
        }
    )
    return recording


def test_who_lets_a_thread_go_on() -> None:
    """For a queue, the thread that put; nobody, when nobody did."""
    wait = (0, 4, Kind.BLOCK, State.BLOCKED, 9)
    runs = (0, 3, Kind.NONE, State.RUNNING, 0)
    put, end = (2000, 3, Kind.PUT, State.RUNNING, 9), (2500, 4, Kind.UNBLOCK, State.RUNNING, 9)
    assert told(rows_with(TrackKind.QUEUE, wait, runs, put, end), "taker", 0) == [
        ("taker waits 2.50 µs for queue orders, at line 11.", "giver lets it go on (line 11)."),
        ("giver runs Python for 2.50 µs, at line 11.", ""),
    ]
    assert (
        told(rows_with(TrackKind.QUEUE, wait, runs, end), "taker", 0)[0][1] == "Nobody in this recording lets it go on."
    )


def test_joining_and_sleeping() -> None:
    """Waiting for a thread that sleeps."""
    recording = rows_with(
        TrackKind.SLEEP,
        (0, 4, Kind.BLOCK, State.BLOCKED, 3),
        (0, 3, Kind.CALL, State.OUTSIDE, 9),
        (3000, 3, Kind.RETURN, State.RUNNING, 9),
    )
    assert told(recording, "taker", 0) == [
        ("taker waits 3.00 µs for giver to end, at line 11.", ""),
        ("giver sleeps for 3.00 µs, at line 11.", ""),
    ]


def test_several_holders_share_the_blame() -> None:
    """The one that had it longest is named."""
    recording = draw("""
        one   OOOOOOOR
        two   RRRRROOO
        three .WWWWWRO
        four  OOOOOROO
    """)
    sentence, detail = told(recording, "three", 2)[0]
    assert sentence == "three waits 5.00 ms for the GIL."
    assert detail == "Held by two for 4.00 ms of it, by 1 other thread for the rest."


def test_a_moment_and_a_track_that_do_not_exist() -> None:
    """Nothing is told of them."""
    recording = draw("one RRR")
    assert why(recording, 99, 0) == []
    assert why(recording, 3, -5) == []
