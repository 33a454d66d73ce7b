"""What is hooked in `multiprocessing.connection` and `multiprocessing.reduction`: what is sent between processes.

An object is pickled, written, read and unpickled, each a span of the thread that does it. What is written to a pipe is read
from it in the same order: so the n-th writing of a pipe belongs to its n-th reading. A pipe goes by the number of its
file, which is the same in all processes. The two ends of a socket have different ones: which two belong together shows in
the challenge that Client() and Listener.accept() begin with, a random text that both ends see. They exchange it, and what
else lets them trust each other, before anything that is recorded as a message.
"""

from __future__ import annotations

import sys
import threading
from _json import encode_basestring_ascii as quote

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe
from gilscope.recorder.shared import PIPE, SHARED, counted_next, is_internal, key, made, means_no_more, queue_begins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from gilscope.recorder.threads import Place

_types: dict[str, int] = {}
"""By name of a type or a call that was told, the number by which it goes."""
_this_thread = threading.local()
"""Whether it proves to another end that it may be trusted; the call that it asks a manager for."""
_CHALLENGE = b"#CHALLENGE#"


def of_connection(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.connection`."""
    connection = module.Connection
    send, receive = (vars(connection)[name] for name in ("_send_bytes", "_recv_bytes"))
    return [
        (connection, "_send_bytes", _probe.around(send, _write_begins, _write_ends)),
        (connection, "_recv_bytes", _probe.around(receive, _read_begins, _read_ends)),
        (module, "Pipe", _probe.around(module.Pipe, None, _pipe_made)),
        *(
            (module, name, _probe.around(vars(module)[name], _proves, _has_proved))
            for name in ("deliver_challenge", "answer_challenge")
        ),
    ]


def of_managers(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.managers`."""
    proxy = module.BaseProxy
    call, connect = (vars(proxy)[name] for name in ("_callmethod", "_connect"))
    return [
        (module, "dispatch", _probe.around(module.dispatch, _asks_the_manager, None)),
        (proxy, "_callmethod", _probe.around(call, _asks, None)),
        (proxy, "_connect", _probe.around(connect, None, _has_connected)),
    ]


def of_queues(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.queues`."""
    joinable = module.JoinableQueue

    def has_made(queue: Any, result: object, error: object) -> None:
        if error is None:
            made(queue, TrackKind.PIPE, _key(queue._writer), 0, sys._getframe(1))
            if isinstance(queue, joinable):
                counted_next(_key(queue._writer))

    return [
        *(
            (queue, "__init__", _probe.around(vars(queue)["__init__"], _queue, has_made))
            for queue in (module.Queue, module.SimpleQueue)
        ),
        *(
            (joinable, name, _probe.around(vars(joinable)[name], queue_begins, means_no_more))
            for name in ("join", "task_done")
        ),
    ]


def of_reduction(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.reduction`."""
    pickler = module.ForkingPickler
    dumps = vars(pickler)["dumps"].__func__
    loads = _probe.around(pickler.loads, _unpickle_begins, _unpickle_ends)
    return [
        (pickler, "dumps", classmethod(_probe.around(dumps, _pickle_begins, _pickle_ends))),  # type: ignore[arg-type]
        (pickler, "loads", staticmethod(loads)),  # type: ignore[arg-type]
    ]


def _key(connection: Any) -> int:
    return SHARED | (_probe.inode(connection._handle) << 3 & SHARED - 1) | PIPE


# Making


def _pipe_made(noted: object, ends: tuple[Any, Any] | None, error: object) -> None:
    if ends is None or is_internal(ends, sys._getframe(1)):
        return  # a queue's: it tells it itself
    here, there = _key(ends[0]), _key(ends[1])
    if here != there:  # sockets: what is written at the one end is read at the other
        _probe.define(f'{{"def": "pipe", "ends": [{here}, {there}]}}'.encode())
        made(ends, TrackKind.PIPE, here, 0, sys._getframe(1))
    made(ends, TrackKind.PIPE, there, 0, sys._getframe(1))


def _queue(queue: object, *_: object, **__: object) -> object:
    return queue


# Two ends of a socket


def _proves(*_: object) -> None:
    _this_thread.proves = True


def _has_proved(noted: object, result: object, error: object) -> None:
    _this_thread.proves = False


def _is_proving() -> bool:
    return getattr(_this_thread, "proves", False)


def _is_an_end(pipe: int, data: bytes) -> None:
    if data.startswith(_CHALLENGE):
        challenge = key(PIPE, data.hex())
        _probe.define(f'{{"def": "pipe end", "challenge": {challenge}, "end": {pipe}}}'.encode())


# Calls of a manager


def _asks_the_manager(connection: object, ident: object, name: object, *_: object, **__: object) -> None:
    _requests(f"manager.{name}()")


def _asks(proxy: Any, name: object, *_: object, **__: object) -> None:
    _this_thread.request = f"{proxy._token.typeid}.{name}()"
    if hasattr(proxy._tls, "connection"):
        _requests(_this_thread.request)


def _has_connected(noted: object, result: object, error: object) -> None:
    """A thread's first call connects it: that asks for something, too."""
    if error is None:
        _requests(_this_thread.request)


def _requests(call: str) -> None:
    _probe.emit(Kind.REQUEST, 0, TrackKind.TYPE, _number_of(call), 0)


# Writing and reading


def _write_begins(connection: Any, data: Any, *_: object) -> tuple[int, int] | None:
    if connection._handle is None:
        return None
    pipe, count = _key(connection), len(data)
    if _is_proving():
        _is_an_end(pipe, bytes(data))
        return None
    _probe.emit(Kind.CALL, 0, TrackKind.PIPE, pipe, count)
    _probe.enter()
    return pipe, count


def _write_ends(noted: tuple[int, int] | None, result: object, error: object) -> None:
    if noted is not None:
        pipe, count = noted
        _probe.leave()
        _probe.emit(Kind.RETURN, Flag.ERROR if error else 0, TrackKind.PIPE, pipe, count)


def _read_begins(connection: Any, *_: object) -> int | None:
    if connection._handle is None:
        return None
    pipe = _key(connection)
    if not _is_proving():
        _probe.emit(Kind.BLOCK, 0, TrackKind.PIPE, pipe, 0)
        _probe.enter()
    return pipe


def _read_ends(pipe: int | None, data: Any, error: object) -> None:
    if pipe is None:
        return
    if not _is_proving():
        _probe.leave()
        count = 0 if data is None else data.getbuffer().nbytes
        _probe.emit(Kind.UNBLOCK, Flag.ERROR if error else 0, TrackKind.PIPE, pipe, count)
    elif data is not None:
        _is_an_end(pipe, data.getvalue())


# Pickling and unpickling


def _number(kind: type) -> int:
    """The number by which the collector knows a type."""
    return _number_of(kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}")


def _number_of(name: str) -> int:
    number = _types.get(name)
    if number is None:
        number = _types[name] = key(PIPE, name)
        _probe.define(f'{{"def": "type", "number": {number}, "name": {quote(name)}}}'.encode())
    return number


def _pickle_begins(pickler: object, thing: object, *_: object) -> object:
    number = _number(type(thing))
    _probe.emit(Kind.PICKLE, 0, TrackKind.TYPE, number, 0)
    return number


def _pickle_ends(number: int, data: Any, error: object) -> None:
    count = 0 if data is None else data.nbytes
    _probe.emit(Kind.PICKLED, Flag.ERROR if error else 0, TrackKind.TYPE, number, count)


def _unpickle_begins(data: Any, *_: object, **__: object) -> int:
    try:
        count = memoryview(data).nbytes
    except TypeError:
        count = 0  # refused
    _probe.emit(Kind.UNPICKLE, 0, TrackKind.TYPE, 0, count)
    return count


def _unpickle_ends(count: int, thing: object, error: object) -> None:
    number = 0 if error else _number(type(thing))
    _probe.emit(Kind.UNPICKLED, Flag.ERROR if error else 0, TrackKind.TYPE, number, count)
