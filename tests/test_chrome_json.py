"""What other viewers are given to read when they are measured: every span, none inside another."""

import itertools
import json
from pathlib import Path

from benchmarks import chrome_json
from gilscope import recording
from gilscope.analysis.timeline import Timeline
from gilscope.events import STATE_TEXT, State

CONVOY = Path(__file__).parent / "js" / "recordings" / "convoy.gilscope"


def test_every_span_is_an_event_beside_the_one_before(tmp_path: Path) -> None:
    """By the sums that readers form, in floating point: an event that ended too late would hold the next one."""
    read = recording.read(CONVOY)
    count = chrome_json.write(read, tmp_path / "x.json")
    events = json.loads((tmp_path / "x.json").read_text())["traceEvents"]
    spans = [event for event in events if event["ph"] == "X"]
    told = Timeline(read).spans
    assert [(event["tid"], event["name"], round(event["ts"] * 1000)) for event in spans] == [
        (track, STATE_TEXT[State(state)][0], begin)
        for track, state, begin in zip(told.track.tolist(), told.state.tolist(), told.begin.tolist(), strict=True)
    ]
    assert count == len(spans) > 1000
    pairs = [(one, other) for one, other in itertools.pairwise(spans) if one["tid"] == other["tid"]]
    assert all(one["ts"] + one["dur"] <= other["ts"] for one, other in pairs)
    assert {round((other["ts"] - one["ts"] - one["dur"]) * 1000) for one, other in pairs} == {0, 1}
    assert {event["tid"] for event in spans} <= {event.get("tid") for event in events if event["ph"] == "M"}
