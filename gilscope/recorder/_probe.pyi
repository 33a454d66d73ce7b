"""The recorder's extension: rings in shared memory, the GIL's changes of hands, locks written in C."""

from collections.abc import Callable
from threading import Thread
from types import CodeType, FunctionType

def attach(path: str) -> None:
    """Map the run's shared memory. Before it, emit() does nothing. OSError, or ValueError for other files."""

def install() -> str | None:
    """Begin to record the GIL. None, or the reason why it can't be recorded here; all the rest works then too.

    The calling thread's first record is an acquire with value 1: it had the GIL before.
    """

def uninstall() -> None:
    """Stop recording the GIL; the interpreter's slots are as they were."""

def forced_unknown() -> str:
    """Why a forced release can't be told from a voluntary one here; empty where it can."""

def define(definition: bytes) -> bool:
    """Publish one definition, a JSON object. False when there was no room (counted in the memory's header)."""

def add_user_code(code: CodeType) -> None:
    """Let events name lines of this code. Keeps it alive for good."""

def add_other_code(code: CodeType) -> None:
    """Let events name lines of this code where no user code is on the stack. Keeps it alive for good."""

def emit(kind: int, flags: int, aux: int, thing: object, value: int) -> None:
    """Record an event of this thread. ``thing``: the object itself, or an int that is an address."""

def enter() -> None:
    """From here, events of this thread happen inside another one: NESTED."""

def leave() -> None:
    """The end of what enter() began."""

def me() -> tuple[int, int] | None:
    """Slot and generation of this thread's ring, claimed if need be; None when none is free."""

def position() -> tuple[int, int]:
    """Where this thread stands, as an event would say: address of the code object, offset in bytes. Zeros: unknown."""

def inode(file: int) -> int:
    """The number of an open file, which is the same in all processes. OSError when it isn't open. Keeps the GIL."""

DOES: bytes
"""By number of an instruction, the letter for what it does: see the collector's calls.py."""

def slots() -> list[tuple[int, int]]:
    """Addresses rebound by install(), and the word that lies there now."""

NEWS: int
"""Role of a condition: whoever waits for it waits for the thing that it belongs to."""
ITEM: int
"""Role of a condition: told of, inside put(), when an item is in."""
ROOM: int
"""Role of a condition: told of, inside get(), when an item is out."""

def hook(
    function: FunctionType,
    step: str,
    track: int = 0,
    capacity: str | None = None,
    conditions: tuple[tuple[str, int], ...] = (),
) -> object:
    """What stands in the place of a method, for everybody the method itself, and records.

    ``track``, ``capacity`` and ``conditions`` are for the step "made": the TrackKind of what is made, the attribute
    that is its capacity, and its conditions with their roles. For the step "moved", ``track`` is Kind.PUT or Kind.GET.
    """

def around(
    function: Callable[..., object], before: Callable[..., object] | None, after: Callable[..., object] | None
) -> object:
    """The same with steps in Python: ``before`` gets the arguments, ``after`` what ``before`` gave back, the result (None
    after an error), and the error or None. What either raises, as a signal handler may, the caller gets."""

def belongs(condition: object, thing: int, track: int) -> None:
    """From now on, whoever waits for this condition waits for the thing at that address; ``track``: its TrackKind."""

def forget_threads() -> None:
    """In a forked child: its parent's threads aren't there."""

def install_program() -> None:
    """Record locks, sleeps, simple queues, starts and collections of garbage, and let hooks record. RuntimeError: this Python's can't be."""

def install_semaphores() -> None:
    """Record the semaphores of multiprocessing too, from now on and after every install_program()."""

def know_semaphore(semaphore: object, key: int, track: int) -> None:
    """From now on, events of this semaphore are about the key; ``track``: what kind of thing it is."""

def semaphore_key(semaphore: object) -> int:
    """The key by which it is known; its address where it isn't."""

def uninstall_program() -> None:
    """Undo install_program(): every function of the interpreter is what it was, and hooks only call."""

def install_tasks(
    future: type,
    task: type,
    step: object,
    wakeup: object,
    words: dict[int, tuple[int, int]],
    called: dict[int, int],
    runs: CodeType,
) -> None:
    """Record the tasks of asyncio. ``step`` and ``wakeup``: what a loop is given to call for a task's first step, and for
    one after something that it awaited. ``words``: by address of a code object or of a type, the TrackKind of what a task
    awaits in it, and the number of a word for that, or 0: it is the function's first argument. ``called``: by address
    of what a loop is to call for another thread, the address of that thread; ``runs``: the code that calls it.

    RuntimeError: this Python's tasks can't be recorded.
    """

def uninstall_tasks() -> None:
    """Undo install_tasks()."""

def unawaited(coroutine: object) -> None:
    """Record that a coroutine is thrown away that was never awaited."""

def watch(attribute: str, track: int) -> object:
    """What stands in the class of a lock or a semaphore of asyncio for an attribute of its instances: ``_locked`` of a LOCK,
    ``_value`` of a SEMAPHORE. Records who takes it and lets it go. Of a future of concurrent.futures, a WORK: ``_state``;
    records that it runs, or is sent to a process that is to run it, and how it ends."""

def begin_thread(thread: Thread) -> None:
    """The calling thread is this one: record that it begins, and publish its name."""

def end_thread(thread: Thread) -> None:
    """The calling thread ends."""

def watch_code(callback: Callable[[CodeType], None]) -> None:
    """Call back with every code object that is about to be executed as a module or by exec(). For good."""
