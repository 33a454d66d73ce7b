"""The checker: is a recording free of contradictions? One for the tests and for the badge on the page.

What was lost, or not measured, contradicts nothing.
"""

from dataclasses import dataclass

import numpy as np

from gilscope.analysis.forward import Truth, order_by, starts_of
from gilscope.analysis.text import duration
from gilscope.analysis.timeline import Timeline
from gilscope.events import LEGAL, STATE_TEXT, Kind, State, TrackKind
from gilscope.recording import Recording, Rows

MOST_OF_A_KIND = 20
"""One broken rule may be broken a million times: so many are told."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Something that can't have been so, or wasn't counted."""

    sentence: str
    track: int
    """0: it concerns the whole recording."""
    at: int


def check(recording: Recording) -> list[Contradiction]:
    """All contradictions; none in a sound recording."""
    return check_timeline(Timeline(recording))


def check_timeline(timeline: Timeline) -> list[Contradiction]:
    """As ``check``, on a timeline that is there already."""
    found: list[Contradiction] = []
    for rule in (_tracks, _order, _transitions, _holders, _waits, _steps, _partition, _counts):
        found += rule(timeline)[:MOST_OF_A_KIND]
    return found


def _legal() -> Truth:
    table = np.zeros((256, 256), np.bool_)
    for state, following in LEGAL.items():
        table[state, [*following, state]] = True
    return table


LEGAL_TABLE = _legal()


def _tracks(timeline: Timeline) -> list[Contradiction]:
    """Every row is about a track that was told."""
    rows = timeline.recording.rows
    unknown, first = np.unique(rows.track[timeline.kind_of(rows.track) == 255], return_index=True)
    at = rows.at[timeline.kind_of(rows.track) == 255][first]
    return [
        Contradiction(f"Rows are about track {track}, which was never told.", track, when)
        for track, when in zip(unknown.tolist(), at.tolist(), strict=True)
    ]


def _order(timeline: Timeline) -> list[Contradiction]:
    """On each track time never goes back."""
    rows = timeline.recording.rows
    order = order_by(rows.track)
    track, at = rows.track[order], rows.at[order]
    back = np.flatnonzero((track[1:] == track[:-1]) & (at[1:] < at[:-1]))
    return [
        Contradiction(
            f"{timeline.name(track[n])}: time goes back by {duration(int(at[n] - at[n + 1]))}.",
            int(track[n]),
            int(at[n + 1]),
        )
        for n in back[:MOST_OF_A_KIND].tolist()
    ]


def _transitions(timeline: Timeline) -> list[Contradiction]:
    """Only what may follow follows."""
    rows = timeline.rows
    order = order_by(rows.track)
    track, at, state = rows.track[order], rows.at[order], rows.state[order]
    bad = np.flatnonzero((track[1:] == track[:-1]) & ~LEGAL_TABLE[state[:-1], state[1:]])
    return [
        Contradiction(
            f"{timeline.name(track[n])}: {_label(state[n])} can't become {_label(state[n + 1])}.",
            int(track[n]),
            int(at[n + 1]),
        )
        for n in bad[:MOST_OF_A_KIND].tolist()
    ]


def _label(state: int) -> str:
    text = STATE_TEXT[State(state)] if state in STATE_TEXT else None
    return f"'{text[0]}'" if text else f"state {state}"


def _holders(timeline: Timeline) -> list[Contradiction]:
    """At most one thread holds a GIL or a lock, and only the holder lets go of it."""
    return _hold_by_hold(timeline, *timeline.gil_moves) + _hold_by_hold(timeline, *timeline.lock_moves)


def _hold_by_hold(timeline: Timeline, steps: Rows, acquires: Truth) -> list[Contradiction]:
    same = steps.thing[1:] == steps.thing[:-1]
    other = steps.track[1:] != steps.track[:-1]
    twice = same & acquires[1:] & acquires[:-1]
    plain = timeline.kind_of(steps.thing[1:]) == TrackKind.LOCK
    not_holder = same & ~acquires[1:] & acquires[:-1] & other & ~plain
    not_held = same & ~acquires[1:] & ~acquires[:-1]
    possible = _blind(timeline, steps) | _left_behind(timeline, steps) | _made_anew(timeline, steps)
    found = []
    for bad, what in (
        (twice, "{thread} acquires {thing} while {last} holds it."),
        (not_holder, "{thread} lets go of {thing}, which {last} holds."),
        (not_held, "{thread} lets go of {thing}, which nobody holds."),
    ):
        for n in np.flatnonzero(bad & ~possible).tolist()[:MOST_OF_A_KIND]:
            thread, last = timeline.name(steps.track[n + 1]), timeline.name(steps.track[n])
            sentence = what.format(thread=thread, last=last, thing=timeline.name(steps.thing[n + 1]))
            found.append(Contradiction(sentence, int(steps.track[n + 1]), int(steps.at[n + 1])))
    return found


def _left_behind(timeline: Timeline, steps: Rows) -> Truth:
    """A lock of the standard library, which the interpreter lets go, unseen, when the thread that had it exits."""
    exited = np.full(max(timeline.tracks, default=0) + 2, np.iinfo(np.int64).max)
    for track, (_, end) in timeline.lives.items():
        exited[track] = end
    internal = np.array([bool(timeline.tracks.get(n, {}).get("internal")) for n in range(len(exited))])
    return np.asarray(internal[steps.thing[1:]] & (exited[steps.track[:-1]] <= steps.at[1:]))


def _made_anew(timeline: Timeline, steps: Rows) -> Truth:
    """The standard library's own locks share a track if they share an address: between the two steps, the next of them
    was made, whoever had the one before it."""
    rows = timeline.rows
    some = rows[rows.kind == Kind.THING_NEW]
    made, step = (np.sort((each.thing.astype(np.int64) << 42) + each.at) for each in (some, steps))
    return np.asarray(made.searchsorted(step[1:], "right") > made.searchsorted(step[:-1], "right"))


def _blind(timeline: Timeline, steps: Rows) -> Truth:
    """Between a step and the next, something was lost, or a thread went out of sight."""
    rows = timeline.rows
    gone = (rows.kind == Kind.LOST) | (rows.kind == Kind.THREAD_END) & (rows.state == State.EXITED)
    at = np.sort(rows.at[gone])
    blind = at.searchsorted(steps.at[1:], "right") > at.searchsorted(steps.at[:-1], "left")
    # A loss is told when it begins; what happened until the lost thread's next row may be lost as well.
    told = [each for each in timeline.recording.lost if "from" in each and "to" in each]
    begun = np.sort([each["from"] for each in told]).searchsorted(steps.at[1:], "right")
    over = np.sort([each["to"] for each in told]).searchsorted(steps.at[:-1], "left")
    blind |= begun > over
    return np.asarray(blind)


def _waits(timeline: Timeline) -> list[Contradiction]:
    """Every wait ends in what it waited for, a timeout, or the end."""
    waits = timeline.waits
    order = order_by(waits.track, waits.thing)
    waits = waits[order]
    starts = starts_of(waits.track, waits.thing)
    last = np.zeros(len(waits), np.bool_)
    last[np.append(starts[1:], len(waits))[: len(starts)] - 1] = len(waits) > 0
    losses = np.sort(timeline.rows.at[timeline.rows.kind == Kind.LOST])
    following = np.append(waits.begin[1:], 0) if len(waits) else waits.begin
    lossless = losses.searchsorted(following, "right") <= losses.searchsorted(waits.begin, "left")
    endless = np.flatnonzero((waits.ended == 0) & ~last & lossless)
    return [
        Contradiction(
            f"{timeline.name(waits.track[n])} waits for {timeline.name(waits.thing[n])} "
            "again before its wait for it has ended.",
            int(waits.track[n]),
            int(waits.begin[n + 1]),
        )
        for n in endless[:MOST_OF_A_KIND].tolist()
    ]


def _steps(timeline: Timeline) -> list[Contradiction]:
    """A task runs in one thread at a time, and a thread runs one task at a time."""
    rows = timeline.rows[timeline.kind_of(timeline.rows.track) == TrackKind.TASK]
    rows = rows[order_by(rows.track)]
    rows = rows[(rows.kind == Kind.TASK_STEP) | (rows.state != State.RUNNING)]  # others leave a step as it is
    step = np.flatnonzero(rows.kind[:-1] == Kind.TASK_STEP)
    step = step[rows.track[step] == rows.track[step + 1]]
    again = step[rows.kind[step + 1] == Kind.TASK_STEP]
    found = [
        Contradiction(
            f"{timeline.name(rows.track[n])} begins a step in {timeline.name(rows.thing[n + 1])} before the one in "
            f"{timeline.name(rows.thing[n])} is over.",
            int(rows.track[n]),
            int(rows.at[n + 1]),
        )
        for n in again[:MOST_OF_A_KIND].tolist()
    ]
    step = step[np.lexsort((rows.at[step + 1], rows.at[step], rows.thing[step]))]
    first, second = step[:-1], step[1:]
    at_once = (rows.thing[first] == rows.thing[second]) & (rows.at[second] < rows.at[first + 1])
    found += [
        Contradiction(
            f"{timeline.name(rows.thing[b])} begins a step of {timeline.name(rows.track[b])} before that of "
            f"{timeline.name(rows.track[a])} is over.",
            int(rows.thing[b]),
            int(rows.at[b]),
        )
        for a, b in zip(first[at_once].tolist(), second[at_once].tolist(), strict=True)
        if rows.track[a] != rows.track[b]
    ]
    return found


def _partition(timeline: Timeline) -> list[Contradiction]:
    """The spans of each thread, task and work cover its life, one after the other, and nothing comes after the end."""
    found = []
    end = timeline.recording.end
    rows = timeline.rows
    if end is not None and len(rows) and rows.at[-1] > (end.get("duration_ns") or 0):
        late = int(rows.at[-1]) - int(end.get("duration_ns") or 0)
        found.append(
            Contradiction(
                f"{timeline.name(rows.track[-1])}: a row {duration(late)} after the end of the run.",
                int(rows.track[-1]),
                int(rows.at[-1]),
            )
        )
    spans = timeline.spans[
        np.isin(timeline.kind_of(timeline.spans.track), (TrackKind.THREAD, TrackKind.TASK, TrackKind.WORK))
    ]
    if len(spans):
        hole = (spans.track[1:] == spans.track[:-1]) & (spans.begin[1:] != spans.end[:-1])
        found += [
            Contradiction(
                f"{timeline.name(spans.track[n])}: its spans don't follow each other.", int(spans.track[n]), at
            )
            for n, at in zip(np.flatnonzero(hole).tolist(), spans.begin[1:][hole].tolist(), strict=True)
        ]
    return found


def _counts(timeline: Timeline) -> list[Contradiction]:
    """Emitted = stored + counted as lost."""
    end = timeline.recording.end or {}
    emitted, stored, lost = (end.get(name) for name in ("emitted", "stored", "lost"))
    if emitted is None or stored is None or lost is None or emitted == stored + lost:
        return []
    sentence = f"{emitted:,} events were emitted, but {stored:,} were stored and {lost:,} counted as lost."
    return [Contradiction(sentence, 0, timeline.duration_ns)]
