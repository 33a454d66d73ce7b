"""Deadlocks: threads and tasks in a circle, each waiting for a lock that the next one holds, or for its end."""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.forward import Index, Numbers, Truth
from gilscope.analysis.spans import Spans
from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.events import TASK_ENDS, Kind, State, TrackKind

MOST = 20
MOST_SEARCHED = 10_000
"""Waits that ended in nothing, the longest: threads may try in vain a million times."""
LIVING = (TrackKind.THREAD, TrackKind.TASK)
"""What one may wait for the end of; of a process, it is that of its main thread."""


@dataclass(frozen=True, slots=True)
class Link:
    """Who waits for which lock, and who holds it; or for whose end."""

    waiter: int
    thing: int
    holder: int


@dataclass(frozen=True, slots=True)
class Cycle:
    """A circle, from when the last of them began to wait until the first gave up."""

    links: tuple[Link, ...]
    begin: int
    end: int
    broken: bool
    """A wait was given up; else it lasted until the end of the recording, or of the threads."""


@dataclass(frozen=True, slots=True, eq=False)
class _Waits:
    """Of threads and tasks, by waiter, then time."""

    track: Numbers
    thing: Numbers
    begin: Numbers
    end: Numbers
    given_up: Truth
    endless: Truth

    def __getitem__(self, index: Index) -> "_Waits":
        return _Waits(*(getattr(self, name)[index] for name in self.__dataclass_fields__))


def deadlocks(timeline: Timeline) -> list[Cycle]:
    """By time. Who waits for a lock of its own is a circle of one, but for a lock made inside the standard library: a condition
    takes one twice, for another thread to give it back.

    A circle can only end by somebody who gives up, or never: so it is searched for at the end of each such wait. The
    others may then get what they waited for.
    """
    some = [_of_threads(timeline), _of_tasks(timeline)]
    waits = _Waits(*(np.concatenate([getattr(each, name) for each in some]) for name in _Waits.__dataclass_fields__))
    keys = timeline.key(waits.track, waits.begin)
    order = keys.argsort(kind="stable")
    waits, keys = waits[order], keys[order]
    hopeless = np.flatnonzero(waits.given_up | waits.endless)
    hopeless = hopeless[(waits.begin - waits.end)[hopeless].argsort(kind="stable")[:MOST_SEARCHED]]
    found: dict[frozenset[int], Cycle] = {}
    for n in hopeless.tolist():
        members = _circle(timeline, waits, keys, n)
        if members and frozenset(members) not in found:
            found[frozenset(members)] = _cycle(waits, members)
    return sorted(found.values(), key=lambda cycle: cycle.begin)[:MOST]


def _of_threads(timeline: Timeline) -> _Waits:
    """For locks, and for ends that don't come."""
    waits = timeline.waits
    kinds = timeline.kind_of(waits.thing)
    waits = waits[np.isin(kinds, LOCKS) | (np.isin(kinds, (*LIVING, TrackKind.PROCESS)) & (waits.ended == 0))]
    given_up, endless = waits.ended == Kind.LOCK_TIMEOUT, waits.ended == 0
    return _Waits(waits.track, waits.thing, waits.begin, waits.end, given_up, endless)


def _of_tasks(timeline: Timeline) -> _Waits:
    """The same; a wait that a cancellation ends is given up."""
    spans, rows = timeline.spans, timeline.rows
    waits = np.flatnonzero((spans.state == State.SUSPENDED) & np.isin(timeline.kind_of(spans.thing), (*LOCKS, *LIVING)))
    after = np.minimum(waits + 1, max(len(spans) - 1, 0))
    endless = (after == waits) | (spans.track[after] != spans.track[waits]) | (spans.state[after] == State.EXITED)
    mine = spans[waits]
    cancels = rows[(rows.kind == Kind.TASK_CANCEL) & (timeline.kind_of(rows.track) == TrackKind.TASK)]
    keys = np.sort(timeline.key(cancels.track, cancels.at))
    before, until = (keys.searchsorted(timeline.key(mine.track, at), "right") for at in (mine.begin, mine.end))
    return _Waits(mine.track, mine.thing, mine.begin, mine.end, until > before, endless)


def _circle(timeline: Timeline, waits: _Waits, keys: Numbers, first: int) -> list[int]:
    """The waits of the circle that there is when this one ends; none when there is none."""
    at, members, n = int(waits.end[first]) - 1, list[int](), first
    while n not in members:
        members.append(n)
        holder = _holder(timeline, int(waits.thing[n]), at)
        n = int(keys.searchsorted(timeline.key(np.array([holder]), np.array([at])), "right")[0]) - 1
        if not holder or n < 0 or waits.track[n] != holder or not waits.begin[n] <= at < waits.end[n]:
            return []
    a_signal = len(members) == 1 and timeline.tracks[int(waits.thing[first])].get("internal")
    return members if n == first and not a_signal else []


def _cycle(waits: _Waits, members: list[int]) -> Cycle:
    """From who closed it on."""
    last = max(range(len(members)), key=lambda n: (int(waits.begin[members[n]]), members[n]))
    members = members[last:] + members[:last]
    track, thing = waits.track[members].tolist(), waits.thing[members].tolist()
    links = tuple(map(Link, track, thing, [*track[1:], track[0]]))
    begin, over = int(waits.begin[members].max()), int(waits.end[members].min())
    broken = bool((waits.given_up[members] & (waits.end[members] == over)).any())
    return Cycle(links, begin, over, broken)


def _holder(timeline: Timeline, thing: int, at: int) -> int:
    """Who would have to go on first."""
    here = _at(timeline, thing, at)
    if timeline.tracks.get(thing, {}).get("kind") not in LOCKS:
        thing = timeline.main_thread(thing)
        over = len(here) and here.state[0] in (State.EXITED, *TASK_ENDS)
        return 0 if over else thing
    return int(here.thing[0]) if len(here) and here.state[0] in (State.HELD, State.CONTENDED) else 0


def _at(timeline: Timeline, track: int, at: int) -> Spans:
    """The span in which a track is then; none where it isn't there yet."""
    spans = timeline.spans.of(track)
    n = int(spans.begin.searchsorted(at, "right"))
    return spans[max(n - 1, 0) : n]
