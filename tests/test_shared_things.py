"""What processes share besides locks and pipes: memory, values, managers; and pools that end in every way."""

from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis import messages
from gilscope.analysis.causes import chain
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording
from tests.programs import FOUND, WITH_GIL, ids
from tests.test_processes import family, life, track
from tests.test_run import run, tracks


def printed_by(recording: Recording) -> str:
    """What the program printed to its standard output."""
    return "".join(told["text"] for told in recording.output if told["stream"] == "stdout")


def memory(recording: Recording, thread: str) -> list[str]:
    """What a thread did with shared memory: kind, name, bytes."""
    rows = recording.rows[recording.rows.track == track(recording, TrackKind.THREAD, thread)]
    return [
        f"{Kind(kind).name} {recording.tracks[thing]['name']} {value}"
        for kind, thing, value in zip(rows.kind.tolist(), rows.thing.tolist(), rows.value.tolist(), strict=True)
        if recording.tracks.get(thing, {}).get("kind") == TrackKind.SHARED_MEMORY
    ]


def test_shared_memory_is_one_thing_with_bytes(tmp_path: Path) -> None:
    """Made, opened, closed and unlinked, by whom, whichever process; closing twice is once."""
    recording, _ = run(
        tmp_path,
        """
        block = SharedMemory(create=True, size=100_000)
        numbers = ShareableList([1, 2])
        worker = get_context("fork").Process(target=work, args=(block.name,), name="worker")
        worker.start()
        worker.join()
        print(block.buf[0])
        for each in (block, numbers.shm):
            each.close()
            each.close()
            each.unlink()
        try:
            SharedMemory(name="there is none")
        except FileNotFoundError:
            print("none")
        """,
        before="""
        from multiprocessing import get_context
        from multiprocessing.shared_memory import ShareableList, SharedMemory

        def work(name):
            mine = SharedMemory(name=name)
            mine.buf[0] = 7
            mine.close()
        """,
    )
    assert printed_by(recording) == "7\nnone\n"
    assert tracks(recording, TrackKind.SHARED_MEMORY) == ["block", "numbers"]
    told = recording.tracks[track(recording, TrackKind.SHARED_MEMORY, "block")]
    assert (told["capacity"], told["pid"]) == (100_000, 0)
    size = recording.tracks[track(recording, TrackKind.SHARED_MEMORY, "numbers")]["capacity"]
    assert memory(recording, "worker") == ["MEMORY_OPENED block 100000", "MEMORY_CLOSED block 100000"]
    assert memory(recording, "MainThread") == [
        *("THING_NEW block 100000", "MEMORY_OPENED block 100000"),
        *(f"THING_NEW numbers {size}", f"MEMORY_OPENED numbers {size}"),
        *("MEMORY_CLOSED block 100000", "MEMORY_CLOSED block 0"),
        *(f"MEMORY_CLOSED numbers {size}", "MEMORY_CLOSED numbers 0"),
    ]


def test_a_block_says_which_processes_have_it(tmp_path: Path) -> None:
    """Also of one that dies without closing it, and of one that has it twice."""
    recording, _ = run(
        tmp_path,
        """
        block = SharedMemory(create=True, size=100_000)
        again = SharedMemory(name=block.name)
        for ends in (SharedMemory.close, die):
            worker = get_context("fork").Process(target=work, args=(block.name, ends), name=f"worker {ends.__name__}")
            worker.start()
            worker.join()
        again.close()
        block.close()
        block.unlink()
        """,
        before="""
        from multiprocessing import get_context
        from multiprocessing.shared_memory import SharedMemory

        def die(mine):
            os._exit(0)

        def work(name, ends):
            ends(SharedMemory(name=name))
        """,
    )
    rows = recording.rows[recording.rows.track == track(recording, TrackKind.SHARED_MEMORY, "block")]
    told = [
        f"{Kind(kind).name.partition('_')[2]} {recording.tracks[process]['name']}: {State(state).name} {count}"
        for kind, process, state, count in zip(
            *(column.tolist() for column in (rows.kind, rows.thing, rows.state, rows.value)), strict=True
        )
    ]
    assert told[:5] == [
        *("OPENED python: BUSY 1", "OPENED python: BUSY 1"),
        *("OPENED worker close: BUSY 2", "CLOSED worker close: BUSY 1"),
        "OPENED worker die: BUSY 2",
    ]
    # That a process has died is told when it is seen, which may be after what others did next.
    assert told[5:] in (
        ["CLOSED worker die: BUSY 1", "CLOSED python: BUSY 1", "CLOSED python: IDLE 0"],
        ["CLOSED python: BUSY 2", "CLOSED worker die: BUSY 1", "CLOSED python: IDLE 0"],
        ["CLOSED python: BUSY 2", "CLOSED python: BUSY 1", "CLOSED worker die: IDLE 0"],
    )
    hops = chain(Timeline(recording), int(rows.track[0]), int(rows.at[2]))
    assert [hop.sentence.partition(" for ")[0] for hop in hops] == ["block is open"]
    assert hops[0].sentence.endswith(", since worker close opened or closed it.")


def test_the_lock_of_a_value_goes_by_its_name(tmp_path: Path) -> None:
    """And is the same in the process that counts."""
    recording, _ = run(
        tmp_path,
        """
        context = get_context("fork")
        counter, scores = context.Value("i", 0), context.Array("d", 3)
        worker = context.Process(target=count, args=(counter, scores), name="worker")
        worker.start()
        worker.join()
        print(counter.value, scores[1])
        """,
        before="""
        from multiprocessing import get_context

        def count(counter, scores):
            with counter.get_lock():
                counter.value += 1
            scores[1] = 2.0
        """,
    )
    assert printed_by(recording) == "1 2.0\n"
    assert tracks(recording, TrackKind.RLOCK) == ["counter", "scores"]
    worker = recording.rows[recording.rows.track == track(recording, TrackKind.THREAD, "worker")]
    counter = track(recording, TrackKind.RLOCK, "counter")
    steps = [
        (Kind(kind).name, value)
        for kind, value in zip(
            worker.kind[worker.thing == counter].tolist(), worker.value[worker.thing == counter].tolist(), strict=True
        )
    ]
    assert steps == [
        *(("LOCK_ACQUIRE", 1), ("LOCK_ACQUIRE", 2), ("LOCK_RELEASE", 1)),
        *(("LOCK_ACQUIRE", 2), ("LOCK_RELEASE", 1), ("LOCK_RELEASE", 0)),
    ]


def requests(recording: Recording) -> list[str]:
    """Messages about calls of a manager: who asks or answers whom, for which call."""
    timeline = Timeline(recording)
    rows, sent = timeline.flows.rows, timeline.flows.messages
    told = []
    for n, asks, answers in zip(range(len(sent)), *messages.calls(rows, sent), strict=True):
        processes = (int(timeline.parent_of(rows.track[row : row + 1])[0]) for row in (sent.begun[n], sent.read[n]))
        sender, reader = (timeline.name(each).rstrip("0123456789") for each in processes)
        if asks or answers:
            told.append(f"{sender} {'asks' if asks else 'answers'} {reader}: {timeline.name(asks or answers)}")
    return told


@pytest.mark.all_interpreters
@pytest.mark.parametrize("python", [WITH_GIL[0], FOUND[-1]], ids=ids)
def test_calls_of_a_manager_are_messages_with_names(tmp_path: Path, python: Interpreter) -> None:
    """Request and answer, through a socket whose ends have different numbers; also of a thread's first call, which connects
    it first. What the ends exchange to trust each other is no message."""
    recording, _ = run(
        tmp_path,
        """
        with get_context("fork").Manager() as manager:
            gate = manager.Semaphore(0)
            gate.acquire(True, 0.2)
            other = Thread(target=gate.release, name="other")
            other.start()
            other.join()
        """,
        before="from multiprocessing import get_context",
        python=python.path,
    )

    def both(call: str) -> list[str]:
        return [f"python asks SyncManager-: {call}", f"SyncManager- answers python: {call}"]

    made = [*both("manager.create()"), *both("manager.incref()"), *both("manager.decref()")]
    first = [*both("manager.accept_connection()"), *both("Semaphore.acquire()")]
    second = [*both("manager.accept_connection()"), *both("Semaphore.release()")]
    assert requests(recording)[: len(made + first + second)] == made + first + second
    timeline = Timeline(recording)
    main = track(recording, TrackKind.THREAD, "MainThread")
    waits = timeline.spans.of(main)
    calls = [timeline.call(State.BLOCKED, line) for line in waits.line.tolist()]
    waits = waits[(waits.state == State.BLOCKED) & (np.array(calls) == "gate.acquire")]
    hops = chain(timeline, main, int(waits.begin[waits.length.argmax()]))
    assert " in gate.acquire for a message from " in hops[0].sentence
    assert "the answer to Semaphore.acquire()" in hops[0].detail


def test_unfinished_tasks_of_a_queue_are_counted(tmp_path: Path) -> None:
    """put() adds one, task_done() takes one away, and join() waits for that, until the last one is done."""
    recording, _ = run(
        tmp_path,
        """
        context = get_context("fork")
        orders, go = context.JoinableQueue(), context.Semaphore(0)
        worker = context.Process(target=work, args=(orders, go), name="worker")
        worker.start()
        orders.put(1)
        orders.put(2)
        go.release()
        orders.join()
        orders.join()
        worker.join()
        """,
        before="""
        from multiprocessing import get_context

        def work(orders, go):
            go.acquire()
            for _ in range(2):
                sleep(0.1)
                orders.get()
                orders.task_done()
            try: orders.task_done()
            except ValueError: pass
        """,
    )
    count = track(recording, TrackKind.SEMAPHORE, "orders: unfinished")
    assert recording.tracks[count]["internal"] is False
    values = recording.rows.value[recording.rows.track == count].tolist()
    assert [value for n, value in enumerate(values) if n == 0 or value != values[n - 1]] == [0, 1, 2, 1, 0]
    states = recording.rows.state[recording.rows.track == count]
    assert [State(state).name for n, state in enumerate(states) if n == 0 or state != states[n - 1]] == [
        *("FREE", "CONTENDED", "FREE"),
    ]
    timeline = Timeline(recording)
    main, flows = track(recording, TrackKind.THREAD, "MainThread"), timeline.flows
    waits = timeline.spans.of(main)
    waits = waits[(waits.state == State.BLOCKED) & (waits.thing == count)]
    ended = flows.wakes[(flows.rows.track[flows.wakes] == main) & np.isin(flows.rows.at[flows.wakes], waits.end)]
    assert {timeline.name(int(flows.rows.track[cause])) for cause in flows.cause[ended]} == {"worker"}
    hops = chain(timeline, main, int(waits.begin[waits.length.argmax()]))
    assert " in orders.join for semaphore orders: unfinished" in hops[0].sentence
    assert hops[0].detail.startswith("worker lets it go on")


POOL = """
from multiprocessing import TimeoutError, get_context

def half(n):
    return n // 2 if n % 2 == 0 else 1 / 0

def forever(_):
    sleep(600)
"""


def test_pools_end_in_every_way(tmp_path: Path) -> None:
    """Results, an error, workers that are replaced, a manager, a queue that is joined, and terminate() in the middle."""
    recording, _ = run(
        tmp_path,
        """
        context = get_context("fork")
        with context.Pool(1, maxtasksperchild=2) as pool:
            print(pool.map(half, [2, 4, 6], chunksize=1), sorted(pool.imap_unordered(half, [2, 4])))
            try:
                pool.apply_async(half, (1,)).get()
            except ZeroDivisionError as error:
                print(error)
            try:
                pool.apply_async(forever, (1,)).get(timeout=0.01)
            except TimeoutError:
                pool.terminate()
            pool.join()
        with context.Manager() as manager:
            shared = manager.list([1])
            shared.append(2)
            print(shared[:])
        """,
        before=POOL,
    )
    assert printed_by(recording) == "[1, 2, 3] [1, 2]\ndivision by zero\n[1, 2]\n"
    workers = [name for name in family(recording) if "PoolWorker" in name]
    assert len(workers) >= 3
    assert all(life(recording, name)[-1] == State.EXITED.name for name in workers)
    assert [name for name in family(recording) if name.startswith("SyncManager-")]
