"""The checker finds what can't have been, and nothing where all is well."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gilscope.analysis.check import MOST_OF_A_KIND, check
from gilscope.analysis.timeline import Timeline
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import COLUMNS, Recording, Rows
from tests.pictures import GIL, PID, TICK, draw, track_of

SOUND = """
    main   RRRRWWWWRRWWWRRRXX
    worker ..WWRRaaaaRRRWWWRR
    hasher ...WWWRNNNNNNCCNOO
    a      111111111122222222
"""


def sentences(recording: Recording) -> list[str]:
    """What the checker says."""
    return [each.sentence for each in check(recording)]


def changed(recording: Recording, where: np.ndarray, **columns: Any) -> Recording:
    """With other values in some rows."""
    rows = {name: getattr(recording.rows, name).copy() for name in COLUMNS}
    for name, values in columns.items():
        rows[name][where] = values
    return replace(recording, rows=Rows(**rows))


def without(recording: Recording, at: np.ndarray) -> Recording:
    """Without some rows."""
    return replace(recording, rows=recording.rows[~at])


@pytest.mark.parametrize("cores", [True, False])
@pytest.mark.parametrize("gil", ["measured", "absent", "unmeasured"])
def test_a_sound_recording_has_none(gil: Any, cores: bool) -> None:
    """Whatever is measured."""
    assert sentences(draw(SOUND, gil=gil, cores=cores)) == []


def test_what_was_lost_contradicts_nothing() -> None:
    """The release that isn't there may be among the lost ones."""
    recording = draw("""
        one RRRR????RR
        two OOOOORROOO
        a   1111......
    """)
    rows = recording.rows
    missing = (rows.kind == Kind.GIL_RELEASE) & (rows.at == 4 * TICK)
    assert sentences(without(recording, missing)) == []


def test_two_holders_of_the_gil() -> None:
    """At most one thread holds it at any instant, and who lets go of it had it."""
    recording = draw("""
        one RRRRRRROO
        two OOORRRROO
    """)
    assert sentences(recording) == [
        "two acquires GIL while one holds it.",
        "one lets go of GIL, which two holds.",
        "two lets go of GIL, which nobody holds.",
    ]
    assert next((each.track, each.at) for each in check(recording)) == (track_of(recording, "two"), 3 * TICK)


def test_at_one_instant_order_proves_nothing() -> None:
    """Two rings, one clock: the release may come in behind the acquire that it made possible."""
    tracks = [{"id": n, "kind": TrackKind.THREAD, "name": f"t{n}", "pid": PID} for n in (3, 4)]
    recording = Recording(
        {},
        Rows.of(
            [0, 5, 5, 9],
            track=[3, 4, 3, 4],
            kind=[Kind.GIL_ACQUIRE, Kind.GIL_ACQUIRE, Kind.GIL_RELEASE, Kind.GIL_RELEASE],
            state=[State.RUNNING, State.RUNNING, State.NATIVE, State.NATIVE],
            thing=GIL,
        ),
    )
    recording.take({"tracks": [*tracks, {"id": GIL, "kind": TrackKind.GIL, "name": "GIL", "pid": PID}]})
    assert sentences(recording) == []


def locks(kind: TrackKind, *steps: tuple[int, Kind, int]) -> list[str]:
    """What the checker says of steps (thread, kind, value) with one lock, a second each."""
    recording = Recording(
        {},
        Rows.of(
            np.arange(len(steps)) * 10,
            track=[step[0] for step in steps],
            kind=[step[1] for step in steps],
            value=[step[2] for step in steps],
            state=State.UNKNOWN,
            thing=9,
        ),
    )
    names = {3: ("one", TrackKind.THREAD), 4: ("two", TrackKind.THREAD), 9: ("lock", kind)}
    recording.take({"tracks": [{"id": n, "name": name, "kind": kind, "pid": 1} for n, (name, kind) in names.items()]})
    return sentences(recording)


def test_a_lock_is_let_go_by_its_holder_or_is_a_plain_one() -> None:
    """Python allows it for Lock and refuses it for RLock."""
    steps = [(3, Kind.LOCK_ACQUIRE, 1), (4, Kind.LOCK_RELEASE, 0), (4, Kind.LOCK_ACQUIRE, 1), (4, Kind.LOCK_RELEASE, 0)]
    assert locks(TrackKind.LOCK, *steps) == []
    assert locks(TrackKind.RLOCK, *steps) == ["two lets go of lock, which one holds."]
    assert locks(TrackKind.LOCK, steps[0], steps[2]) == ["two acquires lock while one holds it."]
    assert locks(TrackKind.LOCK, steps[0], steps[1], steps[1]) == ["two lets go of lock, which nobody holds."]


def test_a_lock_that_is_made_is_free_whoever_held_the_one_before_it() -> None:
    """Nobody lets go of a lock that is thrown away, and another is made at its address."""
    taken, made = (3, Kind.LOCK_ACQUIRE, 1), (4, Kind.THING_NEW, 0)
    assert locks(TrackKind.LOCK, taken, made, taken) == []
    assert locks(TrackKind.LOCK, made, taken, taken) == ["one acquires lock while one holds it."]


def test_the_interpreter_lets_go_of_a_lock_of_its_own() -> None:
    """Up to Python 3.12, of the one that joining waits for, when the thread exits."""
    recording = draw("""
        main   ROORRR
        worker .RX...
        a      .22.11
    """)
    lock = track_of(recording, "a")
    rows = recording.rows
    unseen = without(recording, (rows.kind == Kind.LOCK_RELEASE) & (rows.thing == lock))
    assert sentences(unseen) == ["main acquires a while worker holds it."]
    unseen.tracks[lock]["internal"] = True
    assert sentences(unseen) == []


def test_recursion_is_one_hold() -> None:
    """An RLock is had again by who has it."""
    steps = [(3, Kind.LOCK_ACQUIRE, 1), (3, Kind.LOCK_ACQUIRE, 2), (3, Kind.LOCK_RELEASE, 1), (3, Kind.LOCK_RELEASE, 0)]
    assert locks(TrackKind.RLOCK, *steps, (4, Kind.LOCK_ACQUIRE, 1)) == []
    assert locks(TrackKind.RLOCK, *steps[:3], (4, Kind.LOCK_ACQUIRE, 1)) == ["two acquires lock while one holds it."]


def test_a_wait_ends_before_the_next() -> None:
    """In an acquire or a timeout; the last one may last until the end."""
    wait, timeout = (4, Kind.LOCK_WAIT, 0), (4, Kind.LOCK_TIMEOUT, 0)
    assert locks(TrackKind.LOCK, wait, timeout, wait) == []
    assert locks(TrackKind.LOCK, wait, wait) == ["two waits for lock again before its wait for it has ended."]


def test_without_a_gil_a_wait_inside_of_another_is_no_other_wait() -> None:
    """The wait for a shared condition waits for a semaphore: its row names the condition, as what the thread waits for."""
    recording = draw("one RRaaaR\na! ......\ntwo RRRRRR", gil="absent")
    rows = recording.rows
    inner = rows[(rows.kind == Kind.BLOCK) & (rows.state == State.BLOCKED)]
    inner.at[:] += TICK
    inner.flags[:] = Flag.NESTED
    nested = replace(recording, rows=Rows.concat((rows, inner)).sorted())
    assert (len(inner), sentences(nested)) == (1, [])
    assert [Timeline(nested).waits.begin.tolist(), Timeline(nested).waits.end.tolist()] == [[2 * TICK], [5 * TICK]]


def test_time_goes_back() -> None:
    """On one track it doesn't."""
    recording = draw(SOUND)
    mine = np.flatnonzero(recording.rows.track == track_of(recording, "worker"))
    late = np.zeros(len(recording.rows), np.bool_)
    late[mine[1]] = True
    found = sentences(changed(recording, late, at=9 * TICK))
    assert found[0].startswith("worker: time goes back by ")


def test_an_illegal_transition() -> None:
    """Who waits for the GIL doesn't compute next, and who has exited does nothing."""
    recording = draw(SOUND)
    rows = recording.rows
    acquires = (rows.kind == Kind.GIL_ACQUIRE) & (rows.track == track_of(recording, "worker")) & (rows.at == 4 * TICK)
    assert "worker: 'waits for GIL' can't become 'native'." in sentences(
        changed(recording, acquires, state=State.NATIVE)
    )
    last = np.zeros(len(rows), np.bool_)
    last[np.flatnonzero(rows.track == track_of(recording, "main"))[-1]] = True
    assert sentences(changed(recording, last, state=State.RUNNING)) == ["main: 'exited' can't become 'running'."]


def test_rows_after_the_end() -> None:
    """The run was over."""
    recording = draw(SOUND)
    assert recording.end is not None
    recording.end["duration_ns"] = 5 * TICK
    assert "a row 11.0 ms after the end of the run." in sentences(recording)[0]


def test_events_that_nobody_counted() -> None:
    """Emitted = stored + lost."""
    recording = draw(SOUND)
    assert recording.end is not None
    recording.end |= {"emitted": 1000, "stored": 900, "lost": 99}
    assert sentences(recording) == ["1,000 events were emitted, but 900 were stored and 99 counted as lost."]


def test_rows_about_nothing() -> None:
    """A track that was never told."""
    recording = draw(SOUND)
    del recording.tracks[track_of(recording, "hasher")]
    assert sentences(recording)[0] == "Rows are about track 5, which was never told."


def test_a_million_contradictions_are_a_few_sentences() -> None:
    """Enough to see it."""
    steps = [(3 + n % 2, Kind.LOCK_ACQUIRE, 1) for n in range(500)]
    assert len(locks(TrackKind.LOCK, *steps)) == MOST_OF_A_KIND


def test_nothing_at_all() -> None:
    """A recording that broke off before its first row."""
    assert sentences(Recording({})) == []
