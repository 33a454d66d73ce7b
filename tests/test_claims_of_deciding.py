"""The claims about work as it comes: confirmed by recordings that show it, refuted by those that show the contrary."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gilscope import claims
from gilscope.events import State, TrackKind
from gilscope.recording import Recording
from tests.claimed import given, judged, really, says, shipped, tasks_judged, verdict_of
from tests.programs import FOUND

Change = Callable[[Recording], None]


def prints(text: str, **parameters: Any) -> Change:
    """As if the program had printed this and nothing else, and had been asked for something else."""

    def change(recording: Recording) -> None:
        recording.output = [{"at": 0, "stream": "stdout", "text": text}]
        recording.header["machine"] = {**recording.header.get("machine", {}), "cores": 2}
        given(**parameters)(recording)

    return change


def at_work(change: Change, instead: State = State.RUNNING) -> Change:
    """As if every thread had run, or had wanted a core, while it was stalled or runnable."""

    def both(recording: Recording) -> None:
        change(recording)
        rows = recording.rows
        threads = [id for id, told in recording.tracks.items() if told["kind"] == TrackKind.THREAD]
        lacking = np.isin(rows.state, (State.STALLED, State.RUNNABLE))
        if instead == State.RUNNABLE:
            lacking |= rows.state == State.RUNNING
        rows.state[lacking & np.isin(rows.track, threads)] = instead

    return both


def test_many_requests() -> None:
    """Many wait at once; one at a time, or an answer too few, refutes it."""
    assert shipped("many_requests").verdict == "confirmed"
    assert "One thread had 40 of 40 requests waiting at the same time" in shipped("many_requests").sentence
    assert shipped("many_requests", says("40 of 40", "39 of 40")).verdict == "refuted"
    assert shipped("many_requests", given(latency_ms=0.0)).verdict == "depends"
    assert shipped("many_requests", given(at_once=1)).verdict == "not measured"
    names, told = {"one": "request 1", "two": "request 2"}, "2 of 2 answered after 50.0 ms"
    assert tasks_judged("many_requests", "one RIIRD....\ntwo ....RIIRD", names, told).verdict == "refuted"
    assert tasks_judged("many_requests", "one RIIIRD...\ntwo QRIIIIIRD", names, told).verdict == "confirmed"
    assert judged("many_requests", "main R").verdict == "not measured"


def test_fifty_pages() -> None:
    """In a fraction of the time; a title too few refutes it, and so does as long as one after the other."""
    fetchers = "fetcher0 ROOOOORX\nfetcher1 ROOOOORX"
    told = "{} titles of 50 pages after {} ms".format
    assert judged("fifty_pages", fetchers, output=told(50, 200.0)) == claims.confirmed(
        "50 of 50 pages were there after 200 ms; one after the other the server alone would have taken 1.50 s. Of 10 threads 2 "
        "at most waited at the same time, for 71 % of their lives."
    )
    assert judged("fifty_pages", fetchers, output=told(49, 200.0)).verdict == "refuted"
    assert judged("fifty_pages", fetchers, output=told(50, 1400.0)).verdict == "depends"
    assert judged("fifty_pages", fetchers, output=told(50, 1600.0)).verdict == "refuted"
    assert judged("fifty_pages", fetchers, output=told(50, 200.0), workers=1).verdict == "not measured"
    starved = judged(
        "fifty_pages", fetchers.replace("OOOO", "CCCC"), output="5 titles of 5 pages after 6.0 ms", latency_ms=1
    )
    assert starved.sentence.startswith("On cores for them: all threads wanted one in vain for 8.00 ms.")
    assert judged("fifty_pages", "main R").verdict == "not measured"


@pytest.mark.parametrize(
    ("name", "told", "alone"),
    [
        ("csv_rows", "alone: 7 after {:.1f} ms\nin processes: {} after {:.1f} ms\n", {"processes": 1}),
        (
            "parallel_map",
            "map: 7 after {:.1f} ms\nin chunks: {} after {:.1f} ms\none by one: 7 after 9999.0 ms\n",
            {"workers": 1},
        ),
    ],
)
def test_work_that_is_shared_out(name: str, told: str, alone: Any) -> None:
    """Faster in processes; no faster refutes it, where they had cores and enough to do; so does another result."""
    faster = prints(told.format(100, 7, 60))
    assert (shipped(name, faster).verdict, "1.67 times as fast" in shipped(name, faster).sentence) == (
        "confirmed",
        True,
    )
    slower = prints(told.format(100, 7, 95))
    assert shipped(name, at_work(slower)).verdict == "refuted"
    assert shipped(name, at_work(slower, State.RUNNABLE)).sentence.startswith("On cores for them")
    assert shipped(name, prints(told.format(100, 8, 60))).verdict == "refuted"
    assert shipped(name, prints(told.format(10, 7, 9))).verdict == "depends"
    assert shipped(name, prints(told.format(100, 7, 60), **alone)).verdict == "not measured"
    assert judged(name, "main R", output=told.format(100, 7, 60)).verdict == "not measured", "no pipe was seen"
    assert judged(name, "main R").verdict == "not measured"


def test_what_sharing_out_depends_on() -> None:
    """Rows that main reads and sends; items that are no dearer one by one."""
    rows = prints("alone: 7 after 100.0 ms\nin processes: 7 after 200.0 ms\n", send="rows")
    assert shipped("csv_rows", rows).sentence.startswith("On what is sent")
    single = prints("map: 7 after 100.0 ms\nin chunks: 7 after 60.0 ms\none by one: 7 after 50.0 ms\n")
    assert shipped("parallel_map", single).sentence.startswith("On how items are shared out")


def test_background_writer() -> None:
    """Requests that don't wait; an entry too few refutes it."""
    told = "main writes: {} ms a request\nwriter writes: {} ms a request\n{} of 60 entries are in the database\n".format
    main = {"a": "entries", "main": "MainThread"}
    assert judged(
        "background_writer", "main RRRRaaR\nwriter RRRRRRR\na 2222221", main, told(12, 2.5, 60)
    ) == claims.confirmed(
        "Beyond its 2.00 ms a request took 10.0 ms where main writes, and 500 µs where the writer does; in the end main was "
        "blocked for 2.00 ms, until all was written. 60 of 60 entries are in the database."
    )
    assert judged("background_writer", "main R", main, told(12, 2.5, 59)).verdict == "refuted"
    assert judged("background_writer", "main R", main, told(12, 11.5, 60)).verdict == "depends"
    assert judged("background_writer", "main R", main).verdict == "not measured"


def test_batch_inference() -> None:
    """Batches are faster; other answers refute it, and so do batches that aren't, where sending was much of it."""
    told = "one by one: 400 answers, {}, after {:.3f} ms\nin batches: 400 answers, 7, after {:.3f} ms\n".format
    faster = shipped("batch_inference", prints(told(7, 90, 30)))
    assert (faster.verdict, "3.00 times as fast" in faster.sentence) == ("confirmed", True)
    assert shipped("batch_inference", prints(told(8, 90, 30))).verdict == "refuted"
    no_better = prints(told(7, 0.001, 0.001))
    assert shipped("batch_inference", at_work(no_better)).verdict == "refuted"
    assert shipped("batch_inference", at_work(no_better, State.RUNNABLE)).sentence.startswith("On cores for them")
    assert shipped("batch_inference", at_work(prints(told(7, 10**6, 10**6)))).sentence.startswith(
        "On how much each item"
    )
    assert shipped("batch_inference", prints(told(7, 90, 30), batch=1)).verdict == "not measured"
    assert judged("batch_inference", "main R").verdict == "not measured"


def test_websocket_server() -> None:
    """All wait at once, and hear everything; a message too few refutes it, and so does one that never waits."""
    assert shipped("websocket_server").verdict == "confirmed"
    assert shipped("websocket_server", says("128 of", "127 of")).verdict == "refuted"
    names, told = {"one": "client 1", "two": "client 2"}, "8 of 8 messages were heard"
    assert tasks_judged("websocket_server", "one RIIIRD\ntwo QRIIRD".replace("RIIRD", "RIIQRD"), names, told) == (
        claims.confirmed(
            "Of 2 clients, each with a connection of its own, 2 waited at the same time, and at most 1 ran; 8 of 8 messages "
            "were heard."
        )
    )
    assert tasks_judged("websocket_server", "one RIIRD...\ntwo ....RIRD", names, told).verdict == "refuted"
    assert tasks_judged("websocket_server", "one RIIRD", names, told).verdict == "not measured"
    assert judged("websocket_server", "main R").verdict == "not measured"


REAL: list[tuple[str, dict[str, Any]]] = [
    ("many_requests", {"requests": 5, "at_once": 5}),
    ("websocket_server", {"clients": 3, "messages": 1}),
]


@pytest.mark.parametrize(("name", "changes"), REAL)
def test_a_real_run_is_judged(name: str, changes: dict[str, Any], tmp_path: Path) -> None:
    """Each on one interpreter, another for each."""
    python = FOUND[-1 - REAL.index((name, changes))]
    assert verdict_of(really(name, python, tmp_path / "recording", **changes)).verdict == "confirmed"
