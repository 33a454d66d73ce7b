"""What the recorder sees of conditions, events, semaphores, barriers and queues, as whole sequences, on every interpreter."""

from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.events import Kind, TrackKind
from tests.programs import (
    THREADS,
    record,
    rows_about,
    rows_of,
    sequence,
)

pytestmark = pytest.mark.all_interpreters


def test_condition(python: Interpreter, tmp_path: Path) -> None:
    """A notify tells how many it wakes, also when that is nobody; a refused one isn't there."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            condition, ready = Condition(Lock()), []
            tell(condition=condition)
            def waiter():
                with condition:
                    assert condition.wait_for(lambda: ready, timeout=60)
            try:
                condition.notify()
            except RuntimeError:
                pass
            threads = started(waiter)
            until_blocked(*threads)
            with condition:
                condition.notify_all()
            until_blocked(*threads)
            with condition:
                ready.append(1)
                condition.notify(5)
            threads[0].join()
            with condition:
                condition.notify(n=2)
        """,
    )
    assert sequence(recorded, "MainThread", but=THREADS | {Kind.BLOCK, Kind.UNBLOCK}) == [
        "NOTIFY condition 1",
        "NOTIFY condition 1",
        "NOTIFY condition",
    ]
    assert sequence(recorded, "waiter", but=THREADS) == [
        "BLOCK condition TIMED",
        "UNBLOCK condition TIMED",
        "BLOCK condition TIMED",
        "UNBLOCK condition TIMED",
    ]


def test_event(python: Interpreter, tmp_path: Path) -> None:
    """Only a wait for an event that isn't set is one. Its inner lock belongs to the standard library."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            event = Event()
            tell(event=event)
            assert not event.wait(0.001)
            def waiter():
                event.wait()
            threads = started(waiter)
            until_blocked(*threads)
            event.set()
            threads[0].join()
            event.wait()
            event.clear()
            event.set()
        """,
    )
    assert sequence(recorded, "MainThread", but=THREADS - {Kind.THING_NEW}) == [
        "THING_NEW event",
        "BLOCK event TIMED",
        "UNBLOCK event TIMEOUT TIMED",
        "NOTIFY event 1",
        *(["BLOCK waiter", "UNBLOCK waiter"] if "BLOCK waiter" in sequence(recorded, "MainThread") else []),
        "NOTIFY event",
    ]
    assert sequence(recorded, "waiter", but=THREADS) == ["BLOCK event", "UNBLOCK event"]


def test_semaphore(python: Interpreter, tmp_path: Path) -> None:
    """Permits, waits for them, and a release of several at once; one too many leaves nothing."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            semaphore, bounded = Semaphore(2), BoundedSemaphore(value=1)
            tell(semaphore=semaphore, bounded=bounded)
            semaphore.acquire()
            with semaphore:
                assert not semaphore.acquire(False)
                assert not semaphore.acquire(timeout=0.001)
                def waiter():
                    semaphore.acquire()
                threads = started(waiter)
                until_blocked(*threads)
            threads[0].join()
            semaphore.release()
            with bounded:
                pass
            try:
                bounded.release()
            except ValueError:
                pass
        """,
    )
    made = [row for row in rows_of(recorded, "MainThread") if row.kind == Kind.THING_NEW]
    semaphores = [(row.value, row.flags) for row in made if row.aux == TrackKind.SEMAPHORE]
    assert semaphores == [(2, 0), (1, 0)]  # a bounded one is made once, though its base is made too
    mine = [line for line in sequence(recorded, "MainThread", but=THREADS) if not line.endswith("waiter")]
    assert mine == [
        "TAKE semaphore 1",
        "TAKE semaphore",
        "BLOCK semaphore TIMED",
        "UNBLOCK semaphore TIMEOUT TIMED",
        "NOTIFY semaphore 1",
        "NOTIFY semaphore 1",
        "TAKE bounded",
        "NOTIFY bounded 1",
    ]
    assert sequence(recorded, "waiter", but=THREADS) == ["BLOCK semaphore", "UNBLOCK semaphore", "TAKE semaphore"]


def test_barrier(python: Interpreter, tmp_path: Path) -> None:
    """All but the last wait; the last lets them go. A broken barrier ends waits with an error."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            barrier = Barrier(3)
            tell(barrier=barrier)
            def first():
                barrier.wait()
            def second():
                barrier.wait()
            def third():
                try:
                    barrier.wait()
                except BrokenBarrierError:
                    pass
            threads = started(first, second)
            until_blocked(*threads)
            barrier.wait()
            for thread in threads:
                thread.join()
            threads = started(third)
            until_blocked(*threads)
            barrier.abort()
            threads[0].join()
        """,
    )
    made = [row for row in rows_of(recorded, "MainThread") if row.kind == Kind.THING_NEW and not row.flags]
    assert [(row.aux, row.value) for row in made] == [(TrackKind.BARRIER, 3)]
    mine = [line for line in sequence(recorded, "MainThread", but=THREADS) if line.endswith(("barrier", "1", "2"))]
    assert mine == ["NOTIFY barrier 2", "NOTIFY barrier 1"]
    wait = ["BLOCK barrier", "UNBLOCK barrier"]
    assert sequence(recorded, "first", but=THREADS) == wait
    assert sequence(recorded, "second", but=THREADS) == wait
    assert sequence(recorded, "third", but=THREADS) == ["BLOCK barrier", "UNBLOCK barrier ERROR"]


def test_conditions_used_by_hand(python: Interpreter, tmp_path: Path) -> None:
    """A queue's condition notified outside of put() and get() tells no item; a new condition isn't what was there."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            line = queue.Queue()
            tell(line=line)
            with line.mutex:
                line.not_empty.notify()
                line.not_full.notify()
            condition = Event()._cond
            condition.__init__()
            tell(condition=condition)
            with condition:
                condition.notify()
        """,
    )
    assert sequence(recorded, "MainThread", but=THREADS) == ["NOTIFY condition"]
    (notify,) = (row for row in rows_about(recorded, "MainThread") if row.kind == Kind.NOTIFY)
    assert notify.aux == TrackKind.CONDITION


@pytest.mark.parametrize("kind", ["Queue", "LifoQueue", "PriorityQueue"])
def test_queue(python: Interpreter, tmp_path: Path, kind: str) -> None:
    """Lengths after each put and get, and only real waits, for room, for an item and for tasks to be done."""
    recorded = record(
        python,
        tmp_path,
        """
        def run(kind):
            line = getattr(queue, kind)(1)
            tell(line=line)
            def getter():
                line.get()
                line.task_done()
                until_blocked(current_thread_of_run)
                line.get(timeout=60)
                line.task_done()
                until_blocked(current_thread_of_run)
                line.get()
                line.task_done()
            global current_thread_of_run
            current_thread_of_run = current_thread()
            threads = started(getter)
            until_blocked(*threads)
            line.put(1)
            line.join()
            line.put(2)
            line.put(3)
            line.join()
            for call in (lambda: line.get(False), line.get_nowait, lambda: line.get(timeout=0.001)):
                try:
                    call()
                except queue.Empty:
                    pass
            threads[0].join()
        """,
        kind=kind,
    )
    made = [row for row in rows_of(recorded, "MainThread") if row.kind == Kind.THING_NEW and not row.flags]
    assert [(row.aux, row.value) for row in made] == [(TrackKind.QUEUE, 1)]
    assert sequence(recorded, "getter", but=THREADS) == [
        "BLOCK line",
        "UNBLOCK line",
        "GET line",
        "NOTIFY line 1",
        "GET line",
        "GET line",
        "NOTIFY line 1",
    ]
    mine = [line for line in sequence(recorded, "MainThread", but=THREADS) if not line.endswith("getter")]
    wait = ["BLOCK line", "UNBLOCK line"]
    assert mine == [
        "PUT line 1",
        *wait,
        "PUT line 1",
        *wait,
        "PUT line 1",
        *wait,
        "BLOCK line TIMED",
        "UNBLOCK line TIMEOUT TIMED",
    ]


def test_simple_queue(python: Interpreter, tmp_path: Path) -> None:
    """Written in C, seen all the same."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            line = queue.SimpleQueue()
            tell(line=line)
            for call in (line.get_nowait, lambda: line.get(False), lambda: line.get(timeout=0.001)):
                try:
                    call()
                except queue.Empty:
                    pass
            line.put(1)
            line.put_nowait(2)
            line.get()
            line.get(True, 5)
            def getter():
                line.get()
            threads = started(getter)
            until_blocked(*threads)
            line.put(item=3)
            threads[0].join()
        """,
    )
    mine = [line for line in sequence(recorded, "MainThread", but=THREADS) if not line.endswith("getter")]
    assert mine[:-1] == [
        "BLOCK line TIMED",
        "UNBLOCK line TIMEOUT TIMED",
        "PUT line 1",
        "PUT line 2",
        "GET line 1",
        "GET line",
    ]
    assert mine[-1].startswith("PUT line")  # some versions hand the item over without ever storing it
    assert sequence(recorded, "getter", but=THREADS) == ["BLOCK line", "UNBLOCK line", "GET line"]
