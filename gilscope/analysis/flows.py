"""Flows: which row of one thread let another thread's row happen. A handoff of the GIL, a wake, a start.

A cause always comes before its effect in the order of the rows, so whoever follows causes backwards comes to an end.
"""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis import messages
from gilscope.analysis.forward import Index, Numbers, Truth, forward, last_before, order_by, starts_of
from gilscope.analysis.messages import Messages
from gilscope.events import Flag, Kind, State, TrackKind
from gilscope.recording import Rows

CLOSES = (Kind.LOCK_ACQUIRE, Kind.LOCK_TIMEOUT, Kind.UNBLOCK)
TELLS = (Kind.NOTIFY, Kind.PUT, Kind.GET)
"""What lets somebody go on who waits for an event, a queue …, where no lock inside of it tells who did."""
NONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Flows:
    """Of rows of threads, by time: numbers of other rows among them, −1 where there is none."""

    rows: Rows
    previous: Index
    """The row of the same thread before it."""
    cause: Index
    """The row of another thread without which it couldn't have happened when it did."""
    was: Numbers
    """State of the thread up to this row; 0 for its first."""
    messages: Messages

    @property
    def wakes(self) -> Index:
        """Rows with which a thread goes on after it was blocked, because another one let it."""
        return np.flatnonzero((self.was == State.BLOCKED) & (self.cause != NONE))


def find(rows: Rows, kinds: Numbers, parents: Numbers) -> Flows:
    """``rows``: of threads, by time. ``kinds``, ``parents``: ``TrackKind`` and parent (of a thread: its process) of each
    track, by id."""
    order = order_by(rows.track)
    starts = starts_of(rows.track[order])
    previous = np.full(len(rows), NONE)
    previous[order[1:]] = order[:-1]
    previous[order[starts]] = NONE
    first = previous == NONE
    was, thing = (np.where(first, 0, column[previous]) for column in (rows.state, rows.thing))
    since = np.where(first, NONE, _since(rows, order, starts)[previous])
    cause = np.full(len(rows), NONE)
    sent = messages.find(rows, kinds)
    waits = _Waits(_closing(rows, order), since, was, thing)
    for effects, causes in (
        _starts(rows, np.flatnonzero(first), parents),
        _handoffs(rows, order, starts, was, kinds),
        _wakes(rows, waits, kinds, parents),
        _arrivals(rows, waits, sent),
    ):
        sound = (causes > since[effects]) & (causes < effects)
        cause[effects[sound]] = causes[sound]
    return Flows(rows, previous, cause, was, sent)


def _since(rows: Rows, order: Index, starts: Index) -> Index:
    """The row with which a thread's stretch in one state, waiting for one thing, began."""
    state, thing = rows.state[order], rows.thing[order]
    begins = np.append(True, (state[1:] != state[:-1]) | (thing[1:] != thing[:-1]))[: len(rows)]
    begins[starts] = True
    since = np.empty_like(order)
    since[order] = order[np.maximum.accumulate(np.where(begins, np.arange(len(rows)), 0))]
    return since


def _starts(rows: Rows, first: Index, parents: Numbers) -> tuple[Index, Index]:
    """The first row of a thread, and with which another started it; the first of a process: with which that one was."""
    told = np.flatnonzero((rows.kind == Kind.THREAD_START) | (rows.kind == Kind.PROCESS_START))
    process = parents[rows.track[first]]
    begins = np.zeros(len(first), np.bool_)
    begins[np.unique(process, return_index=True)[1]] = True
    return first, last_before(rows.thing[told], told, np.where(begins, process, rows.track[first]), first)


def _handoffs(rows: Rows, order: Index, starts: Index, was: Numbers, kinds: Numbers) -> tuple[Index, Index]:
    """Acquires of a GIL after a wait, and the release that made each possible."""
    acquires = rows.kind == Kind.GIL_ACQUIRE
    # A release's row may be about what its thread waits for; the GIL is the one it had.
    gil = np.zeros(len(rows), np.uint32)
    tells = (rows.kind <= Kind.GIL_RELEASE) & (kinds[np.minimum(rows.thing, len(kinds) - 1)] == TrackKind.GIL)
    gil[order] = forward(starts, tells[order], rows.thing[order], np.zeros(len(starts), np.uint32))
    releases = np.flatnonzero(rows.kind == Kind.GIL_RELEASE)
    takes = np.flatnonzero(acquires & (was == State.GIL_WAIT))
    return takes, last_before(gil[releases], releases, rows.thing[takes], takes)


@dataclass(frozen=True, slots=True, eq=False)
class _Waits:
    """What is known, at each row, of the wait that its thread was in up to there."""

    closing: Index
    """The row that tells how it ended, from here on."""
    since: Index
    was: Numbers
    thing: Numbers


def _wakes(rows: Rows, waits: _Waits, kinds: Numbers, parents: Numbers) -> tuple[Index, Index]:
    """Rows with which threads go on after being blocked, and with what another one let them."""
    goes_on = _going_on(rows, waits)
    closing = waits.closing[goes_on]
    in_vain = (rows.flags[closing] & (Flag.TIMEOUT | Flag.ERROR) != 0) | (rows.kind[closing] == Kind.LOCK_TIMEOUT)
    goes_on, closing = goes_on[~in_vain], closing[~in_vain]
    thing = waits.thing[goes_on]

    # A wait inside of a wait is for a lock: that of the Condition in an event, a queue … Who released it, woke.
    by_lock = np.where(rows.kind[closing] == Kind.LOCK_ACQUIRE, rows.thing[closing], thing)
    releases = np.flatnonzero((rows.kind == Kind.LOCK_RELEASE) & (rows.value == 0))
    causes = last_before(rows.thing[releases], releases, by_lock, goes_on)
    others = causes <= waits.since[goes_on]
    tells = np.flatnonzero(np.isin(rows.kind, TELLS))
    causes[others] = last_before(rows.thing[tells], tells, thing[others], goes_on[others])
    # What ends lets go on who joins it: a thread, a process. Up to Python 3.12, a thread lets go of a lock for that, unseen.
    held = np.flatnonzero(rows.kind == Kind.LOCK_ACQUIRE)
    had = last_before(rows.thing[held], held, by_lock, goes_on)
    joins = np.isin(kinds[np.minimum(thing, len(kinds) - 1)], (TrackKind.THREAD, TrackKind.PROCESS))
    ender = np.where(joins, thing, np.where(had == NONE, 0, rows.track[had]))
    ends, lives = np.flatnonzero(rows.kind == Kind.THREAD_END), np.flatnonzero(waits.was != State.EXITED)
    ended = (causes <= waits.since[goes_on]) & (_last_of(rows, ends, parents, ender, goes_on) != NONE)
    causes[ended] = _last_of(rows, lives, parents, ender[ended], goes_on[ended])
    return goes_on, causes


def _going_on(rows: Rows, waits: _Waits) -> Index:
    """Rows with which threads go on after being blocked."""
    changes = (rows.state != State.BLOCKED) | (rows.thing != waits.thing)
    away = (rows.state == State.UNKNOWN) | (rows.state == State.EXITED)
    return np.flatnonzero((waits.was == State.BLOCKED) & changes & ~away & (waits.closing != NONE))


def _arrivals(rows: Rows, waits: _Waits, sent: Messages) -> tuple[Index, Index]:
    """Rows with which threads go on that waited for a message, and the last that its sender did until then, while it
    wrote: a message wakes up who waits for it before it is written to its end."""
    goes_on = _going_on(rows, waits)
    closing = waits.closing[goes_on]
    if not len(sent):
        return goes_on[:0], goes_on[:0]
    n = np.minimum(sent.read.searchsorted(closing), len(sent) - 1)
    one = (sent.read[n] == closing) & (waits.thing[goes_on] == sent.pipe[n])
    goes_on, n = goes_on[one], n[one]
    until = np.where(sent.written[n] == NONE, goes_on, np.minimum(goes_on, sent.written[n] + 1))
    causes = last_before(rows.track, np.arange(len(rows)), rows.track[sent.begun[n]], until)
    return goes_on, np.where(causes >= sent.begun[n], causes, NONE)


def _last_of(rows: Rows, some: Index, parents: Numbers, whose: Numbers, before: Index) -> Index:
    """The last of some rows, of a thread or of any thread of a process, before each row; or −1."""
    track = rows.track[some]
    return last_before(np.concatenate((track, parents[track])), np.concatenate((some, some)), whose, before)


def _closing(rows: Rows, order: Index) -> Index:
    """The first row of the same thread, from each on, that tells how a wait ended."""
    closes: Truth = np.isin(rows.kind, CLOSES)[order]
    places = np.where(closes, np.arange(len(rows)), len(rows))
    following = np.minimum.accumulate(places[::-1])[::-1]
    closing = np.empty_like(order)
    closing[order] = np.append(order, NONE)[following]
    own = rows.track[closing] == rows.track if len(rows) else closing == NONE
    return np.where(own, closing, NONE)
