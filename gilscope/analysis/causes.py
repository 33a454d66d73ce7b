"""Why is this thread not running? From a span to what it waits for, to who has that, to what that one does meanwhile.

Each hop is about a part of the time that the hop before it is about: a chain never explains more than there was.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from gilscope.analysis import pool_causes, task_causes, thing_causes
from gilscope.analysis.culprits import holders, lost_cores, on_their_cores, wakes
from gilscope.analysis.forward import starts_of
from gilscope.analysis.spans import Spans
from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.stretches import MOST_NAMED, kind, lasting, longest, meanwhile, share, words
from gilscope.analysis.text import counted, duration, listed, times
from gilscope.analysis.timeline import LOCKS, Timeline
from gilscope.analysis.transport import pickled, sent, started_meanwhile
from gilscope.events import STATE_TEXT, State, TrackKind
from gilscope.recording import Recording

MOST_HOPS = 12
MOST_SPANS = 50


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the chain: what a track does, for how much of the time, and why."""

    sentence: str
    detail: str
    track: int
    begin: int
    end: int
    """The longest stretch of it."""
    state: str
    thing: int
    """0: it is about nothing else."""
    ns: int
    """Of all its stretches together."""
    spans: list[tuple[int, int, int]] = field(default_factory=list)
    """Track, from, to: the longest stretches, by time."""


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
    here: Spans | None = spans[n : n + 1]
    while here is not None and len(hops) < MOST_HOPS:
        if int(here.track[0]) in {hop.track for hop in hops}:
            hops.append(_circle(timeline, here, hops))
            break
        hop, here = _step(timeline, here, hops[-1] if hops else None)
        hops.append(hop)
    return hops


def _step(timeline: Timeline, here: Spans, last: Hop | None) -> tuple[Hop, Spans | None]:
    """What these stretches of one track in one state say, and those of another that are their cause.

    ``last``: the hop before this one, which they are a part of.
    """
    state, thing = State(int(here.state[0])), int(here.thing[0])
    about, waits = kind(timeline, thing), state in (State.BLOCKED, State.SUSPENDED)
    detail, cause = "", None
    if state == State.BLOCKED and (idle := pool_causes.without_work(timeline, here)):
        detail, cause = idle
    elif state == State.GIL_WAIT or (waits and about in LOCKS):
        detail, cause = _had(timeline, here)
    elif waits and about in (TrackKind.THREAD, TrackKind.PROCESS, TrackKind.TASK, TrackKind.WORK):
        cause = meanwhile(timeline, timeline.main_thread(thing), here.begin, here.end)
        detail = started_meanwhile(timeline, thing, here.begin, here.end, "It")
        detail = detail or (thing_causes.over(timeline, thing, here) if cause is None else "")
    elif waits and pool_causes.is_work(timeline, int(here.track[0])):
        detail, cause = pool_causes.given(timeline, here)
    elif waits and task_causes.by_itself(timeline, thing) and not task_causes.cancelled(timeline, here):
        detail, cause = task_causes.nobody(timeline, here)
    elif waits:
        detail, cause = _let_go_on(timeline, here)
    elif state == State.READY and pool_causes.is_work(timeline, int(here.track[0])):
        detail, cause = pool_causes.queued(timeline, here)
    elif state == State.READY:
        detail, cause = task_causes.kept_waiting(timeline, here)
    elif state == State.RUNNING and thing:
        if pool_causes.is_work(timeline, int(here.track[0])):
            detail = pool_causes.submitted(timeline, int(here.track[0]))
        cause = meanwhile(timeline, thing, here.begin, here.end)
    elif state == State.RUNNING:
        detail = pickled(timeline, here)
    elif state in (State.STALLED, State.RUNNABLE):
        detail, cause = _on_its_core(timeline, here)
    elif state in (State.HELD, State.CONTENDED, State.BUSY) and about != TrackKind.PROCESS and thing:
        cause = meanwhile(timeline, thing, here.begin, here.end)
    elif state in (State.STARTING, State.ALIVE):
        cause = _main_thread(timeline, here)
    of = last.ns if last else int(here.length.sum())
    if pool_causes.is_work(timeline, int(here.track[0])):
        return _hop(here, pool_causes.sentence(timeline, here, of), detail), cause
    if kind(timeline, int(here.track[0])) == TrackKind.TASK:
        return _hop(here, task_causes.sentence(timeline, here, of), detail), cause
    task = task_causes.inside(timeline, here)
    told = _sentence(timeline, here, of, begun=not task)
    if task and (last is None or last.track != task):
        told = f"{told[:-1]}, in the task {timeline.name(task)}."
    return _hop(here, told, detail), cause


def _sentence(timeline: Timeline, here: Spans, of: int, begun: bool) -> str:
    """Who does what, for how long, where. ``begun``: what it runs began where its stretch did, not with a task's step."""
    state, thing, total = State(int(here.state[0])), int(here.thing[0]), int(here.length.sum())
    name, length = timeline.name(int(here.track[0])), duration(total) + share(total, of)
    lines = np.unique(here.line)
    place = timeline.place(int(lines[0])) if len(lines) == 1 else ""
    if state == State.RUNNING and not begun:
        place = ""
    call = timeline.call(state, int(lines[0])) if len(lines) == 1 else ""
    inside = f" in {call}" if call else ""
    often = f", {times(len(here))}" if len(here) > 1 else ""
    at, since = (often + (f", {word}" if place else "") for word in (f"at {place}", f"from {place} on"))
    match state:
        case State.GIL_WAIT:
            told = f"waits {length} for {timeline.the_gil(thing)}{at}"
        case State.BLOCKED if kind(timeline, thing) in (TrackKind.THREAD, TrackKind.PROCESS):
            told = f"waits {length}{inside} for {timeline.name(thing)} to end{at}"
        case State.BLOCKED if kind(timeline, thing) == TrackKind.PIPE:
            told = f"waits {length}{inside} for a message from {words(timeline, thing)}{at}"
        case State.BLOCKED:
            told = f"waits {length}{inside} for {words(timeline, thing)}{at}"
        case State.RUNNING:
            told = f"runs Python for {length}{since}"
        case State.STALLED:
            told = f"holds the GIL, but the kernel took its core away for {length}{often}"
        case State.NATIVE if timeline.without_gil:
            told = f"runs for {length}{since}; this Python has no GIL"
        case State.NATIVE:
            told = f"computes in C code for {length}{inside}{at}, without the GIL"
        case State.OUTSIDE if kind(timeline, thing) == TrackKind.SLEEP:
            told = f"sleeps for {length}{at}"
        case State.OUTSIDE if kind(timeline, thing) == TrackKind.PIPE:
            told = f"writes to {words(timeline, thing)} for {length}{at}"
        case State.OUTSIDE if call:
            told = f"is away from Python for {length}{inside}{at}"
        case State.OUTSIDE:
            told = f"is away from Python for {length}{at}: it waits for input, output or the clock"
        case State.RUNNABLE:
            told = f"wants a core for {length}{often}, and has none"
        case State.HELD | State.CONTENDED if thing:
            told = f"is held by {timeline.name(thing)} for {length}{often}"
        case State.BUSY if not thing:
            what = "has work" if kind(timeline, int(here.track[0])) == TrackKind.POOL else "runs callbacks"
            told = f"{what} for {length}{often}"
        case State.BUSY if kind(timeline, thing) == TrackKind.PROCESS:
            told = f"is open for {length}{often}, since {timeline.name(thing)} opened or closed it"
        case State.STARTING:
            told = f"is being started for {length}"
        case State.BUSY:
            told = f"has {timeline.name(thing)} on it for {length}{often}"
        case State.UNKNOWN:
            return f"{name}: these {length} were not seen."
        case _:
            return f"{name}: {STATE_TEXT[state][0]} for {length}."
    return f"{name} {told}."


def _had(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """Who had the GIL or the lock meanwhile, and what the one that had it longest did in that time."""
    had = Spans.concat([holds for _, holds in holders(timeline, here)])
    whole, free = int(here.length.sum()), int(had.length[had.state == State.FREE].sum())
    had = had[(had.state != State.FREE) & (had.thing != 0)]
    if not len(had):
        who = "task" if here.state[0] == State.SUSPENDED else "thread"
        unknown = thing_causes.copied(timeline, int(here.thing[0])) or "Who had it meanwhile isn't known."
        return f"Nobody has it: the {who} wakes up." if free else unknown, None
    whose, total = longest(had.thing, had.length)
    if whose[0] == here.track[0] and (wakes(timeline, here)[0] != 0).all():
        return _let_go_on(timeline, here)  # taken twice to wait until another thread releases it
    first = had[had.thing == whose[0]]
    detail = f"Held by {timeline.name(whose[0])}"
    if here.state[0] != State.GIL_WAIT and (place := timeline.place(_taken_at(timeline, first))):
        detail += f", which took it at {place}"
    if share(total[0], whole):
        others = [f"by {timeline.name(who)} for {duration(ns)}" for who, ns in zip(whose[1:], total[1:], strict=True)]
        if len(others) > MOST_NAMED:
            rest = counted(
                len(others) - MOST_NAMED, "other task" if here.state[0] == State.SUSPENDED else "other thread"
            )
            others[MOST_NAMED:] = [f"by {rest} for {duration(sum(total[MOST_NAMED + 1 :]))}"]
        others += [f"by nobody for {duration(free)}"] * (free > 0)
        detail += f", for {duration(total[0])} of it{', ' if others else ''}{listed(others, MOST_NAMED + 2)}"
    return f"{detail}.", meanwhile(timeline, whose[0], first.begin, first.end)


def _main_thread(timeline: Timeline, here: Spans) -> Spans | None:
    """What the main thread of a process does; until it is seen, that of the process that starts it."""
    process = int(here.track[0])
    own = meanwhile(timeline, timeline.main_thread(process), here.begin, here.end)
    if own is not None or here.state[0] != State.STARTING:
        return own
    parent = timeline.main_thread(int(timeline.tracks[process].get("parent") or 0))
    return meanwhile(timeline, parent, here.begin, here.end)


def _taken_at(timeline: Timeline, holds: Spans) -> int:
    """Where the longest of these parts of holds of a lock was acquired: its location."""
    n = int(holds.length.argmax())
    spans = timeline.spans.of(int(holds.track[n]))
    starts = starts_of(spans.thing)
    now = int(spans.begin.searchsorted(holds.begin[n], "right")) - 1
    return int(spans.line[starts[int(starts.searchsorted(now, "right")) - 1]])


def _let_go_on(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """Waits for a condition, an event, a queue …: who let it go on, and what that one did until then."""
    waker, at = wakes(timeline, here)
    known = waker != 0
    if not known.any():
        detail, cause = task_causes.nobody(timeline, here)
        return " ".join(filter(None, (detail, thing_causes.until_then(timeline, here)))), cause
    at = np.clip(at, here.begin, here.end)
    whose, _ = longest(waker[known], (at - here.begin)[known])
    mine = np.flatnonzero(waker == whose[0])
    ends = "cancels it" if task_causes.cancels(timeline, whose[0], here[mine]) else "lets it go on"
    detail = f"{timeline.name_beside(whose[0], int(here.track[0]))} {sent(timeline, here[mine]) or ends}"
    if late := int((here.end[mine] - at[mine]).sum()):
        detail += f"; it needs {duration(late)} to wake up"
    if len(whose) > 1:
        detail += f"; at other times, {listed([timeline.name(who) for who in whose[1:]], MOST_NAMED)}"
    begin, at = here.begin[mine], at[mine]
    if 2 * late > int((here.end[mine] - begin).sum()):
        there, computes = _on_its_core(timeline, replace(here[mine], begin=at))
        if computes is not None:
            return f"{detail}. Meanwhile {there}", computes
    if here.state[0] == State.SUSPENDED:
        return f"{detail}.", meanwhile(timeline, whose[0], begin, at)
    process, own = timeline.parent_of(np.array((whose[0], here.track[0]))).tolist()
    started = f" {started_meanwhile(timeline, process, begin, at, timeline.name(process))}" if process != own else ""
    thread, born = whose[0], timeline.lives.get(whose[0], (0, 0))[0]
    young = np.maximum(np.minimum(at, born) - begin, 0)
    if (
        process != own and 2 * young.sum() > (at - begin).sum() and timeline.main_thread(process)
    ):  # for most of it, it wasn't there yet
        thread, at = timeline.main_thread(process), np.minimum(at, born)
    return f"{detail}.{started}".rstrip(), meanwhile(timeline, thread, begin, np.maximum(begin, at))


def _on_its_core(timeline: Timeline, here: Spans) -> tuple[str, Spans | None]:
    """Who was on the core that the thread had last, and ran there."""
    core = int(lost_cores(timeline, here)[here.length.argmax()])
    if not core:
        return "", None
    stays = Spans.concat([stays for _, stays in on_their_cores(timeline, here)])
    whole, where = int(here.length.sum()), timeline.name(core)
    whose, total = longest(stays.thing, stays.length)
    outside = whole - sum(total)
    if not whose or outside > total[0]:
        return f"Something outside of this run is on {where}{lasting(outside, whole)}.", None
    first = stays[stays.thing == whose[0]]
    computes = meanwhile(timeline, whose[0], first.begin, first.end, (State.RUNNING, State.NATIVE))
    return f"{timeline.name(whose[0])} is on {where}{lasting(total[0], whole)}.", computes


def _circle(timeline: Timeline, here: Spans, hops: list[Hop]) -> Hop:
    """The chain leads back to a thread that is in it: those from there on wait for each other."""
    name, length = timeline.name(int(here.track[0])), duration(int(here.length.sum()))
    if hops[-1].track == int(here.track[0]):
        return _hop(here, f"{name} has it itself: it waits for itself.", f"It can't go on by itself for {length}.")
    detail = f"None of them can go on for {length}."
    return _hop(here, f"{name} is in this chain already: they wait for each other.", detail)


def _hop(here: Spans, sentence: str, detail: str = "") -> Hop:
    longest = int(here.length.argmax())
    order = np.sort(here.length.argsort(kind="stable")[::-1][:MOST_SPANS])
    some = here[order]
    return Hop(
        sentence=sentence,
        detail=detail,
        track=int(here.track[0]),
        begin=int(here.begin[longest]),
        end=int(here.end[longest]),
        state=STATE_NAMES[State(int(here.state[0]))],
        thing=int(here.thing[0]),
        ns=int(here.length.sum()),
        spans=list(zip(some.track.tolist(), some.begin.tolist(), some.end.tolist(), strict=True)),
    )
