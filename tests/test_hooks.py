"""What the recorder sees of locks, threads, queues and sleeps, as whole sequences, on every interpreter."""

from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.events import Flag, Kind, TrackKind
from tests.programs import (
    GIL,
    WITH_GIL,
    ids,
    looks_both_ways,
    record,
    rows_about,
    rows_of,
    run_by_hand,
    sequence,
    things,
)

THREADS = {Kind.THREAD_START, Kind.THREAD_BEGIN, Kind.THREAD_END, Kind.THING_NEW}
LIFE = ["THREAD_BEGIN {0}", "THREAD_END {0}"]

pytestmark = pytest.mark.all_interpreters


@pytest.fixture(params=WITH_GIL, ids=ids)
def python(request: pytest.FixtureRequest) -> Interpreter:
    found: Interpreter = request.param
    return found


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


EVERYTHING = """
def everything(rounds):
    for _ in range(rounds):
        lock, recursive, line = Lock(), RLock(), queue.SimpleQueue()
        with lock, recursive, recursive:
            lock.acquire(timeout=0.00001)
            lock.acquire(blocking=False)
        for refused in (lock.release, recursive.release, recursive._release_save, lambda: lock.acquire(True, -2),
                        lambda: lock.acquire(1, 2, 3), lambda: lock.acquire(timeout="1"), lambda: time.sleep(-1),
                        lambda: line.get(timeout=0.001), lambda: line.get(False), line.get_nowait, Event.wait,
                        Condition().wait, lambda: Barrier(-1), lambda: Semaphore(-1), current_thread().join,
                        lambda: Thread(target=1, daemon="x").join(), lambda: recursive._acquire_restore(7),
                        lambda: Condition.notify(), lambda: Condition().notify("1"), lambda: Semaphore.acquire()):
            try:
                refused()
            except Exception:
                pass
        line.put(1), line.put_nowait(item=2), line.get(), line.get(True, 1)
        bounded = queue.PriorityQueue(2)
        bounded.put(1), bounded.put(2), bounded.get(), bounded.task_done()
        event, condition, semaphore, barrier = Event(), Condition(recursive), BoundedSemaphore(2), Barrier(1)
        event.set(), event.wait(), barrier.wait()
        with condition, condition:
            condition.wait(0.00001), condition.notify(), condition.notify_all()
        with semaphore:
            semaphore.acquire(timeout=0.00001)
        semaphore.release()
        thread = Thread(target=event.wait)
        thread.start()
        thread.name = "new name"
        thread.join(1)
        time.sleep(0)
"""


def test_nothing_leaks(python: Interpreter, tmp_path: Path) -> None:
    """However often all of it is used, also wrongly, no object stays behind."""
    program = """
def run():
    import gc
    held = []
    for _ in range(9):
        everything(200)
        gc.collect()
        held.append(sys.getallocatedblocks())
    print(min(after - before for before, after in zip(held, held[1:])))
"""
    recorded = record(python, tmp_path, EVERYTHING + program)
    assert int(recorded.output) < 200  # less than one a round, once each address has been some condition's


def test_no_sanitizer_complains(tmp_path: Path, sanitized: Interpreter) -> None:
    """Nor is there a bad access, or anything undefined."""
    recorded = record(sanitized, tmp_path, EVERYTHING + "\ndef run():\n    everything(100)\n")
    assert len(recorded.rows) > 10_000


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


def test_another_interpreter_is_not_recorded(python: Interpreter, tmp_path: Path) -> None:
    """Its objects are its own: its locks work, and leave nothing."""
    recorded = record(
        python,
        tmp_path,
        """
        try:
            import _interpreters
        except ImportError:
            import _xxsubinterpreters as _interpreters

        LINES = (
            "import threading, time",
            "for _ in range(50):",
            "    with threading.Lock(), threading.RLock():",
            "        time.sleep(0)",
        )

        def run():
            other = _interpreters.create()
            time.sleep(0)
            failed = _interpreters.run_string(other, chr(10).join(LINES))
            time.sleep(0)
            _interpreters.destroy(other)
            assert failed is None, failed
        """,
    )
    kinds = [row.kind for row in rows_of(recorded, "MainThread") if row.kind in (Kind.CALL, Kind.RETURN)]
    assert kinds == [Kind.CALL, Kind.RETURN] * 2


LOOK = """
import ctypes, inspect, io, json, pickle, queue, sys, threading, time, types, _thread

class Method(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int)]

def function_of(thing, word):
    place = ctypes.cast(id(thing), ctypes.POINTER(ctypes.c_void_p))[word]
    return ctypes.cast(place, ctypes.POINTER(Method)).contents.function

def pointers():
    '''Every C function behind the types and modules that are recorded, and every attribute of the classes.'''
    found = {}
    for owner in (_thread.LockType, _thread.RLock, queue.SimpleQueue):
        for name, value in vars(owner).items():
            if isinstance(value, types.MethodDescriptorType):
                found[f"{owner.__name__}.{name}"] = function_of(value, 5)
        words = ctypes.cast(id(owner), ctypes.POINTER(ctypes.c_void_p))
        found[owner.__name__] = [words[i] for i in range(22, 41)]  # from tp_doc to tp_free
    for owner in (_thread, time):
        for name, value in vars(owner).items():
            if isinstance(value, types.BuiltinFunctionType):
                found[f"{owner.__name__}.{name}"] = function_of(value, 2)
    for owner in (*vars(threading).values(), *vars(queue).values()):
        if isinstance(owner, type) and owner.__module__ in ("threading", "queue"):
            found[owner.__qualname__] = {name: id(value) for name, value in vars(owner).items()}
    return found

def looks():
    '''How all of it looks from outside.'''
    found = []
    for owner in (threading.Condition, threading.Event, threading.Semaphore, threading.BoundedSemaphore,
                  threading.Barrier, threading.Thread, threading.Timer, queue.Queue, queue.SimpleQueue,
                  _thread.LockType, _thread.RLock):
        for name in ("__init__", "__enter__", "acquire", "wait", "notify", "join", "_bootstrap", "put", "get", "name"):
            method = getattr(owner, name, None)
            if method is None:
                continue
            try:
                signature = str(inspect.signature(method))
            except (TypeError, ValueError) as error:
                signature = str(type(error))
            try:
                pickled = pickle.dumps(method)
            except Exception as error:
                pickled = type(error)
            found.append([
                owner.__name__, name, signature, getattr(method, "__name__", ""), method.__doc__,
                str(getattr(method, "__module__", "")), str(pickled), repr(method).partition(" at ")[0],
                inspect.isfunction(method), inspect.isroutine(method), str(getattr(method, "__defaults__", "")),
                getattr(method, "__qualname__", ""), callable(method),
            ])
    for lock in (threading.Lock(), threading.RLock()):
        try:
            pickle.dumps(lock)
        except TypeError as error:
            found.append(str(error))
        found.append([repr(lock).partition(" at ")[0], sorted(dir(lock)), type(lock).__doc__])
    return found
"""


def test_it_looks_as_before(python: Interpreter, tmp_path: Path) -> None:
    """Names, docs, signatures, pickles and reprs are the same with the recorder and without."""
    with_it, without = looks_both_ways(python, tmp_path, LOOK)
    assert with_it == without


def test_everything_is_put_back(python: Interpreter, tmp_path: Path) -> None:
    """After put_back() each pointer and each attribute is what it was; in between, most aren't."""
    told, batch = run_by_hand(
        python,
        tmp_path,
        LOOK
        + """
class Recursive(_thread.RLock):
    pass

original_put = queue.Queue.put
before = pointers()
hooks.install(os.environ["GILSCOPE_RINGS"])
between = pointers()
Recursive(), Recursive.__new__(Recursive)
condition, acquire = threading.Condition(), threading.Lock().acquire
condition_wait = condition.wait
queue.Queue.put = "mine"
hooks.put_back()  # what others have put there stays
assert queue.Queue.put == "mine"
queue.Queue.put = original_put
after = pointers()
with condition:
    condition_wait(0)
acquire()
changed = sorted(name for name in before if between[name] != before[name])
print(json.dumps({"same": before == after, "changed": changed}))
""",
    )
    assert Kind.BLOCK not in batch.records.kind  # a method that was bound in between only calls
    assert told["same"]
    expected = {
        *("lock.acquire", "lock.release", "lock.__enter__", "lock.__exit__", "RLock.acquire", "RLock.release", "RLock"),
        *("SimpleQueue.put", "SimpleQueue.get", "SimpleQueue", "_thread.allocate_lock", "time.sleep"),
        *("_thread.start_new_thread", "Condition", "Event", "Semaphore", "BoundedSemaphore", "Barrier", "Thread"),
        "Queue",
    }
    assert expected <= set(told["changed"])
