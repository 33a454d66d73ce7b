"""What it costs to hand objects from one process to another: to pickle, write, read and unpickle them.

Counted is the time in which a thread really is at it: a reader that waits for a message costs nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gilscope.analysis import messages
from gilscope.analysis.forward import Index, Numbers, stretches
from gilscope.analysis.spans import Spans
from gilscope.analysis.text import duration, size
from gilscope.analysis.timeline import Timeline
from gilscope.events import Kind, State, TrackKind

STEPS = {
    "pickling": (Kind.PICKLE, Kind.PICKLED),
    "writing": (Kind.CALL, Kind.RETURN),
    "reading": (Kind.BLOCK, Kind.UNBLOCK),
    "unpickling": (Kind.UNPICKLE, Kind.UNPICKLED),
}
OF_PIPES = ("writing", "reading")
AT_IT = (State.RUNNING, State.NATIVE)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One step of handing objects over, each time that it was taken."""

    name: str
    track: Numbers
    begin: Numbers
    end: Numbers

    def spans(self, timeline: Timeline) -> Spans:
        """The parts in which its thread was at it."""
        parts = [parts for _, parts in timeline.parts(self.track, self.begin, self.end)]
        spans = Spans.concat(parts)
        return spans[np.isin(spans.state, AT_IT)]

    def of(self, threads: Sequence[int]) -> "Step":
        """Those of some threads."""
        mine = np.isin(self.track, threads)
        return Step(self.name, self.track[mine], self.begin[mine], self.end[mine])


def steps(timeline: Timeline) -> list[Step]:
    """All of the run, by kind of step."""
    rows = timeline.flows.rows
    of_pipe = timeline.kind_of(rows.thing) == TrackKind.PIPE
    found = []
    for name, (opens, closes) in STEPS.items():
        some = of_pipe if name in OF_PIPES else np.ones(len(rows), np.bool_)
        first, last = stretches(rows.track, some & (rows.kind == opens), some & (rows.kind == closes))
        whole = last >= 0
        found.append(Step(name, rows.track[first[whole]], rows.at[first[whole]], rows.at[last[whole]]))
    return found


def between_processes(timeline: Timeline) -> Index:
    """Which messages lead from one process to another."""
    rows, sent = timeline.flows.rows, timeline.flows.messages
    return np.flatnonzero(timeline.parent_of(rows.track[sent.begun]) != timeline.parent_of(rows.track[sent.read]))


def sent(timeline: Timeline, waits: Spans) -> str:
    """``sends it 1.24 MB``: what a thread waited for, and for which call, if that was one; empty where that was no message."""
    rows, sent = timeline.flows.rows, timeline.flows.messages
    mine = np.flatnonzero((rows.track[sent.read] == waits.track[0]) & (sent.pipe == waits.thing[0]))
    n = np.unique(rows.at[sent.read[mine]].searchsorted(waits.end))
    n = mine[n[n < len(mine)]]
    if not len(n):
        return ""
    asks, answers = (columns[n[0]] for columns in messages.calls(rows, sent))
    what = (
        f", a call of {timeline.name(asks)}" if asks else f", the answer to {timeline.name(answers)}" if answers else ""
    )
    return f"sends it {size(int(sent.bytes[n].sum()))}{what if len(n) == 1 else ''}"


def pickled(timeline: Timeline, runs: Spans) -> str:
    """For how much of some stretches a thread pickled and unpickled, as a sentence; empty where it didn't."""
    if not timeline.ids(TrackKind.TYPE):
        return ""
    told = []
    for step in steps(timeline):
        if step.name not in OF_PIPES:
            mine = step.of(runs.track[:1].tolist())
            parts = [runs.within(begin, end) for begin, end in zip(mine.begin.tolist(), mine.end.tolist(), strict=True)]
            if total := int(Spans.concat(parts).length.sum()):
                told.append(f"{duration(total)} of it {step.name}")
    return f"{' and '.join(told)}." if told else ""


def started_meanwhile(timeline: Timeline, process: int, begin: Numbers, end: Numbers, who: str) -> str:
    """For how much of some stretches a process was being started, as a sentence; empty where it wasn't."""
    parts = Spans.concat([parts for _, parts in timeline.parts(np.full(len(begin), process), begin, end)])
    starting = int(parts.length[parts.state == State.STARTING].sum())
    return f"{who} was being started for {duration(starting)} of it." if starting else ""
