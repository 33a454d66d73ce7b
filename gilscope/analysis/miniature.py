"""A small picture of a recording, for a card: each thread a stripe, at each column what it did for most of the time."""

import numpy as np

from gilscope.analysis.forward import Numbers
from gilscope.analysis.spans import Spans
from gilscope.analysis.statistics import STATE_NAMES
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording

WIDTH, HEIGHT = 160, 48
MOST_TRACKS = 8
GAP = 1.5
TALL = {State.RUNNING: 1.0, State.STALLED: 1.0, State.NATIVE: 1.0, State.OUTSIDE: 0.12}
"""How much of its stripe a state is high: work is tall, being away is a line …"""
WAITING = 0.54
"""… and every other state is a wait."""


def miniature(recording: Recording) -> str:
    """An SVG whose paths have the class ``tint-STATE`` each; the style sheet colours them."""
    timeline = Timeline(recording)
    spans = timeline.thread_spans
    alive = [track for track in timeline.ids(TrackKind.THREAD) if track in timeline.lives]
    tracks = alive[:MOST_TRACKS]
    height = (HEIGHT - GAP * (len(tracks) + 1)) / max(len(tracks), 1)
    height = min(height, 9)
    top = (HEIGHT - len(tracks) * (height + GAP) + GAP) / 2
    paths: dict[int, list[str]] = {}
    for n, track in enumerate(tracks):
        states = _columns(spans.of(track), timeline.duration_ns)
        middle = top + n * (height + GAP) + height / 2
        starts = np.flatnonzero(np.append(True, states[1:] != states[:-1]))
        for begin, end in zip(starts.tolist(), [*starts[1:].tolist(), WIDTH], strict=True):
            state = int(states[begin])
            if state >= 0 and state != State.EXITED:
                tall = height * TALL.get(State(state), WAITING)
                path = f"M{begin} {middle - tall / 2:.4g}h{end - begin}v{tall:.4g}h{begin - end}z"
                paths.setdefault(state, []).append(path)
    drawn = "".join(
        f'<path class="tint-{STATE_NAMES[State(state)]}" d="{"".join(parts)}"/>'
        for state, parts in sorted(paths.items())
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">{drawn}</svg>'


def _columns(spans: Spans, duration: int) -> Numbers:
    """For each column the state that took most of it; −1 where the thread wasn't there."""
    edges = np.linspace(0, max(duration, 1), WIDTH + 1)
    time = np.zeros((len(State), WIDTH))
    for state in np.unique(spans.state).tolist():
        mine = spans[spans.state == state]
        # Time spent in this state before each edge: whole spans, and the begun part of the one that lies across it.
        total = np.concatenate(((0,), np.cumsum(mine.length)))
        n = mine.begin.searchsorted(edges, "right")
        last = np.maximum(n - 1, 0)
        spent = np.where(n > 0, total[last] + np.minimum(edges - mine.begin[last], mine.length[last]), 0)
        time[state] = np.diff(spent)
    states = time.argmax(axis=0)
    return np.asarray(np.where(time.max(axis=0) > 0, states, -1))
