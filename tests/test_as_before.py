"""The recorder leaves nothing behind: with it, and after it, everything is as without it, on every interpreter."""

from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.events import Kind
from tests.programs import (
    looks_both_ways,
    record,
    rows_of,
    run_by_hand,
)

pytestmark = pytest.mark.all_interpreters


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
