"""Messages: what was written to a pipe, and where it was read. The n-th that was written is the n-th that is read.

Said only as far as that is proved: from the first loss on, or once a pipe has given what nobody was seen writing, its
messages aren't known any more.
"""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.columns import Columns
from gilscope.analysis.forward import Index, Numbers, Truth, last_before, order_by, starts_of, stretches
from gilscope.events import Flag, Kind, TrackKind
from gilscope.recording import Rows

NONE = -1
IN_VAIN = Flag.ERROR | Flag.TIMED
"""Nothing was read: the other end was closed; or it was only looked whether there is something."""


@dataclass(frozen=True, slots=True, eq=False)
class Messages(Columns):
    """By the time of reading. Numbers of rows of threads."""

    pipe: Numbers
    begun: Index
    """The sender begins to write."""
    written: Index
    """It has written all of it; −1: that wasn't seen. A large message is read while it is written."""
    read: Index
    """The receiver has all of it."""
    bytes: Numbers


def find(rows: Rows, kinds: Numbers) -> Messages:
    """``rows``: of threads, by time. ``kinds``: ``TrackKind`` of each track, by id."""
    of_pipe = kinds[np.minimum(rows.thing, len(kinds) - 1)] == TrackKind.PIPE
    begun, written = _writes(rows, of_pipe)
    read = np.flatnonzero(of_pipe & (rows.kind == Kind.UNBLOCK) & (rows.flags & IN_VAIN == 0))
    if not len(begun) or not len(read):
        nothing = np.empty(0, np.intp)
        return Messages(np.empty(0, np.uint32), nothing, nothing, nothing, np.empty(0, np.int64))
    writes, reads = _keys(rows.thing[begun]), _keys(rows.thing[read])
    order = writes.argsort()
    pair = order[np.minimum(writes[order].searchsorted(reads), len(order) - 1)]
    fits = (writes[pair] == reads) & (begun[pair] < read) & (rows.value[begun[pair]] == rows.value[read])
    sure = _until_first(rows.thing[read], ~fits)
    losses = np.flatnonzero(rows.kind == Kind.LOST)
    if len(losses):
        sure &= read < losses[0]
    read, pair = read[sure], pair[sure]
    return Messages(rows.thing[read], begun[pair], written[pair], read, rows.value[read])


def calls(rows: Rows, sent: Messages) -> tuple[Numbers, Numbers]:
    """What each message asks a manager's process to call, and which call it is the answer to: tracks, or 0. Who serves
    answers what it has read last."""
    track, asked = rows.track[sent.begun], np.flatnonzero(rows.kind == Kind.REQUEST)
    before = last_before(track, sent.begun, track, sent.begun)
    said = last_before(rows.track[asked], asked, track, sent.begun)
    asks = np.where(said > before, rows.thing[said], 0)
    got = last_before(rows.track[sent.read], sent.read, track, sent.begun)
    last = np.minimum(sent.read.searchsorted(got), max(len(sent) - 1, 0))
    return asks, np.where((got > before) & (asks == 0), asks[last], 0)


def _writes(rows: Rows, of_pipe: Truth) -> tuple[Index, Index]:
    """Where each writing begins and where it is over, without those that failed."""
    begun, written = stretches(rows.track, of_pipe & (rows.kind == Kind.CALL), of_pipe & (rows.kind == Kind.RETURN))
    failed = (written != NONE) & (rows.flags[written] & Flag.ERROR != 0)
    return begun[~failed], written[~failed]


def _keys(pipes: Numbers) -> Numbers:
    """Pipe, and the how-manieth of it each is."""
    order = order_by(pipes)
    starts = starts_of(pipes[order])
    number = np.empty(len(pipes), np.int64)
    number[order] = np.arange(len(pipes)) - np.repeat(starts, np.diff(np.append(starts, len(pipes))))
    return np.asarray(pipes.astype(np.int64) << 32 | number)


def _until_first(groups: Numbers, stops: Truth) -> Truth:
    """Of each group, those before the first that stops it."""
    order = order_by(groups)
    starts = starts_of(groups[order])
    count = np.cumsum(stops[order])
    base: Numbers = count[starts] - stops[order][starts]
    before: Truth = np.empty(len(groups), np.bool_)
    before[order] = count - np.repeat(base, np.diff(np.append(starts, len(groups)))) == 0
    return before
