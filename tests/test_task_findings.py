"""Findings about tasks, and deadlocks of whatever can wait: drawn ones, and those of real programs."""

import textwrap
from pathlib import Path

import pytest

from gilscope.analysis.findings import Finding, findings
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, Rows
from tests.pictures import TICK, draw, track_of
from tests.programs import WITH_GIL, ids
from tests.task_pictures import MAIN, draw_tasks
from tests.test_run import run


def found(recording: Recording, kind: str) -> list[Finding]:
    """Those of a kind."""
    return [each for each in findings(recording) if each.kind == kind]


def test_a_blocked_loop() -> None:
    """Who, in which call, and whom it kept waiting: those that could run, and those that may have slept too long."""
    recording = draw_tasks(
        f"""
        main   RGGG{"G" * 60}GGG+R
        blocks QRR{"S" * 60}DDDDD
        waits  QQQ{"Q" * 60}RDDDD
        sleeps .RZ{"Z" * 60}ZRDDD
    """.replace("blocks QRR", "blocks QQR")
    )
    (finding,) = found(recording, "blocked-loop")
    assert finding.title == "blocks blocks its event loop"
    assert finding.sentence == (
        "One step of blocks took 61.0 ms: 60.0 ms of it in time.sleep() at line 99. waits (61.0 ms) could have run meanwhile, and "
        "had to wait. sleeps (up to 61.0 ms) may have gone on late: its loop didn't look whether it could. A loop runs one task "
        "at a time, and goes on to the next only where that one awaits."
    )
    blocks, waits = track_of(recording, "blocks"), track_of(recording, "waits")
    assert finding.spans == [(blocks, 2 * TICK, 63 * TICK), (waits, 2 * TICK, 63 * TICK)]


def test_a_step_that_keeps_nobody_waiting_blocks_only_when_it_is_long() -> None:
    """Nor is it a task's doing that its thread gets no turn. Of equal steps the longest is told, and how often they came."""
    assert found(draw_tasks(f"main R{'S' * 45}D"), "blocked-loop") == []
    (alone,) = found(draw_tasks(f"main R{'S' * 50}D"), "blocked-loop")
    assert "No other task could run meanwhile; none had to." in alone.sentence
    assert len(found(draw_tasks(f"main R{'S' * 11}D\nnext Q{'Q' * 11}R"), "blocked-loop")) == 1
    assert found(draw_tasks(f"main R{'W' * 60}D\nnext Q{'Q' * 60}R"), "blocked-loop") == []
    (twice,) = found(draw_tasks(f"main R{'S' * 60}ZR{'S' * 70}D"), "blocked-loop")
    assert "One step of main took 71.0 ms" in twice.sentence
    assert "Such a step came once more." in twice.sentence


def test_never_awaited() -> None:
    """With the function, and where."""
    recording = draw_tasks("main RRRRD")
    rows = Rows.of(
        [TICK] * 4, track=MAIN, kind=Kind.UNAWAITED, state=State.RUNNING, line=[7, 20, 7, 21], value=[0, 1] * 2
    )
    recording.rows = Rows.concat((recording.rows, rows)).sorted()
    (finding,) = found(recording, "never-awaited")
    assert finding.title == "work() was called, but never awaited"
    assert finding.sentence == (
        "A coroutine of work() was thrown away twice, at line 20 and line 21, without ever being awaited: none of its code has run. "
        "Calling an async function only makes a coroutine; await it, or make a task of it."
    )
    assert finding.spans == [(MAIN, TICK, TICK)] * 2


def test_a_cancellation_that_is_swallowed() -> None:
    """The task gets to know, goes on, and ends as if nothing had happened; who awaits it waits for that."""
    recording = draw_tasks("""
        main    R2222222R
        worker  QRZZRZZRD
        worker^ ....0....
    """)
    (finding,) = found(recording, "swallowed-cancellation")
    assert finding.title == "worker is cancelled, and goes on"
    assert finding.sentence == (
        "MainThread cancelled worker, which got to know it, but then awaited asyncio.sleep at line 20, and ended 4.00 ms later as "
        "if nothing had happened. main (4.00 ms) waited for that. Whoever catches a CancelledError has to raise it again, once "
        "it has cleaned up."
    )


@pytest.mark.parametrize("end", ["RKKKK", "RDDDD", "UZZRD", "RZZRK"])
def test_a_cancellation_that_is_obeyed(end: str) -> None:
    """The task ends cancelled, soon, or at once in whatever way; or it was a timeout's, which took it back."""
    recording = draw_tasks(f"main R2222222R\nworker QRZZ{end}\nworker^ ....0....")
    assert [each for each in findings(recording) if "cancellation" in each.kind] == []


def test_a_group_that_cancels_its_own_task() -> None:
    """Because one of its tasks failed: that is no swallowed cancellation; somebody else's is."""
    picture = "main RTTTTRTTTRD\nfails .RZZ{}\nslow .QRZZZZZRDD\nmain^ .....0....."
    assert [each.kind for each in findings(draw_tasks(picture.format("REEEEEE"))) if "cancel" in each.kind] == []
    (finding,) = found(draw_tasks(picture.format("ZZZZZZZ")), "swallowed-cancellation")
    assert finding.title == "main is cancelled, and goes on"


def test_a_cancellation_that_takes_long() -> None:
    """What a task does for its end keeps those waiting who cancelled it."""
    recording = draw_tasks(f"main R222{'2' * 121}R\nworker QRZR{'Z' * 120}RK\nworker^ ...0{'.' * 120}")
    (finding,) = found(recording, "slow-cancellation")
    assert finding.title == "worker is cancelled, and takes long to end"
    assert "and ended 122 ms later. main (122 ms) waited for that." in finding.sentence


def test_what_gather_leaves_running() -> None:
    """One of its tasks fails, the others go on: unless somebody cancels them."""
    picture = """
        main   RGGGG+RZZZZZZZ
        fails  QRZZREEEEEEEE
        quick  QQRDDDDDDDDDD
        slow   QQQRZZZZRZZRD
        slow^  .............
    """
    recording = draw_tasks(picture, gathered="234")
    (finding,) = found(recording, "dangling-tasks")
    assert finding.title == "gather() left 1 task running"
    assert finding.sentence == (
        "fails failed with an exception, and gather() raised that at once. It doesn't cancel the others: slow (7.00 ms) went on, "
        "with nobody to wait for them there. A TaskGroup cancels them and waits until they have ended."
    )
    slow = track_of(recording, "slow")
    assert finding.spans == [(slow, 5 * TICK, 12 * TICK)]
    assert found(draw_tasks(picture), "dangling-tasks") == []
    cancelled = picture.replace("slow^  ......", "slow^  .....1")
    assert found(draw_tasks(cancelled, gathered="234"), "dangling-tasks") == []


def test_tasks_that_the_end_of_the_first_one_cuts_off() -> None:
    """Cancelled then, or never finished; not those that had ended, or go on under another one."""
    recording = draw_tasks("""
        main  RZZRDDDDD
        left  QRZZZZRKK
        left^ ......0..
        done  QQRDDDDDD
    """)
    (finding,) = found(recording, "cut-off-tasks")
    assert finding.title == "1 task cut off by the end of main"
    assert finding.sentence == (
        "When main ended, left was in the middle of something, and was cancelled then. A loop ends with its first task: what is to "
        "be finished, that one has to await."
    )
    (never,) = found(draw_tasks("main RZZRDD\nleft QRZZZZ\nmore QQRZZZ"), "cut-off-tasks")
    assert "left and more were in the middle of something, and were never finished." in never.sentence
    assert found(draw_tasks("main RZZRDDDD\nleft QRZZZZRD"), "cut-off-tasks") == []
    assert found(draw_tasks("main RZZZZZ\nleft QRZZZZ"), "cut-off-tasks") == []


def test_a_deadlock_of_tasks() -> None:
    """By locks of asyncio, or by ends; one that a cancellation breaks; not one in which somebody gets it."""
    picture = """
        left   RZRbbbbbbb
        right  QRZRaaaaaa
        a      1111111111
        b      .222222222
    """
    (finding,) = found(draw_tasks(picture), "deadlock")
    assert finding.title == "Deadlock of right and left"
    assert finding.sentence == (
        "right waits for a, held by left; left waits for b, held by right. None of them can go on. Nothing ended it: it lasted until "
        "the end of the recording, 6.00 ms."
    )
    assert finding.state == "suspended"
    (ends,) = found(draw_tasks("one R2222222\ntwo QR111111"), "deadlock")
    assert ends.sentence.startswith("two waits for the end of one; one waits for the end of two.")
    broken = picture.replace("aaaaaa", "aaaRKK") + "right^ .......0"
    (given_up,) = found(draw_tasks(broken), "deadlock")
    assert given_up.sentence.endswith("It lasted 3.00 ms, until a wait was given up.")
    well = "left RZRbbbRD\nright QRZZZRDD\na 1111111.\nb .22222.1"
    assert found(draw_tasks(well), "deadlock") == []


def test_a_deadlock_through_an_end() -> None:
    """A thread joins another one that waits for its lock."""
    (finding,) = found(draw("main RRWW2222222\nworker .WRRaaaaaaa\na 11111111111"), "deadlock")
    assert finding.sentence.startswith("worker waits for a, held by main; main waits for the end of worker.") or (
        finding.sentence.startswith("main waits for the end of worker; worker waits for a, held by main.")
    )
    assert found(draw("main RRWW2222222R\nworker .WRRRRRRRRRX\na 11111111111"), "deadlock") == []


def test_a_deadlock_that_somebody_breaks() -> None:
    """One gives up, and lets go of its lock: the other then gets it. It was a deadlock until then."""
    recording = draw("""
        left  RRWWbbbbbRRRR
        right .WRRaaaaaaaRR
        a     1111111111222
        b     ..22222222222
    """)
    (finding,) = found(recording, "deadlock")
    assert finding.title == "Deadlock of right and left"
    assert finding.sentence.endswith("It lasted 5.00 ms, until a wait was given up.")


def test_a_deadlock_of_processes(tmp_path: Path) -> None:
    """By locks that they share."""
    program = """
    def takes(mine, other, has, others):
        with mine:
            has.set()
            others.wait()
            other.acquire(timeout=0.05)
    """
    body = """
    context = multiprocessing.get_context("fork")
    one, two = context.Lock(), context.Lock()
    first, second = context.Event(), context.Event()
    left = context.Process(target=takes, args=(one, two, first, second), name="left")
    right = context.Process(target=takes, args=(two, one, second, first), name="right")
    for each in (left, right): each.start()
    for each in (left, right): each.join()
    """
    recording, _ = run(tmp_path, body, before="import multiprocessing\n" + textwrap.dedent(program))
    (finding,) = found(recording, "deadlock")
    assert finding.title in ("Deadlock of right and left", "Deadlock of left and right")
    assert "right waits for one, held by left" in finding.sentence
    assert "left waits for two, held by right" in finding.sentence


PROGRAM = """
import asyncio, time

def task(coroutine, name):
    return asyncio.create_task(coroutine, name=name)

async def blocks():
    await asyncio.sleep(0.002)
    time.sleep(0.06)
    done.append(True)

done = []

async def turns():
    while not done:
        await asyncio.sleep(0)

async def fails():
    await asyncio.sleep(0.001)
    raise ValueError("no")

async def goes_on():
    for _ in range(10):
        await asyncio.sleep(0.002)

async def stubborn():
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        await asyncio.sleep(0.01)

async def slow():
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0.11)

async def fetch():
    pass

async def obedient():
    await asyncio.sleep(60)

async def locks(first, second):
    async with first:
        stuck.append(first)
        while len(stuck) < 2:
            await asyncio.sleep(0)
        async with second:
            pass

stuck = []

async def main():
    asyncio.current_task().set_name("main")
    fetch()
    await asyncio.gather(task(blocks(), "blocks"), *(task(turns(), f"turns-{n}") for n in range(3)))
    try:
        await asyncio.gather(task(fails(), "fails"), task(goes_on(), "goes on"))
    except ValueError:
        await asyncio.sleep(0.04)
    for coroutine in (stubborn(), slow(), obedient()):
        victim = task(coroutine, coroutine.__name__)
        await asyncio.sleep(0.001)
        victim.cancel()
        await asyncio.wait([victim])
    try:
        async with asyncio.timeout(0.001):
            await asyncio.sleep(60)
    except TimeoutError:
        pass
    await asyncio.sleep(0.001)
    a, b = asyncio.Lock(), asyncio.Lock()
    both = task(locks(a, b), "left"), task(locks(b, a), "right")
    while len(stuck) < 2:
        await asyncio.sleep(0)
    await asyncio.sleep(0.005)
    for each in both:
        each.cancel()
    await asyncio.wait(both)
    task(obedient(), "left behind")
    await asyncio.sleep(0)
"""


@pytest.mark.parametrize("python", [each for each in WITH_GIL if each.version[:2] in ((3, 11), (3, 13))], ids=ids)
def test_findings_of_a_real_program(python: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Each of its faults is found, and nothing else of it."""
    folder = tmp_path_factory.mktemp("faults")
    recording, _ = run(folder, "asyncio.run(main())", before=PROGRAM, python=python.path)  # type: ignore[attr-defined]
    by_kind = {each.kind: each for each in findings(recording)}
    titles = {
        kind: each.title
        for kind, each in by_kind.items()
        if each.state in ("ready", "suspended", "cancelled", "failed")
    }
    assert titles == {
        "deadlock": titles["deadlock"],
        "never-awaited": "fetch() was called, but never awaited",
        "blocked-loop": "blocks blocks its event loop",
        "dangling-tasks": "gather() left 1 task running",
        "slow-cancellation": "slow is cancelled, and takes long to end",
        "swallowed-cancellation": "stubborn is cancelled, and goes on",
        "cut-off-tasks": "1 task cut off by the end of main",
    }
    assert titles["deadlock"] in ("Deadlock of right and left", "Deadlock of left and right")
    assert "in time.sleep() at line" in by_kind["blocked-loop"].sentence
    assert "turns-0" in by_kind["blocked-loop"].sentence
    assert "fails failed with ValueError: no" in by_kind["dangling-tasks"].sentence
    for finding in by_kind.values():
        kinds = {recording.tracks[track]["kind"] for track, _, _ in finding.spans}
        assert kinds <= {TrackKind.TASK, TrackKind.THREAD, TrackKind.CORE}
        assert all(0 <= begin <= end <= recording.duration_ns for _, begin, end in finding.spans)
