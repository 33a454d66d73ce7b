"""What the recorder sees of locks, as whole sequences, on every interpreter."""

from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.events import Flag, Kind
from tests.programs import (
    GIL,
    THREADS,
    record,
    rows_about,
    sequence,
    things,
)

pytestmark = pytest.mark.all_interpreters


def test_a_contended_lock(python: Interpreter, tmp_path: Path) -> None:
    """The waiter's wait, the release before its acquire, and the join that outlasts the worker's life."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            lock, main = Lock(), current_thread()
            tell(lock=lock)
            def worker():
                with lock:
                    until_blocked(main)
            lock.acquire()
            threads = started(worker)
            until_blocked(*threads)
            lock.release()
            threads[0].join()
        """,
    )
    assert sequence(recorded, "MainThread") == [
        "THREAD_BEGIN MainThread",
        "THING_NEW lock",
        "LOCK_ACQUIRE lock 1",
        "THREAD_START worker",
        "LOCK_RELEASE lock",
        "BLOCK worker",
        "UNBLOCK worker",
        "THREAD_END MainThread",
    ]
    assert sequence(recorded, "worker") == [
        "THREAD_BEGIN worker",
        "LOCK_WAIT lock",
        "LOCK_ACQUIRE lock CONTENDED 1",
        "LOCK_RELEASE lock",
        "THREAD_END worker",
    ]
    (released,) = (row for row in rows_about(recorded, "MainThread") if row.kind == Kind.LOCK_RELEASE)
    wait, got = (row for row in rows_about(recorded, "worker") if row.kind in (Kind.LOCK_WAIT, Kind.LOCK_ACQUIRE))
    assert wait.at < released.at <= got.at
    assert [(recorded.line(row) or ("",))[0] for row in (released, wait, got)] == ["run", "worker", "worker"]


def test_tries_and_timeouts(python: Interpreter, tmp_path: Path) -> None:
    """A try that fails leaves nothing; a wait that runs out is a wait and a timeout; refused calls leave nothing."""
    recorded = record(
        python,
        tmp_path,
        """
        def refused(function, *arguments, **keywords):
            try:
                function(*arguments, **keywords)
            except (ValueError, TypeError, RuntimeError, OverflowError) as error:
                return type(error)
            raise AssertionError("accepted")

        def run():
            lock = Lock()
            tell(lock=lock)
            refused(lock.release)
            refused(lock.acquire, timeout=-2)
            refused(lock.acquire, False, 1)
            refused(lock.acquire, True, "1")
            refused(lock.acquire, True, 1e300)
            refused(lock.acquire, True, float("nan"))
            refused(lock.acquire, blocking=True, patience=1)
            assert not lock.locked()
            assert lock.acquire(False)
            assert not lock.acquire(False)
            assert not lock.acquire(blocking=False)
            assert not lock.acquire(True, 0)
            assert not lock.acquire(timeout=0.001)
            assert not lock.acquire(True, 0.001)
            lock.release()
            assert lock.acquire(timeout=5)
            lock.release_lock()
            assert lock.acquire_lock(1, -1)
            lock.release()
        """,
    )
    assert sequence(recorded, "MainThread", but=THREADS) == [
        "LOCK_ACQUIRE lock 1",
        "LOCK_WAIT lock TIMED",
        "LOCK_TIMEOUT lock TIMEOUT TIMED",
        "LOCK_WAIT lock TIMED",
        "LOCK_TIMEOUT lock TIMEOUT TIMED",
        "LOCK_RELEASE lock",
        "LOCK_ACQUIRE lock 1",
        "LOCK_RELEASE lock",
        "LOCK_ACQUIRE lock 1",
        "LOCK_RELEASE lock",
    ]


def test_an_interrupted_wait(python: Interpreter, tmp_path: Path) -> None:
    """What a signal handler does during the wait is nested in it; when it raises, that ends the wait with an error."""
    recorded = record(
        python,
        tmp_path,
        """
        class Enough(Exception):
            pass

        def run():
            lock, other, main = Lock(), Lock(), current_thread()
            tell(lock=lock, other=other)
            def handler(*_):
                with other:
                    raise Enough
            def poke():
                until_blocked(main)
                os.kill(os.getpid(), signal.SIGUSR1)
            signal.signal(signal.SIGUSR1, handler)
            lock.acquire()
            threads = started(poke)
            try:
                lock.acquire()
            except Enough:
                pass
            lock.release()
            threads[0].join()
        """,
    )
    mine = [line for line in sequence(recorded, "MainThread", but=THREADS) if not line.endswith("poke")]
    assert mine == [
        "LOCK_ACQUIRE lock 1",
        "LOCK_WAIT lock",
        "LOCK_ACQUIRE other NESTED 1",
        "LOCK_RELEASE other NESTED",
        "LOCK_TIMEOUT lock ERROR",
        "LOCK_RELEASE lock",
    ]


def test_recursion(python: Interpreter, tmp_path: Path) -> None:
    """An RLock's value is how often it is had; Condition.wait() gives up all of it and takes all of it back."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            lock = RLock()
            condition = Condition(lock)
            tell(lock=lock, condition=condition)
            for refused in (lock.release, lock._release_save):
                try:
                    refused()
                except RuntimeError:
                    pass
            with lock, lock:
                condition.wait(0.001)
                def notifier():
                    with condition:
                        condition.notify()
                    assert lock.acquire(timeout=5)
                    lock.release()
                def trier():
                    assert not lock.acquire(False)
                    assert not lock.acquire(timeout=0.001)
                threads = started(trier)
                threads[0].join()
                threads = started(notifier)
                condition.wait()
            for thread in threads:
                thread.join()
        """,
    )
    assert sequence(recorded, "trier", but=THREADS) == [
        "LOCK_WAIT lock TIMED",
        "LOCK_TIMEOUT lock TIMEOUT TIMED",
    ]
    mine = sequence(recorded, "MainThread", but=THREADS | {Kind.LOCK_WAIT})
    mine = [line.replace(" CONTENDED", "") for line in mine if not line.endswith(("trier", "notifier"))]
    waits = ["LOCK_RELEASE lock NESTED", "LOCK_ACQUIRE lock NESTED 2"]
    assert mine == [
        "LOCK_ACQUIRE lock 1",
        "LOCK_ACQUIRE lock 2",
        "BLOCK condition TIMED",
        *waits,
        "UNBLOCK condition TIMEOUT TIMED",
        "BLOCK condition",
        *waits,
        "UNBLOCK condition",
        "LOCK_RELEASE lock 1",
        "LOCK_RELEASE lock",
    ]


def test_a_lock_has_one_holder_at_any_instant(python: Interpreter, tmp_path: Path) -> None:
    """In a crowd: acquires and releases of a lock alternate in time, waits end, nesting is balanced."""
    recorded = record(
        python,
        tmp_path,
        """
        def run():
            sys.setswitchinterval(0.00005)
            lock, recursive, condition, line = Lock(), RLock(), Condition(), queue.Queue(3)
            tell(lock=lock, recursive=recursive, inner=condition._lock, mutex=line.mutex)
            def work(number):
                for _ in range(150):
                    with lock:
                        sum(range(50))
                    if lock.acquire(timeout=0.0001):
                        lock.release()
                    with recursive, recursive:
                        sum(range(50))
                    with condition:
                        condition.notify_all()
                        condition.wait(0.0001)
                    line.put(number) if number % 2 else line.get()
            threads = [Thread(target=work, args=(number,), name=f"w{number}") for number in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        """,
    )
    names = things(recorded)
    about = [row for thread in ("MainThread", "w0", "w1", "w2", "w3") for row in rows_about(recorded, thread)]
    order = {Kind.LOCK_RELEASE: 0, Kind.LOCK_ACQUIRE: 1}  # of one instant
    about.sort(key=lambda row: (row.at, order.get(row.kind, 2)))
    holders: dict[int, tuple[int, int]] = {}
    waits: dict[tuple[int, int, int], int] = {}
    counts = dict.fromkeys(("lock", "recursive", "inner", "mutex"), 0)
    for row in about:
        me = row.slot, row.generation
        if row.kind == Kind.LOCK_ACQUIRE:
            assert holders.setdefault(row.thing, me) == me, f"{names[row.thing]} has two holders"
            assert waits.pop((*me, row.thing), 0) == bool(row.flags & Flag.CONTENDED)
            counts[names[row.thing]] += 1
        elif row.kind == Kind.LOCK_RELEASE:
            assert holders[row.thing] == me
            if row.value == 0:
                del holders[row.thing]
        elif row.kind == Kind.LOCK_WAIT:
            assert waits.setdefault((*me, row.thing), 1) == 1
        elif row.kind == Kind.LOCK_TIMEOUT:
            assert waits.pop((*me, row.thing)) == 1
    assert not holders
    assert not waits
    assert counts["recursive"] == 4 * 150 * 2
    assert counts["lock"] >= 4 * 150
    assert counts["inner"] >= 4 * 150 * 2
    last = {(row.slot, row.generation): row for row in recorded.rows if row.kind not in GIL}
    assert all(row.kind == Kind.THREAD_END and not row.flags & Flag.NESTED for row in last.values())
