"""The fold of tasks and loops, event by event, in batches of any size."""

from typing import Any

import pytest

from gilscope.analysis.check import check
from gilscope.analysis.fold import Fold
from gilscope.analysis.statistics import tracks as figures
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows

PID = 7
NAMES = {
    "process": 1,
    "main": 2,
    "other": 3,
    "loop": 4,
    "a": 5,
    "b": 6,
    "lock": 7,
    "line": 8,
    "sleep": 9,
    "strange": 10,
}
TRACKS: list[dict[str, Any]] = [
    {"id": id, "name": name, "kind": kind, "parent": parent, "pid": PID, "internal": False, **more}
    for (name, id), kind, parent, more in zip(
        NAMES.items(),
        (
            *(TrackKind.PROCESS, TrackKind.THREAD, TrackKind.THREAD, TrackKind.LOOP, TrackKind.TASK, TrackKind.TASK),
            *(TrackKind.LOCK, TrackKind.QUEUE, TrackKind.FUTURE, TrackKind.LOOP),
        ),
        (0, 1, 1, 1, 4, 4, 1, 1, 1, 1),
        ({}, {}, {}, {}, {}, {}, {"asyncio": True}, {"asyncio": True}, {}, {}),
        strict=True,
    )
]
BEGIN = """
    main ASYNC_NEW loop
    main TASK_NEW a
    main TASK_NEW b
    main LOOP_SELECT loop
    main LOOP_RUN loop
"""


def events(text: str) -> Rows:
    """One a line: thread, what, about what; perhaps = and the value, which may be a track or a state."""
    rows = []
    for at, line in enumerate(filter(str.strip, text.splitlines())):
        thread, kind, *words = line.split()
        thing = words.pop(0) if words and words[0] != "=" else "process"
        value = words[1] if words else "0"
        number = NAMES.get(value) or (State[value] if value in State.__members__ else int(value))
        rows.append((at, NAMES[thread], Kind[kind], NAMES[thing] if thing != "process" else 0, number))
    at, track, kinds, things, values = zip(*rows, strict=True)
    return Rows.of(at, track=track, kind=kinds, thing=things, line=[n + 100 for n in at], value=values)


def folded(text: str, batch: int = 1000, exits: bool = False, tracks: list[dict[str, Any]] = TRACKS) -> Recording:
    """The recording of these events."""
    rows, fold = events(text), Fold("unmeasured", cores=False)
    fold.add_tracks(tracks)
    parts = [fold.feed(rows[n : n + batch]) for n in range(0, len(rows), batch)]
    if exits:
        parts.append(fold.feed(Rows.of([len(rows)], track=NAMES["process"], state=State.EXITED)))
    return Recording({}, Rows.concat(parts), {told["id"]: told for told in tracks})


def story(recording: Recording, track: str) -> list[str]:
    """State after state, each with what it is about."""
    names = {id: name for name, id in NAMES.items()}
    rows = recording.rows[recording.rows.track == NAMES[track]]
    return [
        " ".join((State(state).name, *([names[thing]] if thing else [])))
        for state, thing in zip(rows.state.tolist(), rows.thing.tolist(), strict=True)
    ]


WHOLE = (
    BEGIN
    + """
    main ASYNC_NEW lock
    main ASYNC_NEW line
    main TASK_STEP a
    main LOCK_ACQUIRE lock = 1
    main PUT line = 1
    main TASK_SUSPEND a = sleep
    main TASK_STEP b
    main TASK_SUSPEND b = lock
    main LOOP_SELECT loop
    main LOOP_RUN loop
    main TASK_READY a
    main TASK_CANCEL a
    main TASK_READY a
    main TASK_STEP a
    main LOCK_RELEASE lock
    main TASK_READY b
    main TASK_YIELD a
    main TASK_STEP b
    main LOCK_ACQUIRE lock = 1
    main TASK_CANCEL a
    main TASK_END b = FAILED
    main TASK_STEP a
    main TASK_END a = CANCELLED
    main LOOP_SELECT loop
"""
)


def test_a_whole_life() -> None:
    """Ready, running, suspended, and the end; who did it is a task, or a thread between two steps."""
    recording = folded(WHOLE)
    assert story(recording, "a") == [
        *("READY loop", "RUNNING main", "SUSPENDED sleep", "READY loop", "READY loop", "RUNNING main", "READY loop"),
        *("READY loop", "RUNNING main", "CANCELLED"),
    ]
    rows = recording.rows[recording.rows.track == NAMES["a"]]
    by = {Kind(kind).name: [] for kind in (Kind.TASK_NEW, Kind.TASK_READY, Kind.TASK_CANCEL)}
    for kind, value in zip(rows.kind.tolist(), rows.value.tolist(), strict=True):
        by.get(Kind(kind).name, []).append(value)
    main, b = NAMES["main"], NAMES["b"]
    assert by == {"TASK_NEW": [main], "TASK_READY": [main], "TASK_CANCEL": [main, b]}
    assert rows.line.tolist()[:4] == [101, 101, 110, 110]  # where it was made, then where it is suspended
    assert story(recording, "b")[2:5] == ["SUSPENDED lock", "READY loop", "RUNNING main"]
    assert check(recording) == []


def test_a_loop() -> None:
    """Idle while it selects, busy with a task or with something else; its value counts those that are ready."""
    recording = folded(WHOLE)
    assert story(recording, "loop")[:8] == [
        *("IDLE", "IDLE", "IDLE", "BUSY", "BUSY a", "BUSY", "BUSY b", "BUSY"),
    ]
    rows = recording.rows[recording.rows.track == NAMES["loop"]]
    assert rows.value.tolist()[:8] == [0, 1, 2, 2, 1, 1, 0, 0]
    assert rows.state[-1] == State.IDLE


def test_things_of_tasks() -> None:
    """A lock is held by a task and wanted by another; nobody else waits for it. A queue tells its length."""
    recording = folded(WHOLE)
    assert story(recording, "lock") == ["FREE", "HELD a", "CONTENDED a", "CONTENDED", "FREE", "HELD b"] or story(
        recording, "lock"
    ) == ["FREE", "HELD a", "CONTENDED a", "FREE", "HELD b"]
    line = recording.rows[recording.rows.track == NAMES["line"]]
    assert line.value.tolist() == [0, 1]


def test_a_lock_of_threads_is_a_threads() -> None:
    """Also while it is in a task's step."""
    tracks = [{**told, "asyncio": False} for told in TRACKS]
    recording = folded(BEGIN + "main ASYNC_NEW lock\nmain TASK_STEP a\nmain LOCK_ACQUIRE lock = 1", tracks=tracks)
    assert story(recording, "lock")[-1] == "HELD main"


@pytest.mark.parametrize("batch", [1, 2, 3, 7])
def test_batches_of_any_size_give_the_same(batch: int) -> None:
    """What one leaves open is carried into the next."""
    whole, parts = folded(WHOLE, exits=True), folded(WHOLE, batch, exits=True)
    for track in ("a", "b", "loop", "lock", "line"):
        mine, same = (each.rows[each.rows.track == NAMES[track]] for each in (whole, parts))
        assert mine.same(same), track


def test_eager_steps_interrupt() -> None:
    """The maker is ready in the meantime, and goes on after it."""
    recording = folded(
        BEGIN
        + """
    main TASK_STEP a
    main TASK_YIELD a
    main TASK_STEP b
    main TASK_END b = DONE
    main TASK_STEP a
    main TASK_END a = DONE
    """
    )
    assert story(recording, "a") == ["READY loop", "RUNNING main", "READY loop", "RUNNING main", "DONE"]
    assert check(recording) == []


def test_a_loss_makes_unknown() -> None:
    """What was lost may have been about any task of its thread that had no end, and about no other."""
    recording = folded(
        BEGIN
        + """
    main TASK_STEP a
    main TASK_END a = DONE
    main TASK_STEP b
    main LOST = 3
    main TASK_STEP b
    main TASK_END b = DONE
    """
    )
    assert story(recording, "a")[-1] == "DONE"
    assert story(recording, "b") == ["READY loop", "RUNNING main", "UNKNOWN", "RUNNING main", "DONE"]
    assert check(recording) == []


def test_a_loop_of_another_make() -> None:
    """One that doesn't tell when it selects isn't known to be idle between steps."""
    tracks = [{**told, "parent": NAMES["strange"]} if told["name"] == "a" else told for told in TRACKS]
    recording = folded("main TASK_NEW a\nmain TASK_STEP a\nmain TASK_SUSPEND a = sleep\n", tracks=tracks)
    assert story(recording, "strange") == ["UNKNOWN", "BUSY a", "UNKNOWN"]


def test_the_end_of_a_process() -> None:
    """Tasks without an end exit with it; those that had one stay as they ended."""
    recording = folded(BEGIN + "main TASK_STEP a\nmain TASK_END a = DONE\n", exits=True)
    assert story(recording, "a")[-1] == "DONE"
    assert story(recording, "b")[-1] == "EXITED"
    assert story(recording, "loop")[-1] == "EXITED"
    assert check(recording) == []


def test_a_life_ends_with_the_task() -> None:
    """What comes after its end isn't part of a task's life."""
    recording = folded(BEGIN + "main TASK_STEP a\nmain TASK_END a = DONE\nmain LOOP_SELECT loop\nmain LOOP_RUN loop\n")
    (a,) = (each for each in figures(Timeline(recording)) if each.track == NAMES["a"])
    assert a.states == {State.READY: 4, State.RUNNING: 1}
    assert a.lifetime_ns == 5


def test_two_threads_run_one_task() -> None:
    """The checker finds it."""
    recording = folded(BEGIN + "main TASK_STEP a\nother TASK_STEP a\nother TASK_END a = DONE\n")
    assert [each.sentence for each in check(recording)] == ["a begins a step in other before the one in main is over."]


def test_one_thread_runs_two_tasks() -> None:
    """The checker finds it."""
    recording = folded(BEGIN + "main TASK_STEP a\nmain TASK_STEP b\nmain TASK_END b = DONE\nmain TASK_END a = DONE\n")
    assert [each.sentence for each in check(recording)] == ["main begins a step of b before that of a is over."]


def test_nothing_comes_after_the_end() -> None:
    """The checker finds it."""
    recording = folded(BEGIN + "main TASK_STEP a\nmain TASK_END a = DONE\nmain TASK_STEP a\nmain TASK_END a = DONE\n")
    assert [each.sentence for each in check(recording)] == ["a: 'done' can't become 'running'."]
