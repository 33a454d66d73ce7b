"""What is hooked in `concurrent.futures`: pools, and what is submitted to them.

A future is made inside of submit(), with the pool's lock held, just before its work is queued. What becomes of it shows in
its `_state` (see _tasks.c), which changes with the future's lock held, before anybody is told. A call in a worker process
is known by the pool's queue and its number there, which both processes know: so it is joined to the future.
"""

from __future__ import annotations

import _thread
import os
import sys
import types
from _json import encode_basestring_ascii as quote
from contextvars import Context
from functools import partial

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe, definitions
from gilscope.recorder.shared import CALL, SHARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import Any

    from gilscope.recorder.threads import Place

_OVER = ("CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED")
_NUMBERS_BITS = 24
"""Of a call's key: its number in its pool's queue. The rest tells the queue."""

_submits: set[types.CodeType] = set()
"""Code of each pool's submit()."""
_pools: dict[int, int] = {}
"""By address of a future, that of its pool. An address that is used again is that of a later future."""
_counted = 0
_call = 0
"""In a worker process: the key of the call that it is in."""


def of_base(module: ModuleType) -> list[Place]:
    """Hooks in `concurrent.futures._base`."""
    future = module.Future
    steps = (
        (future, "__init__", _itself, _future_made),
        (future, "_invoke_callbacks", _calls_back, _has_called_back),
        (future, "add_done_callback", _calls_at_once, _has_called_back),
        (module, "_create_and_install_waiters", _waits_for, _waiter_made),
    )
    found: list[Place] = [
        (owner, name, _probe.around(vars(owner)[name], before, after)) for owner, name, before, after in steps
    ]
    return [*found, (future, "_state", _probe.watch("_state", TrackKind.WORK))]


def of_thread(module: ModuleType) -> list[Place]:
    """Hooks in `concurrent.futures.thread`."""
    works = _probe.around(module._worker, _works_for, None)
    return [*_of_pool(module.ThreadPoolExecutor), (module, "_worker", works)]


def of_interpreter(module: ModuleType) -> list[Place]:
    """Hooks in `concurrent.futures.interpreter`: a pool of threads, each with an interpreter of its own."""
    return [(module.InterpreterPoolExecutor, "__init__", _made(module.InterpreterPoolExecutor))]


def of_process(module: ModuleType) -> list[Place]:
    """Hooks in `concurrent.futures.process`."""
    queue, manager = module._SafeQueue, module._ExecutorManagerThread
    sends = _probe.hook(vars(manager)["add_call_item_to_queue"], "inside")

    def has_got(queue: Any, item: object, error: object) -> None:
        if type(item) is module._CallItem:
            _begins(queue, item)

    pool = module.ProcessPoolExecutor
    return [
        *_of_pool(pool),
        (pool, "_spawn_process", _probe.around(vars(pool)["_spawn_process"], _itself, _has_worker)),
        (manager, "add_call_item_to_queue", sends),
        (queue, "get", _probe.around(queue.get, _itself, has_got)),
        (module, "_sendback_result", _probe.around(module._sendback_result, _returns, None)),
    ]


def _of_pool(pool: Any) -> list[Place]:
    _submits.add(pool.submit.__code__)
    return [
        (pool, "__init__", _made(pool)),
        (pool, "shutdown", _probe.around(vars(pool)["shutdown"], _shuts_down, None)),
    ]


def _made(pool: Any) -> object:
    return _probe.hook(vars(pool)["__init__"], "made", TrackKind.POOL, "_max_workers")


def _itself(thing: object, *_: object, **__: object) -> object:
    return thing


# Pools


def _shuts_down(pool: object, *_: object, cancel_futures: bool = False, **__: object) -> None:
    _probe.emit(Kind.POOL_SHUTDOWN, 0, TrackKind.POOL, pool, 1 if cancel_futures else 0)


def _works_for(reference: Callable[[], object], *_: object) -> None:
    """This thread is a worker."""
    pool = reference()
    if pool is not None:
        _probe.emit(Kind.POOL_WORKER, 0, TrackKind.POOL, pool, _thread.get_native_id())


def _has_worker(pool: Any, result: object, error: object) -> None:
    if error is None:
        _probe.emit(Kind.POOL_WORKER, 0, TrackKind.POOL, pool, next(reversed(pool._processes)))


# Futures


def _future_made(future: Any, result: object, error: object) -> None:
    if error is not None:
        return
    _probe.belongs(future._condition, id(future), TrackKind.WORK)
    frame = sys._getframe(1)
    if frame.f_code in _submits:
        _submitted(future, frame.f_locals)
    else:
        _pools.pop(id(future), None)
        flags = Flag.NESTED if definitions.is_library(frame.f_code.co_filename) else 0
        _probe.emit(Kind.THING_NEW, flags, TrackKind.WORK, future, 0)


def _submitted(future: object, names: dict[str, Any]) -> None:
    """``names``: the local ones of submit()."""
    global _counted
    pool = names["self"]
    _pools[id(future)] = id(pool)
    _counted = number = _counted + 1
    queue = getattr(pool, "_call_queue", None)
    call = f', "call": {_key(queue, pool._queue_count)}' if queue is not None else ""
    name = quote(_name(names["fn"], names["args"]))
    told = f'{{"def": "work", "pid": {os.getpid()}, "number": {number}, "pool": {id(pool)}, "name": {name}{call}}}'
    _probe.define(told.encode())
    _probe.emit(Kind.WORK_NEW, 0, TrackKind.WORK, future, number)


def _name(function: Any, arguments: tuple[Any, ...]) -> str:
    """What is called in the end: behind a partial(), a context in which it is to run, a part of a map()."""
    while True:
        behind = getattr(function, "__self__", None)
        if type(function) is partial:
            function, arguments = function.func, (*function.args, *arguments)
        elif arguments and (type(behind) is Context or getattr(function, "__name__", "") == "_process_chunk"):
            function, arguments = arguments[0], arguments[1:]
        else:
            break
    name = getattr(function, "__qualname__", None)
    return name.rpartition("<locals>.")[2] if type(name) is str else type(function).__name__


# Who waits, and who is told


def _waits_for(futures: Iterable[Any], *_: object) -> object:
    return futures


def _waiter_made(futures: Iterable[Any], waiter: Any, error: object) -> None:
    """wait() and as_completed() wait for an event: for the one work that isn't over, or for the pool of all of these."""
    if error is not None:
        return
    left = [future for future in futures if future._state not in _OVER]
    pools = {_pools.get(id(future)) for future in left}
    condition = waiter.event._cond
    if len(left) == 1:
        _probe.belongs(condition, id(left[0]), TrackKind.WORK)
    elif len(pools) == 1 and (pool := pools.pop()):
        _probe.belongs(condition, pool, TrackKind.POOL)


def _calls_back(future: Any, *_: object) -> object:
    count = len(future._done_callbacks)
    if not count:
        return None
    _probe.emit(Kind.WORK_CALLBACK, 0, TrackKind.WORK, future, count)
    return future


def _calls_at_once(future: Any, *_: object, **__: object) -> object:
    if future._state not in _OVER:
        return None
    _probe.emit(Kind.WORK_CALLBACK, 0, TrackKind.WORK, future, 1)
    return future


def _has_called_back(future: object, result: object, error: object) -> None:
    if future is not None:
        _probe.emit(Kind.WORK_CALLED, 0, TrackKind.WORK, future, 0)


# In a worker process


def _key(queue: Any, number: int) -> int:
    pipe = _probe.inode(queue._reader.fileno())
    numbers = (1 << _NUMBERS_BITS) - 1
    return SHARED | ((pipe << _NUMBERS_BITS | number & numbers) << 3 & SHARED - 1) | CALL


def _begins(queue: Any, item: Any) -> None:
    global _call
    _call = _key(queue, item.work_id)
    _probe.emit(Kind.WORK_RUN, 0, TrackKind.WORK, _call, 0)


def _returns(*_: object, exception: object = None, **__: object) -> None:
    _probe.emit(Kind.WORK_RETURN, Flag.ERROR if exception is not None else 0, TrackKind.WORK, _call, 0)
