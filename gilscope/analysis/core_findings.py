"""Findings about cores: who has none, and which of them nobody uses."""

import numpy as np

from gilscope.analysis.finding import WORTH_TELLING_NS, Finding, proof
from gilscope.analysis.spans import Spans, at_once
from gilscope.analysis.text import counted, duration, percent, times
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind

SHARE = 0.05
"""So much of all lives was spent waiting for a core."""
IDLE_SHARE = 0.1
"""For so much of the run threads waited for the GIL …"""
IDLE_CORES = 0.5
"""… while so many cores had nobody on them, on average."""


def _stalled(timeline: Timeline) -> list[Finding]:
    """The holder of the GIL had no core, while others waited."""
    spans = timeline.thread_spans
    stalled = spans[spans.state == State.STALLED]
    total = int(stalled.length.sum())
    if total < WORTH_TELLING_NS:
        return []
    longest = int(stalled.length.argmax())
    sentence = (
        f"The thread that held the GIL lost its core {times(len(stalled))}: for {duration(total)} in all, nobody "
        f"executed Python although somebody held the GIL. The longest was {timeline.name(stalled.track[longest])}, "
        f"{duration(int(stalled.length[longest]))}."
    )
    weight = 300 + 200 * total / max(timeline.duration_ns, 1)
    title = "The holder of the GIL had no core"
    return [Finding("stalled-holder", title, sentence, "stalled", proof(stalled), weight)]


def _no_core(timeline: Timeline) -> list[Finding]:
    """Threads could have gone on, but had no core: this run has too many, or something else has the cores."""
    spans = timeline.thread_spans
    without = spans[np.isin(spans.state, (State.RUNNABLE, State.STALLED))]
    moments, (lacking, busy) = at_once(without, _busy(timeline))
    length, lacking, busy = np.diff(moments), lacking[:-1], busy[:-1]
    lives = max(sum(end - begin for begin, end in timeline.lives.values()), 1)
    found = []
    for full, rule in ((busy >= timeline.cores, _too_many), (busy < timeline.cores, _something_else)):
        total = int((length * lacking * full).sum())
        if total >= max(WORTH_TELLING_NS, SHARE * lives):
            most = int(lacking[full & (length > 0)].max())
            found.append(rule(timeline, without, total, total / lives, most))
    return found


def _too_many(timeline: Timeline, without: Spans, total: int, share: float, most: int) -> Finding:
    cores = counted(timeline.cores, "core")
    sentence = (
        f"While threads of this run were on all of its {cores}, up to {counted(most, 'more thread')} wanted one, too: they "
        f"waited {duration(total)} in all, {percent(share)} of all lives."
    )
    title = f"More threads compute than there are cores ({timeline.cores})"
    return Finding("oversubscribed-cores", title, sentence, "runnable", proof(without), 300 + 200 * share)


def _something_else(timeline: Timeline, without: Spans, total: int, share: float, most: int) -> Finding:
    sentence = (
        f"Threads of this run waited {duration(total)} for a core in all, {percent(share)} of all lives, while at least one of "
        f"{counted(timeline.cores, 'core')} had none of them: something else was on it, or this run may not use it. On a "
        "quiet machine its times would be shorter."
    )
    title = "Something else had the cores"
    return Finding("busy-machine", title, sentence, "runnable", proof(without), 250 + 100 * share)


def _idle(timeline: Timeline) -> list[Finding]:
    """Threads wait for the GIL, whose holder has a core, and there are cores without any of them."""
    waits, spans = timeline.gil_waits, timeline.thread_spans
    moments, (waiting, stalled, busy) = at_once(waits, spans[spans.state == State.STALLED], _busy(timeline))
    length = np.diff(moments) * ((waiting > 0) & (stalled == 0))[:-1]
    total = int(length.sum())
    share = total / max(timeline.duration_ns, 1)
    idle = int((length * np.maximum(timeline.cores - busy[:-1], 0)).sum())
    if total < WORTH_TELLING_NS or share < IDLE_SHARE or idle < IDLE_CORES * total:
        return []
    sentence = (
        f"For {duration(total)}, {percent(share)} of this run, threads waited for the GIL, whose holder had a core; meanwhile "
        f"{idle / total:.1f} of {counted(timeline.cores, 'core')} had no thread of this run on them on average. More cores "
        "would be no help."
    )
    title = "Threads wait for the GIL, not for cores"
    return [Finding("idle-cores", title, sentence, "gil-wait", proof(waits), 160 + 50 * share)]


def _busy(timeline: Timeline) -> Spans:
    """Stretches of cores with a thread of this run on them."""
    spans = timeline.spans[timeline.spans.state == State.BUSY]
    return spans[timeline.kind_of(spans.track) == TrackKind.CORE]


RULES = (_stalled, _no_core, _idle)
