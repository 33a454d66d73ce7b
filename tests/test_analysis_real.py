"""Causes, blame and the critical path on recordings of real runs: what holds for pictures holds there, too."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from gilscope import scenarios
from gilscope.analysis.blame import table
from gilscope.analysis.causes import chain
from gilscope.analysis.critical_path import path
from gilscope.analysis.timeline import Timeline
from gilscope.collector.order import Order
from gilscope.collector.run import perform
from gilscope.events import State, TrackKind
from gilscope.recording import read

RUNS = {
    "two_counters": {"work_ms": 30},
    "lock_contention": {"hold_ms": 2.0, "own_ms": 2.0},
    "producer_consumer": {},
    "deadlock": {"patience_ms": 200},
    "io_releases_the_gil": {"latency_ms": 20},
}


@pytest.fixture(scope="module", params=RUNS)
def timeline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Timeline:
    """Of one real run."""
    scenario = next(each for each in scenarios.catalogue() if each.name == request.param)
    parameters = {each.name: each.default for each in scenario.parameters} | RUNS[request.param]
    file = tmp_path_factory.mktemp("real") / "run.gilscope"
    perform(Order(request.param, scenario, parameters, Path(sys.executable), file))
    return Timeline(read(file))


def test_every_life_is_accounted_for(timeline: Timeline) -> None:
    """To the nanosecond, of the whole run and of its second half."""
    for begin in (0, timeline.duration_ns // 2):
        total: dict[int, int] = {}
        for row in table(timeline, begin):
            total[row.thread] = total.get(row.thread, 0) + row.ns
        lives = {track: until - max(since, begin) for track, (since, until) in timeline.lives.items()}
        assert total == {track: length for track, length in lives.items() if length > 0}


def test_the_critical_path_is_the_whole_run(timeline: Timeline) -> None:
    """Without holes, and each of its segments is what that thread did then."""
    found = path(timeline)
    assert [0, *found.end.tolist()] == [*found.begin.tolist(), timeline.duration_ns]
    told = found[~np.isin(found.state, (State.STARTING, State.UNKNOWN))]
    spans = timeline.spans[timeline.spans_at(told.track, told.begin)]
    assert (spans.track == told.track).all()
    assert (spans.state == told.state).all()


def test_whatever_lets_a_blocked_thread_go_on_is_known(timeline: Timeline) -> None:
    """But for waits that were given up, and for the second of the two waits inside of one join."""
    if not timeline.measured("gil"):
        pytest.skip("without the GIL layer nobody tells when a thread goes on")
    flows = timeline.flows
    rows = flows.rows
    assert (flows.cause < np.arange(len(rows))).all()
    goes_on = (flows.was == State.BLOCKED) & (rows.state != State.BLOCKED) & (rows.state != State.EXITED)
    left = np.flatnonzero(goes_on & (flows.cause < 0))
    assert np.isin(timeline.kind_of(rows.thing[flows.previous[left]]), (TrackKind.THREAD,)).all()


def test_chains_stay_within_what_they_explain(timeline: Timeline) -> None:
    """Of the longest waits."""
    spans = timeline.thread_spans
    waits = spans[np.isin(spans.state, (State.GIL_WAIT, State.BLOCKED, State.STALLED, State.RUNNABLE))]
    for n in waits.length.argsort()[::-1][:40].tolist():
        hops = chain(timeline, int(waits.track[n]), int(waits.begin[n]))
        assert hops[0].ns == int(waits.length[n])
        assert all(after.ns <= before.ns for before, after in pairwise(hops))
