"""Installs the recorder in this process, and puts everything back."""

import _thread
import queue
import threading

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe, definitions, queues, threads

_LOCKS = (_thread.LockType, _thread.RLock)

_replaced: list[tuple[type, str, object, object]] = []
"""Class, name of the attribute, what stood there before, and the hook that stands there now."""
_watching = False


def install(rings: str) -> None:
    """Record this process into the run whose shared memory is at ``rings``. The caller is the main thread."""
    _probe.attach(rings)
    for module in (threading, queue):
        definitions.module(module)
    program = _install_program()
    definitions.process(_probe.install(), program)
    _probe.begin_thread(threading.main_thread())
    for value in vars(threading).values():  # its own locks, which were made before
        if isinstance(value, _LOCKS):
            kind = TrackKind.LOCK if isinstance(value, _LOCKS[0]) else TrackKind.RLOCK
            _probe.emit(Kind.THING_NEW, Flag.NESTED, kind, value, 0)


def put_back() -> None:
    """Undo install(): every function and method is what it was. The caller's thread ends in the recording."""
    while _replaced:
        owner, name, before, now = _replaced.pop()
        if vars(owner).get(name) is now:  # else somebody has put something of his own there: that stays
            setattr(owner, name, before)
    _probe.uninstall_program()
    _probe.end_thread(threading.main_thread())
    _probe.uninstall()


def _install_program() -> str | None:
    """Hook locks, threads, queues and imports. None, or why this interpreter's can't be."""
    global _watching
    try:
        _probe.install_program()
    except RuntimeError as error:
        return str(error)
    if not _watching:
        _probe.watch_code(definitions.code)
        _watching = True  # an audit hook is for good; between installs it does nothing
    for owner, name, hook in (*threads.places(), *queues.places()):
        before = vars(owner)[name]
        setattr(owner, name, hook)
        _replaced.append((owner, name, before, hook))
    return None
