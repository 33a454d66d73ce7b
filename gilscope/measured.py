"""A recording as claims and predictions look at it: the questions that they may ask, and what isn't there, told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gilscope.analysis import transport
from gilscope.analysis.deadlocks import deadlocks
from gilscope.analysis.finding import Stretch
from gilscope.analysis.forward import Numbers
from gilscope.analysis.messages import Messages
from gilscope.analysis.spans import Spans, Waits
from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.timeline import Timeline
from gilscope.events import TASK_ENDS, Flag, Kind, State, TrackKind
from gilscope.parameters import Value
from gilscope.recording import Rows

Thread = Mapping[str, Any]
"""As the report tells of it."""

STATES = {name: state for state, name in STATE_NAMES.items()}
OF_THE_GIL = {"running", "stalled", "native", "gil-wait"}
"""States that nobody knows of without the GIL layer."""
OVER = {State.EXITED, *TASK_ENDS}
"""States of what lives no more."""


class NotSeen(Exception):
    """A claim asks for something that this recording doesn't have; the message says what. Its verdict: not measured."""


@dataclass(frozen=True)
class Measured:
    """A recording as a claim looks at it. Times are ns. What isn't there raises ``NotSeen``."""

    timeline: Timeline
    told: Mapping[str, Any]
    """The report."""
    parameters: Mapping[str, Value]
    places: list[Callable[[], Sequence[Stretch]]] = field(default_factory=list)
    """Where it was looked at: the first of them that has spans is what a page shows as the proof."""

    @property
    def python(self) -> str:
        """The version that ran it."""
        return str(self.told["python"])

    @property
    def executes(self) -> str:
        """The state in which a thread executes Python: without a GIL, that is any time on a core."""
        return "native" if self.timeline.without_gil else "running"

    @property
    def gils(self) -> int:
        """How many were seen, of all processes and interpreters."""
        return len(self.timeline.ids(TrackKind.GIL))

    @property
    def output(self) -> str:
        """What the program printed."""
        return "".join(str(part["text"]) for part in self.timeline.recording.output if part["stream"] == "stdout")

    def threads(self, *beginnings: str) -> list[Thread]:
        """Those whose names begin so. There is at least one, and each has lived: its lifetime isn't 0."""
        return self._called("thread", beginnings)

    def tasks(self, *beginnings: str) -> list[Thread]:
        """As ``threads``, of asyncio."""
        return self._called("task", beginnings)

    def works(self, *beginnings: str) -> list[Thread]:
        """As ``threads``, of what was submitted to pools."""
        return self._called("work", beginnings)

    def _called(self, kind: str, beginnings: tuple[str, ...]) -> list[Thread]:
        tracks = [track for track in self.told["tracks"] if track["kind"] == kind and track["lifetime_ns"]]
        found = [track for track in tracks if track["name"].startswith(beginnings)]
        if not found:
            raise NotSeen(f"No {kind} called {' or '.join(map(str.strip, beginnings))} was seen.")
        return found

    def resource(self, name: str) -> Mapping[str, Any]:
        """A lock or another thing, as the report tells of it."""
        found = next((resource for resource in self.told["resources"] if resource["name"] == name), None)
        if found is None:
            raise NotSeen(f"Nothing called {name} was seen.")
        self.places.append(lambda: self._longest_wait(found["id"]))
        return dict(found)

    def finding(self, kind: str) -> Mapping[str, Any] | None:
        """The most important finding of a kind; None where there is none."""
        found = next((finding for finding in self.told["findings"] if finding["kind"] == kind), None)
        if found is not None:
            self.places.insert(0, lambda: [(span["track"], span["from"], span["to"]) for span in found["spans"]])
        return found

    def show(self, tracks: Sequence[Thread], *states: str) -> None:
        """The longest of these spans is to be shown as the proof, instead of the first thing that the claim asks for."""
        self.places.insert(0, lambda: self._longest(tracks, states))

    def _longest(self, tracks: Sequence[Thread], states: Sequence[str]) -> Sequence[Stretch]:
        return _first_longest(self._among(tracks, states))

    def _longest_wait(self, thing: int) -> Sequence[Stretch]:
        waits = self.timeline.waits
        return _first_longest(waits[waits.thing == thing])

    @property
    def stuck(self) -> bool:
        """Whether some waited for each other in a circle that nothing ended."""
        return any(not cycle.broken for cycle in deadlocks(self.timeline))

    def lifetime(self, threads: Sequence[Thread]) -> int:
        """Of all of them together."""
        return sum(thread["lifetime_ns"] for thread in threads)

    def elapsed(self, threads: Sequence[Thread]) -> int:
        """From when the first of them began until the last ended."""
        begins, ends = zip(*map(self.life, threads), strict=True)
        return int(max(ends) - min(begins))

    def life(self, track: Thread) -> tuple[int, int]:
        """From when it was there until its end."""
        spans = self.timeline.spans.of(track["id"])
        alive = spans[~np.isin(spans.state, list(OVER))]
        return int(alive.begin[0]), int(alive.end[-1])

    def outcome(self, track: Thread) -> str:
        """The state in which it was last: ``done``, ``failed``, ``cancelled`` …"""
        rows = self.timeline.rows
        return STATE_NAMES[State(rows.state[rows.track == track["id"]][-1])]

    def steps(self, tasks: Sequence[Thread]) -> Spans:
        """Of these tasks, by the thread that ran them, then by time: ``track`` is the thread, ``thing`` the task."""
        steps = self.timeline.steps
        return steps[np.isin(steps.thing, [task["id"] for task in tasks])]

    def workers(self, works: Sequence[Thread]) -> set[int]:
        """Threads that ran these."""
        spans = self._spans(works, ("running",))
        return set(spans.thing.tolist())

    def task_waits(self, name: str) -> Spans:
        """Of tasks for a lock or another thing of asyncio."""
        tracks, spans = self.timeline.tracks, self.timeline.task_spans
        things = [id for id, told in tracks.items() if told.get("asyncio") and self.timeline.name(id) == name]
        if not things:
            raise NotSeen(f"Nothing of asyncio called {name} was seen.")
        return spans[(spans.state == State.SUSPENDED) & np.isin(spans.thing, things)]

    def cancels(self, task: Thread) -> Numbers:
        """When somebody asked for its cancellation, in order."""
        rows = self.timeline.rows
        return np.asarray(rows.at[(rows.kind == Kind.TASK_CANCEL) & (rows.track == task["id"])])

    def loop_calls(self, threads: Sequence[Thread]) -> Numbers:
        """When these gave a loop something to call, in order."""
        rows = self.timeline.rows
        mine = np.isin(rows.track, [thread["id"] for thread in threads])
        return np.asarray(rows.at[(rows.kind == Kind.LOOP_CALL) & mine])

    def longest_pause(self, task: Thread, begin: int, end: int) -> int:
        """Between two steps of a task, if any of it lies between these times."""
        steps = self.steps([task])
        last, following = steps.end[:-1], steps.begin[1:]
        return int((following - last)[(following > begin) & (last < end)].max(initial=0))

    def never_awaited(self) -> int:
        """How many coroutines were thrown away that nobody had awaited."""
        rows = self.timeline.rows
        return int(((rows.kind == Kind.UNAWAITED) & (rows.value == 1)).sum())

    def ended(self, threads: Sequence[Thread]) -> int:
        """When the last of them did."""
        return max(self.timeline.lives[thread["id"]][1] for thread in threads)

    def total(self, threads: Sequence[Thread], *states: str) -> int:
        """How long they were in any of these states, all together."""
        self._need_of(threads, states)
        self.places.append(lambda: self._longest(threads, states))
        return sum(thread["states"].get(state, 0) for thread in threads for state in states)

    def share(self, threads: Sequence[Thread], *states: str) -> float:
        """How much of their lives that is, from 0 to 1."""
        return self.total(threads, *states) / self.lifetime(threads)

    def without_core(self, threads: Sequence[Thread]) -> int:
        """How long these wanted a core and had none, all together: on a quiet machine that is little."""
        return self.total(threads, "runnable") + (0 if self.timeline.without_gil else self.total(threads, "stalled"))

    def counted(self, threads: Sequence[Thread], figure: str) -> int:
        """Sum of ``acquires``, ``waits``, ``drop_requests`` or ``forced_releases`` of the GIL."""
        self._need(OF_THE_GIL)
        return sum(thread["gil"][figure] for thread in threads)

    def most_at_once(self, threads: Sequence[Thread], *states: str) -> int:
        """How many of them were in any of these states at the same time, at most; alive, where no state is given."""
        _, count = self._spans(threads, states).at_once()
        return int(count.max(initial=0))

    def mean_at_once(self, threads: Sequence[Thread], *states: str) -> float:
        """How many of them were in any of these states, while at least one was."""
        at, count = self._spans(threads, states).at_once()
        length, busy = np.diff(at), count[:-1]
        return float((length * busy).sum() / max(length[busy > 0].sum(), 1))

    def _spans(self, tracks: Sequence[Thread], states: Sequence[str]) -> Spans:
        self._need_of(tracks, states)
        if states:
            self.places.append(lambda: self._longest(tracks, states))
        return self._among(tracks, states)

    def _among(self, tracks: Sequence[Thread], states: Sequence[str]) -> Spans:
        spans = self.timeline.spans
        wanted = [STATES[state] for state in states] or [state for state in State if state not in OVER]
        return spans[np.isin(spans.track, [track["id"] for track in tracks]) & np.isin(spans.state, wanted)]

    def overlapping_holds(self, name: str) -> int:
        """How often a lock was taken before whoever had it let go of it."""
        moves, acquires = self.timeline.lock_moves
        mine = acquires[moves.thing == self.resource(name)["id"]]
        return int((mine[1:] & mine[:-1]).sum())

    def waits(self, name: str) -> Waits:
        """For a lock or another thing, by whoever waited."""
        waits = self.timeline.waits
        return waits[waits.thing == self.resource(name)["id"]]

    def notified(self, name: str) -> Rows:
        """Each time that somebody set, released or opened it; ``value``: how many that woke, of a semaphore its permits."""
        rows = self.timeline.rows
        return rows[(rows.kind == Kind.NOTIFY) & (rows.thing == self.resource(name)["id"])]

    def most_taken(self, name: str) -> int:
        """Of the permits of a semaphore at the same time."""
        rows = self.timeline.rows
        rows = rows[np.isin(rows.kind, (Kind.TAKE, Kind.NOTIFY)) & (rows.thing == self.resource(name)["id"])]
        return int(np.cumsum(np.where(rows.kind == Kind.TAKE, 1, -rows.value.astype(np.int64))).max(initial=0))

    def messages(self) -> Messages:
        """Those that one process sent another, as far as they were seen at both ends."""
        if not self.timeline.ids(TrackKind.PIPE):
            raise NotSeen("No pipe between processes was seen.")
        return self.timeline.flows.messages[transport.between_processes(self.timeline)]

    def handing_over(self) -> dict[str, int]:
        """How long all threads together were at pickling, writing to pipes, reading from them and unpickling."""
        return {step.name: int(step.spans(self.timeline).length.sum()) for step in transport.steps(self.timeline)}

    @property
    def not_pickled(self) -> int:
        """How often something couldn't be pickled."""
        rows = self.timeline.flows.rows
        return int(((rows.kind == Kind.PICKLED) & (rows.flags & Flag.ERROR != 0)).sum())

    def starts(self, *beginnings: str) -> list[int]:
        """How long it took to start each process whose name begins so, until it could do what it is for."""
        rows = self.timeline.rows
        told = [
            rows[rows.track == id]
            for id in self.timeline.ids(TrackKind.PROCESS)
            if self.timeline.name(id).startswith(beginnings)
        ]
        return [
            int(row.at[row.kind == Kind.PROCESS_RUN][0] - row.at[row.kind == Kind.PROCESS_START][0])
            for row in told
            if {Kind.PROCESS_START, Kind.PROCESS_RUN} <= set(row.kind.tolist())
        ]

    def given_up(self, threads: Sequence[Thread], takers: Sequence[Thread]) -> tuple[int, int]:
        """How often these gave the GIL up of their own will and took it again, and how often a taker had it meanwhile."""
        self._need(OF_THE_GIL)
        moves, acquires = self.timeline.gil_moves
        took = np.cumsum(acquires & np.isin(moves.track, [thread["id"] for thread in takers]))
        times = had = 0
        for thread in threads:
            mine = np.flatnonzero(moves.track == thread["id"])
            first, second = mine[:-1], mine[1:]
            away = ~acquires[first] & acquires[second] & (moves.flags[first] & Flag.FORCED == 0)
            times += int(away.sum())
            had += int((took[second] > took[first])[away].sum())
        return times, had

    def forced_holds(self, threads: Sequence[Thread]) -> Numbers:
        """How long these had had the GIL each time that they gave it up on a drop request."""
        self._need(OF_THE_GIL)
        moves, acquires = self.timeline.gil_moves
        hold = acquires[:-1] & ~acquires[1:] & (moves.track[:-1] == moves.track[1:])
        hold &= (moves.flags[1:] & Flag.FORCED != 0) & np.isin(moves.track[1:], [thread["id"] for thread in threads])
        return np.asarray(np.diff(moves.at)[hold])

    def _need_of(self, tracks: Sequence[Thread], states: Sequence[str]) -> None:
        """A task or a work runs in its own sense, which the program layer knows."""
        if any(track["kind"] not in ("task", "work") for track in tracks):
            self._need(states)

    def _need(self, states: Sequence[str] | set[str]) -> None:
        of_cores = {"native"} if self.timeline.without_gil and self.timeline.measured("cores") else set()
        if (OF_THE_GIL - of_cores).isdisjoint(states) or self.timeline.measured("gil"):
            return
        why = str((self.told["layers"].get("gil") or {}).get("why") or "the recording doesn't say why").rstrip(".")
        raise NotSeen(f"The GIL was not measured. {why[0].upper()}{why[1:]}.")


def _first_longest(spans: Spans | Waits) -> Sequence[Stretch]:
    if not len(spans):
        return ()
    longest = int(spans.length.argmax())
    return [(int(spans.track[longest]), int(spans.begin[longest]), int(spans.end[longest]))]
