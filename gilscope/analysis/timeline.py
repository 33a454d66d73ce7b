"""A recording as what it means: spans, waits, handoffs. Computed when asked for, once each.

Times are ns since the run's origin. Everything is columns; nothing here loops over rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis import flows, task_flows
from gilscope.analysis.columns import Columns
from gilscope.analysis.forward import Index, Numbers, Truth, batches, forward, order_by, pairs, starts_of
from gilscope.events import TASK_ENDS, Flag, Kind, State, TrackKind
from gilscope.recording import Recording, Rows

Truths = NDArray[np.bool_]
RESOURCE_KINDS = tuple(kind for kind in TrackKind if TrackKind.GIL <= kind <= TrackKind.QUEUE)
LOCKS = (TrackKind.LOCK, TrackKind.RLOCK)
DEFAULT_SWITCH_INTERVAL_NS = 5_000_000
"""CPython's, where nothing says otherwise."""


@dataclass(frozen=True, slots=True, eq=False)
class Spans(Columns):
    """From one change of a track to the next, by track, then time; none is empty, none continues the one before."""

    track: Numbers
    begin: Numbers
    end: Numbers
    state: Numbers
    thing: Numbers
    line: Numbers

    @property
    def length(self) -> Numbers:
        """ns"""
        return np.asarray(self.end - self.begin)

    def of(self, track: int) -> "Spans":
        """Those of one track."""
        first, last = self.track.searchsorted(np.array((track, track + 1), self.track.dtype))
        return self[first:last]

    def within(self, begin: int, end: int) -> "Spans":
        """The parts of these that lie between two times."""
        return self[(self.end > begin) & (self.begin < end)].cut(begin, end)

    def cut(self, begin: Numbers | int, end: Numbers | int) -> "Spans":
        """The same, each no longer than from and to these times."""
        return replace(self, begin=np.maximum(self.begin, begin), end=np.minimum(self.end, end))

    def at_once(self) -> tuple[Numbers, Numbers]:
        """Times, and how many of these there are from each on."""
        times, (count,) = at_once(self)
        return times, count


def at_once(*several: Spans) -> tuple[Numbers, list[Numbers]]:
    """Times, and how many of each of these there are from each time on."""
    times = np.concatenate([edge for spans in several for edge in (spans.begin, spans.end)])
    steps = np.concatenate([np.full(len(spans), step, np.int64) for spans in several for step in (1, -1)])
    whose = np.concatenate([np.full(2 * len(spans), n, np.uint8) for n, spans in enumerate(several)])
    order = np.lexsort((steps, times))
    steps, whose = steps[order], whose[order]
    return times[order], [np.cumsum(np.where(whose == n, steps, 0)) for n in range(len(several))]


@dataclass(frozen=True, slots=True, eq=False)
class Waits(Columns):
    """From the first moment that a thread wanted a thing until it had it, or gave up, or the end."""

    track: Numbers
    thing: Numbers
    begin: Numbers
    end: Numbers
    line: Numbers
    ended: Numbers
    """``Kind`` of what ended it; 0: nothing did."""

    @property
    def length(self) -> Numbers:
        """ns"""
        return np.asarray(self.end - self.begin)


@dataclass(frozen=True, slots=True, eq=False)
class Handoffs(Columns):
    """A release of the GIL by one thread, and the acquire by another that follows it."""

    gil: Numbers
    giver: Numbers
    taker: Numbers
    released: Numbers
    acquired: Numbers
    forced: Truths
    waited: Numbers
    """ns that the taker had waited for it, up to its acquire; 0: it didn't have to."""

    def of(self, gil: int) -> "Handoffs":
        """Those of one GIL."""
        return self[self.gil == gil]

    @property
    def latency(self) -> Numbers:
        """ns during which nobody had it. Says how fast it passes only where somebody waited at the release."""
        return np.asarray(self.acquired - self.released)


class Timeline:
    """What a recording tells, worked out."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        self.tracks = recording.tracks
        self.duration_ns = recording.duration_ns

    @cached_property
    def rows(self) -> Rows:
        """By time, without rows about tracks that were never told."""
        known = self.kind_of(self.recording.rows.track) != 255
        return self.recording.rows.sorted() if known.all() else self.recording.rows[known].sorted()

    @cached_property
    def _kinds(self) -> NDArray[np.uint8]:
        kinds = np.full(max(self.tracks, default=0) + 2, 255, np.uint8)
        for id, track in self.tracks.items():
            kinds[id] = int(track.get("kind", 255))
        return kinds

    @cached_property
    def _parents(self) -> NDArray[np.uint32]:
        parents = np.zeros(len(self._kinds), np.uint32)
        for id, track in self.tracks.items():
            parents[id] = int(track.get("parent") or 0)
        return parents

    def kind_of(self, tracks: Numbers) -> Numbers:
        """``TrackKind`` of each; 255 where that was never told."""
        return np.asarray(self._kinds[np.minimum(tracks, len(self._kinds) - 1)])

    def parent_of(self, tracks: Numbers) -> Numbers:
        """Id of the parent of each: of a thread, its process; of a task, its loop."""
        return np.asarray(self._parents[np.minimum(tracks, len(self._parents) - 1)])

    def ids(self, *kinds: TrackKind) -> list[int]:
        """Tracks of these kinds, in the order of their ids."""
        return [id for id, track in sorted(self.tracks.items()) if track.get("kind") in kinds]

    def main_thread(self, track: int) -> int:
        """Of a process; any other track is its own. 0: not known."""
        told = self.tracks.get(track, {})
        if told.get("kind") != TrackKind.PROCESS:
            return track
        mine = [id for id in self.ids(TrackKind.THREAD) if self.tracks[id].get("parent") == track]
        return next((id for id in mine if self.tracks[id].get("tid") == told.get("pid")), 0)

    def name(self, track: int) -> str:
        """What people call it."""
        told = self.tracks.get(int(track))
        return str(told.get("name") or f"track {track}") if told else f"track {track}"

    def name_beside(self, thread: int, other: int) -> str:
        """With its process, where that isn't the other thread's, and it isn't called like it."""
        process, own = self.parent_of(np.array((thread, other))).tolist()
        name = self.name(thread)
        return name if process == own or name == self.name(process) else f"{name} of {self.name(process)}"

    def name_apart(self, task: int, thread: int) -> str:
        """With the process of the thread that it runs in, where another task is called so, too: ``Task-1`` is in each."""
        name, process = self.name(task), int(self.parent_of(np.array([thread]))[0])
        alike = [id for id in self.ids(TrackKind.TASK) if self.name(id) == name]
        return f"{name} of {self.name(process)}" if len(alike) > 1 else name

    def line(self, location: int) -> int:
        """Line number of a location; 0 where it isn't known."""
        return int(self.recording.locations.get(int(location), {}).get("line") or 0)

    def call(self, state: int, location: int) -> str:
        """What a thread is in while it is away or blocked, as its author calls it; empty where that isn't known.

        Away is where it released the GIL: without that, the line is of some earlier moment.
        """
        away = state in (State.OUTSIDE, State.NATIVE, State.RUNNABLE) and self.measured("gil")
        if not away and state != State.BLOCKED:
            return ""
        return str(self.recording.locations.get(int(location), {}).get("call") or "")

    def place(self, location: int) -> str:
        """``line 12`` where the program is one file and the line is in it, else ``line 12 of threading.py``; empty where unknown."""
        line, file = self.line(location), str(self.recording.locations.get(int(location), {}).get("file", ""))
        return f"line {line}" + ("" if self._files == {file} else f" of {PurePath(file).name}") if line else ""

    @cached_property
    def _files(self) -> set[str]:
        """Those of the program's author; those of the library where all of it is there."""
        return set(self.recording.sources) or {str(each.get("file", "")) for each in self.recording.locations.values()}

    def key(self, tracks: Numbers, at: Numbers) -> Numbers:
        """One number for a track and a time, in the order of tracks, then of times."""
        return np.asarray((tracks.astype(np.int64) << self.duration_ns.bit_length()) + at)

    @cached_property
    def cores(self) -> int:
        """How many the machine has; 0 where that isn't known."""
        told = int((self.recording.header.get("machine") or {}).get("cores") or 0)
        return max(told, len(self.ids(TrackKind.CORE))) if self.measured("cores") else 0

    def measured(self, layer: str) -> bool:
        """Whether this run measured a layer, as far as its end or its header says."""
        said = {**(self.recording.header.get("layers") or {}), **((self.recording.end or {}).get("layers") or {})}
        return bool((said.get(layer) or {}).get("measured"))

    def the_gil(self, thing: int) -> str:
        """``the GIL``, or ``the GIL of interpreter 1``; ``thing``: its track, or none."""
        interpreter = self.tracks.get(thing, {}).get("interpreter")
        return f"the GIL of interpreter {interpreter}" if interpreter else "the GIL"

    @property
    def without_gil(self) -> bool:
        """Whether the program ran on a free-threaded build: nobody waits for a GIL there."""
        python = self.recording.header.get("python") or {}
        return bool(python.get("free_threaded")) and not self.measured("gil")

    @cached_property
    def switch_interval_ns(self) -> int:
        """As set by the run's parameter, or told by its process; else CPython's own."""
        parameters = self.recording.header.get("parameters") or {}
        for unit, ns in (("ms", 1e6), ("us", 1e3)):
            if parameter := parameters.get(f"switch_interval_{unit}"):
                return int(float(parameter) * ns)
        told = [track.get("switch_interval_ns") for track in self.tracks.values()]
        told.append(self.recording.header.get("switch_interval_ns"))
        return next((int(each) for each in told if each), DEFAULT_SWITCH_INTERVAL_NS)

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


def _untie(steps: Rows, acquires: Truths) -> tuple[Rows, Truths]:
    """Acquires and releases by thing: at one instant, the release that makes an acquire possible comes before it."""
    tied = acquires[:-1] & ~acquires[1:] & (steps.track[:-1] != steps.track[1:])
    tied &= (steps.at[:-1] == steps.at[1:]) & (steps.thing[:-1] == steps.thing[1:])
    first = np.flatnonzero(tied)
    places = np.arange(len(steps))
    places[first], places[first + 1] = first + 1, first
    return steps[places], acquires[places]
