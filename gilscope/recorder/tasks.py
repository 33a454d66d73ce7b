"""What is hooked in `asyncio`, once a program has imported it: tasks (see _tasks.c), loops, and what they wait for.

What a task awaits is read from its coroutines when it is suspended: here it is said which function of asyncio means what.
"""

from __future__ import annotations

import itertools
import sys
import threading
import warnings
import weakref
from types import CodeType, FunctionType, ModuleType

from gilscope.events import Kind, TrackKind
from gilscope.recorder import _probe, definitions
from gilscope.recorder.threads import Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_THINGS = (
    # module, class, functions in which a task waits for it, kind, attribute that is its capacity
    ("locks", "Lock", ("acquire",), TrackKind.LOCK, None),
    ("locks", "Event", ("wait",), TrackKind.EVENT, None),
    ("locks", "Condition", ("wait",), TrackKind.CONDITION, None),
    ("locks", "Semaphore", ("acquire",), TrackKind.SEMAPHORE, "_value"),
    ("locks", "Barrier", ("wait",), TrackKind.BARRIER, "_parties"),
    ("queues", "Queue", ("get", "put", "join"), TrackKind.QUEUE, "_maxsize"),
    ("base_events", "BaseEventLoop", (), TrackKind.LOOP, None),
)
_WORDS = (
    # what a task awaits that is no thing, and the function, or the class of the future, by which that shows
    ("asyncio.sleep", "tasks", "sleep"),
    ("gather", "tasks", "_GatheringFuture"),
    ("wait", "tasks", "_wait"),
    ("wait_for", "tasks", "wait_for"),
    ("shield", "tasks", "shield._outer_done_callback"),
    ("executor", "futures", "_chain_future._call_check_cancel"),
    ("TaskGroup", "taskgroups", "TaskGroup.__aexit__"),
    ("read", "streams", "StreamReader._wait_for_data"),
    ("drain", "streams", "FlowControlMixin._drain_helper"),
    ("close", "streams", "StreamWriter.wait_closed"),
    ("subprocess", "base_subprocess", "BaseSubprocessTransport._wait"),
    ("socket", "selector_events", "BaseSelectorEventLoop.sock_recv"),
    ("socket", "selector_events", "BaseSelectorEventLoop.sock_recv_into"),
    ("socket", "selector_events", "BaseSelectorEventLoop.sock_sendall"),
    ("socket", "selector_events", "BaseSelectorEventLoop.sock_accept"),
    ("connect", "selector_events", "BaseSelectorEventLoop.sock_connect"),
    ("serve_forever", "base_events", "Server.serve_forever"),
)
_OF_ASYNCIO = 0x100
"""With the kind of track in a hook "made": it is one of asyncio's."""

_gathered = itertools.count(1)
_giving = threading.local()
"""The callback that this thread gives a loop."""
_called: dict[int, int] = {}
"""By address of what a loop is to call for another thread: the address of that thread."""
_handles: dict[int, weakref.ref[Any]] = {}
"""By the same address: with the handle, what is known of it goes."""


class _Loop:
    """Stands for a loop while a first task is tried: keeps what it is to call."""

    def call_soon(self, callback: Any, *arguments: Any, context: object = None) -> None:
        """As the loop's, but nothing is called."""
        self.callback, self.arguments = callback, arguments

    def get_debug(self) -> bool:
        """As the loop's."""
        return False

    def run(self) -> None:
        """Call what was kept."""
        self.callback(*self.arguments)


def of_asyncio(loaded: ModuleType) -> list[Place]:
    """Record tasks from now on. What stands in asyncio's classes besides."""
    tasks, futures = sys.modules["asyncio.tasks"], sys.modules["asyncio.futures"]
    words: dict[int, tuple[int, int]] = {}
    for module, owner, functions, kind, _ in _THINGS:
        for function in functions:
            words[id(_named(module, f"{owner}.{function}"))] = (kind, 0)
    names = list(dict.fromkeys(name for name, _, _ in _WORDS))
    for name, module, path in _WORDS:
        words[id(_named(module, path))] = (TrackKind.FUTURE, names.index(name) + 1)
    words.pop(id(None), None)
    runs = sys.modules["asyncio.events"].Handle._run.__code__
    try:
        _probe.install_tasks(futures.Future, tasks.Task, *_first_task(futures.Future, tasks.Task), words, _called, runs)
    except RuntimeError as error:
        definitions.unseen("asyncio", str(error))
        return []
    definitions.words(names)
    return _places()


def _first_task(future_type: Any, task_type: Any) -> tuple[object, object]:
    """What calls a task's first step, and what calls one after something that was awaited."""
    if task_type is sys.modules["asyncio.tasks"]._PyTask:
        raise RuntimeError("The tasks of this Python are written in Python.")
    events = sys.modules["asyncio.events"]
    loop = _Loop()
    running = events._get_running_loop()
    events._set_running_loop(loop)
    try:
        future = future_type(loop=loop)
        task = task_type(_wait(future), loop=loop, name="gilscope")  # with a name, so that it doesn't take Task-1
        step = loop.callback
        loop.run()
        wakeup = future._callbacks[0][0]
        future.cancel()
        loop.run()
        assert task.done()
    finally:
        events._set_running_loop(running)
    return step, wakeup


async def _wait(future: Any) -> None:
    try:
        await future
    except BaseException:  # it is cancelled: the task ends
        return


def _named(module: str, path: str) -> CodeType | type | None:
    """A class, or the code of a function, also of one inside another. None: this Python has none of that name."""
    found: Any = sys.modules.get(f"asyncio.{module}")
    for name in path.split("."):
        if isinstance(found, FunctionType):
            found = next((each for each in found.__code__.co_consts if getattr(each, "co_name", "") == name), None)
        else:
            found = getattr(found, name, None)
    return found.__code__ if isinstance(found, FunctionType) else found


def _places() -> list[Place]:
    import selectors

    found: list[Place] = []
    for module, name, _, kind, capacity in _THINGS:
        owner = getattr(sys.modules[f"asyncio.{module}"], name)
        made = _probe.hook(vars(owner)["__init__"], "made", kind | _OF_ASYNCIO, capacity)
        found.append((owner, "__init__", made))
    locks = sys.modules["asyncio.locks"]
    found.append((locks.Lock, "_locked", _probe.watch("_locked", TrackKind.LOCK)))
    found.append((locks.Semaphore, "_value", _probe.watch("_value", TrackKind.SEMAPHORE)))
    queue = sys.modules["asyncio.queues"].Queue
    loop = sys.modules["asyncio.base_events"].BaseEventLoop
    found.append((loop, "call_soon_threadsafe", _probe.around(vars(loop)["call_soon_threadsafe"], _gives, _has_given)))
    loop = sys.modules["asyncio.selector_events"].BaseSelectorEventLoop
    found.append((loop, "_write_to_self", _probe.around(vars(loop)["_write_to_self"], _wakes, None)))
    gathering = sys.modules["asyncio.tasks"]._GatheringFuture
    found.append((gathering, "__init__", _probe.around(vars(gathering)["__init__"], _gathers, None)))
    warns = getattr(warnings, "_warn_unawaited_coroutine", None)
    if warns is not None:
        found.append((warnings, "_warn_unawaited_coroutine", _probe.around(warns, _probe.unawaited, None)))
    for name, moved in (("put_nowait", Kind.PUT), ("get_nowait", Kind.GET)):
        found.append((queue, name, _probe.hook(vars(queue)[name], "moved", moved)))
    found += [
        (owner, "select", _probe.around(vars(owner)["select"], _looks, _has_looked))
        for owner in vars(selectors).values()
        if isinstance(owner, type) and isinstance(vars(owner).get("select"), FunctionType)
    ]
    return found


def _gives(loop: object, callback: object, *_: object, **__: object) -> None:
    _probe.emit(Kind.LOOP_CALL, 0, TrackKind.LOOP, loop, 0)
    _giving.callback = callback


def _has_given(noted: object, handle: object, error: object) -> None:
    _giving.callback = None


def _wakes(loop: Any) -> None:
    """The callback is there, but the loop doesn't know it yet: keep who gave it, as long as there is its handle, because its
    address is another's then."""
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    try:
        handle = loop._ready[-1]
    except IndexError:  # it was busy, and has run it
        return
    if thread is not None and handle._callback is getattr(_giving, "callback", None):
        key = id(handle)
        _called[key] = id(thread)
        _handles[key] = weakref.ref(handle, lambda ref: _forget(key, ref))


def _forget(key: int, ref: object) -> None:
    if _handles.get(key) is ref:
        del _handles[key], _called[key]


def _gathers(future: object, children: list[Any], **_: object) -> None:
    """A gather() begins to wait. Of one that returns exceptions there is nothing to be told: it waits for all."""
    if sys._getframe(1).f_locals.get("return_exceptions"):
        return
    number = next(_gathered)
    for child in children:
        if isinstance(child, sys.modules["asyncio.tasks"].Task):
            _probe.emit(Kind.TASK_GATHERED, 0, TrackKind.TASK, child, number)


def _looks(selector: object, timeout: float | None = None) -> Any:
    loop = sys.modules["asyncio.events"]._get_running_loop()
    if getattr(loop, "_selector", None) is not selector:
        return None  # it isn't a loop's
    _probe.emit(Kind.LOOP_SELECT, 0, TrackKind.LOOP, loop, len(loop._ready))
    return loop


def _has_looked(loop: Any, result: Any, error: object) -> None:
    if loop is not None:
        _probe.emit(Kind.LOOP_RUN, 0, TrackKind.LOOP, loop, len(result or ()))
