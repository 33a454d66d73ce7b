"""What is hooked in `multiprocessing`, and what a new process tells of itself, however it was started.

A forked process has all of the recorder; it only tells who it is. What `spawn` and `forkserver` start is a new
interpreter: its command line is exchanged for one that loads the recorder first (`__main__.py`, `--command`).
"""

from __future__ import annotations

import os
import sys
import threading
from _json import encode_basestring_ascii as quote

from gilscope.events import Flag, Kind, TrackKind
from gilscope.recorder import _probe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from types import ModuleType
    from typing import Any

    from gilscope.recorder.threads import Place

_CHILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py")
_SPAWN, _SERVER = "from multiprocessing.spawn import ", "from multiprocessing.forkserver import "
"""In the programs that multiprocessing has a new interpreter execute, …"""
_TRACKER = "from multiprocessing.resource_tracker import "
"""… and in the one that isn't the program's business: it cleans up behind it."""

_LAST = "_bootstrap" if sys.version_info < (3, 13) else "_exit_function"
"""What a forked process does last, before os._exit(): atexit isn't asked, or has forgotten what it was told."""

_put_back: Callable[[], None]

_number, _forks = "", 0
"""Which fork of the first process this is, such as "2.1.", and how many it has made itself."""

_asking = threading.local()
"""Whether this thread is about to ask the fork server for a process."""


def name(pid: int, text: str, *, forked: bool = False, helper: bool = False) -> None:
    """Publish what a process is called; that it is a copy of its parent; that it isn't the program's own business."""
    flags = ", ".join(
        f'"{word}": {"true" if said else "false"}' for word, said in (("forked", forked), ("helper", helper))
    )
    parent = os.getppid() if pid == os.getpid() else os.getpid()  # a helper doesn't tell it itself
    told = f'{{"def": "process name", "pid": {pid}, "parent": {parent}, "name": {quote(text)}, {flags}}}'
    _probe.define(told.encode())


def begin(put_back: Callable[[], None]) -> None:
    """Record that this process begins. ``put_back``: what it does last, so that nothing of the recorder is left."""
    global _put_back
    _put_back = put_back
    _probe.emit(Kind.PROCESS_BEGIN, 0, TrackKind.PROCESS, 0, 0)


def of_process(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.process`."""
    process = module.BaseProcess
    bootstrap, join = (vars(process)[name] for name in ("_bootstrap", "join"))
    return [
        (process, "_bootstrap", _probe.around(bootstrap, _process_begins, _process_ends)),
        (process, "join", _probe.around(join, _join_begins, _join_ends)),
        *_of_after_fork(process),
    ]


def of_context(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.context`: its processes that don't begin as a fork does."""
    own = [value for value in vars(module).values() if isinstance(value, type) and "_after_fork" in vars(value)]
    return [place for process in own for place in _of_after_fork(process)]


def _of_after_fork(process: Any) -> list[Place]:
    """The last thing before run(), which every class may have its own of."""
    return [(process, "_after_fork", staticmethod(_probe.around(process._after_fork, None, _process_runs)))]  # type: ignore[arg-type]


def of_util(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.util`."""
    hooks: tuple[tuple[str, Callable[..., object] | None, Callable[..., object] | None], ...] = (
        ("spawnv_passfds", _command_begins, _command_ends),
        ("_exit_function", None, _exits),
    )
    return [(module, name, _probe.around(vars(module)[name], before, after)) for name, before, after in hooks]


def of_forkserver(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.forkserver`."""
    server = module.ForkServer
    return [(server, "ensure_running", _probe.around(vars(server)["ensure_running"], None, _server_runs))]


def of_popen_forkserver(module: ModuleType) -> list[Place]:
    """Hooks in `multiprocessing.popen_forkserver`."""
    popen = module.Popen
    return [(popen, "_launch", _probe.around(vars(popen)["_launch"], _asks, _is_answered))]


def _started(pid: int | None, error: object) -> None:
    _probe.emit(Kind.PROCESS_STARTED, Flag.ERROR if error else 0, TrackKind.PROCESS, 0, pid or 0)


# A new interpreter


def _command_begins(path: Any, args: Any, passfds: object) -> tuple[list[str], list[str]] | None:
    """Of ``[python, flag…, "-c", program, argument…]``, let the recorder be loaded first; what it was, for later."""
    if not isinstance(args, list) or os.fsdecode(path) != sys.executable or "-c" not in args:
        return None  # another interpreter, or a frozen program: nobody could load the recorder there
    before, command = args.copy(), args.index("-c")
    if _SPAWN in args[command + 1] or _SERVER in args[command + 1]:
        args[command : command + 1] = [_CHILD, "--command"]
        _probe.emit(Kind.PROCESS_START, 0, TrackKind.PROCESS, 0, 0)
    return args, before


def _command_ends(noted: tuple[list[str], list[str]] | None, pid: int | None, error: object) -> None:
    if noted is None:
        return
    args, before = noted
    if args != before:
        args[:] = before
        _started(pid, error)
    program = before[before.index("-c") + 1]
    if pid and _TRACKER in program:
        name(pid, "resource tracker", helper=True)
    elif pid and _SERVER in program:
        name(pid, "fork server")


# The fork server


def _asks(popen: object, *_: object) -> object:
    _asking.now = True
    return popen


def _server_runs(noted: object, result: object, error: object) -> None:
    if getattr(_asking, "now", False) and error is None:
        _probe.emit(Kind.PROCESS_START, 0, TrackKind.PROCESS, 0, 0)
        _asking.now = False
        _asking.asked = True


def _is_answered(popen: object, result: object, error: object) -> None:
    asked = getattr(_asking, "asked", False)
    _asking.now = _asking.asked = False
    if asked:
        _started(getattr(popen, "pid", None), error)


# In the new process


def forked() -> None:
    """This process is the child of a fork: it is called by a number, until it has a better name."""
    global _number, _forks
    _number, _forks = f"{_number}{_forks + 1}.", 0
    name(os.getpid(), f"fork {_number[:-1]}", forked=True)


def has_forked() -> None:
    """This process has got a child."""
    global _forks
    _forks += 1


def _process_begins(process: BaseProcess, *_: object, **__: object) -> None:
    name(os.getpid(), str(process.name))


def _process_runs(noted: object, result: object, error: object) -> None:
    _probe.emit(Kind.PROCESS_RUN, 0, TrackKind.PROCESS, 0, 0)


def _process_ends(noted: object, result: object, error: object) -> None:
    if _LAST == "_bootstrap":
        _put_back()


def _exits(noted: object, result: object, error: object) -> None:
    if _LAST == "_exit_function":
        _put_back()


# Joins


def _join_begins(
    process: BaseProcess, timeout: float | None = None, *_: object, **__: object
) -> tuple[Any, int, int] | None:
    popen: Any = getattr(process, "_popen", None)
    pid = getattr(popen, "pid", None)
    if pid is None or getattr(process, "_parent_pid", None) != os.getpid() or popen.returncode is not None:
        return None
    flags = Flag.TIMED if timeout is not None else 0
    _probe.emit(Kind.BLOCK, flags, TrackKind.PROCESS, pid, 0)
    _probe.enter()
    return popen, pid, flags


def _join_ends(noted: tuple[Any, int, int] | None, result: object, error: object) -> None:
    if noted is None:
        return
    popen, pid, flags = noted
    _probe.leave()
    ended = Flag.ERROR if error else 0 if popen.returncode is not None else Flag.TIMEOUT
    _probe.emit(Kind.UNBLOCK, flags | ended, TrackKind.PROCESS, pid, 0)
