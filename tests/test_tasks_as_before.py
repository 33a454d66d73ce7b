"""asyncio with the recorder, and after it, is as without it, on every interpreter."""

import json
from pathlib import Path

import pytest

from gilscope.collector.interpreters import Interpreter
from gilscope.events import Kind
from tests.programs import looks_both_ways, run_by_hand
from tests.programs import record as record_rings

pytestmark = pytest.mark.all_interpreters


LOOK = """
import asyncio, ctypes, inspect, json, os, selectors, sys, warnings

def words(thing, first, last):
    place = ctypes.cast(id(thing), ctypes.POINTER(ctypes.c_void_p))
    return [place[n] for n in range(first, last)]

def method(descriptor):
    '''The C function behind a method: the second word of its PyMethodDef, which is the sixth of its descriptor.'''
    return ctypes.cast(words(descriptor, 5, 6)[0], ctypes.POINTER(ctypes.c_void_p))[1]

def pointers():
    '''Every C function of tasks and futures, and every attribute of asyncio's classes.'''
    found = {}
    for owner in (asyncio.Task, asyncio.Future):
        for name, value in vars(owner).items():
            if type(value) is type(str.join):
                found[f"{owner.__name__}.{name}"] = method(value)
        found[f"{owner.__name__} itself"] = words(owner, 22, 41)  # from tp_doc to tp_free
    found["Task.__init__"] = words(vars(asyncio.Task)["__init__"], 5, 7)
    found["warnings"] = id(warnings._warn_unawaited_coroutine)
    for module in (selectors, *(value for name, value in sys.modules.items() if name.startswith("asyncio."))):
        for owner in vars(module).values():
            if isinstance(owner, type) and owner.__module__.partition(".")[0] in ("asyncio", "selectors"):
                found[owner.__qualname__] = {name: id(value) for name, value in vars(owner).items()}
    return found

def looks():
    '''How it looks from outside.'''
    found = []
    for owner in (asyncio.Queue, asyncio.Lock, asyncio.Semaphore, asyncio.BaseEventLoop, selectors.EpollSelector):
        for name in ("__init__", "put_nowait", "get_nowait", "acquire", "get", "select"):
            function = getattr(owner, name, None)
            if function is not None:
                found.append([name, str(inspect.signature(function)), inspect.iscoroutinefunction(function),
                              repr(function).partition(" at ")[0], function.__qualname__, function.__doc__])
    lock, semaphore = asyncio.Lock(), asyncio.Semaphore(3)
    found.append([repr(lock).partition(" at ")[0], vars(lock), dir(lock), vars(semaphore), dir(semaphore)])
    del lock._locked
    try:
        lock.locked()
    except AttributeError as error:
        found.append(str(error))
    return found
"""


PUT_BACK = """

class Mine(asyncio.Task):
    pass

before, mine = pointers(), words(Mine, 22, 41)
hooks.install(os.environ["GILSCOPE_RINGS"])
between = pointers()

async def main():
    await asyncio.sleep(0)
    async with asyncio.Lock():
        hooks.put_back()
        await asyncio.create_task(asyncio.sleep(0.001))

asyncio.run(main())
after = pointers()
changed = sorted(name for name in before if between[name] != before[name])
print(json.dumps({"same": before == after and words(Mine, 22, 41) == mine, "changed": changed}))
"""


def test_it_looks_as_before(python: Interpreter, tmp_path: Path) -> None:
    """Signatures, docs, reprs, attributes and errors are the same with the recorder and without."""
    with_it, without = looks_both_ways(python, tmp_path, LOOK)
    assert with_it == without


def test_everything_is_put_back(python: Interpreter, tmp_path: Path) -> None:
    """After put_back() each pointer and each attribute is what it was; in between, some aren't.

    A task that is alive then goes on, and leaves nothing more.
    """
    told, batch = run_by_hand(python, tmp_path, LOOK + PUT_BACK)
    assert told["same"]
    assert {"Task itself", "Task.__init__", "Task.cancel", "Future.set_result", "Future.cancel"} <= set(told["changed"])
    assert {"BaseEventLoop", "Lock", "Semaphore", "Queue", "_GatheringFuture", "warnings"} <= set(told["changed"])
    kinds = [Kind(kind).name for kind in batch.records.kind.tolist() if Kind.TASK_NEW <= kind <= Kind.TASK_CANCEL]
    assert kinds == ["TASK_NEW", "TASK_STEP", "TASK_YIELD", "TASK_STEP"]


EVERYTHING = """
import asyncio, gc, os, sys

async def fails():
    await asyncio.sleep(0)
    raise ValueError("no")

class Waits:
    def __await__(self):
        return self.wait().__await__()

    async def wait(self):
        await asyncio.sleep(0.0001)

async def items(line):
    for _ in range(3):
        yield await line.get()

async def uses(line, lock, permits, event):
    async for item in items(line):
        async with lock, permits:
            await Waits()
    event.set()

async def gives(line):
    for n in range(3):
        await line.put(n)

async def round():
    line, lock, permits, event = asyncio.Queue(1), asyncio.Lock(), asyncio.Semaphore(1), asyncio.Event()
    users = [asyncio.create_task(uses(line, lock, permits, event)) for _ in range(2)]
    await asyncio.gather(*(gives(line) for _ in range(2)), fails(), return_exceptions=True)
    await event.wait()
    await asyncio.wait(users)
    sleeper = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    sleeper.cancel("enough")
    try:
        await asyncio.shield(sleeper)
    except asyncio.CancelledError:
        pass
    try:
        asyncio.Task(None, loop=asyncio.get_running_loop())
    except TypeError:
        pass
    if sys.version_info >= (3, 12):
        loop = asyncio.get_running_loop()
        await asyncio.Task(asyncio.sleep(0), loop=loop, eager_start=True)
        eager = asyncio.Task(fails(), loop=loop, eager_start=True)
        await asyncio.wait([eager])
        eager.exception()
"""


def test_nothing_leaks(python: Interpreter, tmp_path: Path) -> None:
    """Memory doesn't grow with the tasks that there were, nor are there more objects."""
    program = """
async def rounds():
    held = []
    for _ in range(6):
        for _ in range(30):
            await round()
        gc.collect()
        held.append((sys.getallocatedblocks(), len(gc.get_objects())))
    print([min(after[n] - before[n] for before, after in zip(held, held[1:])) for n in (0, 1)])

def run():
    asyncio.run(rounds())
"""
    recorded = record_rings(python, tmp_path, EVERYTHING + program)
    blocks, objects = json.loads(recorded.output)
    assert blocks < 120  # of more than 240 tasks; plain Python's own caches grow by thirty or so
    assert objects < 30


def test_no_sanitizer_complains(tmp_path: Path, sanitized: Interpreter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is there a bad access, or anything undefined."""
    monkeypatch.setenv("PYTHONMALLOC", "malloc")
    program = "\nasync def rounds():\n    for _ in range(20):\n        await round()\n"
    recorded = record_rings(sanitized, tmp_path, EVERYTHING + program + "\ndef run():\n    asyncio.run(rounds())\n")
    assert len(recorded.rows) > 1_000
