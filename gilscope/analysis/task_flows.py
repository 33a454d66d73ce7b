"""Flows between tasks: which row let a task become ready, and which its next step begin. A cause comes before its effect.

They are among the rows of threads, where tasks are told as what their threads do: whoever follows a thread backwards
through a step comes to the step's beginning, from there to what made the task ready, from there to whoever did that.
"""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.forward import Index, Numbers, before, forward, last_before, order_by, starts_of
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Rows

NONE = -1
OVER = (Kind.TASK_YIELD, Kind.TASK_SUSPEND, Kind.TASK_END)
"""A step is over."""
LOOKS = (Kind.LOOP_SELECT, Kind.LOOP_RUN)
OF_LOOPS = (*LOOKS, Kind.LOOP_CALL)
LATE_NS = 1_000_000
"""A loop that looks for input and output, or at the clock, less late than this has kept nobody waiting."""
AT_ONCE = 10
"""A look that took this part of the time before it hasn't waited: what it saw was there already."""
READY = (Kind.TASK_NEW, Kind.TASK_READY, Kind.TASK_YIELD)


@dataclass(frozen=True, slots=True, eq=False)
class TaskFlows:
    """By number of a row of threads."""

    cause: Index
    """The row without which a task wouldn't have become ready then, or begun its step then; −1: its thread's row before it."""
    task: Numbers
    """That task; 0: there is no cause."""
    state: Numbers
    """What it was in between."""
    thing: Numbers
    """And what it awaited."""
    current: Numbers
    """The task in whose step the thread was up to the row; 0: in none."""


def find(rows: Rows, kinds: Numbers) -> TaskFlows:
    """``rows``: of threads, by time. ``kinds``: ``TrackKind`` of each track, by id."""
    cause = np.full(len(rows), NONE)
    task, thing, current = (np.zeros(len(rows), np.uint32) for _ in range(3))
    state = np.zeros(len(rows), np.uint8)
    about = kinds[np.minimum(rows.thing, len(kinds) - 1)]
    of_task = np.isin(rows.kind, (*READY, *OVER, Kind.TASK_STEP)) & (about == TrackKind.TASK)
    at = np.flatnonzero(of_task | np.isin(rows.kind, OF_LOOPS))
    if of_task.any():
        current = _current(rows)
        some = rows[at]
        for effects, causes, was, awaited in (_readied(some, current[at]), _begun(some)):
            sound = (causes != NONE) & (causes < effects)
            effects, causes = effects[sound], causes[sound]
            cause[at[effects]], task[at[effects]] = at[causes], some.thing[effects]
            state[at[effects]], thing[at[effects]] = was, awaited[sound]
    return TaskFlows(cause, task, state, thing, current)


def _current(rows: Rows) -> Numbers:
    order = order_by(rows.track)
    kind = rows.kind[order]
    starts = starts_of(rows.track[order])
    steps = kind == Kind.TASK_STEP
    sets = steps | np.isin(kind, (*OVER, Kind.LOST, Kind.THREAD_END))
    none = np.zeros(len(starts), np.uint32)
    back = np.empty(len(rows), np.uint32)
    back[order] = before(starts, forward(starts, sets, np.where(steps, rows.thing[order], 0), none), none)
    return back


def _readied(rows: Rows, current: Numbers) -> tuple[Index, Index, State, Numbers]:
    """Tasks that become ready between two steps: by the end of another one, or by a thread that asked the loop for it. Else what they
    awaited comes from outside of the loop: then nothing else matters since they began to await it, unless the loop was
    busy when it came, and saw it late."""
    by_itself = (rows.kind == Kind.TASK_READY) & (current == 0)
    suspends, ends = (np.flatnonzero(rows.kind == kind) for kind in (Kind.TASK_SUSPEND, Kind.TASK_END))
    effects = np.flatnonzero(by_itself | (rows.kind == Kind.TASK_READY) & (rows.value != 0))
    since = last_before(rows.thing[suspends], suspends, rows.thing[effects], effects)
    effects, since = effects[since != NONE], since[since != NONE]
    ended = last_before(rows.thing[ends], ends, rows.value[effects], effects)
    calls = np.flatnonzero(rows.kind == Kind.LOOP_CALL)
    ended = np.maximum(ended, last_before(rows.track[calls], calls, rows.value[effects], effects))
    own = rows.track[since] == rows.track[effects]  # else another thread did it, which went on with what it does
    by_itself = own & (rows.value[effects] == 0) & (_late(rows, effects, since) < LATE_NS)
    causes = np.where(ended > since, ended, np.where(by_itself, since, NONE))
    return effects, causes, State.SUSPENDED, rows.value[since].astype(np.uint32)


def _begun(rows: Rows) -> tuple[Index, Index, State, Numbers]:
    """Steps of tasks that another thread made ready while theirs had no other to run."""
    effects = np.flatnonzero((rows.kind == Kind.TASK_STEP) & (rows.flags & Flag.NESTED == 0))
    ready, over = np.flatnonzero(np.isin(rows.kind, READY)), np.flatnonzero(np.isin(rows.kind, OVER))
    causes = last_before(rows.thing[ready], ready, rows.thing[effects], effects)
    busy = last_before(rows.track[over], over, rows.track[effects], effects)
    other = (rows.track[causes] != rows.track[effects]) & (causes > busy)
    return effects, np.where(other, causes, NONE), State.READY, np.zeros(len(effects), np.uint32)


def _late(rows: Rows, effects: Index, since: Index) -> Numbers:
    """ns that the loop can have been late with what it told between two steps: since it had looked the last time but one.
    0 where it waited for that, when it looked."""
    looks, has_looked = (np.flatnonzero(rows.kind == kind) for kind in LOOKS)
    track = rows.track[effects]
    now = last_before(rows.track[looks], looks, track, effects)
    saw = last_before(rows.track[has_looked], has_looked, track, effects)
    last = np.maximum(last_before(rows.track[has_looked], has_looked, track, np.maximum(now, 0)), since)
    known = (now != NONE) & (saw > now) & (last < now)
    busy, waited = rows.at[now] - rows.at[last], rows.at[saw] - rows.at[now]
    return np.where(known & (waited * AT_ONCE <= busy), busy, 0)
