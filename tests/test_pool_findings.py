"""What recordings of pools prove: too few workers, too many, and nothing where a pool fits."""

import os
import re
from pathlib import Path

import pytest

from gilscope.analysis.findings import findings
from gilscope.analysis.text import counted
from gilscope.analysis.timeline import Timeline
from gilscope.events import State, TrackKind
from gilscope.recording import Recording
from tests.test_run import run

FIGURE = re.compile(r"\d[\d.,]* (ns|µs|ms|s|%)|\d+\.\d+")

BEGIN = """
from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor
from multiprocessing import get_context
import time

def waits(_):
    sleep(0.1)

def computes(_):
    end = time.thread_time() + 0.02
    while time.thread_time() < end:
        pass
"""


def proved(recording: Recording) -> dict[str, tuple[str, str]]:
    """By kind, title and sentence of what is said about pools; figures left out."""
    return {
        each.kind: (each.title, FIGURE.sub("_", each.sentence))
        for each in findings(recording)
        if each.kind.startswith("pool-")
    }


@pytest.mark.parametrize(("workers", "calls", "taken"), [(2, 5, "all 2 workers were"), (1, 3, "its only worker was")])
def test_too_few_workers_for_work_that_waits(tmp_path: Path, workers: int, calls: int, taken: str) -> None:
    """Calls are queued while all workers sleep: more of them would help."""
    body = f"with ThreadPoolExecutor({workers}) as fetchers: list(fetchers.map(waits, range({calls})))"
    recording, _ = run(tmp_path, body, before=BEGIN)
    assert proved(recording) == {
        "pool-too-small": (
            "fetchers has too few workers for work that mostly waits",
            f"For _, _ of this run, {taken} taken while up to {calls - workers} more calls waited in the queue of "
            "fetchers, one of them for _. But the workers computed little: for _ of that time they were away or blocked "
            "themselves. With more workers, more of these calls would wait at the same time.",
        )
    }


def test_more_threads_than_the_gil_lets_compute(tmp_path: Path) -> None:
    """They take turns. What is queued meanwhile would gain nothing by more workers: that isn't said."""
    body = "with ThreadPoolExecutor(3) as counters: list(counters.map(computes, range(9)))"
    recording, _ = run(tmp_path, body, before=BEGIN)
    assert proved(recording) == {
        "pool-too-large": (
            "counters has more workers than can compute at once",
            "counters ran up to 3 calls at the same time, and all of them wanted to compute; on average _ of them did. The "
            "others waited for the GIL, which one thread at a time has: _ in all. More threads can't make this faster; "
            "processes could.",
        )
    }


@pytest.mark.parametrize(("more", "said"), [(2, ["pool-too-large"]), (0, [])])
def test_more_processes_than_cores(tmp_path: Path, more: int, said: list[str]) -> None:
    """Each has a GIL of its own, but not a core. Where there would be one for each, and something else has it (here they
    all have to share one), the pool isn't to blame."""
    cores = os.cpu_count() or 1
    workers = cores + more
    body = f"""
    os.sched_setaffinity(0, {{min(os.sched_getaffinity(0))}})
    with ProcessPoolExecutor({workers}, get_context("fork")) as counters:
        list(counters.map(computes, range({3 * workers})))
    """
    recording, _ = run(tmp_path, body, before=BEGIN)
    told = proved(recording)
    assert [kind for kind in told if kind != "pool-unused"] == said
    if not said:
        return
    assert told["pool-too-large"] == (
        "counters has more workers than can compute at once",
        f"counters ran up to {workers} calls at the same time, and all of them wanted to compute; on average _ of them did. "
        f"The others waited for a core: _ in all. More workers than the {counted(cores, 'core')} of this machine can't make "
        "this faster.",
    )
    (finding,) = (each for each in findings(recording) if each.kind == "pool-too-large")
    timeline = Timeline(recording)
    for track, begin, _ in finding.spans:
        spans = timeline.spans.of(track)
        assert spans.state[spans.begin.searchsorted(begin, "right") - 1] in (State.RUNNABLE, State.STALLED)


THREADS = """
meet = Barrier(4)
with ThreadPoolExecutor(3, "w", initializer=meet.wait) as pool:
    works = [pool.submit(waits, None) for _ in range(3)]
    for work in works[1:]: work.cancel()
    meet.wait()
"""
PROCESSES = "with ProcessPoolExecutor(3, get_context('fork')) as pool: pool.submit(waits, None)"


@pytest.mark.parametrize(
    ("body", "most", "worker"), [(THREADS, "3 calls were", "w_"), (PROCESSES, "1 call was", "ForkProcess-")]
)
def test_workers_that_never_ran_a_call(tmp_path: Path, body: str, most: str, worker: str) -> None:
    """Three begin, one call is left, and two have nothing to do: they are told by name, with their whole lives."""
    recording, _ = run(tmp_path, body, before=BEGIN)
    (finding,) = (each for each in findings(recording) if each.kind == "pool-unused")
    timeline = Timeline(recording)
    ran = timeline.spans[timeline.spans.state == State.RUNNING].thing
    workers = [id for id in timeline.ids(TrackKind.THREAD) if timeline.name(id).startswith(worker)]
    unused = sorted(set(workers) - set(ran.tolist()), key=timeline.name)
    assert finding.title == "2 of the 3 workers of pool never ran a call"
    assert finding.sentence == (
        f"pool started 3 workers, but {timeline.name(unused[0])} and {timeline.name(unused[1])} never ran a call: no more "
        f"than {most} there at any time. Each of them had to be started, and takes memory until the pool is shut down."
    )
    assert finding.spans == [(id, *timeline.lives[id]) for id in unused]
    recording.lost.append({"track": unused[0], "from": 0, "to": 1, "count": 1})
    assert "pool-unused" not in {each.kind for each in findings(recording)}, "what was lost may have been a call"


@pytest.mark.parametrize(
    "body",
    [
        "with ThreadPoolExecutor(8) as fetchers: list(fetchers.map(waits, range(8)))",
        "with ThreadPoolExecutor(1) as counters: list(counters.map(computes, range(5)))",
    ],
)
def test_nothing_is_said_of_a_pool_that_fits(tmp_path: Path, body: str) -> None:
    """A worker for each call that waits; one worker for calls that compute, though they are queued."""
    recording, _ = run(tmp_path, body, before=BEGIN)
    assert proved(recording) == {}
