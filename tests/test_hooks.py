"""What the recorder sees of threads and sleeps, and how it names things, on every interpreter."""

from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.events import Flag, Kind, TrackKind
from tests.programs import (
    THREADS,
    record,
    rows_of,
    sequence,
    things,
)

pytestmark = pytest.mark.all_interpreters


def test_join(python: Interpreter, tmp_path: Path) -> None:
    """Only a thread that runs is waited for; one that still runs after it has outlasted the patience."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            go = Event()
            def worker():
                go.wait()
            for thread in (Thread(target=go.wait), current_thread()):
                try:
                    thread.join()
                except RuntimeError:
                    pass
            threads = started(worker)
            threads[0].join(0.001)
            threads[0].join(timeout=0.001)
            def setter():
                until_blocked(main)
                go.set()
            main = current_thread()
            started(setter)
            threads[0].join()
            threads[0].join()
        """,
    )
    mine = sequence(recorded, "MainThread", but=THREADS | {Kind.NOTIFY})
    assert mine == [
        *["BLOCK worker TIMED", "UNBLOCK worker TIMEOUT TIMED"] * 2,
        "BLOCK worker",
        "UNBLOCK worker",
    ]


def test_sleep_and_timer(python: Interpreter, tmp_path: Path) -> None:
    """A sleep tells how long; a refused one isn't there. A timer waits for its event, which is internal."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            time.sleep(0.002)
            time.sleep(0)
            try:
                time.sleep(-1)
            except ValueError:
                pass
            timer = Timer(0.003, lambda: None)
            timer.name = "timer"
            timer.start()
            tell(finished=timer.finished)
            timer.join()
        """,
    )
    calls = [row for row in rows_of(recorded, "MainThread") if row.kind in (Kind.CALL, Kind.RETURN)]
    assert [(row.kind, row.aux, row.value) for row in calls] == [
        (Kind.CALL, TrackKind.SLEEP, 2_000_000),
        (Kind.RETURN, TrackKind.SLEEP, 0),
        (Kind.CALL, TrackKind.SLEEP, 0),
        (Kind.RETURN, TrackKind.SLEEP, 0),
    ]
    assert sequence(recorded, "timer", but={Kind.THING_NEW}) == [
        "THREAD_BEGIN timer",
        "BLOCK finished TIMED",
        "UNBLOCK finished TIMEOUT TIMED",
        "NOTIFY finished",
        "THREAD_END timer",
    ]


def test_names_are_published(python: Interpreter, tmp_path: Path) -> None:
    """Name, daemon flag and address of each thread, told again when its name changes."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            go = Event()
            thread = Thread(target=go.wait, name='wörker "1"', daemon=True)
            thread.name = "before it starts"
            thread.start()
            thread.name = 'wörker "2"'
            go.set()
            thread.join()
            thread.name = "after its end"
            current_thread().name = "boss"
        """,
    )
    told = [each for each in recorded.definitions if each["def"] == "thread"]
    assert [(each["name"], each["daemon"], each["main"]) for each in told] == [
        ("MainThread", False, True),
        ("before it starts", True, False),
        ('wörker "2"', True, False),
        ("boss", False, True),
    ]
    assert len({(each["slot"], each["generation"], each["thing"]) for each in told}) == 2


def test_hot_code_is_recorded_as_well(python: Interpreter, tmp_path: Path) -> None:
    """What the interpreter specialises after some rounds still comes by: with, calls, constructors."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            lock, recursive, line = Lock(), RLock(), queue.SimpleQueue()
            tell(lock=lock, recursive=recursive, line=line)
            for _ in range(500):
                with lock:
                    pass
                with recursive:
                    pass
                lock.acquire()
                lock.release()
                lock.acquire(timeout=1)
                lock.release()
                Lock()
                RLock()
                Event()
                Semaphore(2)
                queue.Queue()
                queue.SimpleQueue()
                time.sleep(0)
                line.put(1)
                line.get()
        """,
    )
    lines = sequence(recorded, "MainThread", but=THREADS)
    counts = {line: lines.count(line) for line in set(lines)}
    assert counts == {
        "LOCK_ACQUIRE lock 1": 1500,
        "LOCK_RELEASE lock": 1500,
        "LOCK_ACQUIRE recursive 1": 500,
        "LOCK_RELEASE recursive": 500,
        "PUT line 1": 500,
        "GET line": 500,
    }
    rows = rows_of(recorded, "MainThread")
    made = [row.aux for row in rows if row.kind == Kind.THING_NEW and not row.flags]
    kinds = (TrackKind.LOCK, TrackKind.RLOCK, TrackKind.EVENT, TrackKind.SEMAPHORE, TrackKind.QUEUE)
    assert [made.count(kind) for kind in kinds] == [501, 501, 500, 500, 1001]
    assert sum(row.kind == Kind.CALL for row in rows) == 500


def test_things_of_the_standard_library_are_internal(python: Interpreter, tmp_path: Path) -> None:
    """What the scenario makes, also through a subclass of its own, is its own; what is inside isn't."""
    recorded = record(
        python,
        tmp_path,
        """
        class MyEvent(Event):
            def __init__(self):
                super().__init__()

        def run():
            from concurrent.futures import Future
            future = Future()
            tell(inner=future._condition)
            mine = dict(lock=Lock(), rlock=RLock(), condition=Condition(), event=MyEvent(), line=queue.LifoQueue())
            tell(**mine)
        """,
    )
    rows = [row for row in recorded.rows if row.kind == Kind.THING_NEW]
    names = things(recorded)
    last = {row.thing: row for row in rows}  # an address may have been another thing's before
    assert {name: bool(last[thing].flags) for thing, name in names.items() if thing in last} == {
        "lock": False,
        "rlock": False,
        "condition": False,
        "event": False,
        "line": False,
        "inner": True,
    }


def test_threads_without_an_object_and_without_luck(python: Interpreter, tmp_path: Path) -> None:
    """A thread of `_thread` has no Thread object; one that can't be started is told as an error."""
    recorded = record(
        python,
        tmp_path,
        """
        import _thread

        def run():
            done = Lock()
            done.acquire()
            _thread.start_new_thread(done.release, ())
            done.acquire()
            stack_size(1 << 46)
            try:
                started(run)
            except RuntimeError:
                return
            raise AssertionError("a stack of 64 TiB was given")
        """,
    )
    starts = [row for row in rows_of(recorded, "MainThread") if row.kind == Kind.THREAD_START]
    assert [(row.flags, bool(row.thing)) for row in starts] == [(0, False), (0, True), (Flag.ERROR, True)]
