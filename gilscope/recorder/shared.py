"""What is hooked in `multiprocessing.synchronize`: locks and kin that several processes share.

Their semaphores are written in C (see _locks.c). The same one has another address in each process, so it goes by a
key: made of its name, or, where only forked processes can share it, counted by the process that made it.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe, definitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType, ModuleType
    from typing import Any

    from gilscope.recorder.threads import Place

SHARED = 1 << 47
"""Where no address has a bit: what the rest says means the same in all processes."""
SEMAPHORE, CONDITION, EVENT, PIPE, CALL = range(5)
"""What a key is of, in its three lowest bits."""

_FOR_USERS = tuple(f"multiprocessing/{part}.py" for part in ("context", "sharedctypes", "shared_memory"))
"""Files of the standard library that make things which the user has asked them for: Lock(), Value(), ShareableList()."""
_counted = itertools.count(1)
_this_thread = threading.local()
"""What a condition is for, whose owner's method this thread is in: the condition, kind and key of what it tells about.
And the queue whose unfinished tasks the next semaphore counts."""


def key(of: int, text: str) -> int:
    """The key of something that has this text in all processes."""
    mixed = 0xCBF29CE4
    for byte in text.encode():
        mixed = (mixed ^ byte) * 0x100000001B3 & (1 << 44) - 1
    return SHARED | mixed << 3 | of


def is_internal(thing: object, frame: FrameType | None) -> bool:
    """Whether the standard library makes it for itself: what calls its __init__, maybe by a context, isn't the user's."""
    while frame is not None and (frame.f_locals.get("self") is thing or frame.f_code.co_filename.endswith(_FOR_USERS)):
        frame = frame.f_back
    return frame is None or definitions.is_library(frame.f_code.co_filename)


def made(thing: object, kind: TrackKind, as_key: int, value: int, frame: FrameType | None) -> None:
    """Record that a thing was made by the frame's code, or by what called that."""
    _probe.emit(Kind.THING_NEW, Flag.NESTED if is_internal(thing, frame) else 0, kind, as_key, value)


def of_synchronize(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.synchronize`."""
    _probe.install_semaphores()
    semaphore, condition, event = module.SemLock, module.Condition, module.Event

    def is_made(noted: object, result: object, error: object) -> None:
        if error is None:
            track, value = kind_of(noted)
            know(noted, track)
            if type(noted) is module.Semaphore:
                _counts(noted)
            made(noted, track, _probe.semaphore_key(noted._semlock), value, sys._getframe(1))  # type: ignore[attr-defined]

    def is_remade(noted: object, result: object, error: object) -> None:
        if error is None:
            know(noted, kind_of(noted)[0])

    def kind_of(thing: Any) -> tuple[TrackKind, int]:
        if isinstance(thing, module.Lock):
            return TrackKind.LOCK, 0
        if isinstance(thing, module.RLock):
            return TrackKind.RLOCK, 0
        return TrackKind.SEMAPHORE, thing._semlock._get_value()

    steps = (
        (semaphore, "__init__", _self, is_made),
        (semaphore, "__setstate__", _self, is_remade),
        (condition, "__init__", _self, _condition_made),
        (condition, "wait", _wait_begins, _wait_ends),
        (condition, "notify", _notifies, None),
        (event, "__init__", _self, _event_made),
        (event, "wait", _event_begins, means_no_more),
        (event, "set", _event_begins, means_no_more),
    )
    return [(owner, name, _probe.around(vars(owner)[name], before, after)) for owner, name, before, after in steps]


def know(thing: Any, track: TrackKind) -> None:
    """From now on, events of this semaphore are about its key."""
    semlock = thing._semlock
    text = semlock.name or f"{os.getpid()} {next(_counted)}"
    _probe.know_semaphore(semlock, key(SEMAPHORE, text), track)


def _self(thing: object, *_: object, **__: object) -> object:
    return thing


# The tasks of a JoinableQueue


def counted_next(queue: int) -> None:
    """The next semaphore that this thread makes counts the unfinished tasks of this queue, which is told by its key."""
    _this_thread.queue = queue


def _counts(semaphore: Any) -> None:
    queue = getattr(_this_thread, "queue", 0)
    if queue:
        _this_thread.queue = 0
        told = f'{{"def": "count", "queue": {queue}, "semaphore": {_probe.semaphore_key(semaphore._semlock)}}}'
        _probe.define(told.encode())


def queue_begins(queue: Any, *_: object) -> object:
    """join() waits for the count of unfinished tasks, and task_done() tells of it."""
    return _means(queue._cond, TrackKind.SEMAPHORE, _probe.semaphore_key(queue._unfinished_tasks._semlock))


def means_no_more(outer: object, result: object, error: object) -> None:
    """The end of what queue_begins() began."""
    _this_thread.meant = outer


def _means(condition: object, track: TrackKind, thing: int) -> object:
    outer = getattr(_this_thread, "meant", None)
    _this_thread.meant = condition, track, thing
    return outer


def _condition_key(condition: Any) -> int:
    return _probe.semaphore_key(condition._wait_semaphore._semlock) | CONDITION


def _event_key(event: Any) -> int:
    return _probe.semaphore_key(event._flag._semlock) | EVENT


def _condition_made(condition: Any, result: object, error: object) -> None:
    if error is None:
        made(condition, TrackKind.CONDITION, _condition_key(condition), 0, sys._getframe(1))


def _event_made(event: Any, result: object, error: object) -> None:
    if error is None:
        made(event, TrackKind.EVENT, _event_key(event), 0, sys._getframe(1))


def _meant(condition: Any) -> tuple[TrackKind, int]:
    """An event waits by a condition of its own, and so does a queue for its tasks."""
    meant = getattr(_this_thread, "meant", None)
    if meant is not None and meant[0] is condition:
        return meant[1], meant[2]
    return TrackKind.CONDITION, _condition_key(condition)


def _wait_begins(condition: Any, timeout: object = None, *_: object) -> tuple[TrackKind, int, int] | None:
    if not condition._lock._semlock._is_mine():
        return None  # refused
    track, thing = _meant(condition)
    flags = Flag.TIMED if timeout is not None else 0
    _probe.emit(Kind.BLOCK, flags, track, thing, 0)
    _probe.enter()
    return track, thing, flags


def _wait_ends(noted: tuple[TrackKind, int, int] | None, result: object, error: object) -> None:
    if noted is not None:
        track, thing, flags = noted
        _probe.leave()
        ended = Flag.ERROR if error else 0 if result else Flag.TIMEOUT
        _probe.emit(Kind.UNBLOCK, flags | ended, track, thing, 0)


def _notifies(condition: Any, *_: object, **__: object) -> None:
    """Told before: whoever it wakes goes on before it is over. Without the lock, it is refused."""
    if condition._lock._semlock._is_mine():
        track, thing = _meant(condition)
        _probe.emit(Kind.NOTIFY, 0, track, thing, 0)


def _event_begins(event: Any, *_: object, **__: object) -> object:
    return _means(event._cond, TrackKind.EVENT, _event_key(event))
