"""The spans of a recording as other viewers read them: Chrome's JSON, one complete event ("X") a span.

Only what every viewer of that format needs: a name, a process, a thread, a time, a length. What our file has besides
(causes, lines, what a wait was about) is left out, so that the others have less to read.
"""

import json
from pathlib import Path

import numpy as np

from gilscope.analysis.timeline import Timeline
from gilscope.events import STATE_TEXT, TrackKind
from gilscope.recording import Recording


def write(recording: Recording, path: Path) -> int:
    """All spans of all tracks; how many they are. Processes group their tracks, and have no spans of their own."""
    timeline = Timeline(recording)
    spans = timeline.spans
    names = [
        {"ph": "M", "name": "process_name", "pid": id, "args": {"name": told["name"]}}
        if told["kind"] == TrackKind.PROCESS
        else {"ph": "M", "name": "thread_name", "pid": told["parent"], "tid": id, "args": {"name": told["name"]}}
        for id, told in timeline.tracks.items()
    ]
    begin, length = spans.begin / 1000, spans.length / 1000
    # Readers add the two as floating-point numbers. A span that then ends behind the next one's begin would hold it.
    late = begin + length > spans.end / 1000
    length = np.where(late, (spans.length - 1) / 1000, length)
    words = {int(state): label for state, (label, _, _) in STATE_TEXT.items()}
    events = (
        f'{{"ph":"X","name":"{words[state]}","pid":{pid},"tid":{tid},"ts":{ts:.3f},"dur":{dur:.3f}}}'
        for state, pid, tid, ts, dur in zip(
            spans.state.tolist(),
            timeline.parent_of(spans.track).tolist(),
            spans.track.tolist(),
            begin.tolist(),
            length.tolist(),
            strict=True,
        )
    )
    with path.open("w") as file:
        file.write('{"displayTimeUnit":"ns","traceEvents":[\n')
        file.write(",\n".join(json.dumps(name) for name in names))
        file.writelines(f",\n{event}" for event in events)
        file.write("\n]}\n")
    return len(spans)
