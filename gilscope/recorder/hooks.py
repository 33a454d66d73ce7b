"""Installs the recorder in this process, and puts everything back."""

from __future__ import annotations

import _thread
import os
import queue
import sys
import threading
from importlib.machinery import SourceFileLoader
from types import ModuleType

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe, blocks, definitions, interpreters, pipes, processes, queues, shared, threads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_NOTHING = object()
"""Stood there before."""
_LOCKS = (_thread.LockType, _thread.RLock)


def _of_asyncio(module: ModuleType) -> list[threads.Place]:
    from gilscope.recorder import tasks  # here: most programs have none

    return tasks.of_asyncio(module)


def _of_executors(name: str) -> Callable[[ModuleType], list[threads.Place]]:
    def places(module: ModuleType) -> list[threads.Place]:
        from gilscope.recorder import executors  # here: most programs have none

        found: list[threads.Place] = getattr(executors, name)(module)
        return found

    return places


_FAMILIES = {
    "asyncio": _of_asyncio,
    "concurrent.futures._base": _of_executors("of_base"),
    "concurrent.futures.thread": _of_executors("of_thread"),
    "concurrent.futures.process": _of_executors("of_process"),
    "concurrent.futures.interpreter": _of_executors("of_interpreter"),
    "concurrent.interpreters._queues": interpreters.of_queues,
    "multiprocessing.process": processes.of_process,
    "multiprocessing.context": processes.of_context,
    "multiprocessing.connection": pipes.of_connection,
    "multiprocessing.managers": pipes.of_managers,
    "multiprocessing.queues": pipes.of_queues,
    "multiprocessing.reduction": pipes.of_reduction,
    "multiprocessing.shared_memory": blocks.of_shared_memory,
    "multiprocessing.synchronize": shared.of_synchronize,
    "multiprocessing.util": processes.of_util,
    "multiprocessing.forkserver": processes.of_forkserver,
    "multiprocessing.popen_forkserver": processes.of_popen_forkserver,
}
"""What is hooked in modules that a program may never import, by the name of the module: once it is loaded."""

_replaced: list[tuple[object, str, object, object]] = []
"""Class or module, name of the attribute, what stood there before, and the hook that stands there now."""
_watching = False
_measured: tuple[str | None, str | None] | None = None
"""While the recorder is installed: why the GIL or the program layer isn't measured (None: it is)."""


def install(rings: str) -> None:
    """Record this process into the run whose shared memory is at ``rings``. The caller is the main thread."""
    global _measured
    _probe.attach(rings)
    for module in (threading, queue):
        definitions.module(module)
    program = _install_program()
    _measured = _probe.install(), program
    definitions.process(*_measured)
    _probe.begin_thread(threading.main_thread())
    processes.begin(put_back)
    for value in vars(threading).values():  # its own locks, which were made before
        if isinstance(value, _LOCKS):
            kind = TrackKind.LOCK if isinstance(value, _LOCKS[0]) else TrackKind.RLOCK
            _probe.emit(Kind.THING_NEW, Flag.NESTED, kind, value, 0)


def put_back() -> None:
    """Undo install(): every function and method is what it was. The caller's thread ends in the recording. A second
    call does nothing."""
    global _measured
    if _measured is None:
        return
    _measured = None
    while _replaced:
        owner, name, before, now = _replaced.pop()
        if vars(owner).get(name) is now:  # else somebody has put something of his own there: that stays
            delattr(owner, name) if before is _NOTHING else setattr(owner, name, before)
    _probe.uninstall_tasks()
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
        os.register_at_fork(after_in_child=_forked, after_in_parent=processes.has_forked)
        _watching = True  # both are for good; between installs they do nothing
    loader = next(each for each in SourceFileLoader.__mro__ if "exec_module" in vars(each))
    loading = _probe.around(vars(loader)["exec_module"], _loads, _loaded)
    _put([*threads.places(), *queues.places(), (loader, "exec_module", loading)])
    for name in _FAMILIES.keys() & sys.modules.keys():
        _put(_FAMILIES[name](sys.modules[name]))
    return None


def _put(places: list[threads.Place]) -> None:
    for owner, name, hook in places:
        _replaced.append((owner, name, vars(owner).get(name, _NOTHING), hook))
        setattr(owner, name, hook)


def _loads(loader: object, module: ModuleType, *_: object) -> ModuleType:
    return module


def _loaded(module: ModuleType, result: object, error: object) -> None:
    """A module has been executed."""
    family = _FAMILIES.get(module.__name__)
    if family is not None and error is None:
        _put(family(module))


def _forked() -> None:
    """This process is the child of a fork: it has all of the recorder, and of its parent's threads the one that forked."""
    if _measured is None:
        return
    _probe.forget_threads()
    definitions.process(*_measured)
    processes.forked()
    _probe.begin_thread(threading.main_thread())
    processes.begin(put_back)
