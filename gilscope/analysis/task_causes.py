"""Why is this task not running? What the chain of causes says of tasks, and of those that keep them waiting."""

import numpy as np

from gilscope.analysis import loops
from gilscope.analysis.spans import Spans
from gilscope.analysis.stretches import MOST_NAMED, kind, longest, meanwhile, share, words
from gilscope.analysis.text import counted, duration, listed, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import STATE_TEXT, Kind, State, TrackKind


def by_itself(timeline: Timeline, thing: int) -> bool:
    """Whether what a task awaits comes from outside of the program: the clock, input, output."""
    return kind(timeline, thing) == TrackKind.FUTURE and timeline.name(thing) in (*loops.CLOCK, *loops.OUTSIDE)


def inside(timeline: Timeline, here: Spans) -> int:
    """The task in whose steps a thread is; 0: in none, or it isn't a thread."""
    return loops.task_in(timeline, int(here.track[0]), here.begin, here.end)


def cancels(timeline: Timeline, task: int, here: Spans) -> bool:
    """Whether a task let another one go on by cancelling it, in a step of its own."""
    rows = timeline.rows[(timeline.rows.track == here.track[0]) & (timeline.rows.kind == Kind.TASK_CANCEL)]
    at = rows.at[(rows.at >= here.begin[-1]) & (rows.at <= here.end[-1])][-1:]
    steps = timeline.spans.of(task)
    return bool(((steps.state == State.RUNNING) & (steps.begin <= at) & (steps.end >= at)).any()) if len(at) else False


def cancelled(timeline: Timeline, here: Spans) -> str:
    """How a wait of a task was ended, if not by what it waited for: ``timeout`` or ``cancellation``; empty else."""
    rows = timeline.rows[timeline.rows.track == here.track[0]]
    asked = (rows.kind == Kind.TASK_CANCEL) & (rows.at >= here.begin[-1]) & (rows.at <= here.end[-1])
    if here.state[0] != State.SUSPENDED or not asked.any():
        return ""
    after = rows.kind[rows.at > here.end[-1]]
    waits_again = np.flatnonzero(np.isin(after, (Kind.TASK_SUSPEND, Kind.TASK_END)))
    taken_back = np.flatnonzero(after == Kind.TASK_UNCANCEL)
    over = int(waits_again[0]) if len(waits_again) else len(after)
    return "timeout" if len(taken_back) and taken_back[0] < over else "cancellation"


def nobody(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """Said of a wait that no thread and no task ends; and whom its loop ran, if that kept it from being seen."""
    if here.state[0] != State.SUSPENDED:
        return "Nobody in this recording lets it go on.", None
    ended = int(here.end[-1]) < timeline.duration_ns
    if ended and (how := cancelled(timeline, here)):
        return f"A {how} ends the wait, which comes from outside of all tasks.", None
    known = by_itself(timeline, int(here.thing[0]))
    if ended and not known and (who := loops.called(timeline, here)):
        thread, at = who
        since = duration(int(here.end[-1]) - at)
        told = f"No task lets it go on. {timeline.name(thread)} called into its loop last, {since} before."
        return told, meanwhile(timeline, thread, here.begin, np.clip(here.end, here.begin, at))
    outside = "" if known else "No task lets it go on: the clock does, or something outside of its loop."
    late = loops.saw_late(timeline, here)
    if not len(late) or not ended:
        return outside if ended else "Nothing in this recording lets it go on.", None
    detail, cause = kept_waiting(timeline, late)
    seen = f"Its loop was busy, and saw up to {duration(int(late.length.sum()))} late that it could go on."
    return " ".join(filter(None, (outside, seen, detail))), cause


def kept_waiting(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """What the loop of a ready task was busy with, and what went on there."""
    loop = int(here.thing[0])
    parts = Spans.concat([parts for _, parts in timeline.parts(np.full(len(here), loop), here.begin, here.end)])
    thread = int(loops.threads(timeline)[loop])
    busy = parts[(parts.state == State.BUSY) & (parts.thing != 0)]
    whose, total = longest(busy.thing, busy.length)
    callbacks, whole = int(parts.length[(parts.state == State.BUSY) & (parts.thing == 0)].sum()), int(here.length.sum())
    name = timeline.name(loop)
    if not whose or total[0] < callbacks:
        called = callbacks * 2 >= whole
        detail = f"Its {name} runs callbacks." if called else f"Its {name} has nothing to run: it wakes up."
        return detail, meanwhile(timeline, thread, here.begin, here.end) if thread else None
    detail = f"Its {name} runs {timeline.name(whose[0])}"
    if share(total[0], whole):
        others = [f"{timeline.name(who)} for {duration(ns)}" for who, ns in zip(whose[1:], total[1:], strict=True)]
        if len(others) > MOST_NAMED:
            rest = f"{counted(len(others) - MOST_NAMED, 'other task')} for {duration(sum(total[MOST_NAMED + 1 :]))}"
            others[MOST_NAMED:] = [rest]
        others += [f"callbacks for {duration(callbacks)}"] * (callbacks > 0)
        detail += f" for {duration(total[0])} of it{', ' if others else ''}{listed(others, MOST_NAMED + 2)}"
    first = busy[busy.thing == whose[0]]
    return f"{detail}.", meanwhile(timeline, whose[0], first.begin, first.end, (State.RUNNING,))


def sentence(timeline: Timeline, here: Spans, of: int) -> str:
    """What a task does, for how long, where."""
    state, track, thing, total = (
        int(each) for each in (here.state[0], here.track[0], here.thing[0], here.length.sum())
    )
    name, length = timeline.name(track), duration(total) + share(total, of)
    place = _stands(timeline, here)
    often = f", {times(len(here))}" if len(here) > 1 else ""
    at, since = (often + (f", {word}" if place else "") for word in (f"at {place}", f"from {place} on"))
    function = timeline.tracks[track].get("function")
    since = since if place or not function or len(here) > 1 else f", from the beginning of {function}() on"
    match State(state):
        case State.RUNNING:
            told = f"runs for {length} in {timeline.name(thing)}{since}" if thing else f"runs for {length}{since}"
        case State.READY:
            told = f"could run, but waits {length} for its loop{often}"
        case State.SUSPENDED if timeline.name(thing) in loops.CLOCK:
            told = f"sleeps for {length}{at}"
        case State.SUSPENDED if by_itself(timeline, thing):
            told = f"waits {length} for input or output ({timeline.name(thing)}){at}"
        case State.SUSPENDED if kind(timeline, thing) == TrackKind.TASK:
            told = f"awaits the end of {timeline.name(thing)} for {length}{at}"
        case State.SUSPENDED if kind(timeline, thing) == TrackKind.FUTURE:
            told = f"awaits {_what(timeline.name(thing))} for {length}{at}"
        case State.SUSPENDED:
            told = f"waits {length} for {words(timeline, thing)}{at}"
        case State.UNKNOWN:
            return f"{name}: these {length} were not seen."
        case _:
            return f"{name}: {STATE_TEXT[State(state)][0]} for {length}."
    return f"{name} {told}."


def _what(word: str) -> str:
    return f"a {word}" if word in ("future", "TaskGroup") else word


def _stands(timeline: Timeline, here: Spans) -> str:
    """Where its author's code stands; until its first step it stands nowhere, though it was made somewhere."""
    lines = np.unique(here.line)
    made = int(timeline.tracks[int(here.track[0])].get("line") or 0)
    return timeline.place(int(lines[0])) if len(lines) == 1 and lines[0] != made else ""
