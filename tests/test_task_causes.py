"""Why a task isn't running: causes, blame and the critical path of drawn tasks, and of real ones."""

from itertools import pairwise

import numpy as np
import pytest

from gilscope.analysis import blame, critical_path, loops, report
from gilscope.analysis.causes import chain, why
from gilscope.analysis.statistics import tracks as figures
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording
from tests.pictures import TICK, track_of
from tests.programs import WITH_GIL, ids
from tests.task_pictures import draw_tasks
from tests.test_run import run


def told(recording: Recording, name: str, tick: float) -> list[str]:
    """Sentence and detail of each hop."""
    hops = why(recording, track_of(recording, name), int(tick * TICK))
    return [" ".join(filter(None, (hop.sentence, hop.detail))) for hop in hops]


def blamed(recording: Recording, name: str) -> list[tuple[float, str]]:
    """A task's rows of the blame table, in ms."""
    timeline, track = Timeline(recording), track_of(recording, name)
    return [
        (round(row.ns / TICK, 3), blame.sentence(timeline, row)) for row in blame.table(timeline) if row.thread == track
    ]


def path_of(recording: Recording) -> list[tuple[float, str]]:
    """The critical path: from when on (ms), and what."""
    timeline = Timeline(recording)
    path = critical_path.path(timeline)
    return [
        (round(begin / TICK, 3), critical_path.sentence(timeline, path, n))
        for n, begin in enumerate(path.begin.tolist())
    ]


BLOCKED = """
    main    RGGGGGGGGGG+R
    blocks  QRZZRSSSSSDD
    victim  QQRQQQQQQQRD
"""


def test_from_a_ready_task_to_the_call_that_blocks_its_loop() -> None:
    """The task that the loop runs instead, then what its thread does there."""
    recording = draw_tasks(BLOCKED)
    assert told(recording, "victim", 5) == [
        "victim could run, but waits 7.00 ms for its loop. Its loop runs blocks for 6.00 ms of it.",
        "blocks runs for 6.00 ms of it in MainThread, from line 20 on.",
        "MainThread sleeps for 5.00 ms of it, at line 99.",
    ]
    assert told(recording, "MainThread", 6) == ["MainThread sleeps for 5.00 ms, at line 99, in the task blocks."]
    assert told(recording, "blocks", 2.5) == ["blocks sleeps for 2.00 ms, at line 20."]


def test_from_a_ready_task_to_the_gil() -> None:
    """Its loop's task can't go on, because the thread that runs it waits."""
    recording = draw_tasks("""
        first  RWWWWRD
        second QQQQQQR
    """)
    assert told(recording, "second", 2) == [
        "second could run, but waits 6.00 ms for its loop. Its loop runs first.",
        "first runs for 6.00 ms in MainThread, from the beginning of work() on.",
        "MainThread waits 4.00 ms of it for the GIL, at line 98. Held by other thread.",
        "other thread runs Python for 4.00 ms.",
    ]


def test_from_a_lock_of_asyncio_to_its_holder() -> None:
    """And to what that one awaits; where it took it isn't known, for a task in its step stands nowhere."""
    recording = draw_tasks("""
        main   .R2222222R
        wants  QQRaaaaQRDD
        has    RZZZZZZRD
        a      3333333...
    """)
    assert told(recording, "wants", 3) == [
        "wants waits 4.00 ms for lock a, at line 20. Held by has.",
        "has sleeps for 4.00 ms, at line 30.",
    ]
    assert blamed(recording, "wants")[0] == (4, "waited for the lock a, which has had")
    assert path_of(recording)[:4] == [
        (0, "has ran."),
        (1, "has slept, at line 30."),
        (7, "has ran."),
        (8, "wants ran."),
    ]


def test_from_the_awaited_task_to_the_clock() -> None:
    """Also through gather(), whose last task lets it go on."""
    assert told(draw_tasks("main R22222R\nnap  QRZZZRD"), "main", 2) == [
        "main awaits the end of nap for 5.00 ms, at line 10.",
        "nap sleeps for 3.00 ms of it, at line 20.",
    ]
    gathered = draw_tasks("main RGGGGGG+R\nnap  QRZZZZRD\nreads QQRIRDDD")
    assert told(gathered, "main", 2) == [
        "main awaits gather for 6.00 ms, at line 10. nap lets it go on.",
        "nap sleeps for 4.00 ms of it, at line 20.",
    ]
    assert told(gathered, "reads", 3.5) == ["reads waits 1.00 ms for input or output (read), at line 30."]


def test_from_an_event_to_who_sets_it() -> None:
    """A task; or nobody that is known."""
    recording = draw_tasks("""
        waits RaaaaQR
        sets  QRZZZRD
        a!    .....2.
    """)
    assert told(recording, "waits", 2) == [
        "waits waits 4.00 ms for event a, at line 10. sets lets it go on.",
        "sets sleeps for 3.00 ms of it, at line 20.",
    ]
    future = draw_tasks("main RFFFRD")
    assert told(future, "main", 2) == [
        "main awaits a future for 3.00 ms, at line 10. No task lets it go on: the clock does, or something outside of its "
        "loop."
    ]
    assert told(draw_tasks("main RFFF"), "main", 2)[0].endswith("Nothing in this recording lets it go on.")


def test_a_loop_that_sees_too_late_that_the_time_is_up() -> None:
    """While it was busy it didn't look: so long the task may have slept longer than it wanted."""
    recording = draw_tasks("""
        sleeps RZZZZZZZR
        blocks QRZRSSSSD
    """)
    assert told(recording, "sleeps", 2) == [
        "sleeps sleeps for 7.00 ms, at line 10. Its loop was busy, and saw up to 5.00 ms late that it could go on. "
        "Its loop runs blocks.",
        "blocks runs for 5.00 ms of it in MainThread, from line 20 on.",
        "MainThread sleeps for 4.00 ms of it, at line 99.",
    ]
    assert path_of(recording)[:5] == [
        (0, "sleeps ran."),
        (1, "blocks ran."),
        (2, "blocks slept, at line 20."),
        (3, "blocks ran."),
        (4, "MainThread slept, at line 99."),
    ]


def test_tasks_that_wait_for_each_other() -> None:
    """The chain ends where it began."""
    recording = draw_tasks("""
        left  RZRbbbb
        right QRZRaaa
        a     1111111
        b     .222222
    """)
    assert told(recording, "left", 6) == [
        "left waits 4.00 ms for lock b, at line 10. Held by right.",
        "right waits 3.00 ms of it for lock a, at line 20. Held by left.",
        "left is in this chain already: they wait for each other. None of them can go on for 3.00 ms.",
    ]


def test_the_blame_of_tasks() -> None:
    """Reason, culprit and ms of each, which add up to its life."""
    recording = draw_tasks(BLOCKED)
    assert blamed(recording, "victim") == [
        (7, "could run, but its loop ran blocks"),
        (2, "ran Python"),
        (1, "could run, but its loop was still waking up"),
        (1, "could run, but its loop ran main"),
    ]
    assert blamed(recording, "main") == [(10, "awaited gather, until victim let it go on"), (2, "ran Python")]
    reads = blamed(draw_tasks("naps RZZZZZR\nreads QRIIIRD"), "reads")
    assert reads[0] == (3, "was away from Python: input, output, or the clock")
    assert blamed(draw_tasks("main R222R\nnap  QRZRD"), "main")[0] == (3, "waited for nap to end")


def test_the_path_leaves_out_what_nobody_waited_for() -> None:
    """The task that is awaited slept all the time; what another one did meanwhile made nothing longer."""
    recording = draw_tasks("""
        main  R2222222222R
        naps  QRZZZZZZZZRD
        other QQRZZRRRZZZZ
    """)
    assert path_of(recording)[:4] == [
        (0, "main ran."),
        (1, "naps ran."),
        (2, "naps slept, at line 20."),
        (10, "naps ran."),
    ]


def test_who_has_a_loop_in_turn_is_not_told_apart_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """The longest are; all still add up."""
    recording = draw_tasks("long RRRRD\nsome QQQQRD\nmore QQQQQRD\nlast QQQQQQR")
    assert set(blamed(recording, "last")) == {
        (4, "could run, but its loop ran long"),
        (1, "could run, but its loop ran some"),
        (1, "could run, but its loop ran more"),
        (1, "ran Python"),
    }
    monkeypatch.setattr(loops, "MOST_PARTS", 3)
    assert blamed(recording, "last") == [
        (4, "could run, but its loop ran long"),
        (2, "could run, but its loop ran many others in turn"),
        (1, "ran Python"),
    ]


def test_the_report_tells_where_the_time_of_tasks_went() -> None:
    """As text, of those that lived longest; as figures, of all."""
    recording = draw_tasks(BLOCKED)
    told = report.of(Timeline(recording))
    victim = track_of(recording, "victim")
    assert [(row["reason"], round(row["ns"] / TICK)) for row in told["blame"] if row["thread"] == victim] == [
        *(("loop", 7), ("running", 2), ("waking", 1), ("loop", 1)),
    ]
    lines = [line for line in report.as_text(told).splitlines() if line.startswith("task ")]
    assert [line.partition(",")[0] for line in lines] == ["task main", "task victim", "task blocks"]
    assert lines[1] == (
        "task victim, 11.0 ms: 7.00 ms could run, but its loop ran blocks; 2.00 ms ran Python; 1.00 ms could run, but its loop was "
        "still waking up"
    )


PROGRAM = """
import asyncio, threading, time

async def blocks():
    await asyncio.sleep(0.002)
    time.sleep(0.03)

async def turns():
    for _ in range(200):
        await asyncio.sleep(0)

async def holds(lock):
    async with lock:
        await asyncio.sleep(0.005)

async def main():
    lock = asyncio.Lock()
    await asyncio.gather(blocks(), turns(), *(holds(lock) for _ in range(4)))
    event, loop = asyncio.Event(), asyncio.get_running_loop()
    thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(event.set))
    thread.start()
    await event.wait()
    async with asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(turns())
    try:
        async with asyncio.timeout(0.002):
            await asyncio.sleep(60)
    except TimeoutError:
        pass
    await asyncio.wait_for(blocks(), 1)
    thread.join()
"""


@pytest.fixture(scope="module", params=[each for each in WITH_GIL if each.version[:2] in ((3, 11), (3, 13))], ids=ids)
def timeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    """Of a real run."""
    folder = tmp_path_factory.mktemp("tasks")
    recording, _ = run(folder, "asyncio.run(main())", before=PROGRAM, python=request.param.path)
    return Timeline(recording)


def test_every_life_of_a_task_is_accounted_for(timeline: Timeline) -> None:
    """To the nanosecond, of the whole run and of what lies between two moments."""
    kinds = {each.track: timeline.tracks[each.track]["kind"] for each in figures(timeline)}
    lives = {each.track: each.lifetime_ns for each in figures(timeline) if each.lifetime_ns}
    total: dict[int, int] = {}
    for row in blame.table(timeline):
        total[row.thread] = total.get(row.thread, 0) + row.ns
    of_both = (TrackKind.THREAD, TrackKind.TASK)
    assert total == {track: life for track, life in lives.items() if kinds[track] in of_both}
    assert len(total) > 12
    begin, end = timeline.duration_ns // 3, 2 * timeline.duration_ns // 3
    total = {}
    for row in blame.table(timeline, begin, end):
        total[row.thread] = total.get(row.thread, 0) + row.ns
    within = timeline.task_spans.within(begin, end)
    for task in np.unique(within.track).tolist():
        assert total[task] == within.of(task).length.sum()


def test_the_critical_path_is_the_whole_run_through_tasks_too(timeline: Timeline) -> None:
    """Without holes, and each segment is what its thread or its task did then."""
    found = critical_path.path(timeline)
    assert [0, *found.end.tolist()] == [*found.begin.tolist(), timeline.duration_ns]
    seen = found[~np.isin(found.state, (State.STARTING, State.UNKNOWN))]
    spans = timeline.spans[timeline.spans_at(seen.track, seen.begin)]
    assert (spans.track == seen.track).all()
    assert (spans.state == seen.state).all()
    on_tasks = seen[timeline.kind_of(seen.track) == TrackKind.TASK]
    assert {State.RUNNING, State.SUSPENDED} <= set(on_tasks.state.tolist())
    assert (timeline.task_flows.cause < np.arange(len(timeline.flows.rows))).all()


def test_chains_of_tasks_stay_within_what_they_explain(timeline: Timeline) -> None:
    """Each ends in something that runs, the outside world, or a circle."""
    spans = timeline.task_spans
    for n in spans.length.argsort()[::-1][:60].tolist():
        hops = chain(timeline, int(spans.track[n]), int(spans.begin[n]))
        assert hops[0].ns == int(spans.length[n])
        assert all(after.ns <= before.ns for before, after in pairwise(hops))
        assert hops[-1].state not in ("ready", "blocked") or hops[-1].detail
    ready = spans[spans.state == State.READY]
    longest = int(ready.length.argmax())
    hops = chain(timeline, int(ready.track[longest]), int(ready.begin[longest]))
    assert timeline.tracks[hops[-1].track]["kind"] == TrackKind.THREAD
