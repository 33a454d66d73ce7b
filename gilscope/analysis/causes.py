"""Why is this thread not running? From a span to what it waits for, to who has that, to what that one does."""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.text import counted, duration
from gilscope.analysis.timeline import LOCKS, Spans, Timeline
from gilscope.events import STATE_TEXT, Kind, State, TrackKind
from gilscope.recording import Recording

MOST_HOPS = 12


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the chain: what a track does between two times, and why."""

    sentence: str
    detail: str
    track: int
    begin: int
    end: int
    state: str
    thing: int
    """0: it is about nothing else."""


def why(recording: Recording, track: int, at: int) -> list[Hop]:
    """The chain for what the track does at a time; empty where nothing is known of it then."""
    return chain(Timeline(recording), track, at)


def chain(timeline: Timeline, track: int, at: int) -> list[Hop]:
    """As ``why``, on a timeline that is there already."""
    spans = timeline.spans.of(track)
    n = int(spans.begin.searchsorted(at, "right")) - 1
    if n < 0 or (at >= int(spans.end[n]) and n < len(spans) - 1):
        return []
    hops: list[Hop] = []
    seen: set[int] = set()
    here: Spans | None = spans[n : n + 1]
    while here is not None and len(hops) < MOST_HOPS:
        who = int(here.track[0])
        if who in seen:
            hops.append(_circle(timeline, here))
            break
        seen.add(who)
        hop, here = _step(timeline, here)
        hops.append(hop)
    return hops


def _step(timeline: Timeline, span: Spans) -> tuple[Hop, Spans | None]:
    """What this span says, and the span that is its cause."""
    state, thing = State(int(span.state[0])), int(span.thing[0])
    if state == State.GIL_WAIT or (state == State.BLOCKED and _kind(timeline, thing) in LOCKS):
        return _held(timeline, span, state, thing)
    if state == State.BLOCKED and _kind(timeline, thing) == TrackKind.THREAD:
        sentence = f"{_name(timeline, span)} waits {_length(span)} for {timeline.name(thing)} to end"
        return _hop(timeline, span, sentence), _meanwhile(timeline, thing, span)
    if state == State.BLOCKED:
        return _let_go_on(timeline, span, thing)
    return _hop(timeline, span, _alone(timeline, span, state, thing)), None


def _held(timeline: Timeline, span: Spans, state: State, thing: int) -> tuple[Hop, Spans | None]:
    begin, end = int(span.begin[0]), int(span.end[0])
    holds = timeline.spans.of(thing).within(begin, end)
    held = holds[(holds.state == State.HELD) | (holds.state == State.CONTENDED)]
    held = held[held.thing != int(span.track[0])]
    what = "the GIL" if state == State.GIL_WAIT else f"{_kind_word(timeline, thing)} {timeline.name(thing)}"
    sentence = f"{_name(timeline, span)} waits {_length(span)} for {what}"
    if not len(held):
        return _hop(timeline, span, sentence, "Who had it meanwhile isn't known."), None
    holders, which = np.unique(held.thing, return_inverse=True)
    total = np.zeros(len(holders), np.int64)
    np.add.at(total, which, held.length)
    most = int(holders[total.argmax()])
    detail = f"Held by {timeline.name(most)}"
    if len(holders) > 1:
        others = counted(len(holders) - 1, "other thread")
        detail += f" for {duration(int(total.max()))} of it, by {others} for the rest"
    acquired = held[held.thing == most].line[:1]
    line = timeline.line(int(acquired[0])) if len(acquired) else 0
    detail += f" (line {line})." if line else "."
    return _hop(timeline, span, sentence, detail), _meanwhile(timeline, most, span)


def _meanwhile(timeline: Timeline, track: int, during: Spans) -> Spans | None:
    """What explains most of what another thread did meanwhile: its longest stretch in the state it was in most."""
    spans = timeline.spans.of(track).within(int(during.begin[0]), int(during.end[0]))
    if not len(spans):
        return None
    total = np.bincount(spans.state, weights=spans.length)
    mine = spans[spans.state == total.argmax()]
    n = int(mine.length.argmax())
    return mine[n : n + 1]


def _let_go_on(timeline: Timeline, span: Spans, thing: int) -> tuple[Hop, Spans | None]:
    """Waits for a condition, an event, a queue …: who let it go on."""
    sentence = f"{_name(timeline, span)} waits {_length(span)} for {_kind_word(timeline, thing)} {timeline.name(thing)}"
    rows = timeline.rows
    begin, end = rows.at.searchsorted((int(span.begin[0]), int(span.end[0])))
    some = rows[begin : end + 1]
    telling = np.isin(some.kind, (Kind.NOTIFY, Kind.PUT, Kind.GET)) & (some.thing == thing)
    telling &= some.track != int(span.track[0])
    found = np.flatnonzero(telling)
    if not len(found):
        return _hop(timeline, span, sentence, "Nobody in this recording lets it go on."), None
    last = int(found[-1])
    waker = int(some.track[last])
    line = timeline.line(int(some.line[last]))
    detail = f"{timeline.name(waker)} lets it go on" + (f" (line {line})." if line else ".")
    return _hop(timeline, span, sentence, detail), _meanwhile(timeline, waker, span)


def _alone(timeline: Timeline, span: Spans, state: State, thing: int) -> str:
    name, length = _name(timeline, span), _length(span)
    if state == State.RUNNING:
        return f"{name} runs Python for {length}"
    if state == State.STALLED:
        return f"{name} holds the GIL, but the kernel took its core away for {length}"
    if state == State.NATIVE:
        return f"{name} computes in C code for {length}, without the GIL"
    if state == State.OUTSIDE and _kind(timeline, thing) == TrackKind.SLEEP:
        return f"{name} sleeps for {length}"
    if state == State.OUTSIDE:
        return f"{name} is away from Python for {length}: it waits for input, output or the clock"
    if state == State.RUNNABLE:
        return f"{name} wants a core for {length}, and none is free"
    if state == State.UNKNOWN:
        return f"{name}: these {length} were not seen"
    return f"{name}: {STATE_TEXT[state][0]} for {length}"


def _circle(timeline: Timeline, span: Spans) -> Hop:
    name = timeline.name(int(span.track[0]))
    return _hop(timeline, span, f"{name} is where this began: they wait for each other", "Nobody of them can go on.")


def _hop(timeline: Timeline, span: Spans, sentence: str, detail: str = "") -> Hop:
    line = timeline.line(int(span.line[0]))
    return Hop(
        sentence=sentence + (f", at line {line}." if line else "."),
        detail=detail,
        track=int(span.track[0]),
        begin=int(span.begin[0]),
        end=int(span.end[0]),
        state=STATE_NAMES[State(int(span.state[0]))],
        thing=int(span.thing[0]),
    )


def _name(timeline: Timeline, span: Spans) -> str:
    return timeline.name(int(span.track[0]))


def _length(span: Spans) -> str:
    return duration(int(span.length[0]))


def _kind(timeline: Timeline, thing: int) -> int:
    return int(timeline.tracks.get(thing, {}).get("kind", -1))


def _kind_word(timeline: Timeline, thing: int) -> str:
    kind = _kind(timeline, thing)
    return TrackKind(kind).name.lower() if kind in list(TrackKind) else "something called"
