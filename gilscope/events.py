"""The schema: what can be recorded, defined once.

``python -m gilscope.events`` writes its two mirrors, ``gilscope/recorder/schema.h`` and
``static/js/model/schema.js``; a test fails when they are stale. Runs inside recorded programs, so it
needs nothing but the standard library and any CPython from 3.11 on.
"""

import sys
from enum import IntEnum, IntFlag


class TrackKind(IntEnum):
    """What a horizontal row of the timeline stands for."""

    PROCESS = 0
    THREAD = 1
    CORE = 2
    GIL = 3
    LOCK = 4
    RLOCK = 5
    CONDITION = 6
    EVENT = 7
    SEMAPHORE = 8
    BARRIER = 9
    QUEUE = 10
    SLEEP = 11
    """Never a row of its own: names ``time.sleep`` as the thing that a thread is away for."""
    LOOP = 12
    TASK = 13
    FUTURE = 14
    """Never a row of its own: names what a task awaits where that has no track (``asyncio.sleep``, ``gather`` …)."""
    POOL = 15
    """An executor: what is submitted to it waits until one of its workers is free. Its value: how many wait."""
    PIPE = 16
    """What processes send each other objects through; a queue of multiprocessing is one, too. One direction."""
    TYPE = 17
    """Never a row of its own: names the type of what is pickled."""
    WORK = 18
    """One submitted call, from submit() until its result is there: a future of concurrent.futures."""
    SHARED_MEMORY = 20
    """Memory that several processes have at once. Nothing is copied; ``capacity``: bytes."""


class State(IntEnum):
    """What a track is doing from one transition to the next. DESIGN: every nanosecond has one."""

    UNKNOWN = 0
    # threads
    RUNNING = 1
    STALLED = 2
    NATIVE = 3
    GIL_WAIT = 4
    BLOCKED = 5
    OUTSIDE = 6
    RUNNABLE = 7
    EXITED = 8
    # resources (the GIL, locks and kin)
    FREE = 9
    HELD = 10
    CONTENDED = 11
    # cores
    IDLE = 12
    BUSY = 13
    # processes
    STARTING = 14
    ALIVE = 15
    # tasks, which are RUNNING too
    READY = 16
    SUSPENDED = 17
    DONE = 18
    CANCELLED = 19
    FAILED = 20


STATE_TEXT: dict[State, tuple[str, str, str]] = {
    # state: (label, letter, one sentence for people who never heard of a GIL)
    State.UNKNOWN: ("unknown", "?", "Not seen: this stretch was not measured."),
    State.RUNNING: ("running", "R", "Executes Python: it holds the GIL and is on a core."),
    State.STALLED: (
        "stalled",
        "S",
        "Holds the GIL, but the kernel took its core away: everyone waits for a thread that isn't running.",
    ),
    State.NATIVE: (
        "native",
        "N",
        "Computes on a core without holding the GIL: in C code that let it go, or in a Python that has none.",
    ),
    State.GIL_WAIT: ("waits for GIL", "W", "Wants to execute Python, but another thread holds the GIL."),
    State.BLOCKED: ("blocked", "B", "Waits for a lock, a queue, a thread or another named thing."),
    State.OUTSIDE: ("outside", "O", "Away from Python: it sleeps or waits for input or output."),
    State.RUNNABLE: ("runnable", "C", "Wants a core, and none is free."),
    State.EXITED: ("exited", "X", "Has finished."),
    State.FREE: ("free", "F", "Nobody holds it."),
    State.HELD: ("held", "H", "One thread holds it."),
    State.CONTENDED: (
        "contended",
        "!",
        "One thread holds it while others wait for it; of a pool: all workers run, and more work waits.",
    ),
    State.IDLE: (
        "idle",
        "I",
        "A core without a thread of this run, or a loop or a pool that has nothing to do, or memory that no process has open.",
    ),
    State.BUSY: (
        "busy",
        "U",
        "A core with a thread of this run on it, a loop that runs a task or a callback, a pool that has work, or memory that "
        "processes have open.",
    ),
    State.STARTING: ("starting", "s", "The process is being started."),
    State.ALIVE: ("alive", "a", "The process runs."),
    State.READY: (
        "ready",
        "Q",
        "A task that could run, but its loop is busy with another one; or work that is queued until a worker takes it.",
    ),
    State.SUSPENDED: (
        "suspended",
        "A",
        "A task that awaits something, and leaves the loop to others; or work whose result is on its way.",
    ),
    State.DONE: ("done", "D", "A task, or work, that has come to its end."),
    State.CANCELLED: ("cancelled", "K", "A task, or work, that was cancelled."),
    State.FAILED: ("failed", "E", "A task, or work, that an exception ended."),
}

THREAD_STATES = (
    State.UNKNOWN,
    State.RUNNING,
    State.STALLED,
    State.NATIVE,
    State.GIL_WAIT,
    State.BLOCKED,
    State.OUTSIDE,
    State.RUNNABLE,
    State.EXITED,
)
TASK_ENDS = (State.DONE, State.CANCELLED, State.FAILED)
TASK_STATES = (State.UNKNOWN, State.RUNNING, State.READY, State.SUSPENDED, *TASK_ENDS, State.EXITED)
"""EXITED: its process ended before it did."""

_OPEN = frozenset(TASK_STATES) - {State.DONE, State.CANCELLED, State.FAILED}
_AWAKE = frozenset(THREAD_STATES)
LEGAL: dict[State, frozenset[State]] = {
    # Which state may follow which on one track. A row may also repeat its state (a mark inside a span).
    State.UNKNOWN: frozenset(State),
    **{state: _AWAKE for state in THREAD_STATES if state not in (State.UNKNOWN, State.EXITED)},
    State.RUNNING: _AWAKE | frozenset(TASK_STATES),
    # Wanting the GIL ends by having it, or with the thread (or with a gap in what was seen).
    State.GIL_WAIT: frozenset({State.RUNNING, State.STALLED, State.EXITED, State.UNKNOWN, State.GIL_WAIT}),
    State.EXITED: frozenset({State.EXITED}),
    State.FREE: frozenset({State.FREE, State.HELD, State.CONTENDED, State.UNKNOWN, State.EXITED}),
    State.HELD: frozenset({State.FREE, State.HELD, State.CONTENDED, State.UNKNOWN, State.EXITED}),
    State.CONTENDED: frozenset(
        {State.FREE, State.HELD, State.CONTENDED, State.IDLE, State.BUSY, State.UNKNOWN, State.EXITED}
    ),
    State.IDLE: frozenset({State.IDLE, State.BUSY, State.CONTENDED, State.UNKNOWN, State.EXITED}),
    State.BUSY: frozenset({State.IDLE, State.BUSY, State.CONTENDED, State.UNKNOWN, State.EXITED}),
    State.STARTING: frozenset({State.ALIVE, State.EXITED, State.UNKNOWN, State.STARTING}),
    State.ALIVE: frozenset({State.EXITED, State.UNKNOWN, State.ALIVE}),
    # Nothing comes after the end of a task or of work. Work needn't have run: it may be cancelled, or its pool broken.
    State.READY: _OPEN | frozenset(TASK_ENDS),
    State.SUSPENDED: _OPEN | frozenset(TASK_ENDS),
    **{state: frozenset({state}) for state in TASK_ENDS},
}


class Kind(IntEnum):
    """What happened: the cause of a transition, or a mark that leaves the state as it is."""

    NONE = 0
    # The GIL layer, by the probe. ``thing``: the address of the GIL.
    GIL_WAIT = 1
    """Begins to wait for the GIL."""
    GIL_DROP_REQUEST = 2
    """Waited a whole switch interval; asks the holder to give the GIL up. By the waiter."""
    GIL_ACQUIRE = 3
    """``value`` 1, once a process: had it already when its recording began, so that this wasn't an acquisition. ``aux``:
    the number of the interpreter in which the thread goes on (0: the main one)."""
    GIL_RELEASE = 4
    """Flag FORCED: on another thread's drop request, not of its own will: from here on it wants the GIL again."""
    # Locks, by the probe, in C. ``thing``: the address of the lock.
    THING_NEW = 10
    """A lock or another thing was made at this address; whatever had the address before is gone. ``aux``: TrackKind.
    ``value``: capacity of a queue, permits of a semaphore, parties of a barrier; else 0. Flag NESTED: made by the
    standard library, for its own use (the lock inside a Condition)."""
    LOCK_WAIT = 11
    LOCK_ACQUIRE = 12
    """``value``: recursion depth after it (1 for the first, always 1 for a plain lock)."""
    LOCK_RELEASE = 13
    """``value``: recursion depth after it (0: free again)."""
    LOCK_TIMEOUT = 14
    """The wait ended without the lock."""
    # Waits for other named things, by hooks. ``thing``: the address of the object, ``aux``: its TrackKind.
    BLOCK = 20
    UNBLOCK = 21
    """Flag TIMEOUT or ERROR when it ended without what it waited for."""
    NOTIFY = 22
    """Lets others go on: notify, set, semaphore release, barrier trip. ``value``: how many."""
    PUT = 23
    """``value``: the length of the queue after it."""
    GET = 24
    """``value``: the length of the queue after it."""
    TAKE = 25
    """A permit of a semaphore was taken. ``value``: permits left."""
    # Calls that leave Python, by the probe. ``aux``: TrackKind (SLEEP …), ``value``: ns asked for, or -1.
    CALL = 30
    RETURN = 31
    # Threads. ``thing``: the address of the Thread object.
    THREAD_START = 40
    """In the parent: it starts the thread ``thing`` (0: one without a Thread object). Flag ERROR: it couldn't."""
    THREAD_BEGIN = 41
    """In the thread itself: first Python-level instruction; ``thing`` is its Thread object."""
    THREAD_END = 42
    """In the thread itself: the last thing it does. ``thing`` 0: the last of a thread that no Thread of ours stands for."""
    # Collections of garbage, in the thread that collects: a stretch inside of what it does, no state of its own.
    GC_BEGIN = 130
    """``value``: the generation."""
    GC_END = 131
    """``value``: how many objects were collected."""
    # Loss. ``value``: how many records; ``at`` is when the first, the ``code`` word when the last was lost.
    LOST = 60
    # The core layer, by the kernel, written by the collector. ``value``: the core's number.
    CORE_ON = 70
    CORE_OFF = 71
    """Flag PREEMPTED: the kernel took the core away; without it the thread gave the core up (it waits)."""
    CORE_LOST = 72
    """Records of the core ``thing`` are lost from here on: unless the thread is on another one, it isn't known whether it
    is on one, until its next record. Made by the fold."""
    # Processes. ``aux``: TrackKind.PROCESS.
    PROCESS_START = 110
    """In the parent: it starts a process."""
    PROCESS_STARTED = 111
    """In the parent: the process is there, and runs its program. ``value``: its pid. Flag ERROR: it couldn't be started."""
    PROCESS_BEGIN = 112
    """In the process itself: the first Python instruction."""
    PROCESS_RUN = 113
    """In the process itself: its start is over, the next thing is what it is to do."""
    # Tasks and loops of asyncio. ``thing``: the address of the task.
    TASK_NEW = 90
    """A task was made, and is ready. ``value``: its number in this process, by which its definition tells its name."""
    TASK_READY = 91
    """What it awaited has come, or it was cancelled: it could run. By whoever brought that about; ``value``: the address
    of the task whose end did (of the one awaited, or one of a gather(), a wait(), a TaskGroup), or of the thread that gave the
    loop the callback which did; ``aux``: its TrackKind."""
    TASK_STEP = 92
    """Its next step begins. Flag NESTED: goes on with a step that another task's eager first step interrupted."""
    TASK_YIELD = 93
    """The step is over, and it could go on at once. Flag NESTED: interrupted by another task's eager first step."""
    TASK_SUSPEND = 94
    """The step is over. ``value``: the address of what it awaits, ``aux``: its TrackKind; FUTURE: the number of a word
    that a definition tells. The line is where the task's own code awaits."""
    TASK_END = 95
    """The last step is over. ``value``: the state in which the task ended."""
    TASK_CANCEL = 96
    """Somebody asks for its cancellation, in whose thread and at whose line this is."""
    LOOP_SELECT = 97
    """The loop looks for input and output, or waits for it. ``thing``: the address of the loop, ``value``: callbacks
    that are ready already."""
    LOOP_RUN = 98
    """It has looked. ``value``: how many files have something."""
    TASK_UNCANCEL = 132
    """A request for its cancellation is taken back: it has done its work, as that of a timeout has."""
    TASK_GATHERED = 133
    """It is one of a gather() that an exception ends. ``value``: the number of that gather() in this process."""
    UNAWAITED = 134
    """A coroutine is thrown away that nobody has awaited: it never ran. Told twice: ``value`` 0: the line is where its
    function begins; 1: where the thread throws it away."""
    LOOP_CALL = 135
    """A thread gives the loop ``thing`` a callback, with call_soon_threadsafe()."""
    ASYNC_NEW = 99
    """As THING_NEW, of a loop or of a lock or another thing of asyncio: tasks have it, and wait for it."""
    # Pools and what is submitted to them. ``thing``: the address of the future; of a call in a worker process, its key.
    WORK_NEW = 100
    """It was submitted, and is queued. ``value``: its number in this process, by which its definition tells what it is."""
    WORK_RUN = 101
    """A worker begins it: this thread, or this process's main thread."""
    WORK_RETURN = 102
    """In a worker process: the call is over, and what it gave goes back. Flag ERROR: that is an error."""
    WORK_END = 103
    """Its result is there, from here on. Flag ERROR: an error, and ``value`` the number by which a definition tells it."""
    WORK_CANCEL = 104
    """It was cancelled before it ran, in whose thread and at whose line this is."""
    WORK_SENT = 105
    """It is on its way to the workers of a pool of processes: from here on it can't be cancelled."""
    WORK_CALLBACK = 106
    """This thread begins to call whom its end was to be told to. A stretch inside of what the thread does."""
    WORK_CALLED = 107
    POOL_SHUTDOWN = 108
    """It takes no more work from here on. ``thing``: the pool. ``value`` 1: what is queued is cancelled."""
    POOL_WORKER = 109
    """The pool ``thing`` has one more worker. ``value``: the kernel's id of the thread; of a process, of its main thread."""
    # Interpreters of one process, besides its main one. ``thing``: the address of the GIL.
    INTERPRETER_NEW = 120
    """One with a GIL of its own was made, or was there when the recording began. ``value``: its number."""
    INTERPRETER_END = 121
    """It was ended, by this thread, and its GIL is gone."""
    # Between processes. ``thing`` of the next four: the type. What is written to a PIPE is a CALL that RETURNs, what is
    # read from it a BLOCK and an UNBLOCK: ``value``: bytes. The n-th that was written is the n-th that is read.
    PICKLE = 114
    PICKLED = 115
    """``value``: bytes. Flag ERROR: it couldn't be."""
    UNPICKLE = 116
    """``value``: bytes. The type isn't known yet."""
    UNPICKLED = 117
    REQUEST = 136
    """This thread is about to ask a manager's process to call something: what it writes next says so. ``thing``: what that
    goes by, as a type does."""
    MEMORY_OPENED = 118
    """The process has this SHARED_MEMORY from here on. ``value``: bytes."""
    MEMORY_CLOSED = 119
    """It hasn't any more. ``value``: bytes; 0: its name is gone, so that no other process can open it."""
    # Rows that the fold makes for a resource's own track. ``thing``: the track that holds it, or 0.
    RESOURCE = 80


class Flag(IntFlag):
    """Details of an event, one byte."""

    FORCED = 1
    NESTED = 2
    """Happened inside another BLOCK or CALL of the same thread: doesn't change the thread's state."""
    TIMEOUT = 4
    ERROR = 8
    PREEMPTED = 16
    TIMED = 32
    """The wait has a timeout."""
    CONTENDED = 64
    """LOCK_ACQUIRE that had to wait."""


class Ring:
    """Layout of the shared memory between recorder and collector; mirrored in schema.h.

    One file (a memfd): ``HEADER_BYTES``, then ``DEFINITIONS_BYTES`` of definitions, then ``SLOTS``
    rings of ``RING_BYTES`` each, sparse: a page that nobody touched costs nothing.
    See docs/HACKING.md, "Shared memory".
    """

    MAGIC = 0x314C4947  # "GIL1"
    VERSION = 1
    HEADER_BYTES = 4096
    DEFINITIONS_BYTES = 64 << 20
    SLOTS = 4096
    SLOT_HEADER_BYTES = 4096
    RECORDS = 1 << 17  # per ring by default, a power of two
    RECORD_BYTES = 32
    # A record is four little-endian words: at (ns, CLOCK_MONOTONIC) · thing (48 bits) kind (8) flags (8)
    # · code object's address (48) instruction offset in bytes (16) · value (48, signed) aux (16).

    # Offsets into the file's header (u64 each).
    H_MAGIC = 0
    H_VERSION = 8
    H_SLOTS = 16
    H_RECORDS = 24  # records in a ring, a power of two
    H_DEFINITIONS_END = 32  # atomic: bytes of definitions reserved so far
    H_DEFINITIONS_LOST = 40  # atomic: definitions that found no room
    H_SLOTLESS_LOST = 48  # atomic: events of threads that found no free slot
    H_NEXT_SLOT = 56  # atomic: where to begin the search for a free slot

    # Offsets into a slot's header (u64 each unless said).
    S_STATE = 0  # atomic: SlotState
    S_PID = 8
    S_TID = 16  # the kernel's thread id
    S_GENERATION = 24  # counts the owners of this slot
    S_HEAD = 64  # atomic, own cache line: records written since the slot was claimed
    S_BUSY = 72  # 1 while a record's time is taken but the record isn't published yet
    S_LOST = 80  # records that found the ring full and aren't yet told by a LOST record
    S_LOST_FIRST = 88  # ns
    S_LOST_LAST = 96  # ns
    S_EMITTED = 104  # all events of this owner, stored or lost
    S_TAIL = 128  # atomic, own cache line: records read; written by the collector only


class SlotState(IntEnum):
    """Life of one ring. Recorder: FREE → LIVE → EXITED. Collector: EXITED → FREE, once drained."""

    FREE = 0
    LIVE = 1
    EXITED = 2


def schema_h() -> str:
    """The C mirror: every enum member as ``NAME_MEMBER``."""
    lines = [
        "/* Generated by `python -m gilscope.events`. Don't edit. */",
        "#ifndef GILSCOPE_SCHEMA_H",
        "#define GILSCOPE_SCHEMA_H",
        "",
    ]
    for enum, prefix in ((TrackKind, "TRACK"), (State, "STATE"), (Kind, "KIND"), (Flag, "FLAG"), (SlotState, "SLOT")):
        lines += [f"#define {prefix}_{member.name} {member.value}" for member in enum] + [""]
    lines += [f"#define RING_{name} {value}ULL" for name, value in vars(Ring).items() if name.isupper()]
    return "\n".join([*lines, "", "#endif", ""])


def schema_js() -> str:
    """The browser's mirror: frozen objects, and the words for each state."""
    lines = ["// Generated by `python -m gilscope.events`. Don't edit.", ""]
    for enum in (TrackKind, State, Kind, Flag):
        members = ", ".join(f"{member.name}: {member.value}" for member in enum)
        lines += [f"export const {enum.__name__} = Object.freeze({{ {members} }});"]
    lines += [
        "",
        "/** By state: label, letter, and one sentence that explains it. */",
        "export const STATE_TEXT = Object.freeze([",
    ]
    lines += [
        f"  Object.freeze({{ label: {label!r}, letter: {letter!r}, sentence: {_js_string(sentence)} }}),"
        for label, letter, sentence in STATE_TEXT.values()
    ]
    return "\n".join([*lines, "]);", ""])


def _js_string(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


MIRRORS = {
    "gilscope/recorder/schema.h": schema_h,
    "static/js/model/schema.js": schema_js,
}
"""By path from the repository's root."""


def main() -> int:
    """Write the mirrors of this schema."""
    from pathlib import Path  # here, because recorded programs import this module, and it takes as long as all the rest

    root = Path(__file__).resolve().parent.parent
    for path, text in MIRRORS.items():
        (root / path).write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
