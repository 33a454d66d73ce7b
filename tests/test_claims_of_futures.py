"""The claims about futures and pools: confirmed by recordings that show it, refuted by those that show the contrary."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gilscope.claims import Verdict
from gilscope.events import State
from gilscope.recording import Recording
from tests.claimed import given, really, says, shipped, verdict_of
from tests.pictures import track_of
from tests.programs import FOUND

Change = Callable[[Recording], None]


def ends(name: str, state: State) -> Change:
    """As if this had ended so."""

    def change(recording: Recording) -> None:
        recording.rows.state[np.flatnonzero(recording.rows.track == track_of(recording, name))[-1]] = state

    return change


def prints(pattern: str, new: str) -> Change:
    """As if the program had printed other figures."""

    def change(recording: Recording) -> None:
        whole = "".join(part["text"] for part in recording.output)
        text, count = re.subn(pattern, new, whole)
        assert count
        recording.output = [{"at": 0, "stream": "stdout", "text": text}]

    return change


def test_pool_life() -> None:
    """Results and errors are told, and no thread is left; one that is refutes it."""
    assert shipped("pool_life").verdict == "confirmed"
    assert shipped("pool_life", says("8 results", "7 results")).verdict == "refuted"
    assert shipped("pool_life", says("1 errors", "0 errors")).verdict == "refuted"
    assert shipped("pool_life", says("0 threads", "1 threads")).verdict == "refuted"
    assert shipped("pool_life", ends("worker_0", State.OUTSIDE)).verdict == "refuted"
    assert shipped("pool_life", says("results", "answers")).verdict == "not measured"


def test_too_many_requests() -> None:
    """Who comes on top is refused; a pool that nobody refuses, or that is quicker than its server, refutes it."""
    assert shipped("too_many_requests").verdict == "confirmed"
    assert shipped("too_many_requests", prints(r"\d+ times", "0 times")).verdict == "refuted"

    def few(recording: Recording) -> None:
        prints(r"\d+ times", "0 times")(recording)
        given(places=5)(recording)

    assert shipped("too_many_requests", few).sentence.startswith(
        "On how many come at the same time: the server answered 5 "
    )
    assert shipped("too_many_requests", prints(r"after \d+", "after 9")).verdict == "refuted"
    assert shipped("too_many_requests", given(places=64)).verdict == "depends"
    assert shipped("too_many_requests", says("answers", "words")).verdict == "not measured"


def test_future_life() -> None:
    """Cancelled before it runs, and told by the worker; else refutes it."""
    assert shipped("future_life").verdict == "confirmed"
    assert shipped("future_life", ends("hash_password 2", State.DONE)).verdict == "refuted"
    assert (
        shipped("future_life", says("running True, cancelled False", "running True, cancelled True")).verdict
        == "refuted"
    )
    assert shipped("future_life", says("callback in worker_0", "callback in MainThread")).verdict == "refuted"
    assert shipped("future_life", says("not yet", "in time")).verdict == "not measured"
    assert shipped("future_life", says("callback in", "somebody in")).verdict == "not measured"


EARLY = prints(r"map: the first result after [\d.]+", "map: the first result after 0.1")
LATE = prints(r"completed: the first result after [\d.]+", "completed: the first result after 99999.9")


def main_was(state: State) -> Change:
    """As if the main thread had been in this state whenever it lacked a core, or, if that is the state, all the time."""

    def change(recording: Recording) -> None:
        rows = recording.rows
        main = rows.track == track_of(recording, "MainThread")
        lacks = state in (State.RUNNABLE, State.STALLED)
        which = rows.state != State.EXITED if lacks else rows.state == State.RUNNABLE
        rows.state[main & which] = state

    return change


@pytest.mark.parametrize("otherwise", [EARLY, LATE], ids=["map is early", "as_completed is late"])
def test_straggler(otherwise: Change) -> None:
    """map waits for the slow one, as_completed doesn't; the other way round refutes it, if whoever takes them had a core."""

    def both(state: State) -> Change:
        return lambda recording: (otherwise(recording), main_was(state)(recording))[0]

    assert shipped("straggler").verdict == "confirmed"
    assert shipped("straggler", both(State.OUTSIDE)).verdict == "refuted"
    assert shipped("straggler", both(State.RUNNABLE)).verdict == "depends"
    assert shipped("straggler", both(State.STALLED)).verdict == "depends"
    assert shipped("straggler", says("first result", "last result")).verdict == "not measured"


REAL: list[tuple[str, str, dict[str, Any]]] = [
    ("pool_life", "depends", {"files": 1, "missing": 1, "workers": 4, "file_mb": 1}),
    ("too_many_requests", "depends", {"requests": 3, "workers": 2, "places": 4, "latency_ms": 5.0}),
    ("future_life", "confirmed", {"fails": True, "timeout_ms": 1.0}),
    ("straggler", "depends", {"slow": 1, "rounds": 1, "passwords": 4}),
]


@pytest.mark.parametrize(("name", "expected", "changes"), REAL)
def test_a_real_run_is_judged(name: str, expected: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """Each on one interpreter, another for each; three runs, for on a busy machine a moment may be missed."""
    python = FOUND[-1 - REAL.index((name, expected, changes)) % len(FOUND)]
    verdicts: list[Verdict] = []
    while len(verdicts) < 3 and expected not in [verdict.verdict for verdict in verdicts]:
        verdicts.append(verdict_of(really(name, python, tmp_path / "recording", **changes)))
    assert verdicts[-1].verdict == expected, verdicts
