"""A recording as what it means: spans, waits, handoffs. Computed when asked for, once each.

Times are ns since the run's origin. Everything is columns; nothing here loops over rows.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from gilscope.analysis import flows, task_flows
from gilscope.analysis.forward import Index, Numbers, Truth, batches, forward, order_by, pairs, starts_of
from gilscope.analysis.spans import Handoffs, Spans, Waits
from gilscope.analysis.told import Told
from gilscope.events import TASK_ENDS, Flag, Kind, State, TrackKind
from gilscope.recording import Rows

RESOURCE_KINDS = tuple(kind for kind in TrackKind if TrackKind.GIL <= kind <= TrackKind.QUEUE)
LOCKS = (TrackKind.LOCK, TrackKind.RLOCK)


class Timeline(Told):
    """What a recording tells, worked out."""

    @cached_property
    def rows(self) -> Rows:
        """By time, without rows about tracks that were never told."""
        known = self.kind_of(self.recording.rows.track) != 255
        return self.recording.rows.sorted() if known.all() else self.recording.rows[known].sorted()

    def key(self, tracks: Numbers, at: Numbers) -> Numbers:
        """One number for a track and a time, in the order of tracks, then of times."""
        return np.asarray((tracks.astype(np.int64) << self.duration_ns.bit_length()) + at)

    @cached_property
    def spans(self) -> Spans:
        """Of all tracks, up to the end of the recording."""
        rows = self.rows
        order = order_by(rows.track)
        track, at, state = rows.track[order], rows.at[order], rows.state[order]
        thing, line = rows.thing[order], rows.line[order]
        end = np.empty_like(at)
        end[:-1] = at[1:]
        starts = starts_of(track)
        if len(at):
            end[np.append(starts[1:], len(at)) - 1] = self.duration_ns
        # The kernel doesn't tell the line: a thread stands where it stood last.
        standing = forward(starts, line != 0, line, np.zeros(len(starts), np.uint32))
        line = np.where(self.kind_of(track) == TrackKind.THREAD, standing, line)
        some = end > at
        track, at, end, state = track[some], at[some], end[some], state[some]
        thing, line = thing[some], line[some]
        # What the row of a running thread is about is what it does there, not a reason to be running. A task runs in one.
        runs = (state == State.RUNNING) & (self.kind_of(track) == TrackKind.THREAD)
        reason = np.where(runs | (state == State.NATIVE) | (state == State.STALLED), 0, thing)
        starts = starts_of(track, state, reason)
        ends = np.append(starts[1:], len(track)) - 1
        if not len(track):
            ends = starts
        return Spans(track[starts], at[starts], end[ends], state[starts], reason[starts], line[starts])

    def parts(
        self, tracks: Numbers, begin: Numbers, end: Numbers, most: int = 1 << 20
    ) -> Iterator[tuple[Index, Spans]]:
        """What tracks did in given stretches: spans cut to these, and the number of the stretch of each.

        In batches of about ``most``, because a thousand stretches may each see a thousand spans.
        """
        spans = self.spans
        first, last = self.spans_at(tracks, begin), self._begins.searchsorted(self.key(tracks, end))
        for some in batches(np.maximum(last - first, 0), most):
            which, n = pairs(first[some], last[some])
            which += some.start
            parts = spans[n].cut(begin[which], end[which])
            meets = (parts.track == tracks[which]) & (parts.end > parts.begin)
            yield (which, parts) if meets.all() else (which[meets], parts[meets])

    def spans_at(self, tracks: Numbers, at: Numbers) -> Index:
        """Numbers of the spans in which tracks are then; of others, where they weren't there yet."""
        return np.maximum(self._begins.searchsorted(self.key(tracks, at), "right") - 1, 0)

    @cached_property
    def _begins(self) -> Numbers:
        return self.key(self.spans.track, self.spans.begin)

    @cached_property
    def thread_spans(self) -> Spans:
        """Of threads alone."""
        return self.spans[self.kind_of(self.spans.track) == TrackKind.THREAD]

    @cached_property
    def gil_waits(self) -> Spans:
        """Of all threads."""
        return self.thread_spans[self.thread_spans.state == State.GIL_WAIT]

    @cached_property
    def _thread_rows(self) -> Rows:
        return self.rows[self.kind_of(self.rows.track) == TrackKind.THREAD]

    @cached_property
    def flows(self) -> flows.Flows:
        """Which row of a thread let another thread's row happen."""
        return flows.find(self._thread_rows, self._kinds, self._parents)

    @cached_property
    def task_flows(self) -> task_flows.TaskFlows:
        """Of the same rows, which let a task become ready or begin its step."""
        return task_flows.find(self._thread_rows, self._kinds)

    @cached_property
    def task_spans(self) -> Spans:
        """Of tasks, up to their ends."""
        spans = self.spans[self.kind_of(self.spans.track) == TrackKind.TASK]
        return spans[~np.isin(spans.state, (State.EXITED, *TASK_ENDS))]

    @cached_property
    def steps(self) -> Spans:
        """Of tasks, by the thread that runs them, then by time: ``track`` is the thread, ``thing`` the task."""
        spans = self.task_spans
        mine = spans[(spans.state == State.RUNNING) & (spans.thing != 0)]
        turned = replace(mine, track=mine.thing, thing=mine.track)
        return turned[np.lexsort((turned.begin, turned.track))]

    @cached_property
    def readied(self) -> Rows:
        """With which tasks became ready that had awaited something, by task, then time; ``value``: who did that."""
        rows = self.rows[self.rows.kind == Kind.TASK_READY]
        rows = rows[self.kind_of(rows.track) == TrackKind.TASK]
        return rows[order_by(rows.track)]

    @cached_property
    def lives(self) -> dict[int, tuple[int, int]]:
        """From first row to exit, by thread."""
        spans = self.thread_spans
        alive = spans[spans.state != State.EXITED]
        starts = starts_of(alive.track)
        ends = np.append(starts[1:], len(alive)) - 1
        if not len(alive):
            return {}
        columns = (alive.track[starts], alive.begin[starts], alive.end[ends])
        return {t: (b, e) for t, b, e in zip(*(c.tolist() for c in columns), strict=True)}

    @cached_property
    def waits(self) -> Waits:
        """For locks, and for every other named thing but the GIL."""
        rows = self._thread_rows
        about = self.kind_of(rows.thing)
        lockish = (about == TrackKind.LOCK) | (about == TrackKind.RLOCK)
        opens = (rows.kind == Kind.LOCK_WAIT) & lockish | (rows.kind == Kind.BLOCK) & ~lockish
        # Where no GIL is measured, what is waited for inside of another wait names that other thing, which has begun already.
        opens &= (rows.flags & Flag.NESTED == 0) | (rows.state != State.BLOCKED)
        closes = ((rows.kind == Kind.LOCK_ACQUIRE) | (rows.kind == Kind.LOCK_TIMEOUT)) & lockish
        closes |= (rows.kind == Kind.UNBLOCK) & ~lockish
        some = rows[opens | closes]
        opening = opens[opens | closes]
        order = order_by(some.track, some.thing)
        some, opening = some[order], opening[order]
        at = np.flatnonzero(opening)
        following = np.minimum(at + 1, max(len(some) - 1, 0))
        closed = (following > at) & ~opening[following]
        closed &= (some.track[following] == some.track[at]) & (some.thing[following] == some.thing[at])
        over = np.full(max(self.tracks, default=0) + 1, self.duration_ns)
        for track, (_, exit) in self.lives.items():
            over[track] = exit
        end = np.where(closed, some.at[following], over[some.track[at]])
        ended = np.where(closed, some.kind[following], 0)
        return Waits(some.track[at], some.thing[at], some.at[at], np.maximum(end, some.at[at]), some.line[at], ended)

    @cached_property
    def gil_moves(self) -> tuple[Rows, Truth]:
        """Acquires and releases by GIL, then time; ``thing`` is the GIL in all of them. And which are acquires."""
        rows = self._thread_rows
        moves = rows[(rows.kind == Kind.GIL_ACQUIRE) | (rows.kind == Kind.GIL_RELEASE)]
        order = order_by(moves.track)
        moves = moves[order]
        starts = starts_of(moves.track)
        # A release's row may be about what its thread waits for; the GIL is the one it had.
        tells = self.kind_of(moves.thing) == TrackKind.GIL
        gil = forward(starts, tells, moves.thing, np.zeros(len(starts), np.uint32))
        fallback = self.ids(TrackKind.GIL)
        gil = np.where(gil == 0, fallback[0] if fallback else 0, gil).astype(np.uint32)
        moves = Rows(moves.at, moves.track, moves.kind, moves.flags, moves.state, gil, moves.line, moves.value)[
            np.lexsort((order, moves.at, gil))
        ]
        return _untie(moves, moves.kind == Kind.GIL_ACQUIRE)

    @cached_property
    def handoffs(self) -> Handoffs:
        """Of all GILs, by GIL, then time."""
        moves, acquires = self.gil_moves
        pair = ~acquires[:-1] & acquires[1:] & (moves.thing[:-1] == moves.thing[1:])
        pair &= moves.track[:-1] != moves.track[1:]
        first: Index = np.flatnonzero(pair)
        second = first + 1
        return Handoffs(
            gil=moves.thing[first],
            giver=moves.track[first],
            taker=moves.track[second],
            released=moves.at[first],
            acquired=moves.at[second],
            forced=moves.flags[first] & Flag.FORCED != 0,
            waited=self._gil_wait_before(moves.track[second], moves.at[second]),
        )

    def _gil_wait_before(self, tracks: Numbers, acquired: Numbers) -> Numbers:
        """How long the wait for the GIL was that an acquire ended; 0 where none did."""
        waits = self.gil_waits
        keys, wanted = self.key(waits.track, waits.end), self.key(tracks, acquired)
        if not len(keys):
            return np.zeros(len(wanted), np.int64)
        found = np.minimum(keys.searchsorted(wanted), len(keys) - 1)
        return np.where(keys[found] == wanted, waits.length[found], 0)

    @cached_property
    def lock_moves(self) -> tuple[Rows, Truth]:
        """First acquires and last releases by lock, then time. And which are acquires."""
        rows = self.rows
        about = np.isin(self.kind_of(rows.thing), LOCKS)
        acquires = (rows.kind == Kind.LOCK_ACQUIRE) & (rows.value <= 1) & about
        moves = rows[acquires | (rows.kind == Kind.LOCK_RELEASE) & (rows.value == 0) & about]
        moves = moves[np.lexsort((moves.at, moves.thing))]
        return _untie(moves, moves.kind == Kind.LOCK_ACQUIRE)


def _untie(steps: Rows, acquires: Truth) -> tuple[Rows, Truth]:
    """Acquires and releases by thing: at one instant, the release that makes an acquire possible comes before it."""
    tied = acquires[:-1] & ~acquires[1:] & (steps.track[:-1] != steps.track[1:])
    tied &= (steps.at[:-1] == steps.at[1:]) & (steps.thing[:-1] == steps.thing[1:])
    first = np.flatnonzero(tied)
    places = np.arange(len(steps))
    places[first], places[first + 1] = first + 1, first
    return steps[places], acquires[places]
