"""What is hooked in `concurrent.interpreters` (3.14 and later): queues between interpreters, as the main one sees them.

What another interpreter puts in or takes out isn't recorded, as nothing of its program is; but how many are in the queue is
asked of the queue itself, so the length that is told is right then. Who waits looks again and again, and sleeps in between.
"""

from __future__ import annotations

import sys

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe, definitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from gilscope.recorder.threads import Place


def of_queues(module: ModuleType) -> list[Place]:
    """Hooks in `concurrent.interpreters._queues`."""
    queue = module.Queue

    def puts(queue: Any, thing: object, block: bool = True, timeout: object = None, **_: object) -> object:
        return _begins(queue, block, timeout, block and queue.full())

    def gets(queue: Any, block: bool = True, timeout: object = None, **_: object) -> object:
        return _begins(queue, block, timeout, block and queue.empty())

    steps = (
        ("put", puts, _ends(Kind.PUT)),
        ("get", gets, _ends(Kind.GET)),
        ("put_nowait", _at_once, _ends(Kind.PUT)),
        ("get_nowait", _at_once, _ends(Kind.GET)),
    )
    hooks = [(queue, name, _probe.around(vars(queue)[name], before, after)) for name, before, after in steps]
    return [*hooks, (module, "create", _probe.around(module.create, None, _made))]


def _made(noted: object, queue: Any, error: object) -> None:
    if error is None:
        flags = Flag.NESTED if definitions.is_library(sys._getframe(1).f_code.co_filename) else 0
        _probe.emit(Kind.THING_NEW, flags, TrackKind.QUEUE, queue, max(queue.maxsize, 0))


def _at_once(queue: object, *_: object, **__: object) -> tuple[object, int | None]:
    return queue, None


def _begins(queue: object, block: bool, timeout: object, waits: bool) -> tuple[object, int | None] | None:
    """The queue, and the flags of the wait for it, if there is one. Without blocking, the method calls another one."""
    if not block:
        return None
    if not waits:
        return queue, None
    flags = 0 if timeout is None else int(Flag.TIMED)
    _probe.emit(Kind.BLOCK, flags, TrackKind.QUEUE, queue, 0)
    _probe.enter()
    return queue, flags


def _ends(kind: Kind) -> Any:
    def ends(noted: tuple[Any, int | None] | None, result: object, error: object) -> None:
        if noted is None:
            return
        queue, flags = noted
        if flags is not None:
            _probe.leave()
            _probe.emit(Kind.UNBLOCK, flags | (Flag.TIMEOUT if error else 0), TrackKind.QUEUE, queue, 0)
        if error is None:
            _probe.emit(kind, 0, TrackKind.QUEUE, queue, queue.qsize())

    return ends
