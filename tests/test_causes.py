"""Why a thread isn't running: from one hop to the next."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gilscope.analysis.causes import MOST_HOPS, MOST_SPANS, Hop, chain, why
from gilscope.analysis.timeline import Timeline
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import TICK, any_picture, draw, track_of


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
        Hop(
            "worker-2 waits 10.0 ms for lock a.",
            "Held by worker-1.",
            *(first, 7 * TICK, 17 * TICK, "blocked", lock, 10 * TICK),
            [(first, 7 * TICK, 17 * TICK)],
        ),
        Hop(
            "worker-1 waits 6.00 ms of it for the GIL.",
            "Held by main.",
            *(second, 7 * TICK, 13 * TICK, "gil-wait", gil, 6 * TICK),
            [(second, 7 * TICK, 13 * TICK)],
        ),
        Hop(
            "main runs Python for 6.00 ms.",
            "",
            *(third, 7 * TICK, 13 * TICK, "running", 0, 6 * TICK),
            [(third, 7 * TICK, 13 * TICK)],
        ),
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
        ("left is in this chain already: they wait for each other.", "None of them can go on for 8.00 ms."),
    ]
    assert told(draw("one RRaaa\na   11111"), "one", 3) == [
        ("one waits 3.00 ms for lock a.", "Held by one."),
        ("one has it itself: it waits for itself.", "It can't go on by itself for 3.00 ms."),
    ]


def test_a_lock_that_is_called_lock_is_the_lock() -> None:
    """Its kind isn't said twice."""
    recording = draw("one RRaaaR\na   222221\ntwo RRRRRO")
    recording.tracks[track_of(recording, "a")]["name"] = "lock"
    assert told(recording, "one", 3)[0] == ("one waits 3.00 ms for lock.", "Held by two.")


def test_a_circle_that_others_wait_for() -> None:
    """Whoever joins one of them sees it, too."""
    recording = draw("""
        main  RRWWW222222222
        left  .WRRWWWbbbbbbb
        right .WWWRRRaaaaaaa
        a     ..222222222222
        b     ....3333333333
    """)
    hops = told(recording, "main", 8)
    assert [sentence for sentence, _ in hops] == [
        "main waits 9.00 ms for left to end.",
        "left waits 7.00 ms of it for lock b.",
        "right waits 7.00 ms for lock a.",
        "left is in this chain already: they wait for each other.",
    ]


def test_what_a_thread_does_by_itself_is_one_hop() -> None:
    """Each state has its sentence."""
    recording = draw("""
        one RRRSSNNCCOO?ZZ
        two ...........X..
    """)
    assert [told(recording, "one", tick) for tick in (0, 3, 5, 7, 9, 11, 12)] == [
        [("one runs Python for 3.00 ms.", "")],
        [
            (
                "one holds the GIL, but the kernel took its core away for 2.00 ms.",
                "Something outside of this run is on core 0.",
            )
        ],
        [("one computes in C code for 2.00 ms, without the GIL.", "")],
        [("one wants a core for 2.00 ms, and has none.", "Something outside of this run is on core 0.")],
        [("one is away from Python for 2.00 ms: it waits for input, output or the clock.", "")],
        [("one: these 1.00 ms were not seen.", "")],
        [("one sleeps for 2.00 ms.", "")],
    ]
    assert told(recording, "two", 5) == []


def test_who_took_the_core() -> None:
    """Another thread of the run, with what it computes there; else something outside of the run."""
    recording = draw("""
        one   NNCCCCCCCNN
        two   OONNNNNWOOO
        three OOOOOOOOOOR
        core0 1122222..11
    """)
    assert told(recording, "one", 4) == [
        ("one wants a core for 7.00 ms, and has none.", "two is on core0 for 5.00 ms of it."),
        ("two computes in C code for 5.00 ms of it, without the GIL.", ""),
    ]
    mostly = draw("one NNCCCCCCC\ntwo OONNOOOOO\ncore0 1122.....")
    assert told(mostly, "one", 4) == [
        (
            "one wants a core for 7.00 ms, and has none.",
            "Something outside of this run is on core0 for 5.00 ms of it.",
        )
    ]
    assert told(draw("one WWRRSSS", cores=False), "one", 5)[0][1] == ""


def test_who_has_the_core_of_a_thread_that_wakes_up() -> None:
    """Where waking up takes most of a wait, that is its reason."""
    recording = draw("""
        waits  RReeeeeeeeeR
        sets   OORRRWWWWWWO
        others OOOOORRRRRRO
        e!     ....2.......
        core0  11...33333.1
        core1  ..222.......
    """)
    hops = [
        (
            "waits waits 9.00 ms for event e.",
            "sets lets it go on; it needs 7.00 ms to wake up. Meanwhile others is on core0 for 6.00 ms of it.",
        ),
        ("others runs Python for 6.00 ms of it.", ""),
    ]
    assert told(recording, "waits", 4) == hops
    soon = draw("""
        waits  RReeeeeeeeeR
        sets   OORRRRRRROOO
        others OOOOOOOORRRO
        e!     .......2....
        core0  11......33.1
        core1  ..222.......
    """)
    assert told(soon, "waits", 4) == [
        ("waits waits 9.00 ms for event e.", "sets lets it go on; it needs 4.00 ms to wake up."),
        ("sets runs Python for 5.00 ms of it.", ""),
    ]


def test_the_same_again_and_again_is_one_hop() -> None:
    """With how often, and all of its stretches; a chain is never about more than its first hop."""
    recording = draw("""
        main   WR22222222222R
        worker RWRZZRZZRZZRXX
    """)
    hops = why(recording, track_of(recording, "main"), 5 * TICK)
    assert [hop.sentence for hop in hops] == [
        "main waits 11.0 ms for worker to end.",
        "worker sleeps for 6.00 ms of it, 3 times.",
    ]
    worker = track_of(recording, "worker")
    assert hops[1].spans == [(worker, begin * TICK, (begin + 2) * TICK) for begin in (3, 6, 9)]
    assert hops[1].ns == 6 * TICK


def rows_with(kind: TrackKind, *rows: tuple[int, ...]) -> Recording:
    """Two threads, one thing, a lock inside of it; rows of (at, track, kind, state, thing, flags, line)."""
    names = ("at", "track", "kind", "state", "thing", "flags", "line")
    full = [(*row, 0, 1)[:7] if len(row) < 7 else row for row in rows]
    recording = Recording({}, Rows.of(**{name: [row[n] for row in full] for n, name in enumerate(names)}))
    recording.take(
        {
            "tracks": [
                {"id": 3, "kind": TrackKind.THREAD, "name": "giver"},
                {"id": 4, "kind": TrackKind.THREAD, "name": "taker"},
                {"id": 5, "kind": TrackKind.THREAD, "name": "other"},
                {"id": 8, "kind": TrackKind.LOCK, "name": "inner lock", "internal": True},
                {"id": 9, "kind": kind, "name": "orders"},
            ],
            "locations": [{"id": 1, "file": "a.py", "line": 11}, {"id": 2, "file": "/lib/queue.py", "line": 33}],
            "sources": [{"file": "a.py", "text": ""}],
        }
    )
    return recording


def test_tasks_of_one_name_are_told_apart_by_their_process() -> None:
    """Each process has a Task-1; where a name is one task's alone, it needs no more."""
    recording = rows_with(TrackKind.QUEUE)
    processes = [{"id": 20 + n, "kind": TrackKind.PROCESS, "name": f"Process-{n}"} for n in (1, 2)]
    threads = [{"id": 30 + n, "kind": TrackKind.THREAD, "name": "MainThread", "parent": 20 + n} for n in (1, 2)]
    tasks = [{"id": 40 + n, "kind": TrackKind.TASK, "name": "Task-1"} for n in (1, 2)]
    recording.take({"tracks": [*processes, *threads, tasks[0]]})
    assert Timeline(recording).name_apart(41, 31) == "Task-1"
    recording.take({"tracks": [tasks[1]]})
    assert [Timeline(recording).name_apart(40 + n, 30 + n) for n in (1, 2)] == [
        "Task-1 of Process-1",
        "Task-1 of Process-2",
    ]


def test_a_line_is_told_with_its_file_where_there_are_several() -> None:
    """A program of one file has plain lines; others, and a library alone, say of which."""
    recording = rows_with(TrackKind.QUEUE)
    assert [Timeline(recording).place(at) for at in (1, 2)] == ["line 11", "line 33 of queue.py"]
    recording.take({"sources": [{"file": "in/b.py", "text": ""}]})
    assert [Timeline(recording).place(at) for at in (1, 2)] == ["line 11 of a.py", "line 33 of queue.py"]
    recording.sources.clear()
    assert Timeline(recording).place(2) == "line 33 of queue.py"
    del recording.locations[1]
    assert Timeline(recording).place(2) == "line 33"


BLOCKS = (100, 4, Kind.BLOCK, State.BLOCKED, 9)
RUNS = (100, 3, Kind.NONE, State.RUNNING, 0)


def test_who_lets_a_thread_go_on() -> None:
    """For a queue, the last thread that put before; and how long it takes to wake up. Nobody, where nobody did."""
    early, put = (2000, 5, Kind.PUT, State.RUNNING, 9), (2100, 3, Kind.PUT, State.RUNNING, 9)
    goes_on, late = (2600, 4, Kind.UNBLOCK, State.RUNNING, 9), (2700, 5, Kind.PUT, State.RUNNING, 9)
    recording = rows_with(TrackKind.QUEUE, BLOCKS, RUNS, early, put, goes_on, late)
    assert told(recording, "taker", 0.001) == [
        ("taker waits 2.50 µs for queue orders, at line 11.", "giver lets it go on; it needs 500 ns to wake up."),
        ("giver runs Python for 2.00 µs of it, from line 11 on.", ""),
    ]
    nobody = "Nobody in this recording lets it go on."
    nothing = f"{nobody} Nobody put anything into it until then."
    assert told(rows_with(TrackKind.QUEUE, BLOCKS, RUNS, goes_on, late), "taker", 0.001)[0][1] == nothing
    gives_up = (2600, 4, Kind.UNBLOCK, State.RUNNING, 9, Flag.TIMEOUT)
    once = f"{nobody} giver put something into it once until then, last 500 ns before."
    assert told(rows_with(TrackKind.QUEUE, BLOCKS, RUNS, put, gives_up), "taker", 0.001)[0][1] == once


def test_who_let_a_thread_go_on_may_tell_it_late() -> None:
    """A queue written in C wakes its waiter before its caller can tell; whoever tells before the wait is over did it."""
    wants, put = (2600, 4, Kind.GIL_WAIT, State.GIL_WAIT, 0), (2610, 3, Kind.PUT, State.RUNNING, 9)
    has, goes_on = (2690, 4, Kind.GIL_ACQUIRE, State.RUNNING, 0), (2700, 4, Kind.UNBLOCK, State.RUNNING, 9)
    recording = rows_with(TrackKind.QUEUE, BLOCKS, RUNS, wants, put, has, goes_on)
    assert told(recording, "taker", 0.001)[0][1] == "giver lets it go on."
    gives_up, nobody = (
        (*goes_on, Flag.TIMEOUT),
        "Nobody in this recording lets it go on. Nobody put anything into it until then.",
    )
    assert told(rows_with(TrackKind.QUEUE, BLOCKS, RUNS, wants, put, has, gives_up), "taker", 0.001)[0][1] == nobody
    late = (2710, *put[1:])
    assert told(rows_with(TrackKind.QUEUE, BLOCKS, RUNS, wants, has, goes_on, late), "taker", 0.001)[0][1] == nobody


def test_the_lock_inside_tells_who_woke_it() -> None:
    """Of two threads that notify, the one that released the lock in which this thread slept."""
    recording = rows_with(
        TrackKind.EVENT,
        (90, 4, Kind.BLOCK, State.RUNNING, 9),
        (95, 4, Kind.LOCK_WAIT, State.RUNNING, 8, Flag.NESTED),
        (100, 4, Kind.GIL_RELEASE, State.BLOCKED, 9),
        RUNS,
        (1000, 3, Kind.LOCK_RELEASE, State.RUNNING, 8),
        (1100, 5, Kind.NOTIFY, State.RUNNING, 9),
        (1200, 4, Kind.GIL_ACQUIRE, State.RUNNING, 0),
        (1210, 4, Kind.LOCK_ACQUIRE, State.RUNNING, 8, Flag.NESTED),
        (1220, 4, Kind.UNBLOCK, State.RUNNING, 9),
    )
    assert told(recording, "taker", 0.0005)[0][1] == "giver lets it go on; it needs 200 ns to wake up."


def test_a_lock_that_came_too_late_was_not_let_go_in_time() -> None:
    """LOCK_TIMEOUT says it by itself."""
    rows = [
        (90, 4, Kind.LOCK_WAIT, State.RUNNING, 8),
        (100, 4, Kind.GIL_RELEASE, State.BLOCKED, 8),
        (1000, 3, Kind.LOCK_RELEASE, State.RUNNING, 8),
        (1200, 4, Kind.GIL_ACQUIRE, State.RUNNING, 0),
        (1210, 4, Kind.LOCK_TIMEOUT, State.RUNNING, 8),
    ]
    assert not len(Timeline(rows_with(TrackKind.SLEEP, *rows)).flows.wakes)
    rows[-1] = (1210, 4, Kind.LOCK_ACQUIRE, State.RUNNING, 8)
    assert len(Timeline(rows_with(TrackKind.SLEEP, *rows)).flows.wakes) == 1


def test_the_end_of_a_thread_lets_go_of_a_lock_that_nobody_sees_released() -> None:
    """Up to Python 3.12, the interpreter's own last act."""
    recording = rows_with(
        TrackKind.SLEEP,
        (10, 3, Kind.LOCK_ACQUIRE, State.RUNNING, 8),
        (90, 4, Kind.LOCK_WAIT, State.RUNNING, 8),
        (100, 4, Kind.GIL_RELEASE, State.BLOCKED, 8),
        (1000, 3, Kind.THREAD_END, State.RUNNING, 3),
        (1100, 3, Kind.GIL_RELEASE, State.EXITED, 0),
        (1200, 4, Kind.GIL_ACQUIRE, State.RUNNING, 0),
        (1210, 4, Kind.LOCK_ACQUIRE, State.RUNNING, 8),
    )
    timeline = Timeline(recording)
    effect = timeline.flows.wakes
    assert timeline.flows.rows.at[effect].tolist() == [1200]
    assert timeline.flows.rows.at[timeline.flows.cause[effect]].tolist() == [1100]


def test_joining_and_sleeping() -> None:
    """Waiting for a thread that sleeps; lines that aren't of the scenario have their file's name."""
    rows = (
        (100, 4, Kind.BLOCK, State.BLOCKED, 3),
        (100, 3, Kind.CALL, State.OUTSIDE, 9, 0, 2),
        (3100, 3, Kind.RETURN, State.RUNNING, 9),
    )
    assert told(rows_with(TrackKind.SLEEP, *rows), "taker", 0.001) == [
        ("taker waits 3.00 µs for giver to end, at line 11.", ""),
        ("giver sleeps for 3.00 µs, at line 33 of queue.py.", ""),
    ]


def test_the_call_that_it_is_away_in() -> None:
    """As its author wrote it; only where the GIL was measured, because else the line is of some earlier moment."""
    recording = draw("one RRNNOORR")
    recording.take({"locations": [{"id": 1, "file": "a.py", "line": 20, "call": "line.recv"}]})
    recording.rows.line[:] = 1
    assert [told(recording, "one", tick)[0][0] for tick in (2, 4)] == [
        "one computes in C code for 2.00 ms in line.recv, at line 20, without the GIL.",
        "one is away from Python for 2.00 ms in line.recv, at line 20.",
    ]
    recording.header["layers"]["gil"]["measured"] = False
    assert " in line.recv" not in told(recording, "one", 4)[0][0]


def test_a_thing_of_the_standard_library_has_no_name_of_its_own() -> None:
    """It is an inner one."""
    recording = rows_with(TrackKind.EVENT, (100, 4, Kind.BLOCK, State.BLOCKED, 8), RUNS)
    assert told(recording, "taker", 0)[:1] == []
    recording = rows_with(TrackKind.EVENT, (0, 4, Kind.LOCK_WAIT, State.BLOCKED, 8), RUNS)
    assert told(recording, "taker", 0)[0][0] == "taker waits 100 ns for an inner lock, at line 11."


def test_several_holders_share_the_blame() -> None:
    """Each is named with its part, and so is the time in which nobody had it."""
    recording = draw("""
        one   OOOOOOOR
        two   RRRRROOO
        three .WWWWWWR
        four  OOOOOROO
    """)
    sentence, detail = told(recording, "three", 2)[0]
    assert sentence == "three waits 6.00 ms for the GIL."
    assert detail == "Held by two, for 4.00 ms of it, by four for 1.00 ms and by nobody for 1.00 ms."
    names = [f"t{n}" for n in range(1, 7)]
    lines = [f"{name} {'O' * n}R{'O' * (6 - n)}" for n, name in enumerate(names)]
    detail = told(draw("\n".join([*lines, "last  WWWWWWR"])), "last", 2)[0][1]
    assert detail == (
        "Held by t1, for 1.00 ms of it, by t2 for 1.00 ms, by t3 for 1.00 ms, by t4 for 1.00 ms "
        "and by 2 other threads for 2.00 ms."
    )


def test_where_the_holder_took_the_lock() -> None:
    """Not where the waiter stood when the lock came to be contended."""
    recording = draw("""
        main   RRRRZZZR
        worker .OOOOOWR
        other  .OOaaaaa
        a      .1111111
    """)
    recording.take(
        {"locations": [{"id": 1, "file": "a.py", "line": 11}, {"id": 2, "file": "a.py", "line": 22}]},
    )
    rows = recording.rows
    lines = rows.line.copy()
    lock = track_of(recording, "a")
    lines[(rows.kind == Kind.LOCK_ACQUIRE) & (rows.thing == lock)] = 1
    lines[(rows.track == lock) & (rows.state == State.HELD)] = 1
    lines[(rows.track == lock) & (rows.state == State.CONTENDED)] = 2
    recording.rows = Rows(rows.at, rows.track, rows.kind, rows.flags, rows.state, rows.thing, lines, rows.value)
    assert told(recording, "other", 5)[0][1] == "Held by main, which took it at line 11."


def test_what_is_not_known_is_said() -> None:
    """A holder lost with its events; a lock that is free while the thread wakes up."""
    lost = draw("one RRRR?RRRR\ntwo OOOOaaaaa\na   111111111")
    assert told(lost, "two", 6)[0][1] == "Who had it meanwhile isn't known."
    late = draw("one RRRROOOOO\ntwo OOOOWWWWR")
    assert told(late, "two", 6) == [("two waits 4.00 ms for the GIL.", "Nobody has it: the thread wakes up.")]


def test_of_locks_and_cores_it_is_told_who_has_them() -> None:
    """And what that one does meanwhile."""
    recording = draw("one RRZZZRR\na   .11111.\ncore0 11...11")
    assert told(recording, "a", 2) == [
        ("a is held by one for 5.00 ms.", ""),
        ("one sleeps for 3.00 ms of it.", ""),
    ]
    assert told(recording, "core0", 6) == [
        ("core0 has one on it for 2.00 ms.", ""),
        ("one runs Python for 2.00 ms.", ""),
    ]
    assert told(recording, "core0", 3) == [("core0: idle for 3.00 ms.", "")]


def test_a_moment_and_a_track_that_do_not_exist() -> None:
    """Nothing is told of them."""
    recording = draw("one RRR")
    assert why(recording, 99, 0) == []
    assert why(recording, 3, -5) == []


@settings(deadline=None, max_examples=200)
@example(picture="thread-1 1\nthread-2 e\nthread-3 X\na 1\nb 32\ne! 13", gil="measured", tenth=0)
@given(any_picture(), st.sampled_from(["measured", "absent", "unmeasured"]), st.integers(0, 24 * 60))
def test_no_chain_explains_more_than_there_was(picture: str, gil: str, tenth: int) -> None:
    """Whatever is drawn: each hop lies within the hop before it, or within what let it go on, and they come to an end."""
    timeline = Timeline(draw(picture, gil=gil))  # type: ignore[arg-type]
    for track in timeline.tracks:
        hops = chain(timeline, track, tenth * TICK // 60)
        assert len(hops) <= MOST_HOPS + 1
        for hop in hops:
            assert hop.ns >= hop.end - hop.begin >= 0
            assert len(hop.spans) <= MOST_SPANS
            assert hop.sentence.startswith(timeline.name(hop.track))
            assert all(of == hop.track and hops[0].begin <= b <= e <= hops[0].end for of, b, e in hop.spans)
        for before, after in pairwise(hops):
            assert after.ns <= before.ns
            parts = [(b, e) for _, b, e in before.spans]
            assert all(any(b <= begin and end <= e for b, e in parts) for _, begin, end in after.spans)


def test_a_process_is_what_its_main_thread_does() -> None:
    """Also while it is being started; until its main thread is seen, its parent's says what goes on."""
    tracks = [
        {"id": 1, "kind": TrackKind.PROCESS, "name": "parent", "pid": 10},
        {"id": 2, "kind": TrackKind.THREAD, "name": "main", "parent": 1, "pid": 10, "tid": 10},
        {"id": 3, "kind": TrackKind.PROCESS, "name": "child", "parent": 1, "pid": 11},
        {"id": 4, "kind": TrackKind.THREAD, "name": "its main", "parent": 3, "pid": 11, "tid": 11},
    ]
    rows = Rows.of(
        [0, 0, 2 * TICK, 4 * TICK, 6 * TICK],
        track=[1, 2, 3, 4, 3],
        state=[State.ALIVE, State.RUNNING, State.STARTING, State.NATIVE, State.ALIVE],
    )
    recording = Recording({"layers": {"gil": {"measured": True}}}, rows)
    recording.take({"tracks": tracks})
    recording.end = {"duration_ns": 9 * TICK}
    assert told(recording, "child", 3) == [
        ("child is being started for 4.00 ms.", ""),
        ("its main computes in C code for 2.00 ms of it, without the GIL.", ""),
    ]
    assert told(recording, "child", 7)[1:] == [("its main computes in C code for 3.00 ms, without the GIL.", "")]
    alone = replace(recording, rows=rows[rows.track != 4])
    assert told(alone, "child", 3)[1:] == [("main runs Python for 4.00 ms.", "")]
    assert told(alone, "child", 7)[1:] == []


@pytest.mark.parametrize(("kind", "sentence"), [(TrackKind.LOOP, "it runs callbacks"), (TrackKind.POOL, "it has work")])
def test_busy_with_nothing_that_has_a_name(kind: TrackKind, sentence: str) -> None:
    recording = Recording({}, Rows.of([0, TICK], track=1, state=[State.BUSY, State.IDLE]))
    recording.take({"tracks": [{"id": 1, "kind": kind, "name": "it"}]})
    assert told(recording, "it", 0) == [(f"{sentence} for 1.00 ms.", "")]
