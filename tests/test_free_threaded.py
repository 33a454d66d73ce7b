"""Runs on a free-threaded build: nobody waits for a GIL, and everything else is recorded as elsewhere."""

from pathlib import Path

import numpy as np
import pytest

from gilscope.analysis.causes import why
from gilscope.analysis.check import check
from gilscope.analysis.findings import findings
from gilscope.analysis.timeline import Timeline
from gilscope.collector.interpreters import Interpreter
from gilscope.collector.order import Order, plain_environment
from gilscope.collector.run import perform
from gilscope.events import Kind, State, TrackKind
from gilscope.recording import Recording, read
from gilscope.scenarios import load
from tests.pictures import TICK, draw, track_of
from tests.programs import FOUND, ids

WITHOUT_GIL = [found for found in FOUND if found.free_threaded]
"""None of these: then pytest lists the tests as skipped."""

CROWD = '''"""A crowd that uses everything at once."""
import gc, queue, threading
from concurrent.futures import ThreadPoolExecutor

def work(number, total, lock, condition, semaphore, barrier, shelf):
    for n in range(200):
        with lock:
            total[0] += 1
        shelf.put(n)
        shelf.get()
        with condition:
            condition.notify_all()
            condition.wait(0.00001)
        with semaphore:
            pass
        event, own, simple = threading.Event(), threading.Condition(), queue.SimpleQueue()
        event.set(), event.wait(), simple.put(n), simple.get()
        exec(compile("n = 1", f"/nowhere/{n}.py", "exec"), {})
        threading.current_thread().name = f"worker-{number}"
        if n % 100 == 0:
            barrier.wait()
            gc.collect()

def run():
    total, many = [0], 6
    shared = (total, threading.Lock(), threading.Condition(), threading.Semaphore(2), threading.Barrier(many), queue.Queue(3))
    threads = [threading.Thread(target=work, args=(number, *shared), name="worker") for number in range(many)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    with ThreadPoolExecutor(3) as pool:
        total += pool.map(lambda n: sum(range(n)), [1000] * 30)
    print(total[0], len(total))
'''


def record(folder: Path, program: str, python: Interpreter, **environment: str) -> Recording:
    """Run a scenario to its end; its recording is sound."""
    file, output = folder / "crowd.py", folder / "crowd.gilscope"
    file.write_text(program, encoding="utf-8")
    order = Order("crowd", load(file), {}, python.path, output, environment={**plain_environment(), **environment})
    end = perform(order)
    assert (end["verdict"], end["traceback"]) == ("ok", None)
    assert end["emitted"] == end["stored"] + end["lost"]
    recording = read(output)
    assert [each.sentence for each in check(recording)] == []
    return recording


@pytest.mark.parametrize("python", WITHOUT_GIL, ids=ids)
def test_a_crowd_is_recorded_as_elsewhere(python: Interpreter, tmp_path: Path) -> None:
    """Without contradictions, and the program computes what it should."""
    recording = record(tmp_path, CROWD, python)
    assert "".join(part["text"] for part in recording.output) == "1200 31\n"
    layers = recording.header["layers"]
    assert layers["program"] == {"measured": True, "why": ""}
    assert not layers["gil"]["measured"]
    assert layers["gil"]["why"].startswith("This is a free-threaded build: ")
    names = [told["name"] for told in recording.tracks.values() if told["kind"] == TrackKind.THREAD]
    assert {f"worker-{number}" for number in range(6)} <= set(names)
    locks = recording.rows[recording.rows.kind == Kind.LOCK_ACQUIRE]
    lock = next(id for id, told in recording.tracks.items() if told["kind"] == TrackKind.LOCK and not told["internal"])
    assert (locks.thing == lock).sum() == 1200
    assert Kind.GC_END in recording.rows.kind
    if layers["cores"]["measured"]:
        spans = Timeline(recording).thread_spans
        known = {State.NATIVE, State.BLOCKED, State.OUTSIDE, State.RUNNABLE, State.EXITED, State.UNKNOWN}
        assert set(spans.state.tolist()) <= known
        assert spans.length[spans.state == State.NATIVE].sum() > 0


@pytest.mark.parametrize("python", WITHOUT_GIL, ids=ids)
def test_such_a_build_that_was_told_to_use_a_gil_is_not_said_to_have_none(python: Interpreter, tmp_path: Path) -> None:
    """Its GIL isn't seen: nothing is said of who runs."""
    recording = record(tmp_path, CROWD, python, PYTHON_GIL="1")
    assert "told to use a GIL" in recording.header["layers"]["gil"]["why"]
    assert State.NATIVE not in recording.rows.state[recording.rows.kind != Kind.CORE_ON]


def test_who_runs_without_a_gil_is_said_to_run() -> None:
    """Not to compute in C code, as one would be that had let the GIL go."""
    recording = draw("one NNNNOO\ntwo NNNNNN", gil="absent")
    assert [hop.sentence for hop in why(recording, track_of(recording, "one"), 2 * TICK)] == [
        "one runs for 4.00 ms; this Python has no GIL."
    ]
    told = [each.sentence for each in findings(recording) if each.kind == "native-parallelism"]
    assert any(sentence.startswith("one computed 4.00 ms in a Python that has no GIL, so other") for sentence in told)
    assert not any("C code" in sentence for sentence in told)
    assert np.all(Timeline(recording).gil_waits.length == 0)
