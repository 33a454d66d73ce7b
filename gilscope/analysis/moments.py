"""Where in a recording that is what a query looks for, if it occurred at all."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gilscope.analysis import findings
from gilscope.analysis.forward import Index, Numbers, Truth
from gilscope.analysis.queries import MARKS, STATES, Name, Query
from gilscope.analysis.spans import Spans
from gilscope.analysis.timeline import Timeline
from gilscope.events import Flag, Kind, State, TrackKind

HAD = (State.HELD, State.CONTENDED, State.BUSY)
"""States of a lock, a core or a loop in which ``thing`` of a span is who has it."""
OF_THE_GIL = {"running", "stalled", "gil-wait", "drop request", "forced release", "handoff"}
"""What nobody knows of without the GIL layer."""


@dataclass(frozen=True)
class Moment:
    """What was found: a stretch of one track, or an instant. Times are ns since the run's origin."""

    track: int
    """0: of none."""
    begin: int
    end: int
    state: int
    thing: int
    """What it is about: 0 where nothing is."""
    holder: int
    """Who had that for the longest part of it, but for the track itself; of a handoff who gave; 0: nobody."""
    line: int
    """Id of the location; 0: unknown."""
    text: str = ""
    """What was printed."""


class Moments:
    """Of one recording, by queries."""

    def __init__(self, timeline: Timeline) -> None:
        self.timeline = timeline

    def find(self, query: Query, not_before: int = 0) -> Moment | None:
        """None: it didn't occur, or wasn't measured. ``not_before``: ns, for a query with ``then``."""
        if query.what == "printed":
            return self._printed(query, not_before)
        holders = np.empty(0, np.int64)
        if query.what == "handoff":
            some, holders = self._handoffs(query)
        elif query.what in MARKS:
            some = self._marks(query)
        elif query.what == "finding":
            some = self._findings(query)
        else:
            some = self._spans(query)
        keep = some.begin >= (not_before if query.then else 0)
        keep &= self._named(query.on, some.track) & self._named(query.about, some.thing)
        if query.source:
            keep &= np.isin(some.line, self._places(query.source))
        for limit, sign in ((query.over, 1), (query.under, -1)):
            if limit:
                keep &= sign * some.length > sign * limit.ns(self.timeline.switch_interval_ns)
        n = _choose(query, some, np.flatnonzero(keep & self._held_by(query.by, some)))
        if n is None:
            return None
        track, state = int(some.track[n]), int(some.state[n])
        thing = int(some.thing[n])
        if len(holders):
            holder = int(holders[n])
        elif state in HAD:
            thing, holder = track, thing
        else:
            holder = self._holder(some[n : n + 1], query.by)
        return Moment(track, int(some.begin[n]), int(some.end[n]), state, thing, holder, int(some.line[n]))

    def measured(self, query: Query) -> bool:
        """Whether the recording could know of it."""
        if query.what == "running" and self.timeline.without_gil:
            return False
        return query.what not in OF_THE_GIL or self.timeline.measured("gil")

    def _spans(self, query: Query) -> Spans:
        spans = self.timeline.spans
        return spans[spans.state == STATES[query.what]]

    def _marks(self, query: Query) -> Spans:
        """As spans that end where they begin."""
        timeline, kind = self.timeline, MARKS[query.what]
        rows = timeline.rows
        rows = rows[(rows.kind == kind) & (timeline.kind_of(rows.track) == TrackKind.THREAD)]
        if kind == Kind.GIL_RELEASE:
            rows = rows[rows.flags & Flag.FORCED != 0]
        return Spans(rows.track, rows.at, rows.at, rows.state, rows.thing, rows.line)

    def _handoffs(self, query: Query) -> tuple[Spans, Numbers]:
        """From a release to the acquire after it, on the track of who takes; and who gave each."""
        all = self.timeline.handoffs
        some = all[self._named(query.giver, all.giver) & self._named(query.taker, all.taker)]
        none = np.zeros(len(some), np.int64)
        return Spans(some.taker, some.released, some.acquired, none + State.RUNNING, some.gil, none), some.giver

    @cached_property
    def _found(self) -> list[findings.Finding]:
        return findings.of(self.timeline)

    def _findings(self, query: Query) -> Spans:
        """The stretches that prove the findings of a kind, each with the state and the line that its track has then."""
        proofs = [stretch for finding in self._found if finding.kind == query.argument for stretch in finding.spans]
        track, begin, end = np.array(proofs, np.int64).reshape(-1, 3).T
        there = self.timeline.spans[self.timeline.spans_at(track, begin)] if len(self.timeline.spans) else None
        none = np.zeros(len(track), np.int64)
        if there is None:
            return Spans(track, begin, end, none, none, none)
        same = there.track == track
        return Spans(track, begin, end, *(np.where(same, each, 0) for each in (there.state, there.thing, there.line)))

    def _printed(self, query: Query, not_before: int) -> Moment | None:
        found = [
            (int(part["at"]), line.strip())
            for part in self.timeline.recording.output
            for line in str(part["text"]).splitlines()
            if query.argument in line and (int(part["at"]) >= not_before or not query.then)
        ]
        n = -1 if query.which == "last" else query.which - 1 if isinstance(query.which, int) else 0
        if n >= len(found) or not found:
            return None
        at, text = found[n]
        return Moment(0, at, at, 0, 0, 0, 0, text)

    def _ids(self, name: Name) -> list[int]:
        kind = name.kind.replace("-", "_").upper()
        return [
            id
            for id, track in self.timeline.tracks.items()
            if name.fits(self.timeline.name(id)) and (not kind or track.get("kind") == TrackKind[kind])
        ]

    def _places(self, text: str) -> list[int]:
        """Locations at whose line of source this text stands."""
        recording = self.timeline.recording
        lines = {file: source.splitlines() for file, source in recording.sources.items()}
        return [
            id
            for id, place in recording.locations.items()
            if text in "".join(lines.get(str(place.get("file")), [])[max(int(place.get("line") or 0) - 1, 0) :][:1])
        ]

    def _named(self, name: Name | None, tracks: Numbers) -> Truth:
        return np.isin(tracks, self._ids(name)) if name else np.ones(len(tracks), np.bool_)

    def _held_by(self, name: Name | None, some: Spans) -> Truth:
        """Which of these are held by tracks of this name, or are about something that one of them has at any time within."""
        if name is None:
            return np.ones(len(some), np.bool_)
        ids = self._ids(name)
        had = np.isin(some.state, HAD) & np.isin(some.thing, ids)
        for which, parts in self.timeline.parts(some.thing, some.begin, np.maximum(some.end, some.begin + 1)):
            had[which[np.isin(parts.state, HAD) & np.isin(parts.thing, ids)]] = True
        return had

    def _holder(self, one: Spans, by: Name | None) -> int:
        """Who had what a span is about, for the longest part of it; with ``by``, of those that are called so."""
        held: dict[int, int] = {}
        for _, parts in self.timeline.parts(one.thing, one.begin, np.maximum(one.end, one.begin + 1)):
            mine = parts[np.isin(parts.state, HAD) & (parts.thing != one.track[0]) & self._named(by, parts.thing)]
            for track, length in zip(mine.thing.tolist(), mine.length.tolist(), strict=True):
                held[track] = held.get(track, 0) + length
        return max(held, key=lambda track: held[track], default=0)


def _choose(query: Query, some: Spans, among: Index) -> int | None:
    """The number of the one that is wanted, by time; None where there are too few."""
    among = among[np.lexsort((some.track[among], some.begin[among]))]
    if query.which == "longest":
        return int(among[some.length[among].argmax()]) if len(among) else None
    if query.which == "shortest":
        return int(among[some.length[among].argmin()]) if len(among) else None
    n = -1 if query.which == "last" else query.which - 1
    return int(among[n]) if n < len(among) and len(among) else None
