"""Findings about the GIL: convoys, handoffs, code that does without it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gilscope.analysis import garbage
from gilscope.analysis.finding import MOST_SPANS, WORTH_TELLING_NS, Finding, Stretch, proof
from gilscope.analysis.spans import Handoffs, Spans, at_once
from gilscope.analysis.statistics import parallelism
from gilscope.analysis.text import counted, duration, listed, percent, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import Flag, Kind, State

CONVOY_WAITS = 3
"""So many waits of nearly a switch interval make a convoy …"""
CONVOY_SHARE = 0.1
"""… if they take this much of a life."""
NEARLY = 0.8
NATIVE_SHARE = 0.05
TURNS_SHARE = 0.1
"""Of the run: for so long several threads want to compute …"""
TURNS_MOST = 1.1
"""… and on average no more than this do."""
COMPUTES = (State.RUNNING, State.NATIVE, State.STALLED)
"""A holder of the GIL that lost its core has its turn all the same."""
WANTS = (*COMPUTES, State.RUNNABLE, State.GIL_WAIT)


def _convoy(timeline: Timeline) -> list[Finding]:
    """A thread that pays about a switch interval again and again, because another never lets go by itself."""
    interval = timeline.switch_interval_ns
    waits = timeline.gil_waits
    # A thread that computes pays as well, but after its own turn was ended by force: it isn't held up, it shares.
    dear = waits[(waits.length >= NEARLY * interval) & ~_after_forced(timeline, waits)]
    found = []
    pays = np.unique(np.stack((dear.track, dear.thing)), axis=1)
    for track, gil in pays.T.tolist():
        mine = dear[(dear.track == track) & (dear.thing == gil)]
        begin, end = timeline.lives.get(track, (0, timeline.duration_ns))
        total = int(mine.length.sum())
        share = total / max(end - begin, 1)
        if len(mine) < CONVOY_WAITS or share < CONVOY_SHARE:
            continue
        holder = _holder_meanwhile(timeline, mine)
        behind = f" behind {timeline.name(holder)}" if holder else ""
        sentence = (
            f"{timeline.name(track)} waited {times(len(mine))} for {timeline.the_gil(gil)}{behind}, each time about a whole "
            f"switch interval of {duration(interval)} (median {duration(float(np.median(mine.length)))}): {duration(total)} in all, "
            f"{percent(share)} of its life."
        )
        if holder and not _lets_go(timeline, holder, mine):
            sentence += f" {timeline.name(holder)} computes and never lets go by itself."
        title = f"{timeline.name(track)} pays a switch interval at each turn"
        found.append(Finding("convoy", title, sentence, "gil-wait", proof(mine), 600 + 100 * share))
    return found


def _after_forced(timeline: Timeline, waits: Spans) -> NDArray[np.bool_]:
    """Waits that began because their own thread was made to let go."""
    rows = timeline.rows
    forced = rows[(rows.kind == Kind.GIL_RELEASE) & (rows.flags & Flag.FORCED != 0)]
    keys = np.unique(forced.track.astype(np.int64) << 42 ^ forced.at)
    return np.isin(waits.track.astype(np.int64) << 42 ^ waits.begin, keys)


def _holder_meanwhile(timeline: Timeline, waits: Spans) -> int:
    """Which thread had the GIL for most of the time of the first of these waits; 0: not known."""
    total: dict[int, int] = {}
    for n in range(min(len(waits), MOST_SPANS)):
        gil = timeline.spans.of(int(waits.thing[n])).within(int(waits.begin[n]), int(waits.end[n]))
        for holder, length in zip(gil.thing.tolist(), gil.length.tolist(), strict=True):
            total[holder] = total.get(holder, 0) + length
    total.pop(0, None)
    return max(total, key=lambda holder: total[holder], default=0)


def _lets_go(timeline: Timeline, holder: int, waits: Spans) -> bool:
    """Whether the holder released the GIL of its own will during one of these waits."""
    rows = timeline.rows
    own = (rows.track == holder) & (rows.kind == Kind.GIL_RELEASE) & (rows.flags & Flag.FORCED == 0)
    at = rows.at[own]
    return bool((at.searchsorted(waits.end) > at.searchsorted(waits.begin, "right")).any())


def _turns(timeline: Timeline) -> list[Finding]:
    """Several threads of one process want to compute at the same time, and never do: the GIL lets one at a time."""
    found = []
    every = timeline.thread_spans[np.isin(timeline.thread_spans.state, WANTS)]
    for gil in np.unique(timeline.gil_waits.thing).tolist():
        threads = [t for t in _waiters_and_holders(timeline, gil) if _computes(timeline, every.of(t))]
        spans = every[np.isin(every.track, threads)]
        computing = spans[np.isin(spans.state, COMPUTES)]
        times_of, (want, have, wait) = at_once(spans, computing, spans[spans.state == State.GIL_WAIT])
        length = np.diff(times_of) * (want[:-1] > 1)
        together, active, waiting = (int((length * count).sum()) for count in (1, have[:-1], wait[:-1]))
        share = together / max(timeline.duration_ns, 1)
        if together < WORTH_TELLING_NS or share < TURNS_SHARE or active > TURNS_MOST * together:
            continue
        if waiting * 2 < int((length * (want - have)[:-1]).sum()):
            continue  # it's rather cores that they lack
        names = listed([timeline.name(thread) for thread in threads])
        sentence = (
            f"For {duration(together)}, {percent(share)} of this run, more than one of {names} wanted to compute; on average "
            f"{active / together:.2f} of them had their turn. Only one thread at a time has {timeline.the_gil(gil)}."
        )
        title = "Threads compute, but not at the same time"
        waits = spans[spans.state == State.GIL_WAIT]
        found.append(Finding("false-parallelism", title, sentence, "gil-wait", proof(waits), 400 + 100 * share))
    return found


def _waiters_and_holders(timeline: Timeline, gil: int) -> list[int]:
    """Threads that had a GIL or waited for it."""
    waits, holds = timeline.gil_waits, timeline.spans.of(gil)
    both = np.concatenate((waits.track[waits.thing == gil], holds.thing[holds.thing != 0]))
    return [thread for thread in np.unique(both).tolist() if thread in timeline.lives]


def _computes(timeline: Timeline, mine: Spans) -> bool:
    """Whether a thread's own computing takes a good part of the run, with what it waited for a core."""
    own = mine.length[mine.state != State.GIL_WAIT]
    return int(own.sum()) >= TURNS_SHARE * timeline.duration_ns


def _native(timeline: Timeline) -> list[Finding]:
    """C code without the GIL, at the same time as something else."""
    spans = timeline.thread_spans
    native = spans[spans.state == State.NATIVE]
    together = parallelism(timeline)
    found = []
    for track in np.unique(native.track).tolist():
        mine = native.of(track)
        total = int(mine.length.sum())
        begin, end = timeline.lives.get(track, (0, 0))
        if total < NATIVE_SHARE * max(end - begin, 1) or total < WORTH_TELLING_NS:
            continue
        name = timeline.name(track)
        how = "in a Python that has no GIL" if timeline.without_gil else "in C code without the GIL"
        sentence = f"{name} computed {duration(total)} {how}"
        if together.most > 1:
            sentence += (
                f", so other threads could run at the same time: up to {together.most} threads at once, "
                f"{duration(together.together_ns)} of this run with more than one."
            )
        else:
            sentence += ", though no other thread ran at the same time."
        title = f"{name} really runs in parallel" if together.most > 1 else f"{name} works without the GIL"
        found.append(
            Finding(
                "native-parallelism",
                title,
                sentence,
                "native",
                proof(mine),
                200 + 100 * total / max(timeline.duration_ns, 1),
            )
        )
    return found


def _garbage(timeline: Timeline) -> list[Finding]:
    """Others waited for the GIL while a thread collected garbage."""
    every = garbage.collections(timeline)
    found = []
    for each in garbage.figures(timeline):
        waited = max(each.waited_ns_by_thread.values(), default=0)
        if waited < WORTH_TELLING_NS:
            continue
        name = timeline.name(each.track)
        whose = [
            timeline.name(track)
            for track in sorted(each.waited_ns_by_thread, key=lambda t: -each.waited_ns_by_thread[t])
        ]
        sentence = (
            f"{name} collected garbage {times(each.count)}, {duration(each.total_ns)} in all (the longest "
            f"{duration(each.longest_ns)}), and freed {counted(each.collected, 'object')}. A collection keeps the GIL: "
            f"{listed(whose)} waited {duration(each.waited_ns)} for it meanwhile."
        )
        mine = every.track == each.track
        pauses = Spans(
            *(column[mine] for column in (every.track, every.begin, every.end, *(np.zeros_like(every.track),) * 3))
        )
        share = waited / max(timeline.duration_ns, 1)
        title = "Collecting garbage held everyone up"
        found.append(Finding("garbage", title, sentence, "gil-wait", proof(pauses), 300 + 100 * share))
    return found


def _forced(timeline: Timeline, gil: int) -> list[Finding]:
    handoffs = timeline.handoffs.of(gil)
    count = int(handoffs.forced.sum())
    if not count:
        return []
    waited = handoffs.waited[handoffs.forced & (handoffs.waited > 0)]
    sentence = (
        f"{counted(count, 'handoff')} of {len(handoffs):,} happened only because the waiting thread had asked for it, "
        f"after a switch interval of {duration(timeline.switch_interval_ns)}"
    )
    if len(waited):
        sentence += f"; half of the takers had waited {duration(float(np.median(waited)))} or longer"
    weight = 150 + 50 * count / len(handoffs)
    stretches = _handed(handoffs, np.flatnonzero(handoffs.forced))
    title = f"{_the(timeline, gil)} changed hands by force"
    return [Finding("forced-handoffs", title, sentence + ".", "gil-wait", stretches, weight)]


def _handoffs(timeline: Timeline, gil: int) -> list[Finding]:
    handoffs = timeline.handoffs.of(gil)
    sentence = f"{_the(timeline, gil)} passed from one thread to another {times(len(handoffs))}; "
    waiting = handoffs.waited > handoffs.latency
    if waiting.any():
        latency = handoffs.latency[waiting]
        middle, most = duration(float(np.median(latency))), duration(float(np.percentile(latency, 95)))
        sentence += (
            f"{times(len(latency))} somebody waited for it already, and had it {middle} after the release "
            f"(median; 95 of 100 within {most})."
        )
    else:
        sentence += "nobody had to wait for it."
    stretches = _handed(handoffs, np.arange(len(handoffs)))
    title = f"{counted(len(handoffs), 'handoff')} of {timeline.the_gil(gil)}"
    return [Finding("handoffs", title, sentence, "running", stretches, 100)]


def _each_gil(rule: Callable[[Timeline, int], list[Finding]]) -> Callable[[Timeline], list[Finding]]:
    """The rule, asked about each GIL that passed from one thread to another."""
    return lambda timeline: [
        found for gil in np.unique(timeline.handoffs.gil).tolist() for found in rule(timeline, gil)
    ]


def _the(timeline: Timeline, gil: int) -> str:
    return timeline.the_gil(gil).replace("the", "The", 1)


def _handed(handoffs: Handoffs, which: NDArray[np.intp]) -> list[Stretch]:
    """From release to acquire, on the giver's track; the first of them."""
    some = which[:MOST_SPANS]
    columns = (handoffs.giver[some], handoffs.released[some], handoffs.acquired[some])
    return list(zip(*(column.tolist() for column in columns), strict=True))


RULES = (_convoy, _turns, _native, _garbage, _each_gil(_forced), _each_gil(_handoffs))
