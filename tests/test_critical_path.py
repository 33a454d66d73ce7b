"""The critical path, against pictures in which one can follow it with a finger."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gilscope.analysis.blame import blame
from gilscope.analysis.causes import why
from gilscope.analysis.critical_path import Path, critical_path, path, sentence, summed_up
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import TICK, any_picture, draw, track_of


def told(recording: Recording) -> list[tuple[str, float, float, str]]:
    """Thread, from, to (ticks), state."""
    found, timeline = critical_path(recording), Timeline(recording)
    columns = (found.track, found.begin / TICK, found.end / TICK, found.state)
    return [
        (timeline.name(track), begin, end, State(state).name.lower())
        for track, begin, end, state in zip(*(column.tolist() for column in columns), strict=True)
    ]


def sentences(recording: Recording) -> list[str]:
    """Of each segment."""
    timeline, found = Timeline(recording), critical_path(recording)
    return [sentence(timeline, found, n) for n in range(len(found))]


def started(recording: Recording, by: str, thread: str, at: float) -> Recording:
    """The same, with a row that says who started a thread, when (ticks)."""
    rows = recording.rows
    told = Rows.of([int(at * TICK)], track=track_of(recording, by), kind=Kind.THREAD_START, state=State.RUNNING)
    told = Rows(*(told.at, told.track, told.kind, told.flags, told.state), rows.thing[:1] * 0, told.line, told.value)
    told.thing[:] = track_of(recording, thread)
    recording.rows = Rows.concat((rows, told)).sorted()
    return recording


def test_from_who_ends_last_along_the_gil() -> None:
    """To whoever let it go; while nobody has it, it is on its way."""
    recording = draw("""
        one RRRRRWWWWWRRRXX
        two WWWWWRRRRRXX...
    """)
    assert told(recording) == [
        ("one", 0, 5, "running"),
        ("two", 5, 10, "running"),
        ("one", 10, 13, "running"),
        ("one", 13, 15, "exited"),
    ]
    late = draw("one RRRROXX\ntwo WWWWWWR")
    assert told(late) == [
        ("one", 0, 4, "running"),
        ("one", 4, 5, "outside"),
        ("two", 5, 6, "gil_wait"),
        ("two", 6, 7, "running"),
    ]
    assert sentences(late)[2] == "two was getting the GIL, which had just been let go."


def test_along_locks_events_and_joins() -> None:
    """To whoever released the lock, set the event, ended."""
    recording = draw("""
        main   RRR2222222222RRRR
        worker .WWRaaaaRRRRXX...
        holder OOWWRNNNOOOOXX...
        a      ...3333322.......
    """)
    assert told(recording)[1:] == [
        ("worker", 3, 4, "running"),
        ("holder", 4, 5, "running"),
        ("holder", 5, 8, "native"),
        ("worker", 8, 12, "running"),
        ("main", 12, 13, "blocked"),
        ("main", 13, 17, "running"),
    ]
    woken = draw("""
        giver RRRZZZRRXX.
        taker WWOeeeeeeRR
        e!    .......1...
    """)
    assert told(woken) == [
        ("giver", 0, 3, "running"),
        ("giver", 3, 6, "outside"),
        ("giver", 6, 7, "running"),
        ("taker", 7, 9, "blocked"),
        ("taker", 9, 11, "running"),
    ]
    assert sentences(woken) == [
        "giver ran Python.",
        "giver slept.",
        "giver ran Python.",
        "taker was waking up from waiting for e.",
        "taker ran Python.",
    ]


def test_what_is_no_cause() -> None:
    """A release from before the wait began; one after which the waiter was lost from sight."""
    late = draw("two OOOOWWWWR\none RRRROOOOO")
    assert told(late) == [("two", 0, 4, "outside"), ("two", 4, 8, "gil_wait"), ("two", 8, 9, "running")]
    assert sentences(late)[1] == "two waited for the GIL."
    lost = draw("one RRRRROOXX\ntwo WOaaaa??R\na   111222222")
    assert ("two", 2, 6, "blocked") in told(lost)


def test_a_wait_that_was_given_up_is_the_waiters_own() -> None:
    """Nobody else made it last so long."""
    recording = draw("giver RRRRRXX\ntaker OReeeRR\ne!    .......")
    assert told(recording)[-2:] == [("taker", 2, 5, "blocked"), ("taker", 5, 7, "running")]
    assert "taker waited for e." in sentences(recording)


def test_what_a_thread_does_by_itself() -> None:
    """Each state in words."""
    assert sentences(draw("one RRNNRSSRNCCZZOO?")) == [
        "one ran Python.",
        "one computed in C code.",
        "one ran Python.",
        "one held the GIL, but had no core.",
        "one ran Python.",
        "one computed in C code.",
        "one had no core.",
        "one slept.",
        "one was away from Python: input, output, or the clock.",
        "one wasn't seen.",
    ]


def test_where_a_thread_stands() -> None:
    """The line, and what is called there; the kernel's rows don't have it."""
    recording = draw("one RRNNOORRZZ")
    recording.take({"locations": [{"id": 1, "file": "a.py", "line": 20, "call": "line.recv"}]})
    recording.rows.line[~np.isin(recording.rows.kind, (Kind.CORE_ON, Kind.CORE_OFF))] = 1
    assert sentences(recording) == [
        "one ran Python, from line 20 on.",
        "one computed in C code in line.recv, at line 20.",
        "one was away from Python in line.recv, at line 20.",
        "one ran Python, from line 20 on.",
        "one slept, at line 20.",
    ]


def test_a_thread_begins_where_another_starts_it() -> None:
    """With the time that takes."""
    recording = started(draw("main   RRRRRRXXX\nworker ....WWRRR"), "main", "worker", 2.5)
    assert told(recording) == [("main", 0, 6, "running"), ("worker", 6, 9, "running")]
    recording = started(draw("main   RRRROXXXX\nworker .....NNNN"), "main", "worker", 2.5)
    assert told(recording) == [
        ("main", 0, 2.5, "running"),
        ("worker", 2.5, 5, "starting"),
        ("worker", 5, 9, "native"),
    ]
    assert sentences(recording)[1] == "worker was being started."


def processes(*rows: tuple[int, int, Kind, State, int]) -> Recording:
    """A program, a process that it starts, and a helper; rows of (at, track, kind, state, thing)."""
    names = ("at", "track", "kind", "state", "thing")
    columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
    recording = Recording({}, Rows.of(**columns), end={"duration_ns": 300 * TICK})
    recording.rows = Rows.of(recording.rows.at * TICK, **{name: columns[name] for name in names[1:]})
    process, thread = {"kind": TrackKind.PROCESS}, {"kind": TrackKind.THREAD}
    recording.take(
        {
            "tracks": [
                {"id": 1, "name": "python", "pid": 7, **process},
                {"id": 2, "name": "child", "parent": 1, "pid": 9, **process},
                {"id": 3, "name": "MainThread", "parent": 1, "pid": 7, "tid": 7, **thread},
                {"id": 4, "name": "other", "parent": 1, "pid": 7, "tid": 8, **thread},
                {"id": 6, "name": "in the child", "parent": 2, "pid": 9, "tid": 9, **thread},
                {"id": 7, "name": "helper", "internal": True, "parent": 0, "pid": 10, "tid": 10, **thread},
            ]
        }
    )
    return recording


STARTS = (
    (0, 3, Kind.NONE, State.NATIVE, 0),
    (10, 4, Kind.NONE, State.NATIVE, 0),
    (50, 4, Kind.PROCESS_START, State.NATIVE, 2),
    (60, 4, Kind.BLOCK, State.BLOCKED, 2),
    (70, 3, Kind.NONE, State.OUTSIDE, 0),
    (80, 6, Kind.NONE, State.NATIVE, 0),
)
ENDS = (
    (200, 6, Kind.THREAD_END, State.EXITED, 0),
    (210, 4, Kind.UNBLOCK, State.NATIVE, 2),
    (240, 3, Kind.THREAD_END, State.EXITED, 0),
    (280, 4, Kind.THREAD_END, State.EXITED, 0),
    (290, 7, Kind.NONE, State.NATIVE, 0),
)


def test_processes_are_started_and_joined() -> None:
    """From the end of a process that was joined to its beginning, and to who started it. Helpers don't count."""
    recording = processes(*STARTS, *ENDS)
    assert told(recording) == [
        ("other", 0, 10, "unknown"),
        ("other", 10, 50, "native"),
        ("in the child", 50, 80, "starting"),
        ("in the child", 80, 200, "native"),
        ("other", 200, 210, "blocked"),
        ("other", 210, 280, "native"),
        ("other", 280, 300, "exited"),
    ]
    assert sentences(recording)[-3] == "other waited for the process child to be gone."
    joined = next(row for row in blame(recording) if row.thread == 4 and row.reason == "join")
    assert (joined.thing, joined.culprit, joined.ns) == (2, 2, 150 * TICK)
    hops = why(recording, 4, 100 * TICK)
    assert [hop.sentence for hop in hops] == [
        "other waits 150 ms for child to end.",
        "in the child computes in C code for 120 ms of it, without the GIL.",
    ]


def test_a_process_of_which_nobody_told_the_start() -> None:
    """There the main thread of its parent goes on; of what is between, nothing is known."""
    ends = ((150, 3, Kind.THREAD_END, State.EXITED, 0), (160, 4, Kind.THREAD_END, State.EXITED, 0))
    assert told(processes(*STARTS[:2], *STARTS[4:], *ends)) == [
        ("MainThread", 0, 70, "native"),
        ("in the child", 70, 80, "unknown"),
        ("in the child", 80, 300, "native"),
    ]


def test_of_those_that_end_together_the_main_thread_counts() -> None:
    """As when a program ends while its daemons still wait."""
    recording = draw("one OOOO\ntwo RRRR\nthree OOOO")
    recording.tracks[track_of(recording, "two")].update(tid=100, pid=100)
    assert told(recording) == [("two", 0, 4, "running")]


def test_before_the_first_row_nothing_is_known() -> None:
    """The run begins at 0 all the same."""
    recording = draw("one RRRR")
    rows = recording.rows
    recording.rows = Rows(rows.at + TICK, *(getattr(rows, name) for name in Rows.__dataclass_fields__ if name != "at"))
    assert told(recording) == [("one", 0, 1, "unknown"), ("one", 1, 4, "running")]
    assert told(Recording({})) == []


def whole(found: Path, duration: int) -> bool:
    """From the begin to the end of the run, without holes."""
    edges = [0, *found.end.tolist()]
    return edges[:-1] == found.begin.tolist() and edges[-1] == duration and bool((found.length > 0).all())


@settings(deadline=None, max_examples=300)
@given(any_picture(), st.sampled_from(["measured", "absent", "unmeasured"]), st.integers(2, 6))
def test_the_path_is_the_whole_run(picture: str, gil: str, most: int) -> None:
    """Whatever is drawn, also what can't be: each segment begins where the one before it ends; also summed up."""
    timeline = Timeline(draw(picture, gil=gil))  # type: ignore[arg-type]
    found = path(timeline)
    if not timeline.lives:
        assert len(found) == 0
        return
    assert whole(found, timeline.duration_ns)
    assert set(found.track.tolist()) <= timeline.lives.keys() | set(timeline.ids(TrackKind.THREAD))
    some = summed_up(found, most)
    assert whole(some, timeline.duration_ns)
    assert int(some.count.sum()) == len(found)
    assert len(some) <= most + 1
    alone = some[some.count == 1].length.tolist()
    assert len(found) <= most or set(sorted(found.length.tolist())[-(most // 2) :]) <= set(alone)


def test_many_segments_are_summed_up() -> None:
    """The longest stay; those between two of them are told together, as what most of their time went into."""
    recording = draw("""
        one RRWWRRRRRRWRWWWR
        two WWRRWWWWWWROWRRW
    """)
    timeline = Timeline(recording)
    found = path(timeline)
    some = summed_up(found, 2)
    assert [sentence(timeline, some, n) for n in range(len(some))] == [
        "2 short segments, mostly: two ran Python.",
        "one ran Python.",
        "5 short segments, mostly: two ran Python.",
    ]
    assert some.length.tolist() == [4 * TICK, 6 * TICK, 6 * TICK]
    assert summed_up(found, len(found)) is found


def test_a_long_path_is_followed() -> None:
    """Thousands of handoffs, none of them left out."""
    turns = 3000
    at = np.repeat(np.arange(turns) * 10, 3)
    kinds = np.tile([Kind.GIL_RELEASE, Kind.GIL_ACQUIRE, Kind.GIL_WAIT], turns)
    takes, gives = np.arange(turns) % 2 + 3, (np.arange(turns) + 1) % 2 + 3
    rows = Rows.of(
        at,
        track=np.stack((gives, takes, gives), 1).ravel(),
        thing=2,
        kind=kinds,
        state=np.tile([State.GIL_WAIT, State.RUNNING, State.GIL_WAIT], turns),
    )
    recording = Recording({"layers": {"gil": {"measured": True}}}, rows, end={"duration_ns": (turns - 1) * 10 + 5})
    recording.take(
        {
            "tracks": [
                {"id": 2, "kind": TrackKind.GIL},
                *({"id": n, "kind": TrackKind.THREAD, "pid": 4, "tid": n} for n in (3, 4)),
            ]
        }
    )
    found = critical_path(recording)
    assert len(found) == turns
    assert found.length.tolist() == [*[10] * (turns - 1), 5]
    assert found.track.tolist() == takes.tolist()
    assert whole(found, recording.duration_ns)
