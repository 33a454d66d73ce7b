"""Where a chain of causes ends: at things that nobody gives, and at those who have nothing to do. Real programs."""

import re
from pathlib import Path

import numpy as np

from gilscope.analysis.causes import chain
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording
from tests.test_run import run

FIGURE = re.compile(r"\d[\d.,]* (ns|µs|ms|s)\b")


def told(recording: Recording, name: str, about: str) -> list[tuple[str, ...]]:
    """The two longest waits of a track for things of a name, in the order of time: what is said of each, without figures,
    lines, and what only a busy machine does; and whose the next hop is."""
    timeline = Timeline(recording)
    kinds = (TrackKind.THREAD, TrackKind.TASK, TrackKind.WORK)
    (track,) = (id for id, told in recording.tracks.items() if told["name"] == name and told["kind"] in kinds)
    things = [id for id, told in recording.tracks.items() if told["name"] == about]
    spans = timeline.spans.of(track)
    waits = spans[np.isin(spans.state, (State.BLOCKED, State.SUSPENDED)) & np.isin(spans.thing, things)]
    longest = np.sort(waits.length.argsort()[-2:])
    chains = [chain(timeline, track, int(waits.begin[n])) for n in longest.tolist()]
    busy = r"(?<=_) of it|,? (at|from) line \d+( of \w+.py)?( on)?|, twice|, \d+ times|; it needs _ to wake up|Meanwhile .*"
    said = [re.sub(busy, "", FIGURE.sub("_", f"{hops[0].sentence} {hops[0].detail}")).strip() for hops in chains]
    return [(each, *(timeline.name(hop.track) for hop in hops[1:2])) for each, hops in zip(said, chains, strict=True)]


def test_a_worker_without_work_and_a_loop_that_hears_of_it(tmp_path: Path) -> None:
    """It waits for who submits, or shuts down; a task that waits for futures, for the thread that told its loop."""
    recording, _ = run(
        tmp_path,
        """
        pool = ThreadPoolExecutor(2, thread_name_prefix="w")
        runs, opened = Event(), Event()
        taken = pool.submit(lambda: (runs.set(), opened.wait()))
        runs.wait()
        pool.submit(str).result()
        sleep(0.06)
        pool.submit(str).result()
        sleep(0.03)
        pool.shutdown(wait=False)
        opened.set()
        pool.shutdown()
        asyncio.run(main())
        """,
        before="""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor
        async def main():
            with ThreadPoolExecutor(1, thread_name_prefix="one") as other:
                await asyncio.wait([asyncio.get_running_loop().run_in_executor(other, sleep, 0.03)])
        """,
    )
    idle = "w_1 waits _ for an inner queue. It is a worker of pool, and nothing is queued there"
    assert told(recording, "w_1", "inner queue") == [
        (f"{idle} until MainThread submits str 2.", "MainThread"),
        (f"{idle} until MainThread shuts it down.", "MainThread"),
    ]
    assert told(recording, "Task-1", "wait") == [
        ("Task-1 awaits wait for _. No task lets it go on. one_0 called into its loop last, _ before.", "one_0")
    ]


def test_what_nobody_gives(tmp_path: Path) -> None:
    """A lock that another thread opens isn't waited for by its owner; a barrier, an empty and a full queue say what they lack."""
    recording, _ = run(
        tmp_path,
        """
        gate, barrier, empty, full = Lock(), Barrier(3), Queue(), Queue(1)
        gate.acquire()
        opener = Thread(target=lambda: (sleep(0.03), gate.release()), name="opener")
        opener.start()
        gate.acquire()
        full.put(1)
        for gives in (lambda: barrier.wait(0.02), lambda: empty.get(timeout=0.02), lambda: full.put(2, timeout=0.02)):
            try:
                gives()
            except (BrokenBarrierError, Empty, Full):
                pass
        """,
    )
    assert told(recording, "MainThread", "gate") == [
        ("MainThread waits _ in gate.acquire for lock gate. opener lets it go on.", "opener")
    ]
    nobody = "Nobody in this recording lets it go on."
    assert [
        told(recording, "MainThread", thing)[-1][0].split(". ", 1)[1] for thing in ("barrier", "empty", "full")
    ] == [
        f"{nobody} It needs 3, and 1 is there.",
        f"{nobody} Nobody put anything into it until then.",
        f"{nobody} Nobody took anything out of it until then.",
    ]


def test_a_lock_that_a_fork_left_behind_and_a_result_on_its_way(tmp_path: Path) -> None:
    """The copy of a held lock; who gives a result that came from another process."""
    recording, _ = run(
        tmp_path,
        """
        held, forked = Event(), Event()
        def hold():
            with ledger:
                held.set()
                forked.wait()
        holder = Thread(target=hold, name="holder")
        holder.start()
        held.wait()
        child = get_context("fork").Process(target=write, name="child")
        child.start()
        child.join()
        forked.set()
        holder.join()
        with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
            pool.submit(divmod, 7, 2).result()
        """,
        before="""
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        ledger = Lock()
        def write():
            ledger.acquire(timeout=0.03)
        """,
    )
    assert told(recording, "child", "ledger") == [
        (
            "child waits _ in ledger.acquire for lock ledger. It is the copy that child has of the lock ledger, made when "
            "MainThread forked it while holder held that. holder isn't there in child: nobody ever releases the copy.",
        )
    ]
    timeline = Timeline(recording)
    (work,) = timeline.ids(TrackKind.WORK)
    spans = timeline.spans.of(work)
    back = spans[spans.state == State.SUSPENDED]
    hops_back = chain(timeline, work, int(back.begin[0]))
    giver = timeline.name(int(recording.rows.value[(recording.rows.track == work)][-1]))
    assert hops_back[0].detail == f"{giver} gives it its result."
    assert [timeline.name(hop.track) for hop in hops_back[1:2]] == [giver]


def test_a_wait_that_a_cancellation_ends(tmp_path: Path) -> None:
    """By a task, which goes on to be told of; or by a timeout, which no task is behind."""
    recording, _ = run(
        tmp_path,
        "asyncio.run(main())",
        before="""
        import asyncio
        async def forever():
            await asyncio.get_running_loop().create_future()
        async def hurried():
            try:
                async with asyncio.timeout(0.02):
                    await asyncio.get_running_loop().create_future()
            except TimeoutError:
                pass
        async def main():
            victim = asyncio.create_task(forever(), name="victim")
            await asyncio.create_task(hurried(), name="hurried")
            victim.cancel()
            await asyncio.wait([victim])
            try:
                async with asyncio.timeout(0.02):
                    await asyncio.gather(asyncio.create_task(forever(), name="gathered"))
            except TimeoutError:
                pass
        """,
    )
    assert told(recording, "Task-1", "gather") == [("Task-1 awaits gather for _. gathered lets it go on.", "gathered")]
    assert told(recording, "victim", "future") == [("victim awaits a future for _. Task-1 cancels it.", "Task-1")]
    outside = "A timeout ends the wait, which comes from outside of all tasks."
    assert told(recording, "hurried", "future") == [(f"hurried awaits a future for _. {outside}",)]
